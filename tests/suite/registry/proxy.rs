//! E14, and what needs a host that is not this machine: through a proxy, every name is somebody's.

use super::tls::Authority;
use super::{User, base64};
use crate::support::Run;
use crate::support::registry::{ALWAYS, Answer, Gate, Registry, Tokens};

const NAME: &str = "registry.test/me/app:1";
const INSECURE: [&str; 2] = ["--insecure-registry", "registry.test"];

/// Pushes [`NAME`] with these variables.
fn push(user: &User, name: &str, words: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = user.command(&[&["push", name], words].concat());
    command.envs(variables.iter().copied());
    Run::of(command)
}

/// A proxy that leads everywhere to itself, and a registry as well.
fn world() -> Registry {
    let proxy = Registry::start();
    proxy.lead_to(proxy.address());
    proxy
}

/// Asserts that `proxy` was asked for `registry.test` alone, by a tunnel or by a whole address (RFC 9112, 3.2.2).
#[track_caller]
fn only_to_registry(proxy: &Registry) {
    for seen in proxy.seen() {
        let there = match seen.method.as_str() {
            "CONNECT" => seen.target.starts_with("registry.test:"),
            _ => seen.header("host") == Some("registry.test"),
        };
        assert!(there, "{seen:#?}");
    }
}

/// The address of `proxy`, with a user.
fn address(proxy: &Registry) -> String {
    format!("http://me:canary%2Dpassword@{}", proxy.host())
}

#[test]
fn e14_every_variable_for_a_proxy_is_known() {
    let user = User::new();
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = world();
        let run = push(&user, NAME, &INSECURE, &[(name, &address(&proxy))]);
        assert_eq!(run.status, 0, "{name}: {run:?}");
        assert!(!run.stderr.contains("canary"), "{run:?}");
        assert!(proxy.tagged("me/app", "1").is_some());
        only_to_registry(&proxy);
        let shown = format!("Basic {}", base64("me:canary-password"));
        assert_eq!(proxy.seen()[0].header("proxy-authorization"), Some(&*shown), "{name}");
        assert!(proxy.seen().iter().all(|seen| seen.header("authorization").is_none()));
    }
}

#[test]
fn e14_https_goes_through_a_tunnel_needs_openssl() {
    let (proxy, user, authority) = (Registry::start(), User::new(), Authority::new());
    let registry = authority.good_registry();
    proxy.lead_to(registry.address());
    let trusted = authority.trusted();
    let run = push(&user, NAME, &[&trusted[0], &trusted[1]], &[("HTTPS_PROXY", &address(&proxy))]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(registry.tagged("me/app", "1").is_some());
    let shown = format!("Basic {}", base64("me:canary-password"));
    assert!(!proxy.seen().is_empty());
    for seen in proxy.seen() {
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("CONNECT", "registry.test:443"));
        assert_eq!(seen.header("proxy-authorization"), Some(&*shown));
    }
    assert!(
        registry.seen().iter().all(|seen| seen.header("proxy-authorization").is_none()),
        "it is for the proxy"
    );
}

#[test]
fn e14_a_proxy_that_refuses_is_told_without_its_password() {
    let user = User::new();
    for status in [407, 403] {
        let proxy = Registry::start();
        proxy.bend(
            "CONNECT registry.test",
            ALWAYS,
            Answer::new(status).header("Proxy-Authenticate", "Basic realm=x").header("Retry-After", "0"),
        );
        let run = push(&user, NAME, &["-v"], &[("HTTPS_PROXY", &address(&proxy))]);
        run.refused(6, &["error[registry]", "proxy", proxy.host()]);
        assert!(!run.stderr.contains("canary"), "{run:?}");
    }
    let proxy = Registry::start();
    proxy.bend("* registry.test", ALWAYS, Answer::new(407));
    let run = push(&user, NAME, &INSECURE, &[("HTTP_PROXY", &address(&proxy))]);
    run.refused(6, &["error[registry]", "proxy"]);
    assert!(!run.stderr.contains("canary"), "{run:?}");
    for nonsense in [
        "socks5://me:canary@127.0.0.1:1",
        "http://me:canary@[::1",
        "canary://x",
        "http://me:canary@host:99999",
    ] {
        let run = push(&user, NAME, &[], &[("HTTPS_PROXY", nonsense)]);
        run.refused(6, &["error[registry]", "HTTPS_PROXY"]);
        assert!(!run.stderr.contains("canary"), "{run:?}");
    }
}

#[test]
fn e14_what_needs_no_proxy_goes_past_it() {
    let user = User::new();
    let proxy = Registry::start();
    let address = address(&proxy);
    // class E: nobody is there, and the kernel says so at once
    let name = "240.0.0.1/me/app";
    let variables = [("HTTP_PROXY", &*address), ("NO_PROXY", "10.0.0.0/8, 240.0.0.0/4")];
    push(&user, name, &["--insecure-registry", "240.0.0.1"], &variables).refused(6, &["240.0.0.1"]);
    assert!(proxy.seen().is_empty(), "{:#?}", proxy.seen());
    // and so does this machine
    let registry = Registry::start();
    let run =
        push(&user, &registry.name("me/app:1"), &[], &[("HTTP_PROXY", &address), ("HTTPS_PROXY", &address)]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(proxy.seen().is_empty());
}

#[test]
fn e13_no_registry_elsewhere_is_spoken_to_in_the_clear() {
    let (proxy, user) = (Registry::start(), User::new());
    // whoever answers there speaks no TLS
    let registry = Registry::start();
    proxy.lead_to(registry.address());
    let run = push(&user, NAME, &[], &[("HTTP_PROXY", &address(&proxy)), ("HTTPS_PROXY", &address(&proxy))]);
    run.refused(6, &["error[registry]"]);
    assert!(registry.seen().is_empty(), "{:#?}", registry.seen());
    assert!(proxy.seen().iter().all(|seen| seen.method == "CONNECT"), "{:#?}", proxy.seen());
}

/// A registry that may be spoken to in the clear vouches for itself, not for others.
#[test]
fn e7_a_password_never_goes_to_another_host_in_the_clear() {
    let realm = Some("http://auth.test/token".to_owned());
    let proxy = world();
    proxy.ask(Gate::Tokens(Tokens { realm, ..Tokens::of("me", "canary-secret") }));
    let user = User::of("registry.test", "me", "canary-secret");
    let run = push(&user, NAME, &INSECURE, &[("HTTP_PROXY", &address(&proxy))]);
    run.refused(6, &["error[registry]", "auth.test"]);
    only_to_registry(&proxy);
    assert!(!run.stderr.contains("canary"), "{run:?}");
}

#[test]
fn e6_a_registry_elsewhere_cannot_lead_into_this_machine() {
    let (user, victim) = (User::new(), Registry::start());
    let metadata = "http://169.254.169.254/latest/meta-data/".to_owned();
    let here = format!("http://{}/v2/me/app/blobs/uploads/x", victim.host());
    let by_name = here.replace("127.0.0.1", "localhost");
    for location in [here, by_name, metadata] {
        for (what, status) in [("POST /blobs/uploads/", 202), ("HEAD /blobs/", 307), ("PUT /manifests/", 307)]
        {
            let proxy = world();
            proxy.bend(what, ALWAYS, Answer::new(status).header("Location", &location));
            let run = push(&user, NAME, &INSECURE, &[("HTTP_PROXY", &address(&proxy))]);
            run.refused(6, &["error[registry]"]);
            assert!(victim.seen().is_empty(), "{location}: {:#?}", victim.seen());
            only_to_registry(&proxy);
        }
    }
}

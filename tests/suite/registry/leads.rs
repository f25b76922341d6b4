//! E5, E6: where an answer leads, a push goes on only if it may, and no credential goes with it to another origin.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, ONCE, Registry, Request, Tokens, basic};
use std::time::{Duration, Instant};

const GATE: Gate = Gate::Basic("me", "secret");

/// A registry that wants a password, another server that has the same images, and a user who knows the password.
fn parties() -> (Registry, Registry, User) {
    let registry = Registry::behind(GATE);
    let (twin, user) = (registry.twin(), User::of(registry.host(), "me", "secret"));
    (registry, twin, user)
}

/// The right answer to an opened upload, but with another `Location`, made of host and path.
fn located(host: &str, location: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Fault {
    let host = host.to_owned();
    Fault::change(move |_, answer| {
        if answer.status == 202 {
            let path = answer.headers.iter().find(|(name, _)| name == "Location").unwrap().1.clone();
            *answer = answer.clone().header("Location", location(&host, &path));
        }
    })
}

#[track_caller]
fn shows_nothing(registry: &Registry) {
    for request in registry.seen() {
        assert_eq!(request.header("authorization"), None, "{request:#?}");
    }
}

#[test]
fn e5_every_form_of_location_at_the_same_origin_is_followed() {
    let user = User::of("unused", "me", "secret");
    let forms: [fn(&str, &str) -> String; 6] = [
        |_, path| path.to_owned(),
        |host, path| format!("http://{host}{path}"),
        |host, path| format!("//{host}{path}"),
        |host, path| format!("HTTP://{host}{path}&a=b%2Fc&digest="),
        |_, path| path.trim_start_matches("/v2/me/app/blobs/uploads/").to_owned(),
        |_, path| format!("/v2/x/../me/./app{}#fragment", path.trim_start_matches("/v2/me/app")),
    ];
    for (at, form) in forms.into_iter().enumerate() {
        let registry = Registry::start();
        // the digest of the fourth one is in the query already, and ours follows
        let form = move |host: &str, path: &str| form(host, path).replace("&digest=", "");
        registry.bend("POST /blobs/uploads/", ALWAYS, located(registry.host(), form));
        let run = user.push(&registry, &[]);
        assert_eq!(run.status, 0, "{at}: {run:?}");
        pushed(&run, &registry);
    }
}

#[test]
fn e5_a_location_elsewhere_is_followed_without_credentials() {
    let (registry, twin, user) = parties();
    registry.bend(
        "POST /blobs/uploads/",
        ALWAYS,
        located(twin.host(), |host, path| format!("http://{host}{path}")),
    );
    pushed(&user.push(&registry, &[]), &registry);
    assert!(twin.count("PUT /blobs/uploads/") > 0);
    assert_eq!(registry.count("PUT /blobs/uploads/"), 0);
    shows_nothing(&twin);
}

#[test]
fn e5_a_location_that_makes_no_sense_or_leads_astray_ends_the_push() {
    let user = User::of("unused", "me", "secret");
    let long = format!("/v2/{}", "x".repeat(10 << 10));
    let forms = [
        "http://user:canary-password@127.0.0.1/v2/x",
        "https://user:canary-password@127.0.0.1/v2/x",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "javascript:alert(1)",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/v2/x",
        "http://registry.invalid/v2/x",
        "",
        &long,
    ];
    for form in forms {
        let registry = Registry::start();
        let location = form.to_owned();
        registry.bend("POST /blobs/uploads/", ALWAYS, located("", move |_, _| location.clone()));
        let start = Instant::now();
        let run = user.push(&registry, &[]);
        run.refused(6, &["error[registry]"]);
        assert!(start.elapsed() < Duration::from_secs(9), "{form:.60}: nobody was asked to connect there");
        assert!(run.stderr.len() < 3000 && !run.stderr.contains("canary"), "{form:.60}: {run:?}");
        assert_eq!(registry.count("PUT /"), 0, "{form:.60}");
    }
    let registry = Registry::start();
    registry.bend("POST /blobs/uploads/", ALWAYS, Answer::new(202));
    user.push(&registry, &[]).refused(6, &["where the upload goes on"]);
}

/// A carriage return ends no header: the rest of the line is a header of its own, or the answer is none.
#[test]
fn e5_a_line_end_in_a_location_adds_nothing_to_a_request() {
    let (registry, user) = (Registry::start(), User::new());
    for injected in ["/v2/x\rX-Injected: 1", "/v2/x%0d%0aX-Injected:%201", "/v2/x\tX-Injected:1", "/v2/x y"] {
        let raw = format!(
            "HTTP/1.1 202 Accepted\r\nLocation: {injected}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        registry.bend("POST /blobs/uploads/", ALWAYS, Fault::Raw(raw.into_bytes()));
        let run = user.push(&registry, &[]);
        run.refused(6, &["error[registry]"]);
        assert!(registry.seen().iter().all(|seen| seen.header("x-injected").is_none()));
    }
}

#[test]
fn e6_a_redirect_elsewhere_takes_no_credential_along() {
    let user = User::of("unused", "me", "secret");
    for what in
        ["HEAD /manifests/", "HEAD /blobs/", "POST /blobs/uploads/", "PUT /blobs/uploads/", "PUT /manifests/"]
    {
        for status in [301, 303, 307, 308] {
            let registry = Registry::behind(GATE);
            let twin = registry.twin();
            user.config(&format!(
                r#"{{"auths":{{"{}":{{"username":"me","password":"secret"}}}}}}"#,
                registry.host()
            ));
            // the first request of all draws the challenge
            let turns = if what == "HEAD /manifests/" { 1..usize::MAX } else { ALWAYS };
            registry.bend(what, turns, Fault::Lead(status, twin.host().to_owned()));
            let run = user.push(&registry, &[]);
            assert!(run.status == 0 || run.status == 6, "{what} {status}: {run:?}");
            if status >= 307 {
                assert_eq!(run.status, 0, "{what} {status}: {run:?}");
                assert!(!twin.seen().is_empty(), "{what} {status}");
            }
            if run.status == 0 {
                assert!(registry.tagged("me/app", "1").is_some(), "{what} {status}");
            }
            shows_nothing(&twin);
        }
    }
}

#[test]
fn e6_redirects_end() {
    let (registry, user) = (Registry::start(), User::new());
    let on = Fault::change(|request: &Request, answer| {
        *answer = Answer::new(307).header("Location", request.target.clone() + "x");
    });
    registry.bend("POST /blobs/uploads/", ALWAYS, on);
    user.push(&registry, &[]).refused(6, &["redirect"]);
    assert!(registry.count("POST /blobs/uploads/") <= 4 * 6);
}

#[test]
fn e6_a_redirect_into_another_network_is_refused() {
    let user = User::new();
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://[fe80::1]/",
        "file:///etc/passwd",
        "//",
    ] {
        let registry = Registry::start();
        registry.bend("PUT /manifests/", ONCE, Answer::new(307).header("Location", to));
        let start = Instant::now();
        user.push(&registry, &[]).refused(6, &["error[registry]"]);
        assert!(start.elapsed() < Duration::from_secs(9), "{to}");
        assert_eq!(registry.tagged("me/app", "1"), None);
    }
}

#[test]
fn e6_a_token_servers_redirect_takes_no_password_along() {
    for identity in [None, Some("canary-identity")] {
        let registry = Registry::behind(Gate::Tokens(Tokens { identity, ..Tokens::of("me", "secret") }));
        let twin = registry.twin();
        let user = User::of(registry.host(), "me", "secret");
        if let Some(identity) = identity {
            user.config(&format!(
                r#"{{"auths":{{"{}":{{"identitytoken":"{identity}"}}}}}}"#,
                registry.host()
            ));
        }
        registry.bend(
            "* /token",
            ALWAYS,
            Answer::new(307).header("Location", format!("http://{}/token", twin.host())),
        );
        user.push(&registry, &[]).refused(6, &["error[registry]"]);
        shows_nothing(&twin);
        assert!(twin.seen().iter().all(|seen| seen.length == 0), "no form either");
        assert!(
            identity.is_some()
                || registry
                    .seen()
                    .iter()
                    .any(|seen| seen.header("authorization") == Some(&*basic("me", "secret")))
        );
    }
}

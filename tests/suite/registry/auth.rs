//! E7, E8: who asks is told to the registry and to its token server, and to nobody else; tokens are renewed on the way.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, ONCE, Registry, Tokens, basic};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn e7_a_password_goes_to_the_registry_that_asks_for_it() {
    let registry = Registry::behind(Gate::Basic("me", "secret:with:colons"));
    let user = User::of(registry.host(), "me", "secret:with:colons");
    pushed(&user.push(&registry, &[]), &registry);
    let seen = registry.seen();
    assert_eq!(seen[0].header("authorization"), None, "nothing before it is asked for");
    assert!(
        seen[1..]
            .iter()
            .all(|seen| seen.header("authorization") == Some(&*basic("me", "secret:with:colons")))
    );
}

#[test]
fn e7_a_password_goes_to_the_token_server_and_the_token_to_the_registry() {
    let registry = Registry::behind(Gate::Tokens(Tokens::of("me", "secret")));
    let user = User::of(registry.host(), "me", "secret");
    pushed(&user.push(&registry, &[]), &registry);
    assert_eq!(registry.count("GET /token"), 1);
    for seen in registry.seen() {
        let shown = seen.header("authorization");
        match seen.path() {
            "/token" => {
                assert_eq!(shown, Some(&*basic("me", "secret")));
                assert_eq!(seen.query("service").as_deref(), Some("scripted"));
                assert_eq!(seen.query("scope").as_deref(), Some("repository:me/app:pull,push"));
            }
            _ => assert!(shown.is_none_or(|shown| shown == "Bearer token-1"), "{seen:#?}"),
        }
    }
}

#[test]
fn e7_a_realm_that_a_password_must_not_go_to_gets_none() {
    let long = format!("https://{}/token", "x".repeat(10 << 10));
    let realms = [
        "http://auth.invalid/token",
        "http://192.0.2.1/token",
        "file:///etc/passwd",
        "https://user:canary-password@auth.invalid/token",
        "ftp://127.0.0.1/token",
        "//auth.invalid/token",
        "/token",
        "",
        &long,
    ];
    for realm in realms {
        let registry = Registry::behind(Gate::Tokens(Tokens {
            realm: Some(realm.to_owned()),
            ..Tokens::of("me", "canary-secret")
        }));
        let user = User::of(registry.host(), "me", "canary-secret");
        let run = user.push(&registry, &["-v"]);
        run.refused(6, &["error[registry]"]);
        assert!(run.stderr.len() < 4000 && !run.stderr.contains("canary"), "{realm:.60}: {run:?}");
        assert!(registry.seen().iter().all(|seen| seen.header("authorization").is_none()), "{realm:.60}");
    }
}

#[test]
fn e7_a_challenge_cannot_widen_what_is_asked_for() {
    let challenge = |service: &str, scope: &str, host: &str| {
        format!("Bearer realm=\"http://{host}/token\",service=\"{service}\",scope=\"{scope}\"")
    };
    for (service, scope) in [
        ("scripted&scope=repository:admin/secret:pull", "repository:me/app:pull,push"),
        ("scripted", "repository:me/app:* repository:admin/secret:delete registry:catalog:*"),
        ("scripted#x", "repository:me/app:pull,push&service=evil"),
    ] {
        let registry = Registry::behind(Gate::Tokens(Tokens::of("me", "secret")));
        let user = User::of(registry.host(), "me", "secret");
        let challenge = challenge(service, scope, registry.host());
        registry.bend("HEAD /manifests/", ONCE, Answer::new(401).header("WWW-Authenticate", challenge));
        let run = user.push(&registry, &[]);
        assert_eq!(run.status, 0, "{service} {scope}: {run:?}");
        for seen in registry.seen().iter().filter(|seen| seen.path() == "/token") {
            assert!(!seen.target.contains("&scope=repository:admin"), "{}", seen.target);
            for word in ["delete", "%2A", "*", "catalog", "&service=evil"] {
                assert!(!seen.target.contains(word), "{word} in {}", seen.target);
            }
        }
    }
}

/// A registry that asks for a token only when something is written.
#[test]
fn e7_a_challenge_in_the_middle_is_answered() {
    let registry = Registry::start();
    let user = User::of(registry.host(), "me", "secret");
    for what in ["POST /blobs/uploads/", "PUT /manifests/"] {
        let challenge = Answer::new(401).header("WWW-Authenticate", "Basic realm=\"x\"");
        let shown = Fault::change(move |request, answer| {
            if request.header("authorization") != Some(&basic("me", "secret")) {
                *answer = challenge.clone();
            }
        });
        registry.bend(what, ALWAYS, shown);
    }
    pushed(&user.push(&registry, &[]), &registry);
}

#[test]
fn e8_tokens_that_end_on_the_way_are_renewed() {
    let user = User::new();
    for uses in [3, 4] {
        let registry = Registry::behind(Gate::Tokens(Tokens { uses, ..Tokens::of("me", "secret") }));
        user.config(&format!(
            r#"{{"auths":{{"{}":{{"username":"me","password":"secret"}}}}}}"#,
            registry.host()
        ));
        pushed(&user.push(&registry, &[]), &registry);
        let tokens = registry.count("GET /token");
        let others = registry.seen().len() - tokens;
        assert!(tokens > 1 && tokens <= others, "{tokens} tokens for {others} requests");
    }
}

#[test]
fn e8_tokens_that_are_never_good_end_the_push() {
    let registry = Registry::behind(Gate::Tokens(Tokens { uses: 0, ..Tokens::of("me", "secret") }));
    let user = User::of(registry.host(), "me", "secret");
    user.push(&registry, &[]).refused(6, &["401", "docker login"]);
    assert!(registry.count("GET /token") <= 2, "{:#?}", registry.seen());
}

/// Each time for something else: that has an end too.
#[test]
fn e8_challenges_that_always_change_end_the_push() {
    let registry = Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
    let user = User::new();
    let (realm, number) = (format!("http://{}/token", registry.host()), AtomicUsize::new(0));
    let another = Fault::change(move |_, answer| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let scope = format!("repository:me/other-{number}:pull");
        let challenge =
            format!("Bearer realm=\"{realm}?n={number}\",service=\"s{number}\",scope=\"{scope}\"");
        *answer = Answer::error(401, "UNAUTHORIZED", "no").header("WWW-Authenticate", challenge);
    });
    registry.bend("* /v2/", ALWAYS, another);
    user.push(&registry, &[]).refused(6, &["401"]);
    assert!(registry.seen().len() < 12, "{:#?}", registry.seen());
}

#[test]
fn e8_lives_that_make_no_sense_cost_no_push() {
    let user = User::new();
    for life in ["0", "1", "-5", "1e99", "18446744073709551616", "\"soon\"", "null", "[]"] {
        let registry = Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
        let odd = Fault::change(move |_, answer| {
            let body = String::from_utf8(answer.body.clone()).unwrap();
            answer.body = body.replace("3600", life).into_bytes();
        });
        registry.bend("GET /token", ALWAYS, odd);
        let run = user.push(&registry, &[]);
        assert_eq!(run.status, 0, "{life}: {run:?}");
        let tokens = registry.count("GET /token");
        assert!(tokens <= registry.seen().len() / 2, "{life}: {tokens} tokens");
    }
}

#[test]
fn e8_an_identity_token_gets_tokens_by_post() {
    let tokens = Tokens { identity: Some("refresh/me+=&"), uses: 3, ..Tokens::of("me", "secret") };
    let registry = Registry::behind(Gate::Tokens(tokens));
    let user = User::new();
    let auth = super::base64("me:");
    user.config(&format!(
        r#"{{"auths":{{"{}":{{"auth":"{auth}","identitytoken":"refresh/me+=&"}}}}}}"#,
        registry.host()
    ));
    pushed(&user.push(&registry, &[]), &registry);
    assert!(registry.count("POST /token") > 1);
    assert_eq!(registry.count("GET /token"), 0);
    assert_eq!(registry.count("POST refresh"), 0, "not in the address");
}

#[test]
fn e8_a_token_server_that_knows_no_post_is_asked_by_get() {
    for status in [404, 405] {
        let registry = Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
        let user = User::new();
        user.config(&format!(r#"{{"auths":{{"{}":{{"identitytoken":"refresh"}}}}}}"#, registry.host()));
        registry.bend("POST /token", ALWAYS, Answer::new(status));
        pushed(&user.push(&registry, &[]), &registry);
        assert_eq!(registry.count("POST /token"), 1);
        let asked =
            registry.seen().into_iter().find(|seen| seen.method == "GET" && seen.path() == "/token").unwrap();
        assert_eq!(asked.header("authorization"), Some(&*basic("", "refresh")));
    }
}

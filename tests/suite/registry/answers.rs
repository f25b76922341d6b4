//! E1, E3: refusals are told in the registry's own words and not repeated; every form of an answer is understood.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, Form, Gate, ONCE, Registry, Tokens};

#[test]
fn e1_a_refusal_is_told_once_in_the_registrys_own_words() {
    let user = User::new();
    let rows = [
        ("POST /blobs/uploads/", 403, "DENIED"),
        ("POST /blobs/uploads/", 404, "NAME_UNKNOWN"),
        ("POST /blobs/uploads/", 405, "UNSUPPORTED"),
        ("PUT /blobs/uploads/", 400, "BLOB_UPLOAD_INVALID"),
        ("PUT /blobs/uploads/", 403, "DENIED"),
        ("PUT /manifests/", 400, "MANIFEST_INVALID"),
        ("PUT /manifests/", 403, "DENIED"),
        ("PUT /manifests/", 404, "NAME_UNKNOWN"),
        ("PUT /manifests/", 405, "UNSUPPORTED"),
    ];
    for (what, status, code) in rows {
        let registry = Registry::start();
        registry.bend(what, ALWAYS, Answer::error(status, code, "not on a Sunday"));
        let run = user.push(&registry, &[]);
        run.refused(6, &["error[registry]", &status.to_string(), code, "not on a Sunday", "/v2/me/app/"]);
        // blobs are sent side by side, so each may be refused for itself
        let most = if what.contains("blobs") { 4 } else { 1 };
        assert!(registry.count(what) <= most, "{what} {status}: {:#?}", registry.seen());
        assert_eq!(registry.tagged("me/app", "1"), None);
    }
}

#[test]
fn e1_who_is_not_let_in_is_told_how_to_log_in() {
    for gate in [Gate::Basic("me", "secret"), Gate::Tokens(Tokens::of("me", "secret"))] {
        let registry = Registry::behind(gate);
        let login = format!("docker login {}", registry.host());
        User::new().push(&registry, &[]).refused(6, &["401", "no credentials", &login]);
        registry.forget();
        let run = User::of(registry.host(), "me", "wrong-canary").push(&registry, &[]);
        run.refused(6, &["401", "config.json", &login]);
        assert!(!run.stderr.contains("wrong-canary"), "{run:?}");
        assert!(registry.seen().len() <= 4, "no use to ask again: {:#?}", registry.seen());
    }
}

#[test]
fn e1_a_challenge_that_is_not_known_is_told() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("* /v2/", ALWAYS, Answer::new(401).header("WWW-Authenticate", "Negotiate YWJj"));
    user.push(&registry, &[]).refused(6, &["401"]);
    assert!(registry.seen().len() <= 3, "{:#?}", registry.seen());
}

#[test]
fn e1_a_tag_that_is_not_allowed_leaves_the_others() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("PUT /manifests/2", ALWAYS, Answer::error(403, "DENIED", "tag is immutable"));
    let run = user.push(&registry, &[&registry.name("me/app:2")]);
    run.refused(6, &["403", "tag is immutable", "manifests/2"]);
    assert_eq!(registry.tagged("me/app", "2"), None);
}

#[test]
fn e3_every_form_of_an_answer_is_understood() {
    let user = User::new();
    for form in [Form::Chunked, Form::Closed] {
        let registry = Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
        registry.bend("* /", ALWAYS, Fault::change(move |_, answer| answer.form = form));
        pushed(&user.push(&registry, &[]), &registry);
    }
    // an interim answer before the final one (RFC 9110, 15.2)
    let registry = Registry::start();
    let interim =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 404 No\r\n\
                    Content-Length: 0\r\nConnection: close\r\n\r\n";
    registry.bend("HEAD /manifests/", ONCE, Fault::Raw(interim.to_vec()));
    pushed(&user.push(&registry, &[]), &registry);
}

#[test]
fn e3_an_answer_that_comes_before_all_was_sent_counts() {
    let user = User::new();
    user.large("large", 8 << 20);
    let registry = Registry::start();
    registry.bend(
        "PUT /blobs/uploads/",
        ALWAYS,
        Fault::Early(Answer::error(403, "DENIED", "quota is used up")),
    );
    let run = user.push(&registry, &["--copy", "large:/large", "--compression", "none"]);
    run.refused(6, &["403", "DENIED", "quota is used up"]);
}

#[test]
fn e3_what_is_no_http_is_refused() {
    let user = User::new();
    for nonsense in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 two OK\r\n\r\n",
        b"\0\xff\x1b[",
    ] {
        let registry = Registry::start();
        registry.bend("PUT /manifests/", ALWAYS, Fault::Raw(nonsense.to_vec()));
        user.push(&registry, &[]).refused(6, &["error[registry]", "/v2/me/app/manifests/1"]);
    }
}

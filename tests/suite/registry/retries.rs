//! E2, E3: trouble that passes costs no push; trouble that stays ends it within a bound.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, ONCE, Registry, Tokens};
use std::time::{Duration, Instant};

/// Every request of a push that can meet trouble.
const REQUESTS: [&str; 6] = [
    "HEAD /manifests/",
    "GET /token",
    "HEAD /blobs/",
    "POST /blobs/uploads/",
    "PUT /blobs/uploads/",
    "PUT /manifests/",
];

fn behind_tokens() -> Registry {
    Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }))
}

fn busy(status: u16) -> Answer {
    Answer::error(status, "TOOMANYREQUESTS", "slow down").header("Retry-After", "0")
}

#[test]
fn e2_trouble_that_passes_costs_no_push() {
    let user = User::new();
    for status in [408, 429, 500, 502, 503, 504] {
        let registry = behind_tokens();
        for what in REQUESTS {
            registry.bend(what, 0..2, busy(status));
        }
        pushed(&user.push(&registry, &[]), &registry);
        for what in REQUESTS {
            assert!(registry.count(what) >= 3, "{what}");
        }
    }
}

#[test]
fn e2_trouble_in_the_middle_of_pieces_passes_too() {
    let (registry, user) = (Registry::start(), User::new());
    user.large("large", 3 << 20);
    registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(1 << 20));
    registry.bend("PATCH /blobs/uploads/", 1..3, busy(503));
    pushed(&user.push(&registry, &["--copy", "large:/large", "--compression", "none"]), &registry);
}

#[test]
fn e2_trouble_that_stays_ends_the_push_after_six_tries() {
    let user = User::new();
    for what in REQUESTS {
        let registry = behind_tokens();
        registry.bend(what, ALWAYS, busy(503));
        let run = user.push(&registry, &[]);
        let words: &[&str] = if what.starts_with("HEAD") { &["503"] } else { &["503", "slow down"] };
        run.refused(6, words);
        let mut tries = std::collections::BTreeMap::<_, usize>::new();
        for request in registry.seen() {
            if what.starts_with(&request.method) && request.target.contains(what.split(' ').nth(1).unwrap()) {
                // uploads are opened by each blob, so they have a budget for each
                *tries.entry(request.path().split("/upload-").next().unwrap().to_owned()).or_default() += 1;
            }
        }
        let most = if what.contains("uploads") { 4 * 6 } else { 6 };
        assert!(tries.values().all(|tries| *tries <= most), "{what}: {tries:#?}");
        assert_eq!(registry.tagged("me/app", "1"), None);
    }
}

#[test]
fn e2_the_time_that_the_registry_asks_for_is_given() {
    let user = User::new();
    // RFC 9110, 10.2.3: seconds, or a time; that is told against the registry's own clock
    let date = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT")];
    for headers in [&[("Retry-After", "1")][..], &date] {
        let registry = Registry::start();
        let answer =
            headers.iter().fold(Answer::new(429), |answer, (name, value)| answer.header(name, *value));
        registry.bend("PUT /manifests/", ONCE, answer);
        let start = Instant::now();
        pushed(&user.push(&registry, &[]), &registry);
        assert!(start.elapsed() >= Duration::from_secs(1), "{headers:?}");
        assert_eq!(registry.count("PUT /manifests/"), 2);
    }
    let past = Answer::new(503).header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT");
    let registry = Registry::start();
    registry.bend("PUT /manifests/", ONCE, past);
    pushed(&user.push(&registry, &[]), &registry);
}

#[test]
fn e2_more_time_than_a_push_waits_ends_it_at_once() {
    let user = User::new();
    for wait in ["3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let registry = Registry::start();
        registry.bend(
            "POST /blobs/uploads/",
            ALWAYS,
            Answer::error(429, "TOOMANYREQUESTS", "rate").header("Retry-After", wait),
        );
        let start = Instant::now();
        user.push(&registry, &[]).refused(6, &["429", "TOOMANYREQUESTS: rate", "wait"]);
        assert!(start.elapsed() < Duration::from_secs(20), "{wait}");
        assert!(registry.count("POST /blobs/uploads/") <= 4);
    }
}

#[test]
fn e2_a_wait_that_makes_no_sense_is_none() {
    let user = User::new();
    for wait in ["-1", "soon", "1e9", ""] {
        let registry = Registry::start();
        registry.bend("PUT /manifests/", ONCE, Answer::new(503).header("Retry-After", wait));
        pushed(&user.push(&registry, &[]), &registry);
    }
}

#[test]
fn e3_a_connection_that_breaks_once_costs_no_push() {
    let user = User::new();
    for fault in [|| Fault::Cut(usize::MAX), || Fault::Lost, || Fault::Cut(1000)] {
        let registry = behind_tokens();
        for what in REQUESTS {
            registry.bend(what, ONCE, fault());
        }
        pushed(&user.push(&registry, &[]), &registry);
        for what in REQUESTS {
            assert!(registry.count(what) >= 2, "{what}");
        }
    }
}

#[test]
fn e3_a_connection_that_always_breaks_ends_the_push() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Cut(100));
    let run = user.push(&registry, &[]);
    run.refused(6, &["error[registry]", "no answer to `PUT http://127.0.0.1:"]);
    assert!(!run.stderr.contains("canary"), "E18: {run:?}");
    assert!(registry.count("PUT /blobs/uploads/") <= 4 * 6, "{}", registry.count("PUT /"));
    assert_eq!(registry.tagged("me/app", "1"), None);
}

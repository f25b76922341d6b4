//! E4: an upload that was cut goes on where the registry says, or begins again; never at a wrong place, as the digest
//! that the registry computes shows.

use super::{User, pushed, side_by_side};
use crate::support::registry::{ALWAYS, Answer, Fault, ONCE, Registry, Request};

const SIZE: usize = 3 << 20;
/// Where its upload is cut: far enough to go on from there.
const CUT: usize = 2 << 20;
const WORDS: [&str; 4] = ["--copy", "large:/large", "--compression", "none"];

/// A user who pushes a blob of a little more than [`SIZE`] bytes.
fn user() -> User {
    let user = User::new();
    user.large("large", SIZE);
    user
}

/// The bytes of blobs that `registry` was sent.
fn sent(registry: &Registry) -> usize {
    registry
        .seen()
        .iter()
        .filter(|seen| seen.path().contains("/blobs/uploads/"))
        .map(|seen| seen.length)
        .sum()
}

#[test]
fn e4_after_a_cut_only_the_rest_is_sent() {
    let (registry, user) = (Registry::start(), user());
    registry.bend("PUT /blobs/uploads/", ONCE, Fault::CutLonger(CUT));
    pushed(&user.push(&registry, &WORDS), &registry);
    assert!(registry.count("GET /blobs/uploads/upload-") > 0, "it asks how far it has come");
    let total = registry.state(|state| state.blobs.values().map(Vec::len).sum::<usize>());
    assert!(sent(&registry) <= total + 4096, "{} bytes for {total}", sent(&registry));
}

/// What the registry says of the session after the cut, each time it is asked, whatever is true.
#[test]
fn e4_a_registry_that_has_lost_count_gets_the_blob_anew() {
    let user = user();
    let range = |range: &'static str| {
        Fault::change(move |_, answer: &mut Answer| *answer = answer.clone().header("Range", range))
    };
    let answers: [(&str, Fault); 9] = [
        ("less than it has", range("0-1499999")),
        ("more than it has", range("0-2999999")),
        ("more than there is", range("0-99999999999")),
        ("more than a number holds", range("0-99999999999999999999999")),
        ("from the middle", range("5-2097151")),
        ("no range", range("bytes=all")),
        ("not there", Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "gone").into()),
        ("not asked for", Answer::new(405).into()),
        ("broken", Fault::Cut(0)),
    ];
    side_by_side(answers, |(name, answer)| {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ONCE, Fault::CutLonger(CUT));
        registry.bend("GET /blobs/uploads/", ALWAYS, answer);
        let run = user.push(&registry, &WORDS);
        assert_eq!(run.status, 0, "{name}: {run:?}");
        pushed(&run, &registry);
        let asked = registry.count("GET /blobs/uploads/upload-") > 0;
        assert!(asked, "{name}: it asks how far it has come: {:#?}", registry.seen());
    });
}

#[test]
fn e4_a_session_that_is_gone_is_begun_anew() {
    let user = user();
    let gone = |status| Answer::error(status, "BLOB_UPLOAD_UNKNOWN", "gone");
    let rows = [(404, "PATCH"), (404, "PUT"), (416, "PATCH"), (416, "PUT")];
    side_by_side(rows, |(status, method)| {
        let registry = Registry::start();
        if method == "PATCH" {
            registry.bend("PUT /blobs/uploads/", ONCE, Fault::CutLonger(CUT));
        }
        registry.bend(&format!("{method} /blobs/uploads/"), ONCE, gone(status));
        let run = user.push(&registry, &WORDS);
        assert_eq!(run.status, 0, "{method} {status}: {run:?}");
        pushed(&run, &registry);
    });
}

#[test]
fn e4_what_is_too_large_for_one_request_goes_in_pieces() {
    let user = user();
    let registry = Registry::start();
    registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(2 << 20));
    registry.bend("PATCH /blobs/uploads/", ALWAYS, Fault::Limit(2 << 20));
    pushed(&user.push(&registry, &WORDS), &registry);
    assert!(registry.count("PATCH /blobs/uploads/") >= 2);

    let registry = Registry::start();
    registry.bend("* /blobs/uploads/", ALWAYS, Fault::Limit(1000));
    user.push(&registry, &WORDS).refused(6, &["413"]);
}

#[test]
fn e4_pieces_are_not_smaller_than_the_registry_wants_them() {
    let (registry, user) = (Registry::start(), user());
    let least = 2 << 20;
    let wants = move |_: &_, answer: &mut Answer| {
        *answer = answer.clone().header("OCI-Chunk-Min-Length", least.to_string());
    };
    registry.bend("POST /blobs/uploads/", ALWAYS, Fault::change(wants));
    registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(least));
    pushed(&user.push(&registry, &WORDS), &registry);
    let pieces: Vec<_> =
        registry.seen().iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.length).collect();
    let (_, others) = pieces.split_last().unwrap_or((&0, &[]));
    assert!(others.iter().all(|piece| *piece >= least), "{pieces:?}");
}

#[test]
fn e4_a_registry_that_counts_wrong_between_pieces_gets_no_wrong_blob() {
    let user = user();
    side_by_side(["0-0", "0-99999999", "7-8", "x"], |range| {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(1 << 20));
        let wrong = move |_: &_, answer: &mut Answer| *answer = answer.clone().header("Range", range);
        registry.bend("PATCH /blobs/uploads/", ONCE, Fault::change(wrong));
        let run = user.push(&registry, &WORDS);
        match run.status {
            0 => drop(pushed(&run, &registry)),
            _ => run.refused(6, &["error[registry]"]),
        }
    });
}

/// A byte a time, or none at all, is no way to go on.
#[test]
fn e4_an_upload_that_does_not_get_on_ends() {
    let user = user();
    side_by_side(["0-0", "one more"], |told| {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(1 << 20));
        let slow = move |request: &Request, answer: &mut Answer| {
            let start =
                request.header("content-range").and_then(|range| range.split('-').next()).unwrap_or("0");
            let range = if told == "0-0" { told.to_owned() } else { format!("0-{start}") };
            *answer = Answer::new(202).header("Range", range).header("Location", &request.target);
        };
        registry.bend("PATCH /blobs/uploads/", ALWAYS, Fault::change(slow));
        user.push(&registry, &WORDS).refused(6, &["error[registry]", "lost count"]);
        assert!(registry.seen().len() < 100, "{told}: {}", registry.seen().len());
    });
}

#[test]
fn e4_an_upload_that_is_never_closed_ends() {
    let user = User::new();
    let accepted = Fault::change(|request, answer| {
        *answer = Answer::new(202).header("Location", &request.target);
    });
    let gone = Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "gone").into();
    side_by_side([(accepted, "202"), (gone, "BLOB_UPLOAD_UNKNOWN: gone")], |(fault, says)| {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ALWAYS, fault);
        user.push(&registry, &[]).refused(6, &["error[registry]", says]);
        assert!(registry.seen().len() < 150, "{says}: {}", registry.seen().len());
    });
}

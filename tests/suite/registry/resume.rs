//! E4: an upload that was cut goes on where the registry says, or begins again; never at a wrong place, as the digest
//! that the registry computes shows.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, ONCE, Registry};

const SIZE: usize = 4 << 20;
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
    // small blobs are not affected: the cut is behind their ends, and so is the answer's loss
    registry.bend("PUT /blobs/uploads/", ONCE, Fault::Cut(3 << 20));
    pushed(&user.push(&registry, &WORDS), &registry);
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
        ("less than it has", range("0-1999999")),
        ("more than it has", range("0-3999999")),
        ("more than there is", range("0-99999999999")),
        ("more than a number holds", range("0-99999999999999999999999")),
        ("from the middle", range("5-3145727")),
        ("no range", range("bytes=all")),
        ("not there", Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "gone").into()),
        ("not asked for", Answer::new(405).into()),
        ("broken", Fault::Cut(0)),
    ];
    for (name, answer) in answers {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ONCE, Fault::Cut(3 << 20));
        registry.bend("GET /blobs/uploads/", ALWAYS, answer);
        let run = user.push(&registry, &WORDS);
        assert_eq!(run.status, 0, "{name}: {run:?}");
        pushed(&run, &registry);
    }
}

#[test]
fn e4_a_session_that_is_gone_is_begun_anew() {
    let user = user();
    for status in [404, 416] {
        for what in ["PATCH /blobs/uploads/", "PUT /blobs/uploads/"] {
            let registry = Registry::start();
            if what.starts_with("PATCH") {
                registry.bend("PUT /blobs/uploads/", ONCE, Fault::Cut(3 << 20));
            }
            registry.bend(what, ONCE, Answer::error(status, "BLOB_UPLOAD_UNKNOWN", "gone"));
            let run = user.push(&registry, &WORDS);
            assert_eq!(run.status, 0, "{what} {status}: {run:?}");
            pushed(&run, &registry);
        }
    }
    let registry = Registry::start();
    registry.bend("PUT /blobs/uploads/", ALWAYS, Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "gone"));
    user.push(&registry, &[]).refused(6, &["404", "BLOB_UPLOAD_UNKNOWN"]);
    assert!(registry.count("PUT /blobs/uploads/") <= 4 * 6);
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
    let least = 3 << 20;
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
    for range in ["0-0", "0-99999999", "7-8", "x"] {
        let registry = Registry::start();
        registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Limit(1 << 20));
        let wrong = move |_: &_, answer: &mut Answer| *answer = answer.clone().header("Range", range);
        registry.bend("PATCH /blobs/uploads/", ONCE, Fault::change(wrong));
        let run = user.push(&registry, &WORDS);
        assert!(run.status == 0 || run.status == 6, "{range}: {run:?}");
        if run.status == 0 {
            pushed(&run, &registry);
        } else {
            assert_eq!(registry.tagged("me/app", "1"), None);
        }
    }
}

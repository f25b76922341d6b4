//! Pushes that go well: what is there afterwards, and how many requests it took.

use super::{User, pushed};
use crate::support::Run;
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, Registry, Tokens};
use std::process::Stdio;

#[test]
fn a_new_image_takes_three_requests_a_blob_and_five_for_the_rest() {
    let registry = Registry::behind(Gate::Tokens(Tokens::of("me", "secret")));
    let user = User::of(registry.host(), "me", "secret");
    pushed(&user.push(&registry, &[]), &registry);
    let blobs = registry.state(|state| state.blobs.len());
    let all = registry.seen().len();
    assert!(all <= 3 * blobs + 5, "{all} requests for {blobs} blobs: {:#?}", registry.seen());
    assert_eq!(registry.count("PUT /blobs/uploads/"), blobs);
    assert_eq!(registry.count("PATCH /"), 0);

    // again, to the same place
    registry.forget();
    pushed(&user.push(&registry, &[]), &registry);
    let again = registry.seen();
    assert!(again.len() <= 5, "{} requests for an image that is there: {again:#?}", again.len());
    assert_eq!(registry.count("PUT /"), 0);

    // another manifest over blobs that are there
    registry.forget();
    pushed(&user.push(&registry, &["--annotation", "a=b"]), &registry);
    let again = registry.seen();
    assert!(again.len() <= blobs + 5, "{} requests for {blobs} blobs: {again:#?}", again.len());
}

#[test]
fn each_further_tag_costs_one_request() {
    let (registry, user) = (Registry::start(), User::new());
    pushed(&user.push(&registry, &[]), &registry);
    let one = registry.seen().len();
    let registry = Registry::start();
    let names = ["1", "2", "latest"].map(|tag| registry.name(&format!("me/app:{tag}")));
    let words: Vec<_> = names[1..].iter().map(String::as_str).collect();
    let digest = pushed(&user.push(&registry, &words), &registry);
    assert_eq!(registry.seen().len(), one + 2, "{:#?}", registry.seen());
    for tag in ["2", "latest"] {
        assert_eq!(registry.tagged("me/app", tag).unwrap(), digest);
    }
}

#[test]
fn by_digest_no_tag_is_made() {
    let (registry, user) = (Registry::start(), User::new());
    let run = user.push(&registry, &["--by-digest"]);
    assert_eq!(run.status, 0, "{run:?}");
    let (_, digest) = run.stdout.trim_end().split_once('@').unwrap();
    registry.state(|state| {
        assert!(state.tags.is_empty());
        assert!(state.manifests.contains_key(&("me/app".to_owned(), digest.to_owned())));
    });
}

#[test]
fn e15_two_pushes_of_one_tag_both_succeed() {
    let registry = Registry::start();
    let users = [User::new(), User::new()];
    let name = registry.name("me/app:1");
    let start = |(user, label): (&User, &str)| {
        let mut command = user.command(&["push", &name, "--label", label]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = users.iter().zip(["run=a", "run=b"]).map(start).collect();
    let mut digests = Vec::new();
    for child in children {
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!(run.status, 0, "{run:?}");
        digests.push(run.stdout.trim_end().rsplit_once('@').unwrap().1.to_owned());
    }
    assert!(digests[0] != digests[1], "the images differ");
    assert!(digests.contains(&registry.tagged("me/app", "1").unwrap()), "one of them has won");
}

/// The same, with the other push between our manifest and our look at it.
#[test]
fn e15_a_tag_that_somebody_else_takes_meanwhile_is_told() {
    let (registry, user) = (Registry::start(), User::new());
    let run = user.push_to(&registry.name("me/app:other"), &["--label", "run=other"]);
    assert_eq!(run.status, 0, "{run:?}");
    let other = registry.tagged("me/app", "other").unwrap();
    let bytes = registry.state(|state| state.manifests[&("me/app".to_owned(), other.clone())].clone());
    let digest = other.clone();
    let taken = Fault::change(move |_, answer| {
        *answer = answer.clone().header("Docker-Content-Digest", &digest).body(bytes.clone());
    });
    registry.bend("HEAD /manifests/1", 0..1, Answer::new(404));
    registry.bend("* /manifests/1", 2..usize::MAX, taken);
    let run = user.push(&registry, &[]);
    pushed(&run, &registry);
    assert!(run.stderr.contains("warning") && run.stderr.contains(&other), "{run:?}");
}

/// A mount that works, and the ways in which one does not: then the blob is sent as any other.
#[test]
fn e15_what_one_repository_has_another_one_mounts() {
    let user = User::new();
    for status in [201, 202, 401, 403, 405] {
        let registry = Registry::start();
        registry.state(|state| state.mounts_nothing = status == 202);
        if status > 202 {
            registry.bend("POST mount=", ALWAYS, Answer::error(status, "DENIED", "no mount"));
        }
        let run = user.push(&registry, &[&registry.name("me/other:1")]);
        assert_eq!((run.status, run.stdout.lines().count()), (0, 2), "{status}: {run:?}");
        assert_eq!(registry.tagged("me/other", "1"), registry.tagged("me/app", "1"), "{status}");
        let blobs = registry.state(|state| state.blobs.len()) / 2;
        assert_eq!(registry.count("POST mount="), blobs, "{status}");
        let sent = registry.count("PUT /blobs/uploads/");
        assert_eq!(sent, if status == 201 { blobs } else { 2 * blobs }, "{status}");
    }
}

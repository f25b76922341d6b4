//! E9: a registry that lies about what it has is found out.

use super::{User, pushed};
use crate::support::registry::{ALWAYS, Answer, Fault, ONCE, Registry, sha256};

fn other() -> String {
    sha256(b"something else")
}

fn digest_of_another() -> Fault {
    Fault::change(|_, answer| *answer = answer.clone().header("Docker-Content-Digest", other()))
}

#[test]
fn e9_another_digest_in_the_answer_fails_the_push() {
    let user = User::new();
    for what in ["PUT /blobs/uploads/", "PUT /manifests/"] {
        let registry = Registry::start();
        registry.bend(what, ALWAYS, digest_of_another());
        user.push(&registry, &[]).refused(6, &["error[registry]", &other()]);
        assert_eq!(registry.count(what).min(1), 1);
    }
}

#[test]
fn e9_a_blob_of_another_size_is_not_taken_for_ours() {
    let (registry, user) = (Registry::start(), User::new());
    pushed(&user.push(&registry, &[]), &registry);
    registry.state(|state| {
        state.manifests.clear();
        state.tags.clear();
        state.blobs.values_mut().for_each(|blob| blob.truncate(100));
    });
    user.push(&registry, &[]).refused(6, &["another blob by that digest", "100"]);
    assert_eq!(registry.tagged("me/app", "1"), None);
}

#[test]
fn e9_a_blob_that_was_taken_and_lost_is_told() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("PUT /blobs/uploads/", ONCE, Answer::new(201).header("Location", "/v2/me/app/blobs/x"));
    user.push(&registry, &[]).refused(6, &["400", "MANIFEST_BLOB_UNKNOWN"]);
    assert_eq!(registry.tagged("me/app", "1"), None);
}

#[test]
fn e15_a_blob_that_another_push_is_putting_in_its_place_is_missed_for_a_moment() {
    let (registry, user) = (Registry::start(), User::new());
    let missed = || Answer::error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    registry.bend("PUT /manifests/", ONCE, missed());
    pushed(&user.push(&registry, &[]), &registry);
    registry.state(|state| state.manifests.clear());
    registry.bend("PUT /manifests/", 0..usize::MAX, missed());
    user.push(&registry, &["--label", "a=b"]).refused(6, &["400", "MANIFEST_BLOB_UNKNOWN"]);
}

#[test]
fn e9_what_is_read_back_must_be_what_was_sent() {
    let user = User::new();
    let absent = || Fault::from(Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"));
    for (fault, says) in [(digest_of_another(), other()), (absent(), "nothing there".to_owned())] {
        let registry = Registry::start();
        // the first one looks for the image before it is sent
        registry.bend("HEAD /manifests/", 1..usize::MAX, fault);
        user.push(&registry, &[]).refused(6, &["error[registry]", "me/app", &says]);
        let before = registry.seen().len();
        let run = user.push(&registry, &["--no-read-back", "--label", "a=b"]);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(registry.seen().len() > before);
    }
}

/// Registries may leave the digest out of their answers; then the manifest itself is read.
#[test]
fn e9_without_a_digest_the_manifest_itself_is_compared() {
    let user = User::new();
    let silent =
        || Fault::change(|_, answer| answer.headers.retain(|(name, _)| name != "Docker-Content-Digest"));
    let registry = Registry::start();
    registry.bend("* /", ALWAYS, silent());
    pushed(&user.push(&registry, &[]), &registry);

    let registry = Registry::start();
    let changed = Fault::change(|_, answer| {
        answer.headers.retain(|(name, _)| name != "Docker-Content-Digest");
        answer.body.push(b' ');
    });
    registry.bend("GET /manifests/", ALWAYS, changed);
    registry.bend("* /", ALWAYS, silent());
    user.push(&registry, &[]).refused(6, &["error[registry]"]);
}

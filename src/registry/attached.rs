//! Tests that documents about an image come to its repository, whatever the registry knows of them.

use super::fake::{Fake, Reply, Request, State};
use super::referrers::tag;
use super::*;
use crate::error::Caution;
use crate::image::attachment::SPDX;
use crate::image::manifest::{INDEX, MANIFEST};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(super) fn client() -> Client {
    let env = Env::new([("HOME", "/nonexistent")], "/");
    let policy = Policy { first: Duration::from_millis(1), ..Policy::default() };
    Client::patient(Access::default(), &env, policy).unwrap()
}

/// Documents of these contents, about an image that nobody has pushed: a registry takes them all the same.
fn documents(contents: &[&str]) -> Vec<Attachment> {
    let one = |text: &&str| Attachment {
        kind: SPDX,
        platform: None,
        subject: Descriptor::new(MANIFEST, Digest::of(b"image"), 5),
        parts: Vec::new(),
        annotations: BTreeMap::from([("org.example.text".into(), (*text).to_owned())]),
        bytes: text.as_bytes().to_vec(),
    };
    contents.iter().map(one).collect()
}

fn attach(fake: &Fake, contents: &[&str]) -> Result<Attached, Error> {
    let name: Reference = format!("{}/a/b:1", fake.host).parse().unwrap();
    client().attach(&name, &documents(contents), "hello")
}

/// The path of the index that stands for the list.
fn listed_at() -> String {
    format!("/v2/a/b/manifests/{}", tag(&Digest::of(b"image")))
}

/// What the index under the tag leads to.
fn listed(fake: &Fake) -> Vec<Value> {
    let state = fake.state.lock().unwrap();
    let (media_type, bytes) = &state.manifests[&listed_at()];
    assert_eq!(media_type, INDEX);
    let index: Value = serde_json::from_slice(bytes).unwrap();
    index["manifests"].as_array().unwrap().clone()
}

pub(super) fn put_list(state: &mut State, list: &Value) {
    state.manifests.insert(listed_at(), (INDEX.to_owned(), list.to_string().into_bytes()));
}

/// An entry of somebody else's.
pub(super) fn foreign(text: &str) -> Value {
    json!({
        "mediaType": MANIFEST, "digest": Digest::of(text.as_bytes()).to_string(), "size": 1,
        "artifactType": "application/x", "annotations": { "k": text }, "data": "e30=",
    })
}

pub(super) fn list_of(entries: &[Value]) -> Value {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": { "whose": "theirs" } })
}

/// A registry that keeps the list by itself: what it was sent, in that order.
fn keeping() -> Fake {
    Fake::start(|request, state| {
        if request.target.contains("/referrers/") {
            let manifests = state.manifests.iter().filter(|(path, _)| path.contains("/sha256:"));
            let entry = |(path, (_, bytes)): (&String, &(String, Vec<u8>))| json!({ "mediaType": MANIFEST, "digest": path.rsplit('/').next().unwrap(), "size": bytes.len() });
            let entries: Vec<_> = manifests.map(entry).collect();
            return Some(Reply::new(200).says(list_of(&entries).to_string()));
        }
        if !request.is("PUT manifests") {
            return None;
        }
        let digest = request.target.rsplit('/').next().unwrap();
        let kept = (MANIFEST.to_owned(), request.body.clone());
        state.manifests.insert(format!("/v2/a/b/manifests/{digest}"), kept);
        let manifest: Value = serde_json::from_slice(&request.body).unwrap();
        Some(Reply::new(201).with("oci-subject", manifest["subject"]["digest"].as_str().unwrap()))
    })
}

#[test]
fn a_registry_that_keeps_the_list_is_sent_each_document_once() {
    let fake = keeping();
    let attached = attach(&fake, &["one", "two"]).unwrap();
    assert_eq!((attached.manifests.len(), attached.sent), (2, 2 + 3 + 3));
    assert!(attached.warnings.is_empty());
    {
        let state = fake.state.lock().unwrap();
        assert!(!state.manifests.contains_key(&listed_at()), "no tag is written");
        let (_, manifest) = &state.manifests[&format!("/v2/a/b/manifests/{}", attached.manifests[0])];
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        assert_eq!(manifest["artifactType"], "application/spdx+json");
        assert_eq!(manifest["subject"]["digest"], Digest::of(b"image").to_string());
        assert_eq!(state.blobs[manifest["layers"][0]["digest"].as_str().unwrap()], b"one");
        assert_eq!(state.blobs[manifest["config"]["digest"].as_str().unwrap()], b"{}");
    }
    fake.requests();
    assert_eq!(attach(&fake, &["one", "two"]).unwrap().manifests, attached.manifests);
    assert_eq!(fake.requests().len(), 1, "there is nothing to send");
}

#[test]
fn for_any_other_registry_an_index_stands_for_the_list_and_what_others_have_put_there_stays() {
    let fake = Fake::start(|_, _| None);
    let theirs = [foreign("a"), foreign("b")];
    put_list(&mut fake.state.lock().unwrap(), &list_of(&theirs));
    let attached = attach(&fake, &["one", "two"]).unwrap();
    let entries = listed(&fake);
    assert_eq!(entries[..2], theirs);
    let digests: Vec<_> = attached.manifests.iter().map(ToString::to_string).collect();
    assert_eq!(
        entries[2..].iter().map(|entry| entry["digest"].as_str().unwrap()).collect::<Vec<_>>(),
        digests
    );
    assert_eq!(entries[2]["artifactType"], "application/spdx+json");
    assert_eq!(entries[2]["annotations"], json!({ "org.example.text": "one" }));
    {
        let state = fake.state.lock().unwrap();
        let index: Value = serde_json::from_slice(&state.manifests[&listed_at()].1).unwrap();
        assert_eq!(index["annotations"]["whose"], "theirs");
    }
    fake.requests();
    assert_eq!(attach(&fake, &["one", "two"]).unwrap().sent, 0);
    assert!(fake.requests().iter().all(|request| !request.starts_with('P')), "nothing is sent again");
    assert_eq!(listed(&fake), entries);

    attach(&fake, &["one", "three"]).unwrap();
    assert_eq!(listed(&fake).len(), 5);
}

#[test]
fn a_document_that_was_deleted_and_is_still_listed_is_sent_again() {
    let fake = Fake::start(|_, _| None);
    let digest = attach(&fake, &["one"]).unwrap().manifests.remove(0);
    let path = format!("/v2/a/b/manifests/{digest}");
    fake.state.lock().unwrap().manifests.remove(&path);
    attach(&fake, &["one"]).unwrap();
    assert!(fake.state.lock().unwrap().manifests.contains_key(&path));
    assert_eq!(listed(&fake).len(), 1);
}

#[test]
fn an_entry_that_another_client_has_overwritten_is_put_back() {
    let puts = AtomicUsize::new(0);
    let fake = Fake::start(move |request, state| {
        // whoever has read the list before we wrote it writes it after us, twice
        let lost = request.is("PUT manifests") && request.target.ends_with(&listed_at());
        if lost && puts.fetch_add(1, Ordering::SeqCst) < 2 {
            put_list(state, &list_of(&[foreign("theirs")]));
            return Some(Reply::new(201));
        }
        None
    });
    let attached = attach(&fake, &["one"]).unwrap();
    assert!(attached.warnings.is_empty());
    let entries = listed(&fake);
    assert_eq!(entries[0], foreign("theirs"));
    assert_eq!(entries[1]["digest"], attached.manifests[0].to_string());
}

#[test]
fn a_registry_that_can_tells_that_the_list_has_changed() {
    let refused = AtomicUsize::new(0);
    let fake = Fake::start(move |request, state| {
        if !request.target.ends_with(&listed_at()) {
            return None;
        }
        let version = state.manifests.get(&listed_at()).map(|(_, bytes)| format!("\"{}\"", bytes.len()));
        match &*request.method {
            "GET" => {
                let (_, bytes) = state.manifests.get(&listed_at())?.clone();
                Some(Reply::new(200).with("etag", version.unwrap()).says(bytes))
            }
            "PUT" if refused.fetch_add(1, Ordering::SeqCst) == 0 => {
                put_list(state, &list_of(&[foreign("a"), foreign("later")]));
                Some(Reply::new(412))
            }
            "PUT" if request.headers.get("if-match") != version.as_ref() => Some(Reply::new(412)),
            _ => None,
        }
    });
    put_list(&mut fake.state.lock().unwrap(), &list_of(&[foreign("a")]));
    assert!(attach(&fake, &["one"]).unwrap().warnings.is_empty());
    assert_eq!(listed(&fake)[..2], [foreign("a"), foreign("later")]);
    assert_eq!(listed(&fake).len(), 3);
}

#[test]
fn a_version_that_cannot_be_told_from_others_is_not_asked_for() {
    let fake = Fake::start(move |request, state| {
        if !request.target.ends_with(&listed_at()) {
            return None;
        }
        let (_, bytes) = state.manifests.get(&listed_at())?.clone();
        match &*request.method {
            // what a proxy that compresses makes of a tag, which never matches (RFC 9110, 13.1.1)
            "GET" => Some(Reply::new(200).with("etag", "W/\"1\"").says(bytes)),
            _ => request.headers.contains_key("if-match").then(|| Reply::new(412)),
        }
    });
    put_list(&mut fake.state.lock().unwrap(), &list_of(&[foreign("a")]));
    assert!(attach(&fake, &["one"]).unwrap().warnings.is_empty());
    assert_eq!(listed(&fake).len(), 2);
}

#[test]
fn a_list_that_another_client_has_begun_meanwhile_is_not_overwritten() {
    let fake = Fake::start(move |request, state| {
        let there = state.manifests.contains_key(&listed_at());
        let list = request.is("PUT manifests") && request.target.ends_with(&listed_at());
        if list && !there {
            // between our look and our word
            put_list(state, &list_of(&[foreign("theirs")]));
        }
        let nothing = request.headers.get("if-none-match").is_some_and(|value| value == "*");
        (list && nothing).then(|| Reply::new(412))
    });
    assert!(attach(&fake, &["one"]).unwrap().warnings.is_empty());
    assert_eq!(listed(&fake)[0], foreign("theirs"));
    assert_eq!(listed(&fake).len(), 2);
}

#[test]
fn a_registry_that_takes_no_documents_is_worth_a_warning_and_no_failure() {
    let says = r#"{"errors":[{"code":"MANIFEST_INVALID","message":"unknown media type"}]}"#;
    for status in [400, 404, 405, 409, 412, 415, 422, 501] {
        let fake =
            Fake::start(move |request, _| request.is("PUT manifests").then(|| Reply::new(status).says(says)));
        let attached = attach(&fake, &["one", "two"]).unwrap();
        assert!(attached.manifests.is_empty(), "{status}");
        let [warning] = &attached.warnings[..] else { panic!("{status}: {:?}", attached.warnings) };
        assert_eq!(warning.code(), Caution::Unattached);
        let place = format!("`{}/a/b` has the image", fake.host);
        assert!(warning.what().starts_with(&place), "{warning:?}");
        assert!(warning.what().contains("MANIFEST_INVALID: unknown media type"), "{warning:?}");
    }
}

#[test]
fn a_tag_that_nobody_may_write_or_that_is_no_list_is_worth_a_warning() {
    let immutable = Fake::start(|request, _| {
        let list = request.is("PUT manifests") && request.target.ends_with(&listed_at());
        list.then(|| Reply::new(400).says(r#"{"errors":[{"code":"TAG_IMMUTABLE"}]}"#))
    });
    assert!(attach(&immutable, &["one"]).unwrap().warnings[0].what().contains("TAG_IMMUTABLE"));

    for odd in [
        "{}",
        "[]",
        "no JSON",
        r#"{"manifests":{}}"#,
        r#"{"manifests":[],"mediaType":"x"}"#,
        // whoever writes it back drops one of them
        r#"{"manifests":[{}],"manifests":[]}"#,
        &"[".repeat(9_000),
    ] {
        let fake = Fake::start(|_, _| None);
        let kept = (MANIFEST.to_owned(), odd.as_bytes().to_vec());
        fake.state.lock().unwrap().manifests.insert(listed_at(), kept.clone());
        let attached = attach(&fake, &["one"]).unwrap();
        assert!(attached.warnings[0].what().contains("is no list"), "{odd}: {:?}", attached.warnings);
        assert_eq!(fake.state.lock().unwrap().manifests[&listed_at()], kept, "it is left as it is");
    }
}

#[test]
fn a_list_that_is_full_stays_as_it_is() {
    let fake = Fake::start(|_, _| None);
    let mut theirs = foreign("a");
    theirs["data"] = json!("x".repeat((4 << 20) - 400));
    put_list(&mut fake.state.lock().unwrap(), &list_of(&[theirs]));
    let attached = attach(&fake, &["one"]).unwrap();
    assert!(attached.warnings[0].what().contains("is full"), "{:?}", attached.warnings);
    assert_eq!(listed(&fake).len(), 1);
}

#[test]
fn others_that_never_stop_writing_the_list_are_worth_a_warning() {
    let fake = Fake::start(|request, state| {
        let list = request.is("PUT manifests") && request.target.ends_with(&listed_at());
        list.then(|| {
            put_list(state, &list_of(&[foreign("theirs")]));
            Reply::new(201)
        })
    });
    let attached = attach(&fake, &["one"]).unwrap();
    assert!(attached.warnings[0].what().contains("others keep writing"), "{:?}", attached.warnings);
    let puts = fake.requests().iter().filter(|request| *request == "PUT manifests").count();
    assert!(puts < 12, "{puts}");
}

#[test]
fn who_may_not_write_and_what_cannot_be_reached_is_a_failure() {
    for status in [401, 403, 0] {
        for kind in ["PUT manifests", "POST uploads"] {
            let fake = Fake::start(move |request: &Request, _| request.is(kind).then(|| Reply::new(status)));
            let error = attach(&fake, &["one"]).unwrap_err();
            assert_eq!(error.exit_status(), 6, "{kind} {status}");
        }
    }
}

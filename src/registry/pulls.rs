//! Pulls from a registry that is in order, and from those that are not.

use super::fake::{Fake, Reply, Request, State};
use super::*;
use crate::content::{self, Rule};
use crate::image::config::MEDIA_TYPE as CONFIG;
use crate::image::manifest::{INDEX, MANIFEST};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

fn client() -> Client {
    let env = Env::new([("HOME", "/nonexistent")], "/");
    let policy = Policy { first: Duration::from_millis(1), ..Policy::default() };
    Client::patient(Access::default(), &env, policy).unwrap()
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len() })
}

/// Puts an image of one layer with these bytes under `name` of the repository `a/b`. Returns its manifest's descriptor.
fn put(state: &mut State, name: &str, layer: &[u8]) -> Value {
    let config = json!({
        "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [Digest::of(layer).to_string()] },
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, &config),
        "layers": [descriptor(LAYER, layer)],
    });
    for blob in [&config[..], layer] {
        state.blobs.insert(Digest::of(blob).to_string(), blob.to_vec());
    }
    document(state, name, MANIFEST, &manifest)
}

fn document(state: &mut State, name: &str, media_type: &str, json: &Value) -> Value {
    let bytes = json.to_string().into_bytes();
    for name in [name, &Digest::of(&bytes).to_string()] {
        state.manifests.insert(format!("/v2/a/b/manifests/{name}"), (media_type.to_owned(), bytes.clone()));
    }
    descriptor(media_type, &bytes)
}

fn pulled(fake: &Fake, platform: Option<&str>) -> Result<Pulled, Error> {
    let name = format!("{}/a/b:1", fake.host).parse().unwrap();
    client().pull(&name, None, platform, tempfile::tempfile().unwrap())
}

fn words(error: &Error) -> String {
    format!("{} {:?} {:?}", error.what(), error.notes(), error.helps())
}

/// What the images are that were pulled.
fn opened(pulled: Pulled) -> content::Found {
    content::assembled("x", &pulled.root, &pulled.bytes, &[], pulled.blobs, BTreeSet::new()).unwrap()
}

/// A tar without entries.
const EMPTY: [u8; 1024] = [0; 1024];

#[test]
fn an_image_comes_with_its_blobs_and_opens_without_a_fault() {
    let fake = Fake::start(|_, _| None);
    put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
    let pulled = pulled(&fake, None).unwrap();
    let found = opened(pulled);
    assert_eq!(found.faults, []);
    let layer = &found.images[0].layers[0];
    assert_eq!(content::walk(layer, &mut |_, _| Ok(())).unwrap().faults, []);
    assert!(fake.state.lock().unwrap().log.iter().all(|request| request.method == "GET"));
}

#[test]
fn of_several_platforms_one_is_enough() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let entries: Vec<Value> = ["amd64", "arm64"]
        .into_iter()
        .map(|architecture| {
            let layer = [&EMPTY[..], &vec![0; if architecture == "arm64" { 512 } else { 0 }]].concat();
            let mut entry = put(&mut state, architecture, &layer);
            entry["platform"] = json!({ "os": "linux", "architecture": architecture });
            entry
        })
        .collect();
    document(
        &mut state,
        "1",
        INDEX,
        &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }),
    );
    drop(state);
    assert_eq!(pulled(&fake, None).unwrap().blobs.len(), 6);
    assert_eq!(pulled(&fake, Some("linux/arm64")).unwrap().blobs.len(), 3);
}

#[test]
fn what_refers_to_an_image_is_found_by_the_list_and_by_the_tag_that_stands_for_it() {
    for by_tag in [false, true] {
        let sbom = json!({ "mediaType": MANIFEST, "digest": Digest::of(b"s").to_string(), "size": 1, "artifactType": "application/spdx+json" });
        let list = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [sbom] });
        let answer = list.to_string();
        let fake = Fake::start(move |request: &Request, _: &mut State| {
            let asked = !by_tag && request.target.contains("/referrers/");
            asked.then(|| Reply::new(200).says(answer.clone()))
        });
        let mut state = fake.state.lock().unwrap();
        let image = put(&mut state, "1", &EMPTY);
        let tag = image["digest"].as_str().unwrap().replace(':', "-");
        if by_tag {
            document(&mut state, &tag, INDEX, &list);
        }
        drop(state);
        let attachments = pulled(&fake, None).unwrap().attachments;
        assert_eq!(attachments.len(), 1, "by tag: {by_tag}");
        assert_eq!(attachments[0].artifact, "application/spdx+json");
    }
}

#[test]
fn e9_e10_h8_a_blob_that_is_another_or_has_another_size_is_refused() {
    for (what, wrong, says) in [
        ("another", vec![7; 1024], "it is sha256:"),
        ("longer", vec![0; 1025], "1025 bytes, 1024 were expected"),
        ("shorter", vec![0; 1023], "1023 bytes, 1024 were expected"),
    ] {
        let fake = Fake::start(move |request: &Request, _: &mut State| {
            let layer = request.target.ends_with(&Digest::of(&EMPTY).to_string());
            layer.then(|| Reply::new(200).says(wrong.clone()))
        });
        put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
        let error = pulled(&fake, None).unwrap_err();
        assert!(error.code() == Code::Registry && words(&error).contains(says), "{what}: {}", words(&error));
    }
}

#[test]
fn e3_a_blob_that_breaks_off_is_resumed_where_it_did() {
    let times = AtomicUsize::new(0);
    let fake = Fake::start(move |request: &Request, _: &mut State| {
        if !request.target.ends_with(&Digest::of(&EMPTY).to_string()) {
            return None;
        }
        match times.fetch_add(1, Ordering::SeqCst) {
            // less than it says, and then the end of the connection
            0 => Some(
                Reply::new(200).with("content-length", 1024).with("connection", "close").says(vec![0; 100]),
            ),
            _ => {
                let from: usize = request.headers["range"]
                    .trim_start_matches("bytes=")
                    .trim_end_matches('-')
                    .parse()
                    .unwrap();
                let range = format!("bytes {from}-1023/1024");
                Some(Reply::new(206).with("content-range", range).says(EMPTY[from..].to_vec()))
            }
        }
    });
    put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
    let pulled = pulled(&fake, None).unwrap();
    assert_eq!(pulled.blobs[&Digest::of(&EMPTY)].bytes().unwrap(), EMPTY);
}

#[test]
fn h8_a_document_that_is_another_than_was_asked_for_is_refused() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let image = put(&mut state, "1", &EMPTY);
    let path = format!("/v2/a/b/manifests/{}", image["digest"].as_str().unwrap());
    state.manifests.insert(path, (MANIFEST.to_owned(), b"{}".to_vec()));
    drop(state);
    let name = format!("{}/a/b:1", fake.host).parse().unwrap();
    let digest = image["digest"].as_str().unwrap().parse().unwrap();
    let error = client().pull(&name, Some(&digest), None, tempfile::tempfile().unwrap()).unwrap_err();
    assert!(words(&error).contains("for sha256:"), "{}", words(&error));
}

#[test]
fn a_blob_that_is_not_there_is_a_fault_of_the_image() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    put(&mut state, "1", &EMPTY);
    state.blobs.remove(&Digest::of(&EMPTY).to_string());
    drop(state);
    let pulled = pulled(&fake, None).unwrap();
    let found = opened(pulled);
    assert_eq!(found.faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::Missing]);
}

#[test]
fn h8_sizes_beyond_all_disks_and_indexes_without_end_are_refused() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let image = put(&mut state, "huge", &EMPTY);
    let mut manifest: Value = serde_json::from_slice(
        &state.manifests[&format!("/v2/a/b/manifests/{}", image["digest"].as_str().unwrap())].1,
    )
    .unwrap();
    manifest["layers"][0]["size"] = json!(u64::MAX / 2);
    document(&mut state, "1", MANIFEST, &manifest);
    drop(state);
    assert!(words(&pulled(&fake, None).unwrap_err()).contains("is said to have"));

    let fake = Fake::start(|request: &Request, _: &mut State| {
        // each document leads to a hundred others
        let name = request.target.rsplit('/').next().unwrap();
        request.is("GET manifests").then(|| {
            let list: Vec<_> =
                (0..300).map(|n| descriptor(MANIFEST, format!("{name}{n}").as_bytes())).collect();
            let json = json!({ "schemaVersion": 2, "manifests": list });
            Reply::new(200).with("content-type", INDEX).says(json.to_string())
        })
    });
    assert!(pulled(&fake, None).is_err());
    assert!(fake.requests().len() < 300);
}

#[test]
fn nothing_of_that_name_is_said_in_words() {
    let fake = Fake::start(|_, _| None);
    let error = pulled(&fake, None).unwrap_err();
    assert!(error.code() == Code::Registry && words(&error).contains("right name"), "{}", words(&error));
}

#[test]
fn an_image_of_an_index_that_the_repository_has_not_is_left_out() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let image = put(&mut state, "there", &EMPTY);
    let list = json!({ "schemaVersion": 2, "manifests": [descriptor(MANIFEST, b"elsewhere"), image] });
    document(&mut state, "1", INDEX, &list);
    drop(state);
    let pulled = pulled(&fake, None).unwrap();
    let found = opened(pulled);
    assert_eq!(found.images.len(), 1);
    assert_eq!(found.faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::Missing]);
}

#[test]
fn what_refers_to_an_index_is_found_and_for_one_platform_nobody_asks() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let image = put(&mut state, "there", &EMPTY);
    let mut image = image;
    image["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let index = document(&mut state, "1", INDEX, &json!({ "schemaVersion": 2, "manifests": [image] }));
    let sbom = json!({ "mediaType": MANIFEST, "digest": Digest::of(b"s").to_string(), "size": 1, "artifactType": "x/y" });
    let tag = index["digest"].as_str().unwrap().replace(':', "-");
    document(&mut state, &tag, INDEX, &json!({ "schemaVersion": 2, "manifests": [sbom] }));
    drop(state);
    let attachments = pulled(&fake, None).unwrap().attachments;
    assert_eq!(attachments[0].subject.as_ref().unwrap().to_string(), index["digest"].as_str().unwrap());
    fake.requests();
    assert!(pulled(&fake, Some("linux/amd64")).unwrap().attachments.is_empty());
    let asked: Vec<_> = fake.state.lock().unwrap().log.iter().map(|one| one.target.clone()).collect();
    assert!(asked.iter().all(|target| !target.contains("referrers")), "{asked:?}");
}

/// A manifest of this type that carries a document; returns its entry in a list.
fn carrier(state: &mut State, artifact: &str, text: &str) -> Value {
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [descriptor(artifact, text.as_bytes())],
    });
    let mut entry = document(state, text, MANIFEST, &manifest);
    entry["artifactType"] = artifact.into();
    entry
}

#[test]
fn h6_statements_are_read_before_all_else_and_of_each_image_one() {
    const STATEMENT: &str = "application/vnd.in-toto+json";
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let images: Vec<_> = (0..2_u8)
        .map(|at| {
            let mut image = put(&mut state, &at.to_string(), &[[at; 512], [0; 512]].concat());
            image["platform"] = json!({ "os": "linux", "architecture": at.to_string() });
            image
        })
        .collect();
    for (at, image) in images.iter().enumerate() {
        let mut entries: Vec<_> =
            (0..40).map(|n| carrier(&mut state, "application/spdx+json", &format!("s{at}-{n}"))).collect();
        entries.extend((0..40).map(|n| carrier(&mut state, STATEMENT, &format!("p{at}-{n}"))));
        let tag = image["digest"].as_str().unwrap().replace(':', "-");
        document(&mut state, &tag, INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    }
    document(&mut state, "1", INDEX, &json!({ "schemaVersion": 2, "manifests": images }));
    drop(state);
    let attachments = pulled(&fake, None).unwrap().attachments;
    assert_eq!(attachments.len(), 160, "all are listed");
    let (read, others): (Vec<_>, Vec<_>) = attachments.iter().partition(|one| one.document.is_some());
    assert_eq!((read.len(), others.len()), (READ, 160 - READ));
    assert!(read.iter().all(|one| one.artifact == STATEMENT));
    let first: Vec<_> = attachments[..2].iter().map(|one| &one.document.as_ref().unwrap().digest).collect();
    assert_eq!(first, [&Digest::of(b"p0-0"), &Digest::of(b"p1-0")]);
}

#[test]
fn e3_a_registry_that_does_not_tell_what_refers_to_an_image_has_none_and_one_that_is_gone_has_failed() {
    for (status, fine) in [(403, true), (500, true), (0, false)] {
        for part in ["/referrers/", "/manifests/sha256-"] {
            let fake = Fake::start(move |request: &Request, _: &mut State| {
                request.target.contains(part).then(|| Reply::new(status))
            });
            put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
            let outcome = pulled(&fake, None);
            assert_eq!(outcome.is_ok(), fine, "{part} {status}: {outcome:?}");
        }
    }
}

#[test]
fn h8_layers_without_number_and_indexes_below_each_other_without_end_are_bounded() {
    let fake = Fake::start(|_, _| None);
    let mut state = fake.state.lock().unwrap();
    let layers: Vec<_> = (0..10_000).map(|n: u32| descriptor(LAYER, &n.to_be_bytes())).collect();
    let config = descriptor(CONFIG, b"{}");
    document(&mut state, "1", MANIFEST, &json!({ "schemaVersion": 2, "config": config, "layers": layers }));
    drop(state);
    assert!(words(&pulled(&fake, None).unwrap_err()).contains("blobs"));
    assert_eq!(fake.requests(), ["GET manifests"]);

    let mut state = fake.state.lock().unwrap();
    let mut below = put(&mut state, "deep", &EMPTY);
    for _ in 0..20 {
        below = document(&mut state, "1", INDEX, &json!({ "schemaVersion": 2, "manifests": [below] }));
    }
    drop(state);
    let pulled = pulled(&fake, None).unwrap();
    assert!(fake.requests().len() < 20);
    let found = opened(pulled);
    assert!(found.images.is_empty() && !found.faults.is_empty());
}

#[test]
fn e6_a_blob_may_lie_elsewhere_and_the_token_stays_here() {
    let elsewhere = Fake::start(|request: &Request, _: &mut State| {
        assert!(!request.headers.contains_key("authorization"), "{request:?}");
        Some(Reply::new(200).says(EMPTY))
    });
    let host = elsewhere.host.clone();
    let fake = Fake::start(move |request: &Request, _: &mut State| {
        if request.is("GET token") {
            assert_eq!(request.parameter("scope").unwrap(), "repository:a/b:pull");
            return Some(Reply::new(200).says(r#"{"token":"t","expires_in":300}"#));
        }
        if request.headers.get("authorization").map(String::as_str) != Some("Bearer t") {
            let realm = format!(r#"Bearer realm="http://{}/token",service="s""#, request.headers["host"]);
            return Some(Reply::new(401).with("www-authenticate", realm));
        }
        let layer = request.target.ends_with(&Digest::of(&EMPTY).to_string());
        layer.then(|| Reply::new(307).with("location", format!("http://{host}/store?X-Amz-Signature=secret")))
    });
    put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
    let pulled = pulled(&fake, None).unwrap();
    assert_eq!(pulled.blobs[&Digest::of(&EMPTY)].bytes().unwrap(), EMPTY);
    assert_eq!(elsewhere.requests().len(), 1);
}

#[test]
fn e2_e12_a_registry_that_is_busy_is_asked_again_and_one_that_stays_so_is_not_for_ever() {
    for (answers, fine) in [(2, true), (usize::MAX, false)] {
        let times = AtomicUsize::new(0);
        let fake = Fake::start(move |request: &Request, _: &mut State| {
            let layer = request.target.ends_with(&Digest::of(&EMPTY).to_string());
            let busy = layer && times.fetch_add(1, Ordering::SeqCst) < answers;
            busy.then(|| Reply::new(429).with("retry-after", "0"))
        });
        put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
        let outcome = pulled(&fake, None);
        assert_eq!(outcome.is_ok(), fine, "{outcome:?}");
        if let Err(error) = outcome {
            assert!(words(&error).contains("429"), "{}", words(&error));
        }
        assert!(fake.requests().len() < 20);
    }
}

#[test]
fn e3_e10_a_blob_without_a_length_ends_where_its_descriptor_says() {
    // what comes is in chunks, and is more or less than it should be
    for (length, says) in
        [(EMPTY.len() * 1000, "it goes on after 1024 bytes"), (EMPTY.len() - 1, "asked 6 times")]
    {
        let fake = Fake::start(move |request: &Request, _: &mut State| {
            let layer = request.target.ends_with(&Digest::of(&EMPTY).to_string());
            let whole = format!("{length:x}\r\n").into_bytes();
            let body = [&whole[..], &vec![0; length][..], b"\r\n0\r\n\r\n"].concat();
            layer.then(|| Reply::new(200).with("transfer-encoding", "chunked").says(body))
        });
        put(&mut fake.state.lock().unwrap(), "1", &EMPTY);
        let error = pulled(&fake, None).unwrap_err();
        assert!(words(&error).contains(says), "{length}: {}", words(&error));
    }
}

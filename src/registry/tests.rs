use super::fake::{Fake, Reply, Request, State};
use super::scope::Scope;
use super::token::Server;
use super::url::Url;
use super::*;
use crate::credentials::{Credential, Secret};
use crate::image::archive::Archive;
use crate::image::config::MEDIA_TYPE as CONFIG;
use crate::image::manifest::{INDEX, MANIFEST};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A client that does not wait long.
fn client() -> Client {
    let env = Env::new([("HOME", "/nonexistent")], "/");
    let policy = Policy { first: Duration::from_millis(1), ..Policy::default() };
    Client::patient(Access::default(), &env, policy).unwrap()
}

/// An image with layers of these contents, or an index over two of them.
fn parcel(layers: &[&[u8]], index: bool) -> Parcel {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = Archive::nameless(folder.path(), 0).unwrap();
    let mut documents = |media_type: &'static str, all: &[&[u8]]| -> Vec<(Descriptor, Blob)> {
        let mut written = Vec::new();
        for bytes in all {
            let descriptor = archive.document(media_type, bytes).unwrap();
            let blob = archive.blob(&descriptor.digest).unwrap();
            written.push((descriptor, blob));
        }
        written
    };
    let mut blobs = documents(LAYER, layers);
    blobs.extend(documents(CONFIG, &[br#"{"architecture":"amd64","os":"linux"}"#]));
    let config = blobs.last().unwrap().0.clone();
    let manifest = |note: &str| {
        let config = serde_json::json!({
            "mediaType": CONFIG, "digest": config.digest.to_string(), "size": config.size,
        });
        let layers = layers.len();
        serde_json::json!({ "schemaVersion": 2, "config": config, "x": note, "y": layers }).to_string()
    };
    let (one, other) = (manifest("one"), manifest("other"));
    let mut manifests = documents(MANIFEST, &[one.as_bytes()]);
    if index {
        manifests.extend(documents(MANIFEST, &[other.as_bytes()]));
        manifests.extend(documents(INDEX, &[b"{}"]));
    }
    Parcel { blobs, manifests }
}

fn names(fake: &Fake, names: &[&str]) -> Vec<Reference> {
    names.iter().map(|name| format!("{}/{name}", fake.host).parse().unwrap()).collect()
}

fn nothing(_: &Request, _: &mut State) -> Option<Reply> {
    None
}

/// All words of an error.
fn words(error: &Error) -> String {
    format!("{} {:?} {:?}", error.what(), error.notes(), error.helps())
}

#[test]
fn a_new_image_takes_three_requests_a_blob_and_one_that_is_there_takes_one() {
    let (fake, client, parcel) = (Fake::start(nothing), client(), parcel(&[b"layer"], false));
    let pushed = client.push(&parcel, &names(&fake, &["a/b:1", "a/b:2"]), false).unwrap();
    assert_eq!(pushed.digest, parcel.manifests[0].0.digest);
    assert_eq!(pushed.sent, parcel.blobs.iter().map(|(descriptor, _)| descriptor.size).sum::<u64>());
    let requests = fake.requests();
    assert_eq!(requests.len(), 1 + 2 * 3 + 2 + 1, "{requests:?}");
    assert_eq!(requests[0], "HEAD manifests");
    assert_eq!(requests[7..], ["PUT manifests", "PUT manifests", "HEAD manifests"]);

    let again = client.push(&parcel, &names(&fake, &["a/b:1", "a/b:2"]), false).unwrap();
    assert_eq!(again.sent, 0);
    assert_eq!(fake.requests(), ["HEAD manifests", "HEAD manifests"]);
    client.push(&parcel, &names(&fake, &["a/b:1", "a/b:3"]), false).unwrap();
    assert_eq!(fake.requests(), ["HEAD manifests", "HEAD manifests", "PUT manifests", "HEAD manifests"]);

    let other = super::tests::parcel(&[b"layer", b"more"], false);
    super::tests::client().push(&other, &names(&fake, &["a/b:4"]), true).unwrap();
    let blobs = fake.requests().into_iter().filter(|request| request.contains("uploads")).count();
    assert_eq!(blobs, 2);
}

#[test]
fn an_index_comes_after_its_images_and_by_digest_nothing_has_a_tag() {
    let (fake, parcel) = (Fake::start(nothing), parcel(&[b"layer"], true));
    client().push(&parcel, &names(&fake, &["a/b:1"]), true).unwrap();
    let state = fake.state.lock().unwrap();
    let put: Vec<_> = state.log.iter().filter(|request| request.is("PUT manifests")).collect();
    let digests: Vec<_> = parcel.manifests.iter().map(|(one, _)| format!("/{}", one.digest)).collect();
    assert_eq!(put.len(), 3);
    assert!(put.iter().zip(digests).all(|(request, digest)| request.target.ends_with(&digest)));
    assert!(put.last().unwrap().headers["content-type"].contains("index"));
}

/// Answers like a registry that wants a token; `taken` says whether it takes one, and how often.
fn with_tokens(
    taken: impl Fn(usize) -> bool + Send + Sync + 'static,
    rule: impl Fn(&Request, &mut State) -> Option<Reply> + Send + Sync + 'static,
) -> Fake {
    let given = AtomicUsize::new(0);
    let uses = AtomicUsize::new(0);
    Fake::start(move |request, state| {
        if request.is("GET token") {
            assert_eq!(request.parameter("service").unwrap(), "s p");
            uses.store(0, Ordering::SeqCst);
            let token = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Some(Reply::new(200).says(format!(r#"{{"token":"t{token}","expires_in":300}}"#)));
        }
        let wanted = format!("Bearer t{}", given.load(Ordering::SeqCst));
        let shown = request.headers.get("authorization") == Some(&wanted);
        if shown && taken(uses.fetch_add(1, Ordering::SeqCst)) {
            return rule(request, state);
        }
        let realm = format!("http://{}/token?x=1", request.headers["host"]);
        let challenge = format!(r#"Bearer realm="{realm}",service="s p",scope="repository:a/b:pull""#);
        Some(
            Reply::new(401)
                .with("www-authenticate", challenge)
                .says(r#"{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}"#),
        )
    })
}

#[test]
fn e8_one_token_serves_a_whole_push_with_five_requests_beside_the_blobs() {
    let (fake, parcel, client) = (with_tokens(|_| true, nothing), parcel(&[b"layer"], false), client());
    client.push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
    let scope = {
        let state = fake.state.lock().unwrap();
        state.log.iter().find(|request| request.is("GET token")).unwrap().parameter("scope")
    };
    assert_eq!(scope.as_deref(), Some("repository:a/b:pull,push"));
    let requests = fake.requests();
    assert_eq!(requests.len(), 5 + 2 * 3, "{requests:?}");
    assert_eq!(requests[..3], ["HEAD manifests", "GET token", "HEAD manifests"]);
    super::tests::client().push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
    assert_eq!(fake.requests(), ["HEAD manifests", "GET token", "HEAD manifests"]);
}

#[test]
fn e8_a_token_that_ends_on_the_way_is_renewed() {
    let (fake, parcel) = (with_tokens(|uses| uses < 3, nothing), parcel(&[], true));
    client().push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
    let tokens = fake.requests().into_iter().filter(|request| request == "GET token").count();
    assert!((2..=4).contains(&tokens), "{tokens}");
}

/// What a token server at `fake` gives for an identity token.
fn token_of(fake: &Fake) -> Result<(), Error> {
    let http = Http::new(&Access::default(), &Env::new([("HOME", "/nonexistent")], "/"))?;
    let root = Url::parse(&format!("http://{}/v2/", fake.host)).unwrap();
    let realm = format!("http://{}/token", fake.host);
    let server = Server::new(&http, Policy::default(), &root, &realm, Some("s&p"))?;
    let credential = Credential::Identity(Secret::new("hunter2"));
    server.token(&credential, &Scope::to_push("a/b", &[])).map(drop).map_err(|denied| denied.error)
}

#[test]
fn e8_an_identity_token_is_taken_for_an_access_token() {
    let fake = Fake::start(|request, _| {
        assert!(request.is("POST token"));
        let form = "grant_type=refresh_token&service=s%26p&client_id=cargo-scratch\
                    &scope=repository%3Aa%2Fb%3Apull%2Cpush&refresh_token=hunter2";
        assert_eq!(String::from_utf8_lossy(&request.body), form);
        Some(Reply::new(200).says(r#"{"access_token":"t"}"#))
    });
    token_of(&fake).unwrap();
    let fake = Fake::start(|request, _| match request.is("POST token") {
        true => Some(Reply::new(404)),
        false => {
            assert_eq!(request.headers["authorization"], "Basic Omh1bnRlcjI=");
            Some(Reply::new(200).says(r#"{"token":"t"}"#))
        }
    });
    token_of(&fake).unwrap();
    assert_eq!(fake.requests(), ["POST token", "GET token"]);
}

#[test]
fn e7_no_redirect_takes_an_identity_token_elsewhere() {
    let other = Fake::start(|_, _| Some(Reply::new(200).says(r#"{"token":"t"}"#)));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/token", other.host);
        let fake = Fake::start(move |_, _| Some(Reply::new(status).with("location", &location)));
        let error = token_of(&fake).unwrap_err();
        assert!(!words(&error).contains("hunter2"), "{}", words(&error));
        assert!(other.requests().is_empty(), "{status}");
    }
}

#[test]
fn e1_a_registry_that_never_takes_a_token_is_not_asked_without_end() {
    let fake = with_tokens(|_| false, nothing);
    let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
    let words = words(&error);
    assert!(words.contains("401") && words.contains("UNAUTHORIZED: who?"), "{words}");
    assert!(words.contains("no credentials for") && words.contains("docker login 127.0.0.1:"), "{words}");
    assert!(!words.contains("t1") && fake.requests().len() <= 7);
}

#[test]
fn e2_a_busy_registry_gets_its_time() {
    let kinds = ["HEAD manifests", "HEAD blobs", "POST uploads", "PUT uploads", "PUT manifests"];
    for kind in kinds {
        for status in [429, 503] {
            let left = AtomicUsize::new(5);
            let fake = Fake::start(move |request, _| {
                let busy = request.is(kind)
                    && left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                        .is_ok();
                busy.then(|| Reply::new(status).with("retry-after", 0))
            });
            client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap();
        }
        let fake = Fake::start(move |request, _| request.is(kind).then(|| Reply::new(500)));
        let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
        assert!(
            words(&error).contains("500") && words(&error).contains("asked 6 times"),
            "{}",
            words(&error)
        );
        let asked = fake.requests().into_iter().filter(|request| request == kind).count();
        assert_eq!(asked, 6, "{kind}");
        let fake = Fake::start(move |request, _| {
            request.is(kind).then(|| Reply::new(429).with("retry-after", 3600))
        });
        let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
        assert!(words(&error).contains("3600 s"), "{}", words(&error));
    }
}

#[test]
fn e3_a_small_blob_is_begun_again_after_a_cut_and_a_large_one_goes_on() {
    let large = vec![7_u8; 5 << 20];
    for (layer, restarted, resumed) in [(&b"small"[..], 1, 0), (&large[..], 0, 1)] {
        let cut = AtomicUsize::new(0);
        let length = layer.len();
        let fake = Fake::start(move |request, state| {
            let first = request.is("PUT uploads") && request.body.len() == length;
            if !first || cut.fetch_add(1, Ordering::SeqCst) > 0 {
                return None;
            }
            // this much had arrived
            let path = request.target.split('?').next().unwrap();
            let id = path.rsplit('/').next().unwrap().to_owned();
            state.uploads.insert(id, request.body[..length / 2].to_vec());
            Some(Reply::new(0))
        });
        let parcel = parcel(&[layer], false);
        client().push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
        let requests = fake.requests();
        let count = |kind: &str| requests.iter().filter(|request| *request == kind).count();
        assert_eq!(count("POST uploads"), 2 + restarted, "{requests:?}");
        assert_eq!((count("GET uploads"), count("PATCH uploads")), (resumed, resumed), "{requests:?}");
    }
}

#[test]
fn e4_pieces_are_sent_where_one_request_is_too_large_and_counted_as_the_registry_counts() {
    let large = vec![7_u8; (9 << 20) + 1];
    let odd = AtomicUsize::new(0);
    let fake = Fake::start(move |request, state| {
        if request.body.len() > 8 << 20 {
            return Some(Reply::new(413));
        }
        // takes half of the first piece
        if request.is("PATCH uploads") && odd.fetch_add(1, Ordering::SeqCst) == 0 {
            let path = request.target.split('?').next().unwrap();
            let id = path.rsplit('/').next().unwrap().to_owned();
            let half = request.body.len() / 2;
            state.uploads.insert(id, request.body[..half].to_vec());
            let range = format!("0-{}", half - 1);
            return Some(Reply::new(202).with("range", range).with("location", request.target.clone()));
        }
        None
    });
    let parcel = parcel(&[&large], false);
    client().push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
    let state = fake.state.lock().unwrap();
    let ranges: Vec<_> =
        state.log.iter().filter_map(|request| request.headers.get("content-range")).collect();
    assert_eq!(ranges, ["0-8388607", "4194304-9437184"]);
}

#[test]
fn e5_an_upload_that_leads_elsewhere_goes_there_without_credentials() {
    let other = Fake::start(|request, _| {
        let kept = request.target.contains("sig=x%2Fy&");
        request.is("PUT uploads").then(|| Reply::new(if kept { 201 } else { 400 }))
    });
    let location = format!("http://{}/uploads/1?sig=x%2Fy", other.host);
    let leads = move |request: &Request, _: &mut State| {
        request.is("POST uploads").then(|| Reply::new(202).with("location", &location))
    };
    let registry = with_tokens(|_| true, leads);
    client().push(&parcel(&[], false), &names(&registry, &["a/b:1"]), false).unwrap();
    let requests = std::mem::take(&mut other.state.lock().unwrap().log);
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("authorization"));

    for bad in
        ["", "http://user:pass@127.0.0.1/", "file:///etc/passwd", "http://", "http://example.com/x", "://"]
    {
        let registry = Fake::start(move |request, _| {
            request.is("POST uploads").then(|| Reply::new(202).with("location", bad))
        });
        let error = client().push(&parcel(&[], false), &names(&registry, &["a/b:1"]), false).unwrap_err();
        assert!(!words(&error).contains(":pass"), "{bad}: {}", words(&error));
    }
}

#[test]
fn e9_a_registry_that_stores_something_else_is_found_out() {
    let lie = format!("sha256:{}", "0".repeat(64));
    for kind in ["PUT uploads", "PUT manifests"] {
        let lie = lie.clone();
        let fake = Fake::start(move |request, _| {
            request.is(kind).then(|| Reply::new(201).with("docker-content-digest", lie.clone()))
        });
        let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
        assert!(words(&error).contains(&"0".repeat(64)), "{}", words(&error));
    }
    let other = lie.clone();
    let fake = Fake::start(move |request, state| {
        let lies =
            request.is("HEAD manifests") && state.log.iter().any(|request| request.is("PUT manifests"));
        lies.then(|| Reply::new(200).with("docker-content-digest", other.clone()))
    });
    let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
    assert!(words(&error).contains("`1` of `a/b` does not lead to what was pushed"), "{}", words(&error));
    let fake = Fake::start(|request, _| request.is("PUT manifests").then(|| Reply::new(201)));
    let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
    assert!(words(&error).contains("has nothing there"), "{}", words(&error));
    let fake =
        Fake::start(|request, _| request.is("HEAD blobs").then(|| Reply::new(200).with("content-length", 3)));
    let error = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap_err();
    assert!(words(&error).contains("bytes were expected, it has 3"), "{}", words(&error));
}

#[test]
fn e15_a_blob_is_mounted_from_a_repository_that_has_it() {
    for status in [201, 202, 403] {
        let fake = Fake::start(move |request, _| {
            // a blob is in the repository that it was sent to
            if request.is("HEAD blobs") && request.target.starts_with("/v2/c/d/") {
                return Some(Reply::new(404));
            }
            assert_eq!(request.parameter("from")?, "a/b");
            (status != 202).then(|| Reply::new(status))
        });
        let (client, parcel) = (client(), parcel(&[b"layer"], false));
        let first = client.push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap();
        fake.requests();
        let second = client.push(&parcel, &names(&fake, &["c/d:1"]), false).unwrap();
        assert_eq!(second.sent, if status == 201 { 0 } else { first.sent }, "{status}");
        let posted = fake.requests().into_iter().filter(|request| request == "POST uploads").count();
        assert_eq!(posted, if status == 403 { 4 } else { 2 }, "{status}");
    }
}

#[test]
fn e15_a_name_that_somebody_else_takes_at_the_same_moment_is_no_failure() {
    let fake = Fake::start(|request, state| {
        if request.is("HEAD manifests") && state.log.iter().any(|request| request.is("PUT manifests")) {
            let name = "/v2/a/b/manifests/1".to_owned();
            state.manifests.insert(name, (MANIFEST.to_owned(), b"the other's".to_vec()));
        }
        None
    });
    let pushed = client().push(&parcel(&[], false), &names(&fake, &["a/b:1"]), false).unwrap();
    assert!(pushed.warnings[0].what().contains(Digest::of(b"the other's").hex()), "{:?}", pushed.warnings);
}

#[test]
fn e16_an_index_is_not_pushed_when_a_part_fails_and_what_is_there_is_named() {
    let parcel = parcel(&[b"layer"], true);
    let second = parcel.manifests[1].0.digest.to_string();
    let fake = Fake::start(move |request, _| {
        let denied = Reply::new(403).says(r#"{"errors":[{"code":"DENIED","message":"not that one"}]}"#);
        (request.is("PUT manifests") && request.target.ends_with(&second)).then_some(denied)
    });
    let error = client().push(&parcel, &names(&fake, &["a/b:1"]), false).unwrap_err();
    let words = words(&error);
    assert!(words.contains("DENIED: not that one") && words.contains("the index was not pushed"), "{words}");
    for (descriptor, _) in parcel.blobs.iter().chain(&parcel.manifests[..1]) {
        assert!(words.contains(descriptor.digest.hex()), "{words}");
    }
    assert!(!fake.state.lock().unwrap().manifests.keys().any(|name| name.ends_with("/1")));
}

#[test]
fn images_of_separate_runs_are_joined() {
    let (fake, client, parcel) = (Fake::start(nothing), client(), parcel(&[], false));
    client.push(&parcel, &names(&fake, &["a/b:1"]), true).unwrap();
    let digest = parcel.manifests[0].0.digest.clone();
    fake.requests();
    let joined = client.join(&names(&fake, &["a/b:2", "a/b:3"]), std::slice::from_ref(&digest)).unwrap();
    let requests = fake.requests();
    assert_eq!(
        requests,
        ["GET manifests", "GET blobs", "HEAD manifests", "PUT manifests", "PUT manifests", "HEAD manifests"]
    );
    let state = fake.state.lock().unwrap();
    let (media_type, bytes) = &state.manifests["/v2/a/b/manifests/2"];
    assert_eq!((media_type.as_str(), Digest::of(bytes)), (INDEX, joined.digest));
    let index: oci_spec::image::ImageIndex = serde_json::from_slice(bytes).unwrap();
    assert_eq!(index.manifests()[0].digest().to_string(), digest.to_string());
    assert_eq!(index.manifests()[0].platform().as_ref().unwrap().architecture().to_string(), "amd64");
    drop(state);
    let missing = Digest::of(b"missing");
    let error = client.join(&names(&fake, &["a/b:2"]), &[missing]).unwrap_err();
    assert!(words(&error).contains("MANIFEST_UNKNOWN"), "{}", words(&error));
}

//! Tests that what refers to an image is found, whatever a registry answers to the question.

use super::attached::{client, foreign, list_of, put_list};
use super::fake::{Fake, Reply, Request};
use super::referrers::Listed;
use super::*;
use crate::image::manifest::MANIFEST;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What refers to the image, by a registry that answers the question with `rule`.
fn told(rule: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> (usize, usize) {
    let (listed, targets) = asked(rule);
    let questions = targets.iter().filter(|target| target.contains("/referrers/")).count();
    (listed.unwrap().entries.len(), questions)
}

/// The same, with all that the registry was asked for.
fn asked(
    rule: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
) -> (Result<Listed, Error>, Vec<String>) {
    let asked = AtomicUsize::new(0);
    let fake = Fake::start(move |request, _| {
        let question = request.target.contains("/referrers/");
        question.then(|| rule(request, asked.fetch_add(1, Ordering::SeqCst)))
    });
    put_list(&mut fake.state.lock().unwrap(), &list_of(&[foreign("by tag")]));
    let name: Reference = format!("{}/a/b:1", fake.host).parse().unwrap();
    let session = client().session(&[name]).unwrap();
    let listed = super::referrers::list(&session, &Digest::of(b"image")).and_then(|listed| listed);
    let targets = fake.state.lock().unwrap().log.iter().map(|one| one.target.clone()).collect();
    (listed, targets)
}

#[test]
fn e3_no_answer_is_no_list_and_the_tag_is_not_asked_instead() {
    let first = |request: &Request| {
        let page = list_of(&[foreign("a")]).to_string();
        Reply::new(200).says(page).with("link", format!("<{}?page=1>; rel=\"next\"", request.target))
    };
    for broken in [0, 1] {
        let (listed, targets) = asked(move |request, at| match at {
            at if at >= broken => Reply::new(0),
            _ => first(request),
        });
        assert!(listed.unwrap_err().what().starts_with("no answer to `GET"), "{broken}");
        assert!(targets.iter().all(|target| target.contains("/referrers/")), "{targets:?}");
    }
    // whoever wants a token and gives none has not answered either
    let (listed, targets) = asked(|request, _| {
        let realm = format!(r#"Bearer realm="http://{}/nowhere",service="s""#, request.headers["host"]);
        Reply::new(401).with("www-authenticate", realm)
    });
    assert_eq!(listed.unwrap_err().code(), Code::Registry);
    assert!(targets.iter().all(|target| !target.contains("/manifests/")), "{targets:?}");
    // the pages that were read are a list, if not all of it
    assert_eq!(told(move |request, at| if at == 0 { first(request) } else { Reply::new(404) }), (1, 2));
}

#[test]
fn a_list_of_several_pages_is_read_to_its_end_and_one_without_end_is_not() {
    let page = |at: usize| Reply::new(200).says(list_of(&[foreign(&at.to_string())]).to_string());
    let next = |link: String| ("link", link);
    assert_eq!(
        told(move |request, at| match at {
            0 => page(0).with("link", format!("<{}?page=1>; rel=\"next\"", request.target)),
            _ => page(at),
        }),
        (2, 2)
    );
    // a loop, and a list without end
    assert_eq!(
        told(move |request, at| page(at).with("link", format!("<{}>; rel=\"next\"", request.target))).1,
        1
    );
    let (entries, questions) = told(move |_, at| {
        let (name, value) = next(format!("<?page={at}>; rel=\"next\""));
        page(at).with(name, value)
    });
    assert!(entries == questions && questions <= 16, "{questions}");
    // another server, and what is no address
    for link in ["<http://127.0.0.2:1/v2/x>; rel=\"next\"", "<>", "<x", "<http://>; rel=next", ""] {
        assert_eq!(told(move |_, at| page(at).with("link", link)), (1, 1), "{link}");
    }
}

#[test]
fn h8_a_list_that_makes_no_sense_is_none_and_the_tag_is_asked() {
    for (status, body) in [
        (200, "<html>welcome</html>".to_owned()),
        (200, "{}".to_owned()),
        (200, r#"{"manifests":"x"}"#.to_owned()),
        (200, r#"{"manifests":[],"manifests":[]}"#.to_owned()),
        (200, format!(r#"{{"manifests":[{}1]}}"#, "1,".repeat(1 << 20))),
        (200, "[".repeat(100_000)),
        (200, format!(r#"{{"manifests":["{}"]}}"#, "x".repeat(5 << 20))),
        (404, String::new()),
        (400, String::new()),
        (403, String::new()),
        (405, String::new()),
        (500, String::new()),
    ] {
        let what = format!("{status} {}", body.get(..20).unwrap_or(&body));
        assert_eq!(told(move |_, _| Reply::new(status).says(body.clone())).0, 1, "{what}");
    }
}

#[test]
fn h8_entries_that_make_no_sense_are_left_out_and_there_are_not_too_many() {
    let odd = json!({ "manifests": [
        1, null, {}, { "mediaType": MANIFEST, "digest": "sha256:../../x", "size": 1 },
        { "mediaType": 7, "digest": Digest::of(b"x").to_string(), "size": 1 },
        { "mediaType": MANIFEST, "digest": Digest::of(b"x").to_string(), "size": -1 },
        { "mediaType": MANIFEST, "digest": Digest::of(b"x").to_string(), "size": 1, "artifactType": {} },
    ] });
    assert_eq!(told(move |_, _| Reply::new(200).says(odd.to_string())).0, 1);
    let entry = json!({ "mediaType": "m", "digest": Digest::of(b"x").to_string(), "size": 1 });
    let many = json!({ "manifests": vec![entry; 30_000] }).to_string();
    assert!(many.len() < 4 << 20);
    let (entries, _) = told(move |request, _| {
        Reply::new(200).with("link", format!("<{}0>; rel=\"next\"", request.target)).says(many.clone())
    });
    assert!(entries <= 8192, "{entries}");
}

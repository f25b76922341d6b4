//! What `verify --provenance` tells of a statement that counts, wherever the image is.

use super::{ED25519, key, verified};
use crate::support::registry::Registry;
use crate::support::{Fake, Run, alone};
use serde_json::Value;

#[test]
fn h6_needs_openssl_people_and_programs_hear_what_is_vouched_for() {
    let fake = Fake::new("hello", "");
    let (private, public) = key(&fake, "own", &ED25519);
    fake.pack(&["--sign", private.to_str().unwrap()]);
    let run = verified(&fake, &["--key", public.to_str().unwrap()]);
    for line in [
        "  source         not claimed",
        "  package        hello 0.1.0",
        "  targets        x86_64-unknown-linux-musl",
    ] {
        assert!(run.stdout.lines().any(|said| said == line), "{line}: {run:?}");
    }
    let run = verified(&fake, &["--key", public.to_str().unwrap(), "--message-format", "json"]);
    let objects: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&objects[0]["reason"], &objects[1]["reason"]),
        (&"image-verdict".into(), &"provenance".into())
    );
    assert_eq!(
        (&objects[1]["vouched"], &objects[1]["statements"][0]["signature"]),
        (&true.into(), &"key".into())
    );
    assert_eq!(objects[1]["statements"][0]["claims"]["subjects"][0], objects[0]["images"][0]["manifest"]);
}

#[test]
fn h6_needs_openssl_a_layout_and_a_registry_have_the_provenance_too() {
    let fake = Fake::new("hello", "");
    let (private, public) = key(&fake, "own", &ED25519);
    let registry = Registry::start();
    let name = registry.name("me/hello:1");
    let scratch = |words: &[&str]| Run::of(alone(fake.command(words), &fake));
    let sign = ["--sign", private.to_str().unwrap()];
    let run = scratch(&[&["push", &name, "-o", "oci-dir=layout"], &sign[..]].concat());
    assert_eq!(run.status, 0, "{run:?}");
    for (place, found) in [("layout", "layout.hello.sigstore.json"), (name.as_str(), "sha256:")] {
        let run = scratch(&["verify", "--provenance", "--key", public.to_str().unwrap(), place]);
        assert!(run.status == 0 && run.stdout.contains("signed with the key"), "{run:?}");
        assert!(run.stdout.contains(found), "{run:?}");
    }
    // an image that nobody attached anything to
    let run = scratch(&["push", &registry.name("me/bare:1"), "--provenance=false", "--sbom", "none"]);
    assert_eq!(run.status, 0, "{run:?}");
    let run = scratch(&["verify", "--provenance", &registry.name("me/bare:1")]);
    assert!(run.status == 4 && run.stdout.contains("no provenance"), "{run:?}");
}

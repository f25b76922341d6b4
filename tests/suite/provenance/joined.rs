//! Platforms that separate runs have pushed: each has a statement of its own, and the index over them has none.

use super::{ED25519, key};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Run, alone};
use serde_json::{Value, json};

#[test]
fn h6_needs_registry_needs_openssl_statements_about_single_platforms_vouch_together_for_the_index() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let (private, public) = key(&fake, "own", &ED25519);
    let (sign, trusted) = (["--sign", private.to_str().unwrap()], ["--key", public.to_str().unwrap()]);
    let scratch = |words: &[&str]| Run::of(alone(fake.command(words), &fake));
    let (repository, joined) = (registry.name("me/app"), registry.name("me/app:1"));
    let push = |platform: &str, words: &[&str]| {
        let run = scratch(&[&["push", &repository, "--by-digest", "--platform", platform], words].concat());
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout.trim_end().to_owned()
    };
    let verify = |words: &[&str]| scratch(&[&["verify", "--provenance", &joined], words].concat());
    let amd64 = push("linux/amd64", &sign);
    let arm64 = push("linux/arm64", &["--provenance=false"]);
    let run = scratch(&["index", &joined, &amd64, &arm64]);
    assert_eq!(run.status, 0, "{run:?}");

    let missing = format!("nobody vouches for linux/arm64 of `{joined}`");
    for words in [&[][..], &trusted] {
        assert!(refused(&verify(words)).contains(&missing));
    }
    let run = verify(&["--message-format", "json"]);
    let objects = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = objects.into_iter().find(|object| object["reason"] == "provenance").unwrap();
    let digest = |name: &str| json!(name.rsplit_once('@').unwrap().1);
    assert_eq!(told["vouched"], false);
    assert_eq!(told["missing"], json!([{ "manifest": digest(&arm64), "platform": "linux/arm64" }]));
    assert_eq!(told["statements"][0]["manifests"], json!([digest(&amd64)]));

    // a statement that anybody could have written is enough for who asks for no key
    push("linux/arm64", &[]);
    let run = verify(&[]);
    assert!(run.status == 0 && run.stdout.contains("  of             linux/arm64\n"), "{run:?}");
    assert!(refused(&verify(&trusted)).contains(&missing));
    push("linux/arm64", &sign);
    let run = verify(&trusted);
    assert!(run.status == 0 && run.stdout.matches("signed with the key").count() == 2, "{run:?}");
    // and each is vouched for by itself
    let run = scratch(&[&["verify", "--provenance", &amd64], &trusted[..]].concat());
    assert_eq!(run.status, 0, "{run:?}");
}

/// What a run that found nobody to vouch for all of the image has said of it.
#[track_caller]
fn refused(run: &Run) -> &str {
    assert!(run.status == 4 && run.stderr.starts_with("error[provenance]: "), "{run:?}");
    &run.stderr
}

#[test]
fn h6_needs_registry_the_same_image_under_another_tag_has_the_same_statement() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let scratch = |words: &[&str]| Run::of(alone(fake.command(words), &fake));
    let (one, other) = (registry.name("me/app:1"), registry.name("me/app:2"));
    let referrers = || {
        let run = scratch(&["inspect", &one, "--message-format", "json"]);
        let told: Value = serde_json::from_str(&run.stdout).unwrap();
        told["attachments"].as_array().unwrap().len()
    };
    assert_eq!(scratch(&["push", &one]).status, 0);
    let first = referrers();
    let output = format!("registry={other}");
    for words in [
        &["push", &other][..],
        &["push", &one, "-o", "docker-archive=app.tar"],
        &["-t", "local/app:3", "-o", &output, "-o", "oci-dir=layout"],
    ] {
        let run = scratch(words);
        assert_eq!((run.status, referrers()), (0, first), "{words:?}: {run:?}");
    }
}

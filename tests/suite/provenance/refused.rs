//! Statements that anybody could have written: each is refused for its own reason, in bounded time, and nothing of one is
//! believed.

use super::{ED25519, bundle, encoded, key, statement, verified};
use crate::support::registry::{Registry, sha256};
use crate::support::{Fake, Run, alone};
use serde_json::{Value, json};
use std::fs::{self, File};

fn text(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

#[test]
fn h6_a_statement_about_another_image_or_of_another_kind_counts_for_nothing() {
    let fake = Fake::new("hello", "");
    let good = statement(&fake, &[]);
    let changed = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        text(&bad)
    };
    let whole = text(&good);
    let digest = &good["subject"][0]["digest"]["sha256"];
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("about another image", changed("/subject/0/digest/sha256", json!("0".repeat(64)))),
        ("no subject with a sha256", changed("/subject/0/digest", json!({ "sha512": "0".repeat(128) }))),
        ("no subject with a sha256", changed("/subject/0/digest", json!({ "sha512": digest }))),
        (
            "expected `https://in-toto.io/Statement/v1`",
            changed("/_type", json!("https://in-toto.io/Statement/v0.1")),
        ),
        (
            "expected `https://slsa.dev/provenance/v1`",
            changed("/predicateType", json!("https://slsa.dev/provenance/v0.2")),
        ),
        (
            "expected `https://slsa.dev/provenance/v1`",
            changed("/predicateType", json!("https://spdx.dev/Document")),
        ),
        ("it has no `builder.id`", changed("/predicate/runDetails", json!({}))),
        ("it is no statement", [&whole[..], &whole].concat()),
        ("it is no statement", [&whole[..], b"\n", &whole].concat()),
        ("it is no statement", whole[..whole.len() / 2].to_vec()),
        ("stands twice", [&b"{\"_type\":\"x\","[..], &whole[1..]].concat()),
        ("it is no statement", "[".repeat(100_000).into_bytes()),
        ("it is no statement", b"\xff\xfe".to_vec()),
        ("it is no statement", Vec::new()),
        ("more than 262144 values", format!("[{}1]", "1,".repeat(1 << 20)).into_bytes()),
        ("it has no `_type`", b"[]".to_vec()),
    ];
    for (why, bytes) in cases {
        fs::write(fake.path("out.intoto.json"), &bytes).unwrap();
        let run = verified(&fake, &[]);
        assert_eq!(run.status, 4, "{why}: {run:?}");
        assert!(run.stdout.contains(why), "{why}: {run:?}");
        assert!(
            run.stdout.starts_with("out.tar: sound") && run.stderr.contains("error[provenance]"),
            "{run:?}"
        );
    }
    // a hundred million bytes are not read to the end
    File::create(fake.path("out.intoto.json")).unwrap().set_len(100_000_000).unwrap();
    let run = verified(&fake, &[]);
    assert!(run.status == 4 && run.stdout.contains("it has more than 4194304 bytes"), "{run:?}");
    fs::write(fake.path("out.intoto.json"), &whole).unwrap();
    let run = verified(&fake, &[]);
    assert!(run.status == 0 && run.stdout.contains("unsigned: anybody could have written it"), "{run:?}");
}

#[test]
fn h6_needs_openssl_who_asks_for_a_key_is_content_with_nothing_less() {
    let fake = Fake::new("hello", "");
    let (private, public) = key(&fake, "own", &ED25519);
    let good = bundle(&fake, &private);
    let unsigned = super::payload(&good);
    let trusted = ["--key", public.to_str().unwrap()];
    let place = fake.path("out.sigstore.json");
    let envelope = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad["dsseEnvelope"]);
        text(&bad)
    };
    let other = |key: &str, value: &str| {
        let mut statement: Value = serde_json::from_slice(&unsigned).unwrap();
        statement[key] = json!(value);
        encoded(&text(&statement))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("unsigned: anybody could have written it", unsigned.clone()),
        (
            "it is not signed with this key",
            envelope(&|one| one["payload"] = json!(other("predicateType", "x"))),
        ),
        (
            "it is not signed with this key",
            envelope(&|one| one["signatures"][0]["sig"] = json!(encoded(&[0; 64]))),
        ),
        ("it signs `text/plain`", envelope(&|one| one["payloadType"] = json!("text/plain"))),
        ("`signatures`", envelope(&|one| one["signatures"] = json!([]))),
        ("`payload` is not base64", envelope(&|one| one["payload"] = json!("?"))),
        ("no `dsseEnvelope`", text(&json!({ "mediaType": good["mediaType"], "messageSignature": {} }))),
        // what stands beside the signed bytes is nobody's word
        ("`signatures` is not a list", {
            let mut bad: Value = serde_json::from_slice(&unsigned).unwrap();
            bad["payload"] = json!(1);
            text(&bad)
        }),
    ];
    for (why, bytes) in cases {
        fs::write(&place, &bytes).unwrap();
        let run = verified(&fake, &trusted);
        assert!(run.status == 4 && run.stdout.contains(why), "{why}: {run:?}");
    }
    // one good signature among others is enough, and what it says of its key is no matter
    let several = envelope(&|one| {
        let good = json!({ "keyid": "anything", "sig": one["signatures"][0]["sig"] });
        one["signatures"] =
            json!([{ "keyid": one["signatures"][0]["keyid"], "sig": encoded(&[0; 64]) }, good]);
    });
    fs::write(&place, several).unwrap();
    let run = verified(&fake, &trusted);
    assert_eq!(run.status, 0, "{run:?}");
    // an envelope without a bundle around it
    fs::write(&place, text(&good["dsseEnvelope"])).unwrap();
    assert_eq!(verified(&fake, &trusted).status, 0);
    // and a statement that is signed, and about something else
    fake.pack(&["--label", "x=y", "--provenance=false"]);
    let run = verified(&fake, &trusted);
    assert!(run.status == 4 && run.stdout.contains("it is about another image"), "{run:?}");
}

#[test]
fn h6_a_key_that_cannot_check_is_a_wrong_word_of_the_command_line() {
    let fake = Fake::new("hello", "");
    fake.pack(&[]);
    fake.file("private.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    fake.file("rsa.pub", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    for (words, why) in [
        (&["--key", "private.pem"][..], "-pubout"),
        (&["--key", "rsa.pub"], "neither Ed25519 nor ECDSA P-256"),
        (&["--key", "Cargo.toml"], "has no public key"),
        (&["--key", "missing"], "No such file"),
        (&["--certificate-identity", "me@example.org"], "--certificate-oidc-issuer"),
        (
            &["--key", "x", "--certificate-identity", "a", "--certificate-oidc-issuer", "b"],
            "cannot be used with",
        ),
    ] {
        verified(&fake, words).refused(2, &[why]);
    }
    fake.scratch(["verify", "out.tar", "--key", "x"]).refused(2, &["--provenance"]);
    let program = fake.program();
    fake.scratch(["verify", program.to_str().unwrap(), "--provenance"]).refused(2, &["is no image"]);
}

#[test]
fn h6_the_file_can_be_named_and_an_image_that_is_not_sound_is_vouched_for_by_nobody() {
    let fake = Fake::new("hello", "");
    fake.pack(&[]);
    fs::rename(fake.path("out.intoto.json"), fake.path("elsewhere.json")).unwrap();
    assert_eq!(verified(&fake, &[]).status, 4);
    let run = fake.scratch(["verify", "out.tar", "--provenance=elsewhere.json"]);
    assert!(run.status == 0 && run.stdout.contains("elsewhere.json"), "{run:?}");
    fake.scratch(["verify", "out.tar", "--provenance=missing.json"]).refused(1, &["No such file"]);
    // a byte of the program is another one, and the manifest is the old one
    let mut bytes = fs::read(fake.path("out.tar")).unwrap();
    let at = bytes.windows(4).position(|part| part == b"\x7fELF").unwrap();
    bytes[at + 4096] ^= 1;
    fs::write(fake.path("out.tar"), bytes).unwrap();
    let run = fake.scratch(["verify", "out.tar", "--provenance=elsewhere.json"]);
    assert!(run.status == 4 && !run.stdout.contains("provenance in"), "{run:?}");
    assert!(run.stderr.contains("error[invalid-image]"), "{run:?}");
}

#[test]
fn h6_what_is_no_file_beside_the_image_leaves_a_good_statement_good() {
    let fake = Fake::new("hello", "");
    fake.pack(&[]);
    fs::create_dir(fake.path("out.a.intoto.json")).unwrap();
    std::os::unix::fs::symlink("missing", fake.path("out.b.intoto.json")).unwrap();
    let run = verified(&fake, &[]);
    assert!(run.status == 0 && run.stdout.contains("provenance in"), "{run:?}");
    fs::remove_file(fake.path("out.intoto.json")).unwrap();
    let run = verified(&fake, &[]);
    assert!(run.status == 4 && run.stdout.contains("a.intoto.json does not vouch for it"), "{run:?}");
}

#[test]
fn h6_what_a_statement_says_moves_no_cursor() {
    let fake = Fake::new("hello", "");
    let mut hostile = statement(&fake, &[]);
    hostile["predicate"]["runDetails"]["builder"]["id"] = json!("\u{1b}[2Jhttps://x\n  signed with the key");
    fs::write(fake.path("out.intoto.json"), text(&hostile)).unwrap();
    let run = verified(&fake, &[]);
    assert!(run.status == 0 && !run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(!run.stdout.contains("\n  signed with the key"), "{run:?}");
}

#[test]
fn h6_of_more_statements_than_are_read_it_is_said() {
    let fake = Fake::new("hello", "");
    let registry = Registry::start();
    let name = registry.name("me/hello:1");
    let scratch = |words: &[&str]| Run::of(alone(fake.command(words), &fake));
    assert_eq!(scratch(&["push", &name, "--sbom", "none"]).status, 0);
    assert_eq!(scratch(&["verify", "--provenance", &name]).status, 0);
    // the list has forty others before it, none of which is there
    let image = registry.tagged("me/hello", "1").unwrap();
    let list = registry.tagged("me/hello", &image.replace(':', "-")).unwrap();
    registry.state(|state| {
        let at = ("me/hello".to_owned(), list);
        let mut index: Value = serde_json::from_slice(&state.manifests[&at]).unwrap();
        let own = index["manifests"][0].clone();
        let others = (0..40_u8).map(|number| {
            let mut other = own.clone();
            other["digest"] = sha256(&[number]).into();
            other
        });
        index["manifests"] = others.chain([own.clone()]).collect();
        state.manifests.insert(at, text(&index));
    });
    let run = scratch(&["verify", "--provenance", &name]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.stdout.contains("its manifest cannot be read"), "{run:?}");
    assert!(run.stdout.contains("it and 8 more are not read: 32 are, of one image"), "{run:?}");
}

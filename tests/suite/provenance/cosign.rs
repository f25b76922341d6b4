//! cosign, played by a script that writes down what it is asked: the real one comes from no place that the tests may take
//! it from. Its flags are those of cosign's own documentation (`doc/cosign_attest-blob.md`,
//! `doc/cosign_verify-blob-attestation.md`), of 2.6 and of what came later.

use super::{TYPE, encoded, verified};
use crate::support::{Fake, Run};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// What its help lists of flags.
const OF_2_4: &str = "--bundle string --predicate string --new-bundle-format --yes";
const OF_2_6: &str =
    "--bundle string --statement string --new-bundle-format --digest string --digestAlg string --yes";
const OF_4: &str = "--bundle string --statement string --digest string --digestAlg string --yes";

/// A cosign with this help among the tools of `fake`, which does `body` when it is asked for more.
fn cosign(fake: &Fake, help: &str, body: &str) {
    let path = fake.tools().join("cosign");
    let log = fake.path("asked");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--help) echo '{help}'; exit;; esac\n\
         for word; do echo \"$word\"; done > {log}\n{body}\n",
        log = log.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// Writes a bundle with a certificate around the statement that it is given, or around `other`.
fn attests(fake: &Fake, help: &str, other: Option<&str>) {
    let payload = match other {
        None => "$(base64 -w0 < \"$statement\")".to_owned(),
        Some(other) => encoded(other.as_bytes()),
    };
    let bundle = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":"AAAA"}}}},"dsseEnvelope":{{"payloadType":"{TYPE}","payload":"%s","signatures":[{{"sig":"AAAA"}}]}}}}"#
    );
    let body = format!(
        "while [ $# -gt 0 ]; do case $1 in --statement) statement=$2;; --bundle) bundle=$2;; esac; shift; done\n\
         echo 'tlog entry created' >&2\nprintf '{bundle}' \"{payload}\" > \"$bundle\""
    );
    cosign(fake, help, &body);
}

fn asked(fake: &Fake) -> Vec<String> {
    fs::read_to_string(fake.path("asked")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn h6_cosign_is_given_the_statement_and_its_bundle_goes_with_the_image() {
    for (help, form) in [(OF_2_6, Some("--new-bundle-format=true")), (OF_4, None)] {
        let fake = Fake::new("hello", "");
        attests(&fake, help, None);
        let run = fake.scratch(["-o", "out.tar", "--sign", "cosign"]);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.stderr.contains("tlog entry created"), "what it says is heard: {run:?}");
        assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
        let asked = asked(&fake);
        let mut expected = vec!["attest-blob"];
        expected.extend(form);
        expected.extend(["--yes", "--statement"]);
        assert_eq!(asked[..expected.len()], expected);
        assert_eq!(asked[expected.len() + 1], "--bundle");
        assert_eq!(asked.len(), expected.len() + 3, "all else is its user's to say");
        let bundle: Value =
            serde_json::from_slice(&fs::read(fake.path("out.sigstore.json")).unwrap()).unwrap();
        assert!(bundle["verificationMaterial"]["certificate"].is_object());
        assert!(!fake.path("out.intoto.json").exists());

        cosign(&fake, help, "");
        let identity =
            ["--certificate-identity", "me@example.org", "--certificate-oidc-issuer", "https://example.org"];
        let run = verified(&fake, &identity);
        assert!(run.status == 0 && run.stdout.contains("signed by the identity"), "{run:?}");
        let asked = self::asked(&fake);
        assert_eq!(asked[0], "verify-blob-attestation");
        assert_eq!(asked.contains(&"--new-bundle-format=true".to_owned()), form.is_some());
        let after = |flag: &str| asked[asked.iter().position(|word| word == flag).unwrap() + 1].clone();
        assert_eq!((after("--digestAlg").as_str(), after("--type").as_str()), ("sha256", super::PREDICATE));
        let statement: Value = serde_json::from_slice(&super::payload(&bundle)).unwrap();
        assert_eq!(json!(after("--digest")), statement["subject"][0]["digest"]["sha256"]);
        assert!(asked.contains(&"--certificate-identity=me@example.org".to_owned()));
        assert!(asked.contains(&"--certificate-oidc-issuer=https://example.org".to_owned()));

        cosign(&fake, help, "echo 'none of the expected identities matched' >&2; exit 12");
        let run = verified(&fake, &identity);
        assert!(run.status == 4 && run.stdout.contains("none of the expected identities matched"), "{run:?}");
        let run = verified(&fake, &[]);
        assert!(run.status == 0 && run.stdout.contains("the signature is not checked"), "{run:?}");
    }
}

#[test]
fn h6_a_cosign_that_is_not_there_or_cannot_sign_costs_no_build() {
    let fake = Fake::new("hello", "");
    let mut command = fake.command(["--sign", "cosign"]);
    command.env("PATH", fake.tools());
    Run::of(command)
        .refused(3, &["error[signer]: cosign is not on PATH", "https://docs.sigstore.dev/", "--sign FILE"]);
    cosign(&fake, OF_2_4, "");
    fake.scratch(["--sign", "cosign"]).refused(3, &["is too old", "cosign 2.6"]);
    assert!(fake.builds().is_empty());
    let run = verified(&fake, &["--certificate-identity", "a", "--certificate-oidc-issuer", "b"]);
    run.refused(3, &["is too old"]);
}

#[test]
fn h6_a_cosign_that_fails_or_signs_something_else_leaves_no_image() {
    let fake = Fake::new("hello", "");
    for (body, why) in [
        ("echo 'no identity token' >&2; exit 1", "exit status: 1"),
        ("exit 0", "its bundle cannot be read"),
        (
            "while [ $# -gt 0 ]; do case $1 in --bundle) echo '{' > \"$2\";; esac; shift; done",
            "cosign did not sign",
        ),
    ] {
        cosign(&fake, OF_2_6, body);
        let run = fake.scratch(["-o", "out.tar", "--sign", "cosign"]);
        run.refused(3, &["error[signer]", why]);
        assert!(!fake.path("out.tar").exists());
    }
    attests(&fake, OF_2_6, Some("{}"));
    let run = fake.scratch(["-o", "out.tar", "--sign", "cosign"]);
    run.refused(3, &["its bundle is about something else"]);
    let left = fake.listing();
    assert!(!left.iter().any(|name| name.starts_with("out") || name.contains("partial")), "{left:?}");
}

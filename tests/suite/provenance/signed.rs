//! Signatures with a key: made, checked by others' code, and refused before the build where they cannot be made.

use super::{ED25519, P256, TYPE, bundle, decoded, key, openssl, payload, verified};
use crate::support::{Fake, Run, tool};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// What is signed of a statement (secure-systems-lab/dsse, protocol.md).
fn signed_bytes(statement: &[u8]) -> Vec<u8> {
    [format!("DSSEv1 {} {TYPE} {} ", TYPE.len(), statement.len()).as_bytes(), statement].concat()
}

#[test]
fn h6_needs_openssl_a_signature_is_the_keys_by_openssls_word_and_by_ours() {
    let fake = Fake::new("hello", "");
    for (name, words) in [("ed25519", &ED25519[..]), ("p256", &P256)] {
        let (private, public) = key(&fake, name, words);
        let bundle = bundle(&fake, &private);
        assert_eq!(bundle["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
        assert_eq!(bundle["dsseEnvelope"]["payloadType"], TYPE);
        let message = fake.file("message", signed_bytes(&payload(&bundle)));
        let signature = decoded(bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap());
        let signature = fake.file("signature", signature);
        let (message, signature) = (message.to_str().unwrap(), signature.to_str().unwrap());
        let public = public.to_str().unwrap();
        match name {
            "ed25519" => openssl(&[
                "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", message, "-sigfile",
                signature,
            ]),
            _ => openssl(&["dgst", "-sha256", "-verify", public, "-signature", signature, message]),
        }
        let run = verified(&fake, &["--key", public]);
        assert!(run.status == 0 && run.stdout.contains("  signed with the key\n"), "{run:?}");
        let run = verified(&fake, &[]);
        assert!(run.status == 0 && run.stdout.contains("the signature is not checked"), "{run:?}");
    }
    let (_, other) = key(&fake, "other", &ED25519);
    let run = verified(&fake, &["--key", other.to_str().unwrap()]);
    assert!(run.status == 4 && run.stdout.contains("it is not signed with this key"), "{run:?}");
}

#[test]
fn h6_needs_openssl_a_key_in_the_older_form_of_elliptic_curves_signs_too() {
    let fake = Fake::new("hello", "");
    let private = fake.path("sec1.pem");
    openssl(&["ecparam", "-genkey", "-name", "prime256v1", "-out", private.to_str().unwrap()]);
    let traditional = fake.path("traditional.pem");
    openssl(&["ec", "-in", private.to_str().unwrap(), "-out", traditional.to_str().unwrap()]);
    assert!(fs::read_to_string(&traditional).unwrap().contains("EC PRIVATE KEY"));
    let public = fake.path("sec1.pub");
    openssl(&["pkey", "-in", private.to_str().unwrap(), "-pubout", "-out", public.to_str().unwrap()]);
    for private in [private, traditional] {
        bundle(&fake, &private);
        let run = verified(&fake, &["--key", public.to_str().unwrap()]);
        assert_eq!(run.status, 0, "{run:?}");
    }
}

#[test]
fn h6_needs_openssl_needs_securesystemslib_needs_in_toto_attestation_others_libraries_accept_statement_and_signature()
 {
    let fake = Fake::new("hello", "");
    for (name, words) in [("ed25519", &ED25519[..]), ("p256", &P256)] {
        let (private, public) = key(&fake, name, words);
        bundle(&fake, &private);
        let script = fake.file(
            "check.py",
            r#"
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf.json_format import ParseDict
from in_toto_attestation.v1.statement import Statement
import in_toto_attestation.v1.statement_pb2 as statement
import in_toto_attestation.predicates.provenance.v1.provenance_pb2 as provenance
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

bundle = json.load(open(sys.argv[1]))
envelope = Envelope.from_dict(bundle["dsseEnvelope"])
key = SSlibKey.from_crypto(load_pem_public_key(open(sys.argv[2], "rb").read()))
key.keyid = next(iter(envelope.signatures))
assert len(envelope.verify([key], 1)) == 1

payload = json.loads(envelope.payload)
parsed = Statement.copy_from_pb(ParseDict(payload, statement.Statement()))
parsed.validate()
build = ParseDict(payload["predicate"], provenance.Provenance())
assert build.build_definition.build_type and build.run_details.builder.id
assert all(one.uri or one.digest or one.content for one in build.build_definition.resolved_dependencies)
"#,
        );
        let mut python = tool("python3");
        python.arg(script).args([&fake.path("out.sigstore.json"), &public]);
        passes(python);
    }
}

#[test]
fn h6_needs_openssl_needs_sigstore_js_the_client_of_npm_accepts_a_bundle() {
    let fake = Fake::new("hello", "");
    for (name, words) in [("ed25519", &ED25519[..]), ("p256", &P256)] {
        let (private, public) = key(&fake, name, words);
        bundle(&fake, &private);
        let script = fake.file(
            "check.js",
            r"
const fs = require('fs'), crypto = require('crypto');
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
const [, , file, key] = process.argv;
const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(file)));
const publicKey = crypto.createPublicKey(fs.readFileSync(key));
const root = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const hint = bundle.verificationMaterial.content.publicKey.hint;
const trust = toTrustMaterial(root, (id) => {
  if (id !== hint) throw new Error('another key');
  return { publicKey, validFor: () => true };
});
const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
verifier.verify(toSignedEntity(bundle));
// and it does so because of the signature
bundle.content.dsseEnvelope.payload[10] ^= 1;
let refused = false;
try { verifier.verify(toSignedEntity(bundle)); } catch (error) { refused = true; }
if (!refused) throw new Error('it accepts everything');
",
        );
        let mut node = tool("node");
        node.arg(script).args([&fake.path("out.sigstore.json"), &public]);
        node.env("NODE_PATH", node_modules());
        passes(node);
    }
}

/// Where `.ci/setup` puts what comes from npm.
fn node_modules() -> std::path::PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(Into::into);
    let cache = cache.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache"));
    cache.join("cargo-scratch-tests/node_modules")
}

#[track_caller]
fn passes(command: Command) {
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn h6_needs_openssl_a_key_that_cannot_sign_is_refused_before_anything_is_built() {
    let fake = Fake::new("hello", "");
    let (good, public) = key(&fake, "good", &ED25519);
    let path = |name: &str| fake.path(name).to_str().unwrap().to_owned();
    openssl(&[
        "genpkey",
        "-algorithm",
        "ed25519",
        "-aes256",
        "-pass",
        "pass:x",
        "-out",
        &path("encrypted.pem"),
    ]);
    openssl(&["genpkey", "-algorithm", "rsa", "-out", &path("rsa.pem")]);
    openssl(&["ecparam", "-genkey", "-name", "secp384r1", "-noout", "-out", &path("p384.pem")]);
    openssl(&["genpkey", "-algorithm", "x25519", "-out", &path("x25519.pem")]);
    let text = fs::read_to_string(&good).unwrap();
    fake.file("cut.pem", &text[..text.len() / 2]);
    fake.file("large.pem", "x".repeat(1 << 20));
    fake.file("empty.pem", "");
    fake.file("cosign.key", "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n");
    for (name, why) in [
        ("encrypted.pem", "is encrypted"),
        ("cosign.key", "--sign cosign"),
        ("rsa.pem", "neither Ed25519 nor ECDSA P-256"),
        ("p384.pem", "neither Ed25519 nor ECDSA P-256"),
        ("x25519.pem", "neither Ed25519 nor ECDSA P-256"),
        (public.file_name().unwrap().to_str().unwrap(), "has a public key"),
        ("cut.pem", "no private key"),
        ("large.pem", "has no key"),
        ("empty.pem", "no private key"),
        ("missing.pem", "No such file"),
        ("src", "a folder"),
    ] {
        let run = fake.scratch(["-o", "out.tar", "--sign", name]);
        run.refused(3, &["error[signer]", why]);
        let secret = text.lines().nth(1).unwrap();
        assert!(!run.stderr.contains(secret), "{run:?}");
    }
    assert!(fake.builds().is_empty() && !fake.path("out.tar").exists());
}

#[test]
fn h6_needs_openssl_a_key_that_others_can_read_is_warned_of() {
    let fake = Fake::new("hello", "");
    let (private, _) = key(&fake, "own", &ED25519);
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&private, Permissions::from_mode(mode)).unwrap();
        let run = fake.scratch(["-o", "out.tar", "--sign", "own.pem"]);
        assert_eq!((run.status, run.stderr.contains("warning[open-key]")), (0, warned), "{mode:o}: {run:?}");
    }
}

#[test]
fn h6_a_project_cannot_have_somebodys_key_sign() {
    let fake = Fake::new("hello", "[package.metadata.scratch]\nsign = \"key.pem\"\n");
    fake.scratch(["build"]).refused(2, &["a project cannot ask for a signature"]);
    let fake = Fake::new("hello", "");
    fake.scratch(["--sign", "x", "--provenance=false"]).refused(2, &["no provenance to sign"]);
    assert!(fake.builds().is_empty());
}

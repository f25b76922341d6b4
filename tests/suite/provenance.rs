//! Where an image comes from: what its statement says, who signs it, and what `verify --provenance` believes.

mod claims;
mod cosign;
mod joined;
mod refused;
mod signed;
mod statement;

use crate::support::{Fake, Run, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
const TYPE: &str = "application/vnd.in-toto+json";

/// The statement beside `out.tar`.
#[track_caller]
fn statement(fake: &Fake, words: &[&str]) -> Value {
    fake.pack(words);
    serde_json::from_slice(&std::fs::read(fake.path("out.intoto.json")).unwrap()).unwrap()
}

/// The bundle beside `out.tar`.
#[track_caller]
fn bundle(fake: &Fake, key: &Path) -> Value {
    fake.pack(&["--sign", key.to_str().unwrap()]);
    serde_json::from_slice(&std::fs::read(fake.path("out.sigstore.json")).unwrap()).unwrap()
}

/// The statement in a bundle.
fn payload(bundle: &Value) -> Vec<u8> {
    decoded(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Verifies `out.tar`.
fn verified(fake: &Fake, words: &[&str]) -> Run {
    fake.scratch(["verify", "out.tar", "--provenance"].iter().chain(words))
}

/// A private key in the project, and its public half beside it.
fn key(fake: &Fake, name: &str, words: &[&str]) -> (PathBuf, PathBuf) {
    let (private, public) = (fake.path(&format!("{name}.pem")), fake.path(&format!("{name}.pub")));
    openssl(&[&["genpkey", "-out", private.to_str().unwrap()], words].concat());
    openssl(&["pkey", "-in", private.to_str().unwrap(), "-pubout", "-out", public.to_str().unwrap()]);
    (private, public)
}

const ED25519: [&str; 2] = ["-algorithm", "ed25519"];
const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[track_caller]
fn openssl(words: &[&str]) {
    let run = Run::of({
        let mut openssl = tool("openssl");
        openssl.args(words);
        openssl
    });
    assert_eq!(run.status, 0, "{words:?}: {run:?}");
}

//! Documents that lie beside an image's file or folder, by their names: `hello.cdx.json` for `hello.tar`.
//!
//! Whether one is about the image it says itself: in-toto statements by their subjects, bills of materials by the
//! digest of what they describe. Envelopes (DSSE, and Sigstore's bundles of one) are opened for that; no signature is
//! judged here.

use crate::image::attachment::without_ending;
use crate::image::digest::Digest;
use crate::regular::RegularFile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most files of a folder that are looked at.
const FILES: usize = 100_000;
/// The most documents that are read.
const DOCUMENTS: usize = 64;
/// The largest document that is read, in bytes.
const LARGEST: u64 = 32 << 20;

/// A document beside an image.
#[derive(Debug)]
pub struct Beside {
    /// Where it is.
    pub path: PathBuf,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What it says that it is about: SHA-256 digests in hexadecimal. Empty if it does not say so.
    pub subjects: BTreeSet<String>,
}

/// The documents beside the image at `path`, by their names; what cannot be read is left out.
pub fn beside(path: &Path) -> Vec<Beside> {
    files_beside(path).iter().filter_map(|file| read(file)).collect()
}

/// The files beside the image at `path` that are documents about it by their names, sorted.
pub fn files_beside(path: &Path) -> Vec<PathBuf> {
    let Ok(path) = path.canonicalize() else { return Vec::new() };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let stem = format!("{}.", without_ending(&name.to_string_lossy()));
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let names = files.flatten().take(FILES).map(|file| file.file_name()).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with(&stem) && name.ends_with(".json")
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.into_iter().take(DOCUMENTS).map(|name| folder.join(name)).collect()
}

fn read(path: &Path) -> Option<Beside> {
    let file = RegularFile::open(path, false).ok()?;
    let bytes = file.bytes(LARGEST).ok()??;
    let document = super::json::document(&bytes).ok()?;
    Some(Beside {
        path: path.to_owned(),
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        subjects: subjects(&document),
    })
}

/// What `document` says that it is about.
fn subjects(document: &Value) -> BTreeSet<String> {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    // Sigstore's bundle of an envelope, an envelope (DSSE, "Protocol"), or the statement itself (in-toto attestation
    // framework, "Statement")
    let envelope = document.get("dsseEnvelope").unwrap_or(document);
    let payload = envelope["payload"].as_str().and_then(|payload| STANDARD.decode(payload).ok());
    let payload = payload.and_then(|payload| serde_json::from_slice::<Value>(&payload).ok());
    for subject in all(&payload.as_ref().unwrap_or(document)["subject"]) {
        found.push(subject["digest"]["sha256"].clone());
    }
    // CycloneDX 1.6, `metadata.component`
    for hash in all(&document["metadata"]["component"]["hashes"]) {
        found.extend((hash["alg"] == "SHA-256").then(|| hash["content"].clone()));
    }
    // SPDX 2.3, "Package checksum field", of a package that is an image
    for package in all(&document["packages"]) {
        for sum in all(&package["checksums"]) {
            let image = package["primaryPackagePurpose"] == "CONTAINER" && sum["algorithm"] == "SHA256";
            found.extend(image.then(|| sum["checksumValue"].clone()));
        }
    }
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = found.iter().filter_map(Value::as_str).filter(|text| hex(text));
    found.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_says_what_it_is_about() {
        let hex = "aB".repeat(32);
        let statement = json!({ "subject": [{ "name": "x", "digest": { "sha256": hex } }] });
        let envelope = json!({ "payload": STANDARD.encode(statement.to_string()), "signatures": [] });
        for document in [
            json!({ "metadata": { "component": { "hashes": [{ "alg": "SHA-256", "content": hex }] } } }),
            json!({ "packages": [{ "primaryPackagePurpose": "CONTAINER",
                "checksums": [{ "algorithm": "SHA256", "checksumValue": hex }] }] }),
            json!({ "dsseEnvelope": envelope }),
            envelope.clone(),
            statement,
        ] {
            assert_eq!(subjects(&document), BTreeSet::from([hex.to_lowercase()]), "{document}");
        }
        for document in [
            json!({ "packages": [{ "checksums": [{ "algorithm": "SHA256", "checksumValue": hex }] }] }),
            json!({ "subject": { "digest": {} }, "payload": "?" }),
            json!({ "subject": [{ "digest": { "sha256": "../x" } }, 1, null] }),
            json!([]),
        ] {
            assert!(subjects(&document).is_empty(), "{document}");
        }
    }

    #[test]
    fn h8_what_is_no_document_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("hello.tar"), "").unwrap();
        fs::write(at("hello.spdx.json"), "{}").unwrap();
        fs::write(at("hello.other.txt"), "{}").unwrap();
        fs::write(at("hello.bad.json"), "no JSON").unwrap();
        fs::write(at("hello.deep.json"), "[".repeat(100_000)).unwrap();
        fs::write(at("hellos.cdx.json"), "{}").unwrap();
        fs::create_dir(at("hello.dir.json")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("hello.zero.json")).unwrap();
        let found = beside(&at("hello.tar"));
        let names: Vec<_> = found.iter().map(|one| one.path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["hello.spdx.json"]);
        assert_eq!((found[0].size, &found[0].digest), (2, &Digest::of(b"{}")));
        assert!(beside(&at("missing.tar")).is_empty());
    }
}

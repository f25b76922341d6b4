//! Documents that lie beside an image's file or folder, by their names: `hello.cdx.json` for `hello.tar`.
//!
//! Whether one is about the image it says itself: in-toto statements by their subjects, bills of materials by the
//! digest of what they describe. Envelopes (DSSE, and Sigstore's bundles of one) are opened for that; no signature is
//! judged here.

use crate::image::attachment::{Kind, name};
use crate::image::digest::{Digest, is_hex};
use crate::regular::RegularFile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The most documents that are read.
const DOCUMENTS: usize = 64;
/// The largest document that is read, in bytes.
const LARGEST: u64 = 32 << 20;

/// A document beside an image.
#[derive(Debug)]
pub struct Beside {
    /// What it is by its name.
    pub kind: &'static Kind,
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
    files_beside(path, |_| true).iter().filter_map(|(file, kind)| read(file, kind)).collect()
}

/// The files beside the image at `path` that are documents about it by their names, and of a kind that is `wanted`:
/// the first ones in the order of their names.
pub fn files_beside(path: &Path, wanted: fn(&Kind) -> bool) -> Vec<(PathBuf, &'static Kind)> {
    let Ok(path) = path.canonicalize() else { return Vec::new() };
    let (Some(folder), Some(own)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let own = own.to_string_lossy();
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = BTreeMap::new();
    for file in files.flatten() {
        let kind = name::read(&file.file_name().to_string_lossy(), name::stem(&own));
        if let Some(kind) = kind.filter(|kind| wanted(kind)) {
            found.insert(file.file_name(), kind);
        }
        if found.len() > DOCUMENTS {
            found.pop_last();
        }
    }
    found.into_iter().map(|(name, kind)| (folder.join(name), kind)).collect()
}

fn read(path: &Path, kind: &'static Kind) -> Option<Beside> {
    let file = RegularFile::open(path, false).ok()?;
    let bytes = file.bytes(LARGEST).ok()??;
    let document = super::json::document(&bytes).ok()?;
    Some(Beside {
        kind,
        path: path.to_owned(),
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        subjects: subjects(&document),
    })
}

/// What `document` says that it is about.
fn subjects(document: &Value) -> BTreeSet<String> {
    let mut found = Vec::new();
    // Sigstore's bundle of an envelope, an envelope (DSSE, "Protocol"), or the statement itself (in-toto attestation
    // framework, "Statement")
    let envelope = document.get("dsseEnvelope").unwrap_or(document);
    let payload = envelope["payload"].as_str().and_then(|payload| STANDARD.decode(payload).ok());
    let payload = payload.and_then(|payload| super::json::document(&payload).ok());
    for subject in list(&payload.as_ref().unwrap_or(document)["subject"]) {
        found.push(&subject["digest"]["sha256"]);
    }
    // CycloneDX 1.6, `metadata.component`
    for hash in list(&document["metadata"]["component"]["hashes"]) {
        found.extend((hash["alg"] == "SHA-256").then(|| &hash["content"]));
    }
    // SPDX 2.3, "Package checksum field", of a package that is an image
    for package in list(&document["packages"]) {
        for sum in list(&package["checksums"]) {
            let image = package["primaryPackagePurpose"] == "CONTAINER" && sum["algorithm"] == "SHA256";
            found.extend(image.then(|| &sum["checksumValue"]));
        }
    }
    let found = found.into_iter().filter_map(Value::as_str).filter(|text| text.len() == 64);
    found.map(str::to_ascii_lowercase).filter(|text| is_hex(text)).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
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
        fs::write(at("hello.bad.cdx.json"), "no JSON").unwrap();
        fs::write(at("hello.deep.cdx.json"), "[".repeat(100_000)).unwrap();
        fs::write(at("hello.many.cdx.json"), format!("[{}1]", "1,".repeat(1 << 20))).unwrap();
        fs::write(at("hellos.cdx.json"), "{}").unwrap();
        fs::create_dir(at("hello.dir.cdx.json")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("hello.zero.cdx.json")).unwrap();
        let found = beside(&at("hello.tar"));
        let names: Vec<_> = found.iter().map(|one| one.path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["hello.spdx.json"]);
        assert_eq!((found[0].size, &found[0].digest), (2, &Digest::of(b"{}")));
        assert!(beside(&at("missing.tar")).is_empty());
    }

    #[test]
    fn h8_an_envelope_is_opened_as_strictly_as_what_is_around_it() {
        let subject = json!([{ "digest": { "sha256": "a".repeat(64) } }]);
        let many = format!(r#"{{"subject":{subject},"x":[{}1]}}"#, "1,".repeat(1 << 20));
        let twice = format!(r#"{{"subject":[],"subject":{subject}}}"#);
        for payload in [many, twice] {
            let envelope = json!({ "payload": STANDARD.encode(payload) });
            assert!(subjects(&envelope).is_empty());
        }
    }

    #[test]
    fn of_many_documents_the_same_ones_are_read_every_time_and_statements_are_not_crowded_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("hello.tar"), "").unwrap();
        for number in 0..200 {
            fs::write(at(&format!("hello.{number:03}.cdx.json")), "{}").unwrap();
            fs::write(at(&format!("other.{number:03}")), "").unwrap();
        }
        fs::write(at("hello.intoto.json"), "{}").unwrap();
        let all = files_beside(&at("hello.tar"), |_| true);
        let last = all.last().unwrap().0.file_name().unwrap();
        assert_eq!((all.len(), last.to_str().unwrap()), (DOCUMENTS, "hello.063.cdx.json"));
        assert_eq!(files_beside(&at("hello.tar"), Kind::is_statement).len(), 1);
    }
}

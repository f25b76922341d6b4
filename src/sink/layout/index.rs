//! The index of a layout: which image goes by which name (OCI image spec, image-layout.md, "index.json file").
//!
//! Readers look for `org.opencontainers.image.ref.name`, usually a tag, and some of them (umoci, oci-image-tool) take
//! two entries that share it for a fault, even of one image; containerd looks for the whole name in an annotation of
//! its own. So every name has one entry, and every `ref.name` stands once: it is the tag, or the whole name where
//! the tag is that of another image already. An entry that has only a tag, as skopeo writes it, is replaced by a new
//! image with that tag, as skopeo would.

use crate::error::{Code, Error};
use crate::image::json;
use crate::image::manifest::{FULL_NAME, INDEX, Index, REF_NAME};
use crate::regular::RegularFile;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// More than an index of a hundred thousand names, in bytes.
const LIMIT: u64 = 64 << 20;

/// The JSON document at `path`; `None` if nothing stands there. A link that leads nowhere is an error: it is not for us
/// to replace.
pub fn document(path: &Path) -> Result<Option<Value>, Error> {
    let failed = |reason: io::Error| Error::io(Code::Output, "read", path, &reason);
    match fs::symlink_metadata(path) {
        Err(reason) if reason.kind() == ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(failed(reason)),
        Ok(status) if status.is_symlink() && !path.exists() => {
            return Err(unusable(path, "it is a link that leads nowhere"));
        }
        Ok(_) => {}
    }
    let open = RegularFile::open(path, true).map_err(|error| Error::new(Code::Output, error.what()))?;
    if open.size() > LIMIT {
        return Err(unusable(path, format!("it has {} bytes", open.size())));
    }
    let mut bytes = Vec::new();
    open.file().take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|reason| unusable(path, reason))
}

/// The index at `path`; an empty one if there is no such file.
pub fn read(path: &Path) -> Result<Value, Error> {
    let Some(index) = document(path)? else {
        return Ok(json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }));
    };
    if index.get("schemaVersion") != Some(&json!(2)) {
        return Err(unusable(path, "its `schemaVersion` is not 2"));
    }
    if index.get("mediaType").is_some_and(|media_type| media_type != INDEX) {
        return Err(unusable(path, format!("its `mediaType` is not {INDEX}")));
    }
    match index.get("manifests").and_then(Value::as_array) {
        Some(entries) if entries.iter().all(Value::is_object) => Ok(index),
        _ => Err(unusable(path, "its `manifests` are not a list of descriptors")),
    }
}

/// `index`, which was read from `path`, with the entries of `ours`, as it is to be written. All else in it stays as
/// it is. With it the whole names of those whose tag is another image's.
pub fn merged(mut index: Value, ours: &Index, path: &Path) -> Result<(Vec<u8>, Vec<String>), Error> {
    let not_json = |reason: serde_json::Error| unusable(path, reason);
    let mut ours = serde_json::to_value(ours.manifests()).map_err(not_json)?;
    let (Some(entries), Some(ours)) =
        (index.get_mut("manifests").and_then(Value::as_array_mut), ours.as_array_mut())
    else {
        return Err(unusable(path, "it has no `manifests`"));
    };
    entries.retain(|old| !ours.iter().any(|new| replaces(new, old)));
    let mut elsewhere = Vec::new();
    for entry in ours {
        let tag = note(entry, REF_NAME).map(str::to_owned);
        let full = note(entry, FULL_NAME).map(str::to_owned);
        if let Some(full) =
            full.filter(|_| entries.iter().any(|other| note(other, REF_NAME) == tag.as_deref()))
        {
            entry["annotations"][REF_NAME] = json!(full);
            elsewhere.push(full);
        }
        entries.push(entry.take());
    }
    json(&index).map(|bytes| (bytes, elsewhere))
}

/// Whether the entry `new` takes the name of the entry `old`.
fn replaces(new: &Value, old: &Value) -> bool {
    let full = note(new, FULL_NAME);
    match note(old, FULL_NAME) {
        Some(other) => full == Some(other),
        None => {
            let name = note(old, REF_NAME);
            name.is_some() && (name == note(new, REF_NAME) || name == full)
        }
    }
}

/// The annotation `key` of an entry.
fn note<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get("annotations")?.get(key)?.as_str()
}

fn unusable(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(Code::Output, format!("could not read `{}`: {why}", path.display()))
        .note("a layout that cannot be read is left as it is")
        .help("name another folder: -o oci-dir=DIR")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::digest::Digest;
    use crate::image::manifest::{Descriptor, MANIFEST};
    use crate::image::reference::Reference;

    fn ours(content: &str, tags: &[&str]) -> Index {
        let digest = Digest::of(content.as_bytes());
        let tags: Vec<Reference> = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        Index::tagged(&Descriptor::new(MANIFEST, digest, content.len() as u64), None, &tags)
    }

    fn add(index: Value, content: &str, tags: &[&str]) -> (Value, Vec<String>) {
        let (bytes, elsewhere) = merged(index, &ours(content, tags), Path::new("index.json")).unwrap();
        (serde_json::from_slice(&bytes).unwrap(), elsewhere)
    }

    /// The `ref.name` and the content's digest of every entry.
    fn names(index: &Value) -> Vec<(String, String)> {
        let entries = index["manifests"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        entries.iter().map(|e| (text(&e["annotations"][REF_NAME]), text(&e["digest"]))).collect()
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, content)| ((*name).to_owned(), Digest::of(content.as_bytes()).to_string()))
            .collect()
    }

    fn empty() -> Value {
        json!({ "schemaVersion": 2, "manifests": [] })
    }

    #[test]
    fn a_name_moves_to_the_new_image_and_all_others_stay() {
        let (index, _) = add(empty(), "one", &["app:1", "app:latest"]);
        let (index, elsewhere) = add(index, "two", &["app:2", "app:latest"]);
        assert_eq!(names(&index), named(&[("1", "one"), ("2", "two"), ("latest", "two")]));
        assert_eq!(elsewhere, [""; 0]);
        let (again, _) = add(index.clone(), "two", &["app:2", "app:latest"]);
        assert_eq!(again, index);
    }

    #[test]
    fn a_tag_stands_once_and_two_names_with_one_tag_are_both_kept() {
        let (index, elsewhere) = add(empty(), "one", &["app:1", "ghcr.io/me/app:1"]);
        assert_eq!(names(&index), named(&[("1", "one"), ("ghcr.io/me/app:1", "one")]));
        assert_eq!(elsewhere, [""; 0]);
        let (index, elsewhere) = add(index, "two", &["other:1"]);
        assert_eq!(elsewhere, ["docker.io/library/other:1"]);
        let (index, _) = add(index, "three", &["ghcr.io/me/app:1"]);
        let (index, _) = add(index, "four", &["other:1"]);
        let kept = [("1", "one"), ("ghcr.io/me/app:1", "three"), ("docker.io/library/other:1", "four")];
        assert_eq!(names(&index), named(&kept));
    }

    #[test]
    fn what_others_wrote_stays_as_it_is() {
        let foreign = json!({
            "schemaVersion": 2,
            "manifests": [
                { "mediaType": "x/y", "digest": "sha512:00", "size": 7, "urls": ["http://localhost"], "later": { "b": 1, "a": [2.5] } },
                { "digest": "sha256:11", "annotations": { REF_NAME: "kept", "k": "v" } },
                { "digest": "sha256:22", "annotations": { REF_NAME: "1" } },
                { "digest": "sha256:33", "annotations": { REF_NAME: "docker.io/library/app:1" } },
            ],
            "annotations": { "k": "v" },
            "subject": null,
        });
        let (index, _) = add(foreign.clone(), "one", &["app:1"]);
        let entries = index["manifests"].as_array().unwrap();
        assert_eq!(entries[..2], foreign["manifests"].as_array().unwrap()[..2]);
        assert_eq!(entries.len(), 3, "a tag that no name goes with is replaced");
        assert_eq!((&index["annotations"], &index["subject"]), (&foreign["annotations"], &Value::Null));
        assert!(index.get("mediaType").is_none());
    }

    #[test]
    fn d5_what_is_no_index_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        assert_eq!(read(&path).unwrap()["manifests"], json!([]));
        for bad in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"schemaVersion":1,"manifests":[]}"#,
            r#"{"schemaVersion":2}"#,
            r#"{"schemaVersion":2,"manifests":{}}"#,
            r#"{"schemaVersion":2,"manifests":[7]}"#,
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#,
            &"[".repeat(100_000),
        ] {
            std::fs::write(&path, bad).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.what().contains("index.json") && error.what().len() < 1024, "{error}");
            assert_eq!(error.exit_status(), 5);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(read(&path).unwrap_err().exit_status(), 5);
    }
}

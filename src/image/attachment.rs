//! A document about an image: in a registry it refers to the image, beside an archive it is a file.
//!
//! A registry takes it as an artifact: a manifest with an empty configuration, the document as its one layer, and the
//! image as its `subject` (OCI image spec 1.1, manifest.md, "Guidelines for Artifact Usage").

mod kind;
pub mod name;

pub use kind::{CYCLONEDX, IN_TOTO, Kind, SIGSTORE, SPDX};

use super::digest::Digest;
use super::json;
use super::manifest::{Descriptor, MANIFEST};
use crate::error::Error;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The bytes of the configuration that says nothing.
pub const EMPTY: &[u8] = b"{}";
/// Their media type (OCI image spec, manifest.md, "Guidance for an Empty Descriptor").
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// The annotation of a layer that names the file to make of it (OCI image spec, annotations.md).
const TITLE: &str = "org.opencontainers.image.title";

/// A document about an image or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is: its media type is the `artifactType` of the manifest that carries it in a registry, and that of its blob
    /// (OCI image spec, manifest.md, "Guidelines for Artifact Usage").
    pub kind: &'static Kind,
    /// The platform (`linux/arm64`) of the image that it is about, where there is one for each of several.
    pub platform: Option<String>,
    /// The manifest or index that it is about.
    pub subject: Descriptor,
    /// The manifests below that, if it is about each of them too: a registry may be asked for one by its own digest.
    pub parts: Vec<Descriptor>,
    /// The annotations of the manifest that carries it.
    pub annotations: BTreeMap<String, String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Carrier<'a> {
    schema_version: u8,
    media_type: &'static str,
    artifact_type: &'static str,
    config: Descriptor,
    layers: [Descriptor; 1],
    subject: Descriptor,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

impl Attachment {
    /// The same document once for each manifest that a registry is to know it by.
    pub fn each(&self) -> impl Iterator<Item = Attachment> {
        std::iter::once(&self.subject).chain(&self.parts).map(|subject| Attachment {
            subject: subject.clone(),
            parts: Vec::new(),
            ..self.clone()
        })
    }

    /// The name of its file, which begins with `stem`: `hello.cdx.json`.
    pub fn file_name(&self, stem: &str) -> String {
        name::written(stem, self.platform.as_deref(), self.kind)
    }

    /// The manifest that carries it in a registry; `bin` is the program's name.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn manifest(&self, bin: &str) -> Result<Vec<u8>, Error> {
        let named = BTreeMap::from([(TITLE.to_owned(), self.file_name(bin))]);
        let layer = Descriptor {
            annotations: named,
            ..Descriptor::new(self.kind.media_type, Digest::of(&self.bytes), self.bytes.len() as u64)
        };
        // what an index says of it besides is nothing that it is known by
        let Descriptor { media_type, digest, size, .. } = self.subject.clone();
        json(&Carrier {
            schema_version: 2,
            media_type: MANIFEST,
            artifact_type: self.kind.media_type,
            config: empty(),
            layers: [layer],
            subject: Descriptor::new(media_type, digest, size),
            annotations: &self.annotations,
        })
    }

    /// What a list of all that refers to the image says of it (OCI distribution spec, "Listing Referrers"); `manifest` is
    /// what carries it.
    pub fn entry(&self, manifest: &[u8]) -> Value {
        let mut entry = json!({
            "mediaType": MANIFEST,
            "digest": Digest::of(manifest).to_string(),
            "size": manifest.len(),
            "artifactType": self.kind.media_type,
        });
        if let (Some(entry), false) = (entry.as_object_mut(), self.annotations.is_empty()) {
            entry.insert("annotations".into(), json!(self.annotations));
        }
        entry
    }
}

/// The descriptor of the configuration that says nothing.
pub fn empty() -> Descriptor {
    Descriptor::new(EMPTY_TYPE, Digest::of(EMPTY), EMPTY.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_parser_reads_the_manifest_of_a_document() {
        let attachment = Attachment {
            kind: SPDX,
            platform: None,
            subject: Descriptor {
                annotations: BTreeMap::from([("k".into(), "v".into())]),
                ..Descriptor::new(MANIFEST, Digest::of(b"image"), 5)
            },
            parts: Vec::new(),
            annotations: BTreeMap::from([("org.example.form".into(), "SPDX".into())]),
            bytes: b"document".to_vec(),
        };
        let manifest = attachment.manifest("hello").unwrap();
        let parsed: oci_spec::image::ImageManifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(parsed.artifact_type().as_ref().unwrap().to_string(), "application/spdx+json");
        assert_eq!(*parsed.config().media_type(), oci_spec::image::MediaType::EmptyJSON);
        // the digest that the specification gives
        let empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(parsed.config().digest().to_string(), empty);
        let subject = parsed.subject().as_ref().unwrap();
        assert_eq!(subject.digest().to_string(), Digest::of(b"image").to_string());
        assert!(subject.annotations().is_none());
        let layer = &parsed.layers()[0];
        assert_eq!((layer.size(), layer.digest().to_string()), (8, Digest::of(b"document").to_string()));
        assert_eq!(layer.annotations().as_ref().unwrap()[TITLE], "hello.spdx.json");

        let entry: oci_spec::image::Descriptor = serde_json::from_value(attachment.entry(&manifest)).unwrap();
        assert_eq!(entry.digest().to_string(), Digest::of(&manifest).to_string());
        assert_eq!(entry.annotations().as_ref().unwrap()["org.example.form"], "SPDX");
    }
}

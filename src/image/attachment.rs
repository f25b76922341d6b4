//! A document about an image: in a registry it refers to the image, beside an archive it is a file.

use super::manifest::Descriptor;
use std::collections::BTreeMap;

/// A document about an image or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is: the `artifactType` of the manifest that carries it in a registry, and the media type of its blob (OCI
    /// image spec, manifest.md, "Guidelines for Artifact Usage").
    pub media_type: &'static str,
    /// What the name of its file ends with, behind the program's: `cdx.json`, `linux-arm64.spdx.json`.
    pub ending: String,
    /// The manifest or index that it is about.
    pub subject: Descriptor,
    /// The annotations of the manifest that carries it.
    pub annotations: BTreeMap<String, String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

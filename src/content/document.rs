//! Documents: JSON under a digest, read strictly.

use crate::image::digest::Digest;
use serde_json::Value;

/// What a descriptor says of a blob (OCI image spec, descriptor.md), not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The media type; empty where an archive of docker's own form has none.
    pub media_type: String,
    /// The digest.
    pub digest: Digest,
    /// The size in bytes.
    pub size: u64,
}

/// A document as it was found.
#[derive(Clone, Debug)]
pub struct Document {
    /// What messages call it: `index.json`, `manifest sha256:…`.
    pub place: String,
    /// What the descriptor that led here says; `None` for the outermost.
    pub claim: Option<Claim>,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it says; `null` where it is no JSON.
    pub json: Value,
}

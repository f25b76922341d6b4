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

impl Claim {
    /// What the descriptor `value` says.
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(value: &Value) -> Result<Self, String> {
        let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty());
        let media_type = text("mediaType").ok_or("it has no `mediaType`")?.to_owned();
        let digest = text("digest").ok_or("it has no `digest`")?;
        let digest =
            digest.parse().map_err(|why| format!("`{}` is no digest: {why}", digest.escape_debug()))?;
        let size = value["size"].as_u64().filter(|size| i64::try_from(*size).is_ok());
        Ok(Claim { media_type, digest, size: size.ok_or("it has no `size`")? })
    }
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

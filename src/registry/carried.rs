//! A document about an image out of a repository: the one blob of the manifest that refers to the image (OCI image spec,
//! manifest.md, "Guidelines for Artifact Usage").

use super::documents::{self, Found};
use super::fetch;
use super::session::Session;
use crate::content::Claim;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::progress::Progress;
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The bytes of the document that the manifest `digest` carries: `limit` at most. It passes through `file`, which is empty.
///
/// # Errors
/// It is not there, is larger, or is none; the registry refuses or cannot be reached.
pub fn carried(session: &Session, digest: &Digest, limit: u64, file: &File) -> Result<Vec<u8>, Error> {
    let unfit = |why: &str| Error::new(Code::Registry, format!("{digest}: {why}"));
    let Found::There(answer) = documents::find(session, &digest.to_string())? else {
        return Err(unfit("it is listed, and not there"));
    };
    documents::check(&answer.body, digest)?;
    let json: Value = serde_json::from_slice(&answer.body).map_err(|_| unfit("it is no manifest"))?;
    let blob = match json["layers"].as_array().map(Vec::as_slice) {
        Some([one]) => Claim::read(one).map_err(|why| unfit(&why))?,
        _ => return Err(unfit("it does not carry one document")),
    };
    if blob.size > limit {
        return Err(unfit(&format!("it has {} bytes; {limit} are read", blob.size)));
    }
    if !fetch::fetch(session, &blob, file, 0, &Progress::default())? {
        return Err(unfit("what it carries is not there"));
    }
    let mut bytes = vec![0; usize::try_from(blob.size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, 0).map_err(|reason| fetch::unwritten(&reason))?;
    Ok(bytes)
}

//! Where the blobs of an image are, by their digests, and documents read out of them.

use super::document::{Claim, Document};
use super::fault::{Fault, Rule};
use super::{json, limits};
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use crate::image::manifest::blob_path;
use crate::regular::RegularFile;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Blobs by their digests.
#[derive(Debug)]
pub enum Store {
    /// Those of an archive, or of what came from a registry.
    Known(BTreeMap<Digest, Blob>),
    /// Those of a layout's folder, opened when they are asked for.
    Folder(PathBuf),
}

impl Store {
    /// The blob with this digest; what is wrong with it, if it is there and cannot be one, goes to `faults`.
    pub fn blob(&self, digest: &Digest, faults: &mut Vec<Fault>) -> Option<Blob> {
        let folder = match self {
            Store::Known(blobs) => return blobs.get(digest).cloned(),
            Store::Folder(folder) => folder,
        };
        let path = folder.join(blob_path(digest));
        // a link could lead anywhere on this machine
        match RegularFile::open(&path, false) {
            Ok(file) => {
                let size = file.size();
                let file = file.file().try_clone();
                file.ok().map(|file| Blob::new(Arc::new(file), 0, size))
            }
            Err(_)
                if path.symlink_metadata().is_err_and(|reason| reason.kind() == io::ErrorKind::NotFound) =>
            {
                None
            }
            Err(error) => {
                faults.push(Fault::new(Rule::Container, blob_path(digest), error.what()));
                None
            }
        }
    }

    /// The document that `claim` is about, called `place`. What is wrong with it goes to `faults`.
    ///
    /// # Errors
    /// The system's.
    pub fn document(
        &self,
        claim: &Claim,
        place: String,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<Document>, Error> {
        let Some(blob) = self.blob(&claim.digest, faults) else {
            faults.push(Fault::new(Rule::Missing, place, "it is not there"));
            return Ok(None);
        };
        read(&blob, Some(claim), place, faults)
    }
}

/// The document in `blob`, called `place`; `claim` is what led to it.
///
/// # Errors
/// The system's.
pub fn read(
    blob: &Blob,
    claim: Option<&Claim>,
    place: String,
    faults: &mut Vec<Fault>,
) -> Result<Option<Document>, Error> {
    if blob.size() > limits::DOCUMENT {
        let why = format!("it has {} bytes; {} are read of a document", blob.size(), limits::DOCUMENT);
        faults.push(Fault::new(Rule::Limit, place, why));
        return Ok(None);
    }
    let bytes = blob.bytes().map_err(|reason| {
        Error::new(Code::Asset, format!("could not read {place}")).note(reason.to_string())
    })?;
    Ok(Some(understand(&bytes, claim, place, faults)))
}

/// The same for `bytes`.
pub fn understand(bytes: &[u8], claim: Option<&Claim>, place: String, faults: &mut Vec<Fault>) -> Document {
    let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
    if let Some(claim) = claim {
        if claim.digest != digest {
            let why = format!("its digest is {digest}, where {} should be", claim.digest);
            faults.push(Fault::new(Rule::Digest, place.clone(), why));
        }
        if claim.size != size {
            let why = format!("it has {size} bytes, where {} should be", claim.size);
            faults.push(Fault::new(Rule::Size, place.clone(), why));
        }
    }
    let json = match json::too_many(bytes) {
        Some(why) => Err((Rule::Limit, why)),
        None => json::strict(bytes).map_err(|why| (Rule::Json, why)),
    };
    let json = json.unwrap_or_else(|(rule, why)| {
        faults.push(Fault::new(rule, place.clone(), why));
        Value::Null
    });
    Document { place, claim: claim.cloned(), digest, size, bytes: bytes.to_vec(), json }
}

/// What the descriptor `value` says; `place` is where it stands.
pub fn claim(value: &Value, place: &str, faults: &mut Vec<Fault>) -> Option<Claim> {
    Claim::read(value).map_err(|why| faults.push(Fault::new(Rule::Document, place, why))).ok()
}

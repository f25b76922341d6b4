//! Images that somebody else may have made: read from where they lie, with nothing of them believed.
//!
//! ```text
//! archive · layout → Found (documents, blobs) → walk (entries of one layer) → Tree (what a container would see)
//!                                              lay (all layers) → Laid → Difference (of two images)
//! ```
//!
//! Reading is total: any bytes give an image, faults, or an error, in bounded time and memory, and nothing is ever
//! written where they say. What breaks a rule that a reader could get over is a [`Fault`], so that
//! `verify` can tell all of them at once; whoever wants to use an image asks for none first.
//!
//! Sources: OCI image spec (manifest.md, config.md, layer.md, image-layout.md, image-index.md); Docker image spec v1.2
//! for `manifest.json`; POSIX.1-2001 for tar and pax; RFC 1952 for gzip.

mod archive;
mod beside;
mod config;
pub mod difference;
mod docker;
mod document;
mod entries;
mod fault;
mod follow;
mod json;
mod laid;
mod layout;
mod limits;
mod measured;
mod name;
mod packing;
mod store;
mod tar;
mod tree;
mod walk;

pub use beside::{Beside, beside};
pub use config::{Config, History};
pub use document::{Claim, Document};
pub use fault::{Fault, Rule};
pub use follow::{is_image_config, is_index, is_manifest};
pub use json::document;
pub use laid::{Laid, LaidLayer, Look, lay};
pub use packing::Packing;
pub use tree::{Node, Tree};
pub use walk::{Entry, Kind, Walked, walk};

use crate::error::Error;
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An image as it was found: one, or one for each platform.
#[derive(Debug)]
pub struct Found {
    /// What messages call it: a path, or a name as it was typed.
    pub place: String,
    /// What it lies in.
    pub form: Form,
    /// Its images, in the order of the index.
    pub images: Vec<Stored>,
    /// The documents that led to the images, outermost first: `index.json` or `manifest.json`, then further indexes.
    pub indexes: Vec<Document>,
    /// Manifests that are no images but belong to one: SBOMs, provenance, signatures (OCI image spec, "subject").
    pub attachments: Vec<Attachment>,
    /// What is wrong with the container of it, and with the way to its images.
    pub faults: Vec<Fault>,
}

/// What an image lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A tar with `manifest.json` (what `docker save` writes), and with an OCI index too if it has both.
    DockerArchive,
    /// A tar of an OCI layout, without `manifest.json`.
    OciArchive,
    /// A folder: an OCI layout.
    OciDir,
    /// A repository of a registry.
    Registry,
}

impl Form {
    /// The word that `-o` has for it.
    pub fn word(self) -> &'static str {
        match self {
            Form::DockerArchive => "docker-archive",
            Form::OciArchive => "oci-archive",
            Form::OciDir => "oci-dir",
            Form::Registry => "registry",
        }
    }
}

/// One image.
#[derive(Debug)]
pub struct Stored {
    /// The names that lead to it, as they are written there.
    pub names: Vec<String>,
    /// The platform that the index says it is for, e.g. `linux/arm64`.
    pub platform: Option<String>,
    /// Its manifest; an archive of docker's own form has none.
    pub manifest: Option<Document>,
    /// Its configuration.
    pub config: Document,
    /// The same, understood.
    pub settings: Config,
    /// Its layers, bottom first.
    pub layers: Vec<StoredLayer>,
}

/// A layer where it lies.
#[derive(Debug)]
pub struct StoredLayer {
    /// What the manifest says of it.
    pub claim: Option<Claim>,
    /// The digest of its tar that the configuration gives it.
    pub diff_id: Option<Digest>,
    /// Its bytes; `None` if they are not there, which is a fault already.
    pub blob: Option<Blob>,
    /// Where it lies, for messages: `layer 2 (sha256:…)`.
    pub place: String,
}

/// A manifest that belongs to an image and is none.
#[derive(Debug)]
pub struct Attachment {
    /// Its descriptor.
    pub claim: Claim,
    /// `artifactType`, or else the media type of its configuration.
    pub artifact: String,
    /// The digest of what it is about.
    pub subject: Option<Digest>,
    /// The document that it carries, if that is known.
    pub document: Option<Claim>,
}

impl Attachment {
    /// The manifest `json` that `claim` is about; `artifact` is its type where it says none itself.
    pub fn read(claim: Claim, artifact: &str, json: &serde_json::Value) -> Self {
        let own = json["artifactType"].as_str().filter(|own| !own.is_empty());
        let artifact = match artifact {
            "" => json["config"]["mediaType"].as_str().unwrap_or_default(),
            said => said,
        };
        Attachment {
            claim,
            artifact: own.unwrap_or(artifact).to_owned(),
            subject: json["subject"]["digest"].as_str().and_then(|digest| digest.parse().ok()),
            document: Claim::read(&json["layers"][0]).ok(),
        }
    }
}

impl Found {
    fn empty(place: &str, form: Form) -> Self {
        let (images, indexes, attachments, faults) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Found { place: place.to_owned(), form, images, indexes, attachments, faults }
    }
}

/// Reads the image at `path`: a tar of either kind, plain or compressed with gzip or zstd, or the folder of a layout.
///
/// # Errors
/// It cannot be read, or is nothing of the kind; everything else is a fault of what is found.
pub fn open(path: &Path) -> Result<Found, Error> {
    if path.is_dir() { layout::open(path) } else { archive::open(path) }
}

/// The same for an open archive, which messages call `place`.
///
/// # Errors
/// The same.
pub fn open_file(file: std::fs::File, place: &str) -> Result<Found, Error> {
    archive::read(file, place)
}

/// What a registry has under a name: `bytes` are the manifest or index that `root` is about, and `blobs` what it leads
/// to, as far as it was fetched.
///
/// # Errors
/// The system's.
pub fn assembled(
    place: &str,
    root: &Claim,
    bytes: &[u8],
    names: &[String],
    blobs: BTreeMap<Digest, Blob>,
    left_out: BTreeSet<Digest>,
) -> Result<Found, Error> {
    let mut found = Found::empty(place, Form::Registry);
    let store = store::Store::Known(blobs);
    follow::Follow { store: &store, found: &mut found, left_out }.root(root, bytes, names)?;
    Ok(found)
}

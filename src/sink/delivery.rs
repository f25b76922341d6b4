//! An image on its way to its outputs: what it brings along, what they need, and what they answer.

use super::earlier::Earlier;
use super::{Destination, Turn};
use crate::cache::Cache;
use crate::config::env::Env;
use crate::error::{Error, Warning};
use crate::image::attachment::Attachment;
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::image::layer::Layer;
use crate::image::reference::Reference;
use crate::progress::Progress;
use crate::registry::{Access, Client};
use std::path::Path;
use std::sync::OnceLock;

/// What outputs need beside an image.
pub struct Means<'a> {
    /// Where programs are found, and what they hear.
    pub env: &'a Env,
    /// The folder of archives that no other place is named for; created where it is needed.
    pub archives: &'a Path,
    /// What earlier runs have found out.
    pub records: Cache,
    /// Whether a registry is given no tag.
    pub by_digest: bool,
    /// How registries are reached, if one is an output.
    pub client: Option<Client>,
    /// Who sees how far things are.
    pub progress: Progress,
    earlier: OnceLock<Earlier>,
}

impl<'a> Means<'a> {
    /// Those for `destinations`.
    ///
    /// # Errors
    /// One is a registry, and certificates cannot be read.
    pub fn new(
        destinations: &[Destination],
        env: &'a Env,
        archives: &'a Path,
        access: &Access,
        by_digest: bool,
    ) -> Result<Self, Error> {
        let remote = destinations.iter().any(|destination| destination.kind.turn == Turn::Registry);
        let client = remote.then(|| Client::new(access.clone(), env)).transpose()?;
        let (records, progress) = (Cache::none(), Progress::default());
        Ok(Means { env, archives, records, by_digest, client, progress, earlier: OnceLock::new() })
    }

    /// What earlier runs have left, looked for once for all images of a run.
    pub fn earlier(&self) -> &Earlier {
        self.earlier.get_or_init(|| Earlier::of(&self.records))
    }
}

/// An image on its way to its outputs.
pub struct Delivery<'a> {
    /// The image.
    pub bundle: &'a mut Bundle,
    /// The layers of each of its images, for an output of files.
    pub layers: &'a [&'a [Layer]],
    /// The program's name.
    pub bin: &'a str,
    /// Its names; at least one.
    pub tags: &'a [Reference],
    /// The documents about it.
    pub attachments: &'a [Attachment],
    /// What outputs need.
    pub means: &'a Means<'a>,
}

/// What an output has got.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What goes to standard output: a path, or a name that `docker run` takes.
    pub result: String,
    /// The bytes that it took.
    pub size: u64,
    /// Whether it had all of it already, and was left as it is.
    pub fresh: bool,
    /// What to add to the status line.
    pub remarks: Vec<String>,
    /// What to look at.
    pub warnings: Vec<Warning>,
    /// The documents that went with it.
    pub documents: Vec<Kept>,
}

/// Where a document about an image has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its media type.
    pub media_type: &'static str,
    /// The digest of the manifest or index that it is about.
    pub subject: Digest,
    /// The path of a file, or the name of a manifest that carries it (`REPOSITORY@DIGEST`).
    pub place: String,
}

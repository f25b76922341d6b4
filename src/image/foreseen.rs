//! An image before it is written: where the blob of every layer is known already, so is every digest.

use super::archive::LayerBlob;
use super::compression::Compression;
use super::digest::Digest;
use super::layer::Layer;
use super::manifest::Descriptor;
use crate::error::{Code, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What takes the blobs of an image.
pub trait Blobs {
    /// Takes `layer`.
    ///
    /// # Errors
    /// It cannot be read or written.
    fn take_layer(&mut self, layer: &Layer, compression: Compression) -> Result<LayerBlob, Error>;

    /// Takes a document.
    ///
    /// # Errors
    /// It cannot be written.
    fn take_document(&mut self, media_type: &'static str, bytes: &[u8]) -> Result<Descriptor, Error>;
}

/// The blob of a layer, as it was written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The digest of the blob.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
}

impl Known {
    /// What is known of `blob`.
    pub fn of(blob: &LayerBlob) -> Self {
        let LayerBlob { descriptor, diff_id, .. } = blob;
        Known { digest: descriptor.digest.clone(), size: descriptor.size, diff_id: diff_id.clone() }
    }

    /// The blob of `layer`.
    pub fn blob(&self, layer: &Layer, compression: Compression) -> LayerBlob {
        LayerBlob {
            title: layer.title().to_owned(),
            descriptor: Descriptor::new(compression.media_type(), self.digest.clone(), self.size),
            diff_id: self.diff_id.clone(),
        }
    }
}

/// All that the bytes of a layer's blob depend on, but for this program; `None` where the layer has something that nobody
/// could tell from another.
pub fn key(layer: &Layer, mtime: u64, compression: Compression) -> Option<Digest> {
    let entries = layer.fingerprint()?;
    Some(Digest::of(format!("{entries} {mtime} {compression}").as_bytes()))
}

/// Takes the blobs of an image and keeps nothing but their digests.
pub struct Foreseen<'a> {
    layers: &'a BTreeMap<Digest, Known>,
    mtime: u64,
}

impl<'a> Foreseen<'a> {
    /// One that knows `layers` by their [`key`]s; `mtime` is the time of their entries.
    pub fn new(layers: &'a BTreeMap<Digest, Known>, mtime: u64) -> Self {
        Foreseen { layers, mtime }
    }
}

impl Blobs for Foreseen<'_> {
    fn take_layer(&mut self, layer: &Layer, compression: Compression) -> Result<LayerBlob, Error> {
        let known = key(layer, self.mtime, compression).and_then(|key| self.layers.get(&key));
        let unknown =
            || Error::new(Code::Output, format!("nothing is known of the layer `{}`", layer.title()));
        Ok(known.ok_or_else(unknown)?.blob(layer, compression))
    }

    fn take_document(&mut self, media_type: &'static str, bytes: &[u8]) -> Result<Descriptor, Error> {
        Ok(Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64))
    }
}

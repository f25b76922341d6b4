//! Images: layers made bytes, and the documents over them. Digests follow from the bytes as they are written.

pub mod address;
pub mod archive;
pub mod attachment;
pub mod bundle;
pub mod compression;
pub mod config;
pub mod deflate;
pub mod digest;
pub mod foreseen;
pub mod gzip;
pub mod layer;
pub mod manifest;
mod overlapped;
pub mod path;
pub mod platform;
pub mod reference;
pub mod tarball;

use crate::error::{Code, Error};
use archive::LayerBlob;
use compression::Compression;
use config::{ImageConfig, Run};
use foreseen::Blobs;
use layer::Layer;
use manifest::{Descriptor, MANIFEST, Manifest};
use platform::Target;
use std::collections::BTreeMap;

/// What an image is, beside its layers.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// How a container starts.
    pub run: Run,
    /// What it runs on.
    pub target: Target,
    /// The one time in it, in seconds since the epoch.
    pub created: u64,
    /// How its layers are compressed.
    pub compression: Compression,
    /// Remarks in the manifest.
    pub annotations: BTreeMap<String, String>,
}

/// A finished image: every blob is in an archive, every digest is known, nothing changes any more.
#[derive(Clone, Debug)]
pub struct Image {
    /// The configuration; its digest is what docker calls the image's id.
    pub config: Descriptor,
    /// The manifest; its digest is what a registry knows the image by.
    pub manifest: Descriptor,
    /// The layers, bottom first.
    pub layers: Vec<LayerBlob>,
    /// What it runs on.
    pub target: Target,
}

impl Image {
    /// Gives `layers`, bottom first, and the documents to `blobs`.
    pub fn assemble(layers: &[Layer], recipe: &Recipe, blobs: &mut dyn Blobs) -> Result<Self, Error> {
        let layers = layers
            .iter()
            .map(|layer| blobs.take_layer(layer, recipe.compression))
            .collect::<Result<Vec<LayerBlob>, Error>>()?;
        let ids: Vec<_> = layers.iter().map(|layer| (layer.title.as_str(), &layer.diff_id)).collect();
        let document = json(&ImageConfig::new(&recipe.run, &recipe.target, recipe.created, &ids))?;
        let config = blobs.take_document(config::MEDIA_TYPE, &document)?;
        let descriptors = layers.iter().map(|layer| &layer.descriptor).collect();
        let document = json(&Manifest::new(&config, descriptors, &recipe.annotations))?;
        let manifest = blobs.take_document(MANIFEST, &document)?;
        Ok(Image { config, manifest, layers, target: recipe.target.clone() })
    }
}

/// `document` as the bytes that its digest is taken of.
pub fn json(document: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(document).map_err(|reason| Error::new(Code::Output, format!("not JSON: {reason}")))
}

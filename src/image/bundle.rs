//! What goes by one name: an image, or one for each platform and an index over them.

use super::archive::{Archive, Blob};
use super::foreseen::Blobs;
use super::manifest::{Descriptor, INDEX, Index, Platform};
use super::{Image, json};
use crate::error::{Code, Error};
use std::collections::BTreeMap;

/// Images of one program, and the archive that holds all of their blobs.
pub struct Bundle {
    /// Where the blobs are.
    pub archive: Archive,
    /// The one image.
    pub first: Image,
    /// Those for further platforms, in the order in which they were asked for.
    pub others: Vec<Image>,
    /// The manifest of the one image, or the index over all: its digest is what a registry knows the whole by.
    pub root: Descriptor,
}

impl Bundle {
    /// Brings the images in `archive` together.
    pub fn new(
        mut archive: Archive,
        images: Vec<Image>,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let root = Bundle::root(&images, annotations, &mut archive)?;
        Bundle::of(archive, images, root)
    }

    /// The images under `root`, all of which are in `archive`.
    ///
    /// # Errors
    /// There are none.
    pub fn of(archive: Archive, images: Vec<Image>, root: Descriptor) -> Result<Self, Error> {
        let mut images = images.into_iter();
        let Some(first) = images.next() else {
            return Err(Error::new(Code::Output, "nothing goes by this name"));
        };
        Ok(Bundle { archive, first, others: images.collect(), root })
    }

    /// What a registry knows `images` by; the index, if it takes one, goes to `blobs`.
    ///
    /// # Errors
    /// There are none, or it cannot be written.
    pub fn root(
        images: &[Image],
        annotations: &BTreeMap<String, String>,
        blobs: &mut dyn Blobs,
    ) -> Result<Descriptor, Error> {
        match images {
            [] => Err(Error::new(Code::Output, "nothing goes by this name")),
            [only] => Ok(only.manifest.clone()),
            all => {
                let entries = all.iter().map(|image| Descriptor {
                    platform: Some(Platform::from(&image.target)),
                    ..image.manifest.clone()
                });
                blobs.take_document(INDEX, &json(&Index::new(entries.collect(), annotations))?)
            }
        }
    }

    /// Every image.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The one for a place that takes a single image: that of this machine's architecture, or else the first.
    pub fn single(&self) -> &Image {
        self.images().find(|image| image.target.is_hosts()).unwrap_or(&self.first)
    }

    /// Every blob that is no manifest, each once: configurations and layers, as a registry takes them first.
    pub fn blobs(&self) -> Result<Vec<(Descriptor, Blob)>, Error> {
        let mut blobs: Vec<(Descriptor, Blob)> = Vec::new();
        for image in self.images() {
            for descriptor in
                image.layers.iter().map(|layer| &layer.descriptor).chain(std::iter::once(&image.config))
            {
                if !blobs.iter().any(|(known, _)| known.digest == descriptor.digest) {
                    blobs.push((descriptor.clone(), self.archive.blob(&descriptor.digest)?));
                }
            }
        }
        Ok(blobs)
    }

    /// The manifests, then the index if there is one: the last is the root.
    pub fn manifests(&self) -> Result<Vec<(Descriptor, Blob)>, Error> {
        let manifests = self.images().map(|image| &image.manifest).filter(|one| **one != self.root);
        manifests
            .chain(std::iter::once(&self.root))
            .map(|descriptor| Ok((descriptor.clone(), self.archive.blob(&descriptor.digest)?)))
            .collect()
    }
}

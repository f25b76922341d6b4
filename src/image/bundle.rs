//! What goes by one name: an image, or one for each platform and an index over them.

use super::archive::{Archive, Blob};
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
        let mut images = images.into_iter();
        let Some(first) = images.next() else {
            return Err(Error::new(Code::Output, "nothing goes by this name"));
        };
        let others: Vec<_> = images.collect();
        let root = match others[..] {
            [] => first.manifest.clone(),
            _ => {
                let all = std::iter::once(&first).chain(&others);
                let entries = all.map(|image| Descriptor {
                    platform: Some(Platform::from(&image.target)),
                    ..image.manifest.clone()
                });
                archive.document(INDEX, &json(&Index::new(entries.collect(), annotations))?)?
            }
        };
        Ok(Bundle { archive, first, others, root })
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

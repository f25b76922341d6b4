//! What a container would see: all layers, one over the other (OCI image spec, layer.md, "Applying Changesets").

use super::walk::Entry;
use std::collections::BTreeMap;

/// The files of an image.
#[derive(Debug, Default)]
pub struct Tree {
    /// By path, without the slash at its start.
    pub nodes: BTreeMap<String, Node>,
}

/// A file of an image.
#[derive(Clone, Debug)]
pub struct Node {
    /// What its layer says of it.
    pub entry: Entry,
    /// The layer that it comes from, counted from 0 at the bottom.
    pub layer: usize,
    /// The digest of its content, for a file whose content was looked at.
    pub digest: Option<crate::image::digest::Digest>,
}

impl Tree {
    /// Lays `entry` of `layer` over what is there; a whiteout takes away.
    pub fn apply(&mut self, layer: usize, entry: &Entry) {
        let _ = (layer, entry);
    }

    /// What `path` (absolute or not) leads to, through links as a kernel would follow them below the root; at most 40.
    pub fn resolve(&self, path: &str) -> Option<(String, &Node)> {
        let _ = path;
        None
    }
}

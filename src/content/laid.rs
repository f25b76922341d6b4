//! All layers of one image, each read once, and laid over one another with the digest of every file.

use super::fault::{Fault, Rule};
use super::tree::Tree;
use super::walk::{Entry, Kind, Walked, walk};
use super::{Stored, StoredLayer};
use crate::error::Error;
use crate::image::archive::Blob;
use crate::image::digest::{Digest, Hashing};
use std::io::{self, Read, Write};

/// What is hashed at once, in bytes.
const PIECE: usize = 64 << 10;

/// An image whose layers have been read.
#[derive(Debug, Default)]
pub struct Laid {
    /// What a container would see; every file has its digest, and a hard link size and digest of what it leads to.
    pub tree: Tree,
    /// Its layers, bottom first.
    pub layers: Vec<LaidLayer>,
}

/// A layer that has been read.
#[derive(Debug, Default)]
pub struct LaidLayer {
    /// The bytes of its blob; 0 if it is not there.
    pub size: u64,
    /// What it turned out to be; `None` if it is not there.
    pub walked: Option<Walked>,
    /// What it takes away from the layers below: paths, or what a folder had (`FOLDER/*`), in its own order.
    pub removed: Vec<String>,
}

/// Looks at the content of a file of a layer, counted from 0 at the bottom, and may leave any part of it unread.
pub type Look<'a> = &'a mut dyn FnMut(usize, &Entry, &mut dyn Read) -> Result<(), Error>;

/// Reads all layers of `image`; each of their files passes by `look`, also one that a later layer takes away.
///
/// # Errors
/// The system cannot read one, `look` fails, or a signal arrived.
pub fn lay(image: &Stored, look: Look<'_>) -> Result<Laid, Error> {
    let mut laid = Laid::default();
    for (at, layer) in image.layers.iter().enumerate() {
        let layer = one(&mut laid.tree, at, layer, look)?;
        laid.layers.push(layer);
    }
    Ok(laid)
}

impl Laid {
    /// The bytes of all blobs, and of all tars.
    pub fn sizes(&self) -> (u64, u64) {
        let unpacked = |layer: &LaidLayer| layer.walked.as_ref().map_or(0, |walked| walked.unpacked);
        (self.layers.iter().map(|layer| layer.size).sum(), self.layers.iter().map(unpacked).sum())
    }

    /// The fault that left a part of the files unread, if there is one.
    pub fn unread(&self) -> Option<&Fault> {
        let faults =
            self.layers.iter().filter_map(|layer| layer.walked.as_ref()).flat_map(|walked| &walked.faults);
        let stops =
            |fault: &&Fault| matches!(fault.rule, Rule::Compression | Rule::Tar | Rule::Limit | Rule::Path);
        faults.into_iter().find(stops)
    }

    /// Whether every layer is there.
    pub fn is_whole(&self) -> bool {
        self.layers.iter().all(|layer| layer.walked.is_some())
    }
}

fn one(tree: &mut Tree, at: usize, layer: &StoredLayer, look: Look<'_>) -> Result<LaidLayer, Error> {
    let Some(size) = layer.blob.as_ref().map(Blob::size) else { return Ok(LaidLayer::default()) };
    let (mut removed, mut buffer) = (Vec::new(), vec![0; PIECE]);
    let walked = walk(layer, &mut |entry, content| {
        let (size, digest) = match &entry.kind {
            Kind::File => {
                let mut passing = Passing { content, hash: Hashing::new(io::sink()), failed: false };
                look(at, entry, &mut passing)?;
                (entry.size, passing.digest(&mut buffer))
            }
            Kind::Hardlink(to) => match tree.nodes.get(to) {
                Some(node) => (node.entry.size, node.digest.clone()),
                None => (0, None),
            },
            Kind::Whiteout => {
                removed.push(entry.path.clone());
                (0, None)
            }
            Kind::Opaque => {
                removed.push(if entry.path.is_empty() {
                    "*".to_owned()
                } else {
                    format!("{}/*", entry.path)
                });
                (0, None)
            }
            _ => (entry.size, None),
        };
        tree.apply(at, entry);
        if let (Some(node), Kind::File | Kind::Hardlink(_)) = (tree.nodes.get_mut(&entry.path), &entry.kind) {
            (node.entry.size, node.digest) = (size, digest);
        }
        Ok(())
    })?;
    Ok(LaidLayer { size, walked: Some(walked), removed })
}

/// Content on its way to whoever looks at it, hashed as it passes.
struct Passing<'a> {
    content: &'a mut dyn Read,
    hash: Hashing<io::Sink>,
    failed: bool,
}

impl Passing<'_> {
    /// The digest of all of it; none if it ends too early, which is a fault of its layer.
    fn digest(mut self, buffer: &mut [u8]) -> Option<Digest> {
        loop {
            match self.read(buffer) {
                Ok(0) => return (!self.failed).then(|| self.hash.finish().0),
                Ok(_) => {}
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

impl Read for Passing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(into).inspect_err(|reason| {
            self.failed |= reason.kind() != io::ErrorKind::Interrupted;
        })?;
        self.hash.write_all(&into[..read])?;
        Ok(read)
    }
}

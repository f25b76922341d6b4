//! One layer, from its blob to its entries: hashed, unpacked and read as tar in a single pass.

use super::StoredLayer;
use super::fault::Fault;
use crate::error::Error;
use crate::image::digest::Digest;
use std::io::Read;

/// An entry of a layer, as its headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path from the root of the image, without a slash at either end; the root itself is empty. Bytes that are not
    /// UTF-8 are a fault and stand here as U+FFFD.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// The permission bits with setuid, setgid and sticky (`0o7777`).
    pub mode: u32,
    /// Its owner.
    pub uid: u64,
    /// Its group.
    pub gid: u64,
    /// The bytes of its content.
    pub size: u64,
    /// Seconds since the epoch.
    pub mtime: i64,
    /// The names of its extended attributes (`SCHILY.xattr.*`).
    pub xattrs: Vec<String>,
}

/// The type of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Directory,
    /// A file.
    File,
    /// A symbolic link, and where to.
    Symlink(String),
    /// Another name of the file at this path.
    Hardlink(String),
    /// A device, a fifo or another special file, in a word.
    Special(&'static str),
    /// `.wh.NAME`: what lower layers have under this path without the prefix is gone.
    Whiteout,
    /// `.wh..wh..opq`: what lower layers have in this folder (the entry's path) is gone.
    Opaque,
}

/// What a layer turned out to be.
#[derive(Debug)]
pub struct Walked {
    /// The digest of its blob.
    pub digest: Digest,
    /// The digest of its tar.
    pub diff_id: Digest,
    /// The bytes of its tar.
    pub unpacked: u64,
    /// The number of its entries.
    pub entries: u64,
    /// What is wrong with it: compression, tar, paths, types, duplicates, digest, size and diff id.
    pub faults: Vec<Fault>,
}

/// Reads `layer` to its end, and shows `each` of its entries with its content, of which it may leave any part unread.
/// An entry whose path cannot be one is not shown.
///
/// # Errors
/// The layer is not there, the system cannot read it, `each` fails, or a signal arrived.
pub fn walk(
    layer: &StoredLayer,
    each: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), Error>,
) -> Result<Walked, Error> {
    let _ = (layer, each);
    Err(Error::new(crate::error::Code::Asset, "not yet"))
}

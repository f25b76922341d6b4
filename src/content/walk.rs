//! One layer, from its blob to its entries: hashed, unpacked, hashed again and read as tar in a single pass.

use super::entries::Entries;
use super::fault::{Fault, Rule};
use super::measured::Measured;
use super::packing::{Packing, Unpacking};
use super::tar::{self, Stop};
use super::{StoredLayer, limits};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::interrupt;
use std::io::{self, BufRead, BufReader, Read};

/// Large enough that system calls cost nothing beside hashing, in bytes.
const BUFFER: usize = 256 << 10;

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
/// An entry whose path cannot be one, or that the layer has already, is not shown, and none behind damage.
///
/// # Errors
/// The layer is not there, the system cannot read it, `each` fails, or a signal arrived.
pub fn walk(
    layer: &StoredLayer,
    each: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), Error>,
) -> Result<Walked, Error> {
    let Some(blob) = &layer.blob else {
        return Err(Error::new(Code::Invalid, format!("{} is not there", layer.place)));
    };
    let unreadable = |reason: &io::Error| {
        Error::new(Code::Asset, format!("could not read {}", layer.place)).note(reason.to_string())
    };
    let mut entries = Entries::new(&layer.place);
    let mut source = BufReader::with_capacity(BUFFER, Measured::new(blob.reader(), u64::MAX));
    let packing = Packing::of(source.fill_buf().map_err(|reason| unreadable(&reason))?);

    let opened = Unpacking::new(&mut source);
    let (outcome, tar) = match opened {
        Ok(unpacking) => {
            let measured = Measured::new(unpacking, limit(blob.size()));
            let mut reader = tar::Reader::new(BufReader::with_capacity(BUFFER, measured));
            let mut outcome = entries.read(&mut reader, each)?;
            // the digest is that of all of it, also where it is no tar
            if matches!(outcome, Some(Stop::Unsound(_)))
                && let Err(reason) = drain(reader.input())
            {
                outcome = Some(Stop::Io(reason));
            }
            (outcome, Some(reader.into_input().into_inner().finish()))
        }
        Err(reason) => (Some(Stop::Io(reason)), None),
    };
    let whole = !matches!(outcome, Some(Stop::Io(_) | Stop::Limit(_)));
    match outcome {
        None => {}
        Some(Stop::Unsound(why)) => entries.fault(Rule::Tar, "", why),
        Some(Stop::Limit(why)) => entries.fault(Rule::Limit, "", why),
        Some(Stop::Io(reason)) => match reason.kind() {
            io::ErrorKind::InvalidData => entries.fault(Rule::Compression, "", reason.to_string()),
            io::ErrorKind::FileTooLarge => entries.fault(Rule::Limit, "", reason.to_string()),
            _ => {
                interrupt::check()?;
                return Err(unreadable(&reason));
            }
        },
    }

    let before = source.get_ref().size() - source.buffer().len() as u64;
    drain(&mut source).map_err(|reason| unreadable(&reason))?;
    let (digest, size) = source.into_inner().finish();
    if whole && packing != Packing::Plain && size > before {
        let why = format!("{} bytes follow the end of its {}", size - before, packing.word());
        entries.fault(Rule::Compression, "", why);
    }
    let (diff_id, unpacked) = tar.unwrap_or_else(|| (digest.clone(), 0));
    let (count, mut faults) = entries.finish();
    let mut add = |rule, why| faults.push(Fault::new(rule, layer.place.clone(), why));
    if let Some(claim) = &layer.claim {
        if claim.digest != digest {
            add(Rule::Digest, format!("its digest is {digest}, where {} should be", claim.digest));
        }
        if claim.size != size {
            add(Rule::Size, format!("it has {size} bytes, where {} should be", claim.size));
        }
        match told(&claim.media_type) {
            None => add(Rule::MediaType, format!("`{}` is no type of a layer", claim.media_type)),
            Some(told) if told != packing => {
                add(
                    Rule::MediaType,
                    format!("it has {}, and its type is `{}`", packing.word(), claim.media_type),
                );
            }
            Some(_) => {}
        }
    }
    if let Some(wanted) = layer.diff_id.as_ref().filter(|wanted| whole && **wanted != diff_id) {
        add(Rule::DiffId, format!("its tar has the digest {diff_id}, and the configuration says {wanted}"));
    }
    Ok(Walked { digest, diff_id, unpacked, entries: count, faults })
}

/// What a blob of `size` bytes may unpack to: deflate makes at most a thousandfold of zeros, and no layer that
/// somebody made for use comes near.
fn limit(size: u64) -> u64 {
    const RATIO: u64 = 500;
    const SMALL: u64 = 4 << 30;
    size.saturating_mul(RATIO).clamp(SMALL, limits::UNPACKED)
}

/// Reads `input` to its end.
fn drain(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let read = match input.fill_buf() {
            Ok(bytes) => bytes.len(),
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
            Err(reason) => return Err(reason),
        };
        if read == 0 {
            return Ok(());
        }
        input.consume(read);
    }
}

/// The compression that the media type of a layer tells (OCI image spec, layer.md; Docker's image manifest 2.2).
pub fn told(media_type: &str) -> Option<Packing> {
    let oci =
        ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar"];
    let docker = [
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ];
    let plain = |name: &str| oci.contains(&name) || docker.contains(&name);
    match media_type.strip_suffix("gzip").or(media_type.strip_suffix("zstd")) {
        None => plain(media_type).then_some(Packing::Plain),
        Some(rest) => {
            let known = rest.strip_suffix('+').is_some_and(|name| oci.contains(&name))
                || rest.strip_suffix('.').is_some_and(|name| docker.contains(&name));
            known.then_some(if media_type.ends_with("gzip") { Packing::Gzip } else { Packing::Zstd })
        }
    }
}

//! An OCI image layout: a folder that holds several images under their tags (OCI image spec, image-layout.md).
//!
//! Many runs may write one layout at the same time. Blobs are named by their content, so each run adds its own without
//! asking; the one file that they share is `index.json`, and for that they queue. Nothing in a layout is ever deleted:
//! the blobs of an image that has lost its last tag stay, because others may use them, and tools such as
//! `umoci gc --layout DIR` know how to find out.

mod index;
mod place;

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, beside, folder};
use crate::error::{Caution, Code, Error, Warning};
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use crate::image::layer::CopyError;
use crate::image::manifest::{Index, LAYOUT, Platform, blob_path};
use crate::image::reference::Reference;
use crate::interrupt;
use crate::lock;
use crate::regular::RegularFile;
use crate::temporary::{self, Temporary};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

pub const KIND: Kind = Kind {
    name: "oci-dir",
    takes: Takes::Folder("oci"),
    zstd: true,
    verbs: (None, "Packed"),
    turn: Turn::File,
    check,
    deliver,
};

/// What is compared of two blobs at a time, in bytes.
const PIECE: usize = 256 << 10;

/// Whether a layout is there, or could be.
fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    let Some(path) = destination.path() else { return Ok(()) };
    place::usable(path, means)
}

/// Adds the image's blobs, then its names.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let Some(path) = destination.path() else {
        return Err(Error::new(Code::Output, "a layout has no name of a folder"));
    };
    folder::usual_for(path, delivery.means)?;
    place::usable(path, delivery.means)?;
    let unattached = beside::without_room(path);
    let attachments = if unattached.is_some() { &[] } else { delivery.attachments };
    beside::check(attachments, destination, delivery.bin)?;
    begin(path)?;
    let archive = &delivery.bundle.archive;
    let mut size = 0;
    for (digest, blob) in archive.in_order() {
        keep(blob, digest, path)?;
        size += blob.size();
    }
    // before a name leads to them
    archive.unchanged()?;
    // what another run has put there a moment ago, too, before the index leads to it
    for name in ["blobs/sha256", "blobs"] {
        folder::settle(&path.join(name))?;
    }
    let bundle = &delivery.bundle;
    let platform = bundle.others.is_empty().then(|| Platform::from(&bundle.first.target));
    let mut warnings = name(&Index::tagged(&bundle.root, platform, delivery.tags), path)?;
    warnings.extend(unattached.filter(|_| !delivery.attachments.is_empty()));
    let documents = beside::write(attachments, destination, delivery.bin)?;
    let remarks = beside::remark(&documents).into_iter().collect();
    let result = path.display().to_string();
    Ok(Receipt { result, size, fresh: false, remarks, warnings, documents })
}

/// Makes the folder `path` a layout, unless it is one. Its mark comes first: a run that ends before its blobs are all
/// there leaves a layout, not a folder of unknown files. What runs that were killed left is removed.
fn begin(path: &Path) -> Result<(), Error> {
    if folder::create(path)?
        && let Some(parent) = path.parent()
    {
        folder::settle(parent)?;
    }
    let mark = path.join("oci-layout");
    temporary::sweep(path, ".oci-layout.");
    if !mark.exists() {
        write(&mark, LAYOUT.as_bytes())?;
    }
    let blobs = path.join("blobs");
    let named = blobs.join("sha256");
    folder::create(&blobs)?;
    folder::create(&named)?;
    // nothing but blobs has a place there
    temporary::sweep(&named, ".");
    Ok(())
}

/// Puts a blob where the layout keeps it, unless it is there already.
fn keep(blob: &Blob, digest: &Digest, layout: &Path) -> Result<(), Error> {
    let path = layout.join(blob_path(digest));
    if is_there(blob, &path)? {
        return Ok(());
    }
    let failed = |reason: io::Error| Error::io(Code::Output, "write", &path, &reason);
    let temporary = Temporary::beside(&path).map_err(failed)?;
    match blob.copy_to(temporary.file()) {
        Ok(()) => temporary.commit().map_err(failed),
        Err(CopyError::Source(error)) => Err(error),
        Err(CopyError::Sink(reason)) => Err(failed(reason)),
    }
}

/// Whether the file at `path` is `blob`, byte by byte. That is cheaper than to write and sync it again, and cheaper
/// than its digest; and what a power cut or another tool has left half written is put right, not built upon.
fn is_there(blob: &Blob, path: &Path) -> Result<bool, Error> {
    let Ok(there) = RegularFile::open(path, true) else { return Ok(false) };
    if there.size() != blob.size() {
        return Ok(false);
    }
    let failed = |reason: io::Error| Error::io(Code::Output, "compare a blob with", path, &reason);
    let (mut theirs, mut ours) = (vec![0; PIECE], vec![0; PIECE]);
    let mut file = there.file();
    let mut reader = blob.reader();
    let mut rest = blob.size();
    while rest > 0 {
        interrupt::check()?;
        let size = usize::try_from(rest).unwrap_or(PIECE).min(PIECE);
        reader.read_exact(&mut ours[..size]).map_err(failed)?;
        // one that cannot be read, or has become shorter, is no blob to keep
        if file.read_exact(&mut theirs[..size]).is_err() || ours[..size] != theirs[..size] {
            return Ok(false);
        }
        rest -= size as u64;
    }
    Ok(true)
}

/// Writes the entries of `ours` into the index of the layout at `path`, one run after the other. Returns what to warn
/// of.
fn name(ours: &Index, path: &Path) -> Result<Vec<Warning>, Error> {
    let mut warnings = Vec::new();
    let failed = |reason: io::Error| Error::io(Code::Output, "open", path, &reason);
    // the folder itself, so that there is no lock file that other tools would wonder about
    let held = File::open(path).map_err(failed)?;
    match lock::exclusive(&held, path) {
        Ok(()) => {}
        Err(error) if error.code() == Code::Interrupted => return Err(error),
        Err(error) => warnings.push(Warning::new(
            Caution::SharedLayout,
            format!("{error}; runs that write this layout at the same time may lose each other's tags"),
        )),
    }
    let file = path.join("index.json");
    let (bytes, elsewhere) = index::merged(index::read(&file)?, ours, &file)?;
    for name in elsewhere {
        let what = format!(
            "another image has the tag of `{name}` in `{}`, where this one is called by its whole name",
            path.display()
        );
        warnings.push(Warning::new(Caution::TagTaken, what));
    }
    write(&file, &bytes)?;
    Ok(warnings)
}

/// Writes the file `path`: it is there as a whole, or as it was.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    Temporary::beside(path)
        .and_then(|temporary| {
            temporary.file().write_all(bytes)?;
            temporary.commit()
        })
        .map_err(|reason| Error::io(Code::Output, "write", path, &reason))
}

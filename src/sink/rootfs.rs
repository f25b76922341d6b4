//! The root file system as plain tar files, one for each platform: `ADD hello.linux-amd64.tar /` in a Dockerfile,
//! `docker import` and `tar x` make of one exactly the files of the image.
//!
//! The layers are read once more instead of their blobs: they are disjoint but for folders, so one sorted walk over
//! all of them is the whole file system, nothing is decompressed, and no more than a piece of a file is in memory. A
//! file that has changed since it was packed ends the run (see [`Source`](crate::image::layer::Source)).

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, beside, folder};
use crate::error::{Code, Error};
use crate::image::layer::{CopyError, Layer};
use crate::image::platform::Target;
use crate::image::reference::Reference;
use crate::image::tarball;
use crate::temporary::Temporary;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub const KIND: Kind = Kind {
    name: "rootfs",
    takes: Takes::Files("rootfs"),
    zstd: true,
    verbs: (None, "Packed"),
    turn: Turn::File,
    check,
    deliver,
};

/// Large enough that system calls cost nothing beside reading, in bytes.
const BUFFER: usize = 256 << 10;

/// Whether the folder is there, or could be made.
fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    let Some(path) = destination.path() else { return Ok(()) };
    folder::usable(path, means, &refused).map(drop)
}

/// Writes all files before the first one gets its name.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let Some(path) = destination.path() else {
        return Err(Error::new(Code::Output, "root file systems have no name of a folder"));
    };
    check(destination, delivery.tags, delivery.means)?;
    beside::check(delivery.attachments, destination, delivery.bin)?;
    folder::usual_for(path, delivery.means)?;
    let created = folder::create(path)?;
    let written = match path.parent().filter(|_| created) {
        Some(parent) => folder::settle(parent).and_then(|()| files(delivery, path)),
        None => files(delivery, path),
    };
    if written.is_err() && created {
        // only if it is empty: another run may be here by now
        let _ = fs::remove_dir(path);
    }
    let (files, size) = written?;
    let documents = beside::write(delivery.attachments, destination, delivery.bin)?;
    let (result, mut remarks) = match &files[..] {
        [file] => (file.display().to_string(), Vec::new()),
        _ => (path.display().to_string(), vec![format!("{} files", files.len())]),
    };
    remarks.extend(beside::remark(&documents));
    Ok(Receipt { result, size, fresh: false, remarks, warnings: Vec::new(), documents })
}

/// The paths of the files, and their bytes together.
fn files(delivery: &Delivery<'_>, folder: &Path) -> Result<(Vec<PathBuf>, u64), Error> {
    let mtime = delivery.bundle.archive.mtime();
    let mut ready = Vec::new();
    let mut size = 0;
    for (image, layers) in delivery.bundle.images().zip(delivery.layers) {
        let path = folder.join(file_name(delivery.bin, &image.target));
        replaceable(&path)?;
        let (temporary, bytes) = write(layers, mtime, &path)?;
        size += bytes;
        ready.push((path, temporary));
    }
    let mut paths = Vec::new();
    for (path, temporary) in ready {
        temporary.commit().map_err(|reason| failed(&path, &reason))?;
        paths.push(path);
    }
    Ok((paths, size))
}

/// `hello.linux-armv7.tar`: what a Dockerfile calls `hello.linux-${TARGETARCH}${TARGETVARIANT}.tar`
/// (Dockerfile reference, "Automatic platform ARGs in the global scope").
fn file_name(bin: &str, target: &Target) -> String {
    format!("{bin}.linux-{}{}.tar", target.architecture(), target.variant().unwrap_or_default())
}

fn write(layers: &[Layer], mtime: u64, path: &Path) -> Result<(Temporary, u64), Error> {
    let temporary = Temporary::beside(path).map_err(|reason| failed(path, &reason))?;
    let mut out = BufWriter::with_capacity(BUFFER, temporary.file());
    let written = tarball::flattened(layers, mtime, &mut out).and_then(|()| Ok(out.flush()?));
    drop(out);
    match written {
        Ok(()) => {}
        Err(CopyError::Source(error)) => return Err(error),
        Err(CopyError::Sink(reason)) => return Err(failed(path, &reason)),
    }
    let size = temporary.file().metadata().map_err(|reason| failed(path, &reason))?.len();
    Ok((temporary, size))
}

/// A rename would silently take the place of a link or a device.
fn replaceable(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(status) if status.is_file() => Ok(()),
        Ok(_) => Err(Error::new(Code::Output, format!("could not write `{}`", path.display()))
            .note("what stands there is not a regular file")
            .help("remove it, or name another folder: -o rootfs=DIR")),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(reason) => Err(failed(path, &reason)),
    }
}

fn failed(path: &Path, reason: &io::Error) -> Error {
    Error::io(Code::Output, "write", path, reason)
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Code::Output, format!("could not write root file systems to `{}`: {why}", path.display()))
        .help("name a new or existing folder: -o rootfs=DIR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_a_dockerfile_can_say_it() {
        let name = |platform| file_name("hello", &Target::from_platform(platform).unwrap());
        assert_eq!(name("linux/amd64"), "hello.linux-amd64.tar");
        // BuildKit leaves the one variant of arm64 out
        assert_eq!(name("linux/arm64/v8"), "hello.linux-arm64.tar");
        assert_eq!(name("linux/arm/v7"), "hello.linux-armv7.tar");
        assert_eq!(name("linux/riscv64"), "hello.linux-riscv64.tar");
    }
}

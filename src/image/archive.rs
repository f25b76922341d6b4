//! The hybrid image archive while it grows: one tar that docker, podman, containerd and skopeo all read.
//!
//! Blobs go in first and are hashed as they are written, so a blob's own header, which carries its digest as a name,
//! is filled in afterwards: the bytes are read once, written once, and never held in memory.

use super::compression::Compression;
use super::digest::{Digest, Hashing};
use super::layer::{CopyError, Layer};
use super::manifest::{Descriptor, blob_path};
use super::tarball::{self, BLOCK};
use crate::error::{Code, Error};
use crate::interrupt;
use crate::temporary::Temporary;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Large enough that system calls cost nothing beside hashing, in bytes.
const BUFFER: usize = 256 << 10;
/// What is copied between two looks for a signal, in bytes.
const PIECE: u64 = 64 << 20;

/// A layer that has been written.
#[derive(Clone, Debug)]
pub struct LayerBlob {
    /// What history says of it.
    pub title: String,
    /// The blob.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar (OCI image spec, config.md, "Layer DiffID").
    pub diff_id: Digest,
}

/// An archive that is being written, in a temporary file beside its destination.
pub struct Archive {
    file: Temporary,
    /// The time of every entry, in seconds since the epoch.
    mtime: u64,
    position: u64,
    /// Where each blob's bytes are: offset and size.
    blobs: BTreeMap<Digest, (u64, u64)>,
}

impl Archive {
    /// An archive for `destination`, whose folder must exist.
    pub fn create(destination: &Path, mtime: u64) -> Result<Self, Error> {
        let file = Temporary::beside(destination)
            .map_err(|reason| Error::io(Code::Output, "write", destination, &reason))?;
        let mut archive = Archive { file, mtime, position: 0, blobs: BTreeMap::new() };
        archive.written(|archive| {
            for folder in ["blobs/", "blobs/sha256/"] {
                archive.append(tarball::directory_header(folder, mtime)?.as_bytes())?;
            }
            Ok(())
        })?;
        Ok(archive)
    }

    /// The time of every entry, in seconds since the epoch.
    pub fn mtime(&self) -> u64 {
        self.mtime
    }

    /// Adds `layer` as a blob.
    pub fn layer(&mut self, layer: &Layer, compression: Compression) -> Result<LayerBlob, Error> {
        let mtime = self.mtime;
        let (diff_id, digest, size) = self.blob(|file| {
            let buffered = BufWriter::with_capacity(BUFFER, file);
            if compression == Compression::None {
                // the layer is its own uncompressed form: one digest serves for both
                let mut out = Hashing::new(buffered);
                tarball::write(layer, mtime, &mut out)?;
                let (digest, size, mut buffered) = out.finish();
                buffered.flush()?;
                return Ok((Some(digest.clone()), digest, size));
            }
            let mut out = Hashing::new(compression.encoder(Hashing::new(buffered))?);
            tarball::write(layer, mtime, &mut out)?;
            let (diff_id, _, encoder) = out.finish();
            let (digest, size, mut buffered) = encoder.finish()?.finish();
            buffered.flush()?;
            Ok((Some(diff_id), digest, size))
        })?;
        let descriptor = Descriptor::new(compression.media_type(), digest.clone(), size);
        Ok(LayerBlob { title: layer.title().to_owned(), descriptor, diff_id: diff_id.unwrap_or(digest) })
    }

    /// Adds a document as a blob.
    pub fn document(&mut self, media_type: &'static str, bytes: &[u8]) -> Result<Descriptor, Error> {
        let (_, digest, size) = self.blob(|mut file| {
            file.write_all(bytes)?;
            Ok((None, Digest::of(bytes), bytes.len() as u64))
        })?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    /// Adds all the blobs of `other`, which are already what their names say, in the same order.
    pub fn copy_blobs(&mut self, other: &Archive) -> Result<(), Error> {
        let mut blobs: Vec<_> = other.blobs.iter().collect();
        blobs.sort_by_key(|&(_, place)| place);
        for (digest, &(offset, size)) in blobs {
            self.blob(|mut out| {
                let mut from = other.file.file();
                from.seek(SeekFrom::Start(offset))?;
                let mut rest = size;
                while rest > 0 {
                    interrupt::check()?;
                    rest -= match io::copy(&mut io::Read::take(from, rest.min(PIECE)), &mut out)? {
                        0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                        copied => copied,
                    };
                }
                Ok((None, digest.clone(), size))
            })?;
        }
        Ok(())
    }

    /// Adds a file beside the blobs.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let header = tarball::file_header(name, 0o644, bytes.len() as u64, self.mtime);
        self.written(|archive| {
            archive.append(header?.as_bytes())?;
            archive.append(bytes)?;
            let mut padding = Vec::new();
            tarball::pad(bytes.len() as u64, &mut padding)?;
            archive.append(&padding)
        })
    }

    /// Ends the archive and gives the file its name. Returns its size in bytes.
    pub fn commit(mut self) -> Result<u64, Error> {
        self.written(|archive| archive.append(&[0; 2 * BLOCK as usize]))?;
        let destination = self.file.destination().to_owned();
        self.file.commit().map_err(|reason| Error::io(Code::Output, "write", &destination, &reason))?;
        Ok(self.position)
    }

    /// Lets `write` write a blob at the end, then puts the header before it. A blob that is there already is kept
    /// once.
    fn blob(
        &mut self,
        write: impl FnOnce(&File) -> Result<(Option<Digest>, Digest, u64), CopyError>,
    ) -> Result<(Option<Digest>, Digest, u64), Error> {
        let start = self.position;
        let body = start + BLOCK;
        let seek = |to: u64, mut file: &File| file.seek(SeekFrom::Start(to)).map(drop);
        self.written(|archive| seek(body, archive.file.file()))?;
        let written = match write(self.file.file()) {
            Ok(written) => written,
            Err(CopyError::Source(error)) => return Err(error),
            Err(CopyError::Sink(reason)) => return Err(self.failed(&reason)),
        };
        let (digest, size) = (written.1.clone(), written.2);
        self.written(|archive| {
            if archive.blobs.contains_key(&digest) {
                archive.file.file().set_len(start)?;
                return seek(start, archive.file.file());
            }
            // beyond 8 GiB the crate writes the size in base 256, which every reader of images takes
            let header = tarball::file_header(&blob_path(&digest), 0o644, size, archive.mtime)?;
            archive.file.file().write_all_at(header.as_bytes(), start)?;
            archive.position = body + size;
            let mut padding = Vec::new();
            tarball::pad(size, &mut padding)?;
            archive.append(&padding)?;
            archive.blobs.insert(digest, (body, size));
            Ok(())
        })?;
        Ok(written)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.file().write_all_at(bytes, self.position)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn written(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) -> Result<(), Error> {
        write(self).map_err(|reason| self.failed(&reason))
    }

    fn failed(&self, reason: &io::Error) -> Error {
        Error::io(Code::Output, "write", self.file.destination(), reason)
    }
}

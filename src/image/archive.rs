//! The hybrid image archive while it grows: one tar that docker, podman, containerd and skopeo all read.
//!
//! Blobs go in first and are hashed as they are written, so a blob's own header, which carries its digest as a name,
//! is filled in afterwards: the bytes are read once, written once, and never held in memory.

mod account;
mod blob;

pub use account::Account;
pub use blob::{Blob, BlobReader};

use super::compression::Compression;
use super::digest::{Digest, Hashing};
use super::layer::{CopyError, Layer};
use super::manifest::{Descriptor, blob_path};
use super::overlapped::Overlapped;
use super::tarball::{self, BLOCK};
use crate::error::{Code, Error};
use crate::progress::Progress;
use crate::temporary::Temporary;
use account::{End, Past};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Large enough that system calls cost nothing beside hashing, in bytes.
const BUFFER: usize = 64 << 10;

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

/// An archive that is being written: in a temporary file beside its destination, or in one without a name.
pub struct Archive {
    file: Arc<File>,
    /// What is to be renamed, and to what; for an archive that somebody wants.
    named: Option<Temporary>,
    /// What errors call it.
    path: PathBuf,
    /// The time of every entry, in seconds since the epoch.
    mtime: u64,
    position: u64,
    blobs: BTreeMap<Digest, Blob>,
    progress: Progress,
    past: Past,
}

impl Archive {
    /// An archive for `destination`, whose folder must exist.
    pub fn create(destination: &Path, mtime: u64) -> Result<Self, Error> {
        let failed = |reason: io::Error| Error::io(Code::Output, "write", destination, &reason);
        let named = Temporary::beside(destination).map_err(failed)?;
        let file = named.file().try_clone().map_err(failed)?;
        Archive::start(file, Some(named), destination, mtime)
    }

    /// An archive that nobody will see, in `folder`: it is gone with the run, however that ends.
    pub fn nameless(folder: &Path, mtime: u64) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|reason| Error::io(Code::Output, "write in", folder, &reason))?;
        Archive::start(file, None, folder, mtime)
    }

    fn start(file: File, named: Option<Temporary>, path: &Path, mtime: u64) -> Result<Self, Error> {
        let mut archive = Archive::of(Arc::new(file), named, path, mtime);
        archive.written(|archive| {
            for folder in ["blobs/", "blobs/sha256/"] {
                archive.append(tarball::directory_header(folder, mtime)?.as_bytes())?;
            }
            Ok(())
        })?;
        Ok(archive)
    }

    fn of(file: Arc<File>, named: Option<Temporary>, path: &Path, mtime: u64) -> Self {
        let (path, blobs, progress, past) =
            (path.to_owned(), BTreeMap::new(), Progress::default(), Past::default());
        Archive { file, named, path, mtime, position: 0, blobs, progress, past }
    }

    /// The same, with what is done to it to be seen by `progress`: bytes of layers that go in, and that are read of it.
    #[must_use]
    pub fn watched(self, progress: &Progress) -> Self {
        Archive { progress: progress.clone(), ..self }
    }

    /// Who sees what is done to it.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The time of every entry, in seconds since the epoch.
    pub fn mtime(&self) -> u64 {
        self.mtime
    }

    /// Adds `layer` as a blob.
    pub fn layer(&mut self, layer: &Layer, compression: Compression) -> Result<LayerBlob, Error> {
        let (mtime, progress) = (self.mtime, self.progress.clone());
        let (diff_id, digest, size) = self.blob_of(|file| {
            let file = Arc::clone(file);
            if compression == Compression::None {
                // the layer is its own uncompressed form: one digest serves for both
                let mut out = Overlapped::new(file);
                tarball::write(layer, mtime, &mut progress.counting(&mut out))?;
                let (digest, size, _) = out.finish()?;
                return Ok((Some(digest.clone()), digest, size));
            }
            let below = Hashing::new(BufWriter::with_capacity(BUFFER, file));
            let mut out = Overlapped::new(compression.encoder(below)?);
            tarball::write(layer, mtime, &mut progress.counting(&mut out))?;
            let (diff_id, _, encoder) = out.finish()?;
            let (digest, size, mut buffered) = encoder.finish()?.finish();
            buffered.flush()?;
            Ok((Some(diff_id), digest, size))
        })?;
        let descriptor = Descriptor::new(compression.media_type(), digest.clone(), size);
        Ok(LayerBlob { title: layer.title().to_owned(), descriptor, diff_id: diff_id.unwrap_or(digest) })
    }

    /// Adds a document as a blob.
    pub fn document(&mut self, media_type: &'static str, bytes: &[u8]) -> Result<Descriptor, Error> {
        let (_, digest, size) = self.blob_of(|file| {
            (&**file).write_all(bytes)?;
            Ok((None, Digest::of(bytes), bytes.len() as u64))
        })?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    /// Adds all the blobs of `other`, which are already what their names say, in the same order.
    pub fn copy_blobs(&mut self, other: &Archive) -> Result<(), Error> {
        self.learn(other);
        other.in_order().into_iter().try_for_each(|(digest, blob)| self.copy(digest, blob))
    }

    /// Adds a copy of `blob`, which is what `digest` says or is kept under that name anyway.
    pub fn copy(&mut self, digest: &Digest, blob: &Blob) -> Result<(), Error> {
        let copy = |out: &Arc<File>| {
            blob.copy_to(out)?;
            Ok((None, digest.clone(), blob.size()))
        };
        self.blob_of(copy).map(drop)
    }

    /// Whether this is the archive of `destination`, which does not have its name yet.
    pub fn is_for(&self, destination: &Path) -> bool {
        self.named.as_ref().is_some_and(|named| named.destination() == destination)
    }

    /// Whether it is for a file in `folder` that does not have its name yet.
    pub fn is_in(&self, folder: &Path) -> bool {
        self.named.as_ref().is_some_and(|named| named.destination().parent() == Some(folder))
    }

    /// The blob with this digest.
    pub fn blob(&self, digest: &Digest) -> Result<Blob, Error> {
        let lacks = || Error::io(Code::Output, "find a blob in", &self.path, &io::ErrorKind::NotFound.into());
        self.blobs.get(digest).cloned().ok_or_else(lacks)
    }

    /// All blobs in the order in which they were written.
    pub fn in_order(&self) -> Vec<(&Digest, &Blob)> {
        let mut blobs: Vec<_> = self.blobs.iter().collect();
        blobs.sort_by_key(|(_, blob)| blob.range());
        blobs
    }

    /// Ends the archive with `files` beside the blobs, in place of the end that it may have. Returns its size in bytes.
    pub fn end(&mut self, files: &[(&str, Vec<u8>)]) -> Result<u64, Error> {
        if let Some(size) = self.sealed(files)? {
            return Ok(size);
        }
        let start = self.position;
        let ended = self.written(|archive| {
            for (name, bytes) in files {
                let header = tarball::file_header(name, 0o644, bytes.len() as u64, archive.mtime)?;
                archive.append(header.as_bytes())?;
                archive.append(bytes)?;
                let mut padding = Vec::new();
                tarball::pad(bytes.len() as u64, &mut padding)?;
                archive.append(&padding)?;
            }
            archive.append(&[0; 2 * BLOCK as usize])?;
            archive.file.set_len(archive.position)
        });
        let size = std::mem::replace(&mut self.position, start);
        ended?;
        self.past.end = Some(End::new(files, size));
        Ok(size)
    }

    /// The whole file, to be read from its start; for a program that takes an archive on its standard input.
    pub fn whole(&self) -> Result<File, Error> {
        let mut file = self.file.try_clone().map_err(|reason| self.failed(&reason))?;
        file.seek(SeekFrom::Start(0)).map_err(|reason| self.failed(&reason))?;
        Ok(file)
    }

    /// Gives the file its name; what [`Archive::end`] wrote last is its end. Blobs can be read further on.
    pub fn commit(&mut self) -> Result<(), Error> {
        let Some(named) = self.named.take() else { return Ok(()) };
        let place = named.destination().to_owned();
        named.commit().map_err(|reason| self.failed(&reason))?;
        self.past.placed = Some((place, true));
        Ok(())
    }

    /// The same for an archive that nobody has asked for, without a wait for the disk; if that fails, it is gone with the
    /// run.
    pub fn keep(&mut self) {
        let Some(named) = self.named.take() else { return };
        let place = named.destination().to_owned();
        if named.name().is_ok() {
            self.past.placed = Some((place, false));
        }
    }

    /// Lets `write` write a blob at the end, then puts the header before it. A blob that is there already is kept
    /// once.
    fn blob_of(
        &mut self,
        write: impl FnOnce(&Arc<File>) -> Result<(Option<Digest>, Digest, u64), CopyError>,
    ) -> Result<(Option<Digest>, Digest, u64), Error> {
        let start = self.position;
        let body = start + BLOCK;
        let seek = |to: u64, mut file: &File| file.seek(SeekFrom::Start(to)).map(drop);
        self.written(|archive| seek(body, &archive.file))?;
        let written = match write(&self.file) {
            Ok(written) => written,
            Err(CopyError::Source(error)) => return Err(error),
            Err(CopyError::Sink(reason)) => return Err(self.failed(&reason)),
        };
        let (digest, size) = (written.1.clone(), written.2);
        self.written(|archive| {
            if archive.blobs.contains_key(&digest) {
                archive.file.set_len(start)?;
                return seek(start, &archive.file);
            }
            // beyond 8 GiB the crate writes the size in base 256, which every reader of images takes
            let header = tarball::file_header(&blob_path(&digest), 0o644, size, archive.mtime)?;
            archive.file.write_all_at(header.as_bytes(), start)?;
            archive.position = body + size;
            let mut padding = Vec::new();
            tarball::pad(size, &mut padding)?;
            archive.append(&padding)?;
            let file = archive.file.clone();
            archive.blobs.insert(digest, Blob::new(file, body, size));
            Ok(())
        })?;
        Ok(written)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.position)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn written(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) -> Result<(), Error> {
        write(self).map_err(|reason| self.failed(&reason))
    }

    fn failed(&self, reason: &io::Error) -> Error {
        Error::io(Code::Output, "write", &self.path, reason)
    }
}

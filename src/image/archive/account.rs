//! What is known of an archive that has its name: enough to read it again in a later run without a look at its content,
//! and to take layers out of it that have not changed.
//!
//! The file must be the very same ([`Identity`]). One that was made durable is so after any power cut; one that nobody has
//! asked for is not, and counts until this machine starts anew.

use super::{Archive, Blob, LayerBlob};
use crate::error::Error;
use crate::image::compression::Compression;
use crate::image::digest::Digest;
use crate::image::foreseen::{Blobs, Known, key};
use crate::image::layer::Layer;
use crate::image::manifest::Descriptor;
use crate::regular::{Identity, RegularFile, changed};
use crate::temporary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A name for the time since this machine started (random(4)).
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// An archive of one image, or of one for each platform and the index over them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Where it is.
    pub path: PathBuf,
    /// The digest of the manifest or index that it is about.
    pub root: Digest,
    /// Its layers, by the [`key`] of each.
    pub layers: BTreeMap<Digest, Known>,
    identity: Identity,
    /// When it was written, if it was not made durable.
    boot: Option<String>,
    mtime: u64,
    /// The first byte and the size of each blob.
    blobs: BTreeMap<Digest, (u64, u64)>,
    end: Option<End>,
}

impl Account {
    /// Whether it is still true.
    pub fn is_true(&self) -> bool {
        let boot = self.boot.is_none() || self.boot == boot();
        boot && Identity::at(&self.path).is_ok_and(|identity| identity == self.identity)
    }

    /// Learns by what `archive`, which is of the same image, knows its layers; whether that is anything new.
    pub fn learn(&mut self, archive: &Archive) -> bool {
        let differ = self.layers != archive.past.layers;
        self.layers.clone_from(&archive.past.layers);
        differ
    }

    /// The size of the archive in bytes, if it leads to the image `root` by `files` beside the blobs and its entries have
    /// the time `mtime`.
    pub fn is_about(&self, root: &Digest, files: &[(&str, Vec<u8>)], mtime: u64) -> Option<u64> {
        let end = self.end.as_ref().filter(|end| end.files == digest(files))?;
        (self.root == *root && self.mtime == mtime).then_some(end.size)
    }
}

/// How an archive ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct End {
    /// The digest of what stands beside the blobs.
    files: Digest,
    /// The size of the whole in bytes.
    size: u64,
}

impl End {
    pub(super) fn new(files: &[(&str, Vec<u8>)], size: u64) -> Self {
        End { files: digest(files), size }
    }
}

/// What an archive has to do with other runs.
#[derive(Default)]
pub(super) struct Past {
    /// Its layers, by the [`key`] of each.
    layers: BTreeMap<Digest, Known>,
    /// Archives that layers are taken out of.
    earlier: Vec<Archive>,
    /// How it ends by now.
    pub(super) end: Option<End>,
    /// What the file is, where an earlier run has written it: then it is only read.
    sealed: Option<Identity>,
    /// The name that it has by now, and whether what is below that is durable.
    pub(super) placed: Option<(PathBuf, bool)>,
}

impl Archive {
    /// The archive that `account` is of, to be read; `None` if the account is not true any more.
    pub fn again(account: &Account) -> Option<Self> {
        let file = RegularFile::open(&account.path, false).ok()?;
        if !account.is_true() || file.identity() != account.identity {
            return None;
        }
        let file = Arc::new(file.file().try_clone().ok()?);
        let blob = |(digest, place): (&Digest, &(u64, u64))| {
            (digest.clone(), Blob::new(file.clone(), place.0, place.1))
        };
        let (layers, end) = (account.layers.clone(), account.end.clone());
        Some(Archive {
            blobs: account.blobs.iter().map(blob).collect(),
            past: Past { layers, end, sealed: Some(account.identity), ..Past::default() },
            ..Archive::of(file, None, &account.path, account.mtime)
        })
    }

    /// The same, with layers that `earlier` archives have to be taken out of those.
    #[must_use]
    pub fn after(self, earlier: Vec<Archive>) -> Self {
        Archive { past: Past { earlier, ..self.past }, ..self }
    }

    /// What later runs may know of it, as the archive of the image `root`; `None` while it has no name.
    pub fn account(&self, root: &Digest) -> Option<Account> {
        let (path, durable) = self.past.placed.clone()?;
        Some(Account {
            path,
            root: root.clone(),
            layers: self.past.layers.clone(),
            // as the rename has left it
            identity: Identity::from(&self.file.metadata().ok()?),
            boot: if durable { None } else { Some(boot()?) },
            mtime: self.mtime,
            blobs: self.blobs.iter().map(|(digest, blob)| (digest.clone(), blob.range())).collect(),
            end: self.past.end.clone(),
        })
    }

    /// Adds the blobs of `other` as [`Archive::copy_blobs`] does, with what is known of its layers.
    pub(super) fn learn(&mut self, other: &Archive) {
        self.past.layers.extend(other.past.layers.clone());
    }

    /// The size of the whole in bytes, where an earlier run has written it with this end. Where it has another one, this
    /// becomes a copy that nobody sees, to be ended anew.
    pub(super) fn sealed(&mut self, files: &[(&str, Vec<u8>)]) -> Result<Option<u64>, Error> {
        if self.past.sealed.is_none() {
            return Ok(None);
        }
        if let Some(end) = self.past.end.as_ref().filter(|end| end.files == digest(files)) {
            return Ok(Some(end.size));
        }
        let mut copy = Archive::nameless(&temporary::large(), self.mtime)?.watched(&self.progress);
        copy.copy_blobs(self)?;
        *self = copy;
        Ok(None)
    }

    /// A layer that is in an earlier archive, or in this one, is not packed again.
    fn taken(&mut self, key: &Digest, size: u64) -> Result<Option<Known>, Error> {
        if let Some(known) = self.past.layers.get(key) {
            self.progress.add(size);
            return Ok(Some(known.clone()));
        }
        let earlier = std::mem::take(&mut self.past.earlier);
        let taken = earlier.iter().find_map(|archive| {
            let known = archive.past.layers.get(key)?;
            Some((archive, known.clone(), archive.blobs.get(&known.digest)?))
        });
        let taken = taken.map(|(archive, known, blob)| {
            self.copy(&known.digest, blob)?;
            let status = archive.file.metadata().map_err(|reason| archive.failed(&reason))?;
            // it may have lost its name to that of another run, but nobody may have written to it
            let same = archive.past.sealed.is_some_and(|before| before.same_content(&(&status).into()));
            if same { Ok(known) } else { Err(changed(&archive.path)) }
        });
        let taken = taken.transpose();
        self.past.earlier = earlier;
        if let Ok(Some(_)) = taken {
            self.progress.add(size);
        }
        taken
    }
}

impl Blobs for Archive {
    fn take_layer(&mut self, layer: &Layer, compression: Compression) -> Result<LayerBlob, Error> {
        let Some(key) = key(layer, self.mtime, compression) else { return self.layer(layer, compression) };
        let known = match self.taken(&key, layer.size())? {
            Some(known) => known,
            None => Known::of(&self.layer(layer, compression)?),
        };
        let blob = known.blob(layer, compression);
        self.past.layers.insert(key, known);
        Ok(blob)
    }

    fn take_document(&mut self, media_type: &'static str, bytes: &[u8]) -> Result<Descriptor, Error> {
        self.document(media_type, bytes)
    }
}

fn digest(files: &[(&str, Vec<u8>)]) -> Digest {
    let all = files.iter().map(|(name, bytes)| format!("{name} {}\n", Digest::of(bytes)));
    Digest::of(all.collect::<String>().as_bytes())
}

fn boot() -> Option<String> {
    std::fs::read_to_string(BOOT).ok().filter(|boot| !boot.trim().is_empty())
}

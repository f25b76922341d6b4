//! What is known of an archive that has its name: enough to read it again in a later run without a look at its content,
//! and to take layers out of it that have not changed.
//!
//! The file must be the very same ([`Identity`]). One that was made durable is so after any power cut; one that nobody has
//! asked for is not, and counts until this machine starts anew.

use super::{Archive, Blob, LayerBlob};
use crate::error::{Code, Error};
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

    /// What later runs may know of it, as the archive of the image `root`; `None` while it has no name, or where nothing
    /// would tell of another write.
    pub fn account(&self, root: &Digest) -> Option<Account> {
        let (path, durable) = self.past.placed.clone()?;
        Some(Account {
            path,
            root: root.clone(),
            layers: self.past.layers.clone(),
            // as the rename has left it
            identity: Some(Identity::from(&self.file.metadata().ok()?)).filter(Identity::is_settled)?,
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

    /// An error if it is of an earlier run and somebody has written to it since it was opened: what was read of it meanwhile
    /// may be anything.
    ///
    /// # Errors
    /// That, or the system's.
    pub fn unchanged(&self) -> Result<(), Error> {
        let Some(before) = self.past.sealed else { return Ok(()) };
        let status = self.file.metadata().map_err(|reason| self.failed(&reason))?;
        // it may have lost its name to that of another run
        match before.same_content(&(&status).into()) {
            true => Ok(()),
            false => Err(changed(&self.path)),
        }
    }

    /// `error` of a copy of its blobs, with a way to go without them if they are an earlier run's.
    pub(super) fn blamed(&self, error: Error) -> Error {
        if self.past.sealed.is_none() || error.code() != Code::Output {
            return error;
        }
        let error = error.note(format!("its blobs are read of `{}`", self.path.display()));
        error.help("if that one cannot be read: cargo scratch --no-cache")
    }

    /// A layer that is in an earlier archive, or in this one, is not packed again. An archive that cannot be read, or that
    /// somebody writes to, is not asked again.
    fn taken(&mut self, key: &Digest, size: u64) -> Result<Option<Known>, Error> {
        if let Some(known) = self.past.layers.get(key) {
            self.progress.add(size);
            return Ok(Some(known.clone()));
        }
        while let Some(at) = self.past.earlier.iter().position(|archive| archive.blob_by(key).is_some()) {
            let archive = self.past.earlier.swap_remove(at);
            let Some((known, blob)) = archive.blob_by(key) else { continue };
            let (start, is_new) = (self.position, !self.blobs.contains_key(&known.digest));
            match self.copy(&known.digest, blob).and_then(|()| archive.unchanged()) {
                Ok(()) => {
                    let known = known.clone();
                    self.past.earlier.push(archive);
                    self.progress.add(size);
                    return Ok(Some(known));
                }
                Err(error) if error.code() == Code::Interrupted => return Err(error),
                // what is wrong with this one instead will show when the layer is packed
                Err(_) => {
                    if is_new {
                        self.blobs.remove(&known.digest);
                    }
                    self.position = start;
                }
            }
        }
        Ok(None)
    }

    /// What is known of the layer `key`, and its blob, if it is here.
    fn blob_by(&self, key: &Digest) -> Option<(&Known, &Blob)> {
        let known = self.past.layers.get(key)?;
        Some((known, self.blobs.get(&known.digest)?))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::path::ImagePath;
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    fn layer(content: &str) -> Layer {
        let mut layer = Layer::new("t");
        layer.file(ImagePath::parse("/a").unwrap(), 0o644, content.repeat(1000).into_bytes()).unwrap();
        layer
    }

    /// The archive of a layer at `path`, with no name yet.
    fn made(path: &Path) -> Archive {
        let mut archive = Archive::create(path, 0).unwrap();
        archive.take_layer(&layer("x"), Compression::None).unwrap();
        archive
    }

    /// The same, as an earlier run has left it.
    fn left(path: &Path) -> Account {
        let mut archive = made(path);
        archive.end(&end()).unwrap();
        archive.commit().unwrap();
        archive.account(&root()).unwrap()
    }

    fn end() -> Vec<(&'static str, Vec<u8>)> {
        vec![("index.json", b"{}".to_vec())]
    }

    fn root() -> Digest {
        Digest::of(b"root")
    }

    #[test]
    fn d1_an_end_that_was_half_written_over_the_old_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        let mut archive = made(&path);
        let good = archive.end(&end()).unwrap();
        // no name for a header, found out behind the first one
        archive.end(&[("other.json", vec![7; 5000]), ("x".repeat(300).as_str(), Vec::new())]).unwrap_err();
        archive.keep();
        let account = archive.account(&root()).unwrap();
        assert_eq!(account.is_about(&root(), &end(), 0), None);
        let mut again = Archive::again(&account).unwrap();
        assert_eq!(again.end(&end()).unwrap(), good);
        let mut whole = Vec::new();
        std::io::Read::read_to_end(&mut again.whole().unwrap(), &mut whole).unwrap();
        left(&path);
        assert!(whole == fs::read(&path).unwrap(), "the tail of the other end is in it");
    }

    #[test]
    fn an_earlier_archive_that_cannot_be_read_or_is_written_to_costs_time_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new, expected] = ["old", "new", "expected"].map(|name| folder.path().join(name));
        left(&expected);
        let damage: [&dyn Fn(&File); 2] =
            [&|file| file.set_len(2000).unwrap(), &|file| file.write_all_at(b"?", 2000).unwrap()];
        for damage in damage {
            let earlier = Archive::again(&left(&old)).unwrap();
            damage(&File::options().write(true).open(&old).unwrap());
            let mut archive = Archive::create(&new, 0).unwrap().after(vec![earlier]);
            archive.take_layer(&layer("x"), Compression::None).unwrap();
            archive.end(&end()).unwrap();
            archive.commit().unwrap();
            assert!(fs::read(&new).unwrap() == fs::read(&expected).unwrap());
        }
    }

    #[test]
    fn blobs_of_an_archive_that_somebody_writes_to_get_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        let earlier = Archive::again(&left(&old)).unwrap();
        earlier.unchanged().unwrap();
        let mut copy = Archive::create(&new, 0).unwrap();
        copy.copy_blobs(&earlier).unwrap();
        File::options().write(true).open(&old).unwrap().write_all_at(b"?", 2000).unwrap();
        assert_eq!(earlier.unchanged().unwrap_err().code(), Code::Changed);
        let mut copy = Archive::create(&new, 0).unwrap();
        assert_eq!(copy.copy_blobs(&earlier).unwrap_err().code(), Code::Changed);
        // one that cannot be read is named, with a way to go without it
        fs::File::options().write(true).open(&old).unwrap().set_len(1000).unwrap();
        let mut copy = Archive::create(&new, 0).unwrap();
        let error = copy.copy_blobs(&earlier).unwrap_err();
        assert!(error.notes()[0].contains("old") && error.helps()[0].contains("--no-cache"), "{error:?}");
    }
}

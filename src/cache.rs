//! What earlier runs have found out, so that it need not be found out again: small records in one folder of the target
//! folder, which may be deleted at any moment.
//!
//! A record is called after its kind and the digest of all that it depends on, so it is never out of date: it is found or
//! it is not. Among that is this very program, as another build of it may come to other verdicts. A record that is
//! damaged, foreign or half written is none. Records are written when a build has ended, so that what only looks leaves
//! nothing behind; and nobody waits for them to be on disk: after a power cut they are there or not.

use crate::image::digest::Digest;
use crate::regular::{Identity, RegularFile};
use crate::temporary;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, DirBuilder, DirEntry};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The most records that are kept; the oldest go first. A build of one program writes three.
const RECORDS: usize = 1024;
/// The largest record, in bytes: the graph of a thousand packages is a tenth of it.
const LARGEST: u64 = 4 << 20;
/// The ending of a record's name.
const ENDING: &str = ".json";

/// The records of one target folder. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    inner: Option<Arc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// Which program reads and writes.
    reader: String,
    /// What is to be written in the end: the name of each record, and its bytes.
    pending: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Cache {
    /// The one in the folder `folder`, which may not be there. Without a way to tell which program this is, nothing is
    /// remembered.
    pub fn at(folder: PathBuf) -> Self {
        let program = std::env::current_exe().and_then(|path| Identity::at(&path));
        let inner = program.and_then(|program| {
            let program = serde_json::to_string(&program).map_err(io::Error::other)?;
            let reader = format!("{} {program}", env!("CARGO_PKG_VERSION"));
            Ok(Arc::new(Inner { folder, reader, pending: Mutex::default() }))
        });
        Cache { inner: inner.ok() }
    }

    /// One that remembers nothing.
    pub fn none() -> Self {
        Cache::default()
    }

    /// Its folder, unless it remembers nothing.
    pub fn folder(&self) -> Option<&Path> {
        self.inner.as_ref().map(|inner| inner.folder.as_path())
    }

    /// The record of this `kind` for `key`, which is all that it depends on.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, key: &impl Serialize) -> Option<T> {
        let inner = self.inner.as_ref()?;
        inner.read(&inner.name(kind, key)?)
    }

    /// Its folder, made if it is not there: others than its owner have no business there, as images are kept that were
    /// not meant for them.
    pub fn created(&self) -> Option<&Path> {
        let folder = self.folder()?;
        fs::create_dir_all(folder.parent()?).ok()?;
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(reason) if reason.kind() != io::ErrorKind::AlreadyExists => None,
            _ => Some(folder),
        }
    }

    /// All records of this `kind`, whatever they are for, the latest first; each is read when it is its turn.
    pub fn all<T: DeserializeOwned>(&self, kind: &str) -> impl Iterator<Item = T> {
        let names = |inner: &Inner| {
            let mut names = inner.records();
            names.retain(|(_, name)| of_kind(name, kind));
            names.sort_by_key(|(written, _)| std::cmp::Reverse(*written));
            names
        };
        let inner = self.inner.clone();
        let names = inner.as_deref().map(names).unwrap_or_default();
        names.into_iter().filter_map(move |(_, name)| inner.as_ref()?.read(&name))
    }

    /// Has the record be written in the end. What cannot be written is found out again.
    pub fn put(&self, kind: &str, key: &impl Serialize, value: &impl Serialize) {
        let Some(inner) = &self.inner else { return };
        let (Some(name), Ok(body)) = (inner.name(kind, key), serde_json::to_vec(value)) else { return };
        let bytes = [inner.mark(&name, &body).as_bytes(), b"\n", &body].concat();
        inner.pending.lock().unwrap_or_else(PoisonError::into_inner).push((name, bytes));
    }

    /// Writes what was put, and removes what has become too old.
    pub fn write(&self) {
        let Some(inner) = &self.inner else { return };
        let pending = std::mem::take(&mut *inner.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if pending.is_empty() || self.created().is_none() {
            return;
        }
        for (name, bytes) in pending {
            // a folder that is full or gone by now is no reason to end a run that has done its work
            let _ = inner.replace(&name, &bytes);
        }
        inner.prune();
    }
}

impl Inner {
    fn name(&self, kind: &str, key: &impl Serialize) -> Option<String> {
        let all = serde_json::to_vec(&(&self.reader, kind, key)).ok()?;
        Some(format!("{kind}-{}{ENDING}", Digest::of(&all).hex()))
    }

    /// What stands before `body` in the record `name` and in no other.
    fn mark(&self, name: &str, body: &[u8]) -> String {
        Digest::of(&[self.reader.as_bytes(), b"\n", name.as_bytes(), b"\n", body].concat()).to_string()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = pending.iter().rev().find(|(other, _)| other == name).map(|(_, bytes)| bytes.clone());
        drop(pending);
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => RegularFile::open(&self.folder.join(name), false).ok()?.bytes(LARGEST).ok()??,
        };
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (mark, body) = (bytes.get(..end)?, bytes.get(end + 1..)?);
        (mark == self.mark(name, body).as_bytes()).then(|| serde_json::from_slice(body).ok())?
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        let mut file = builder.prefix(".").suffix(temporary::SUFFIX).tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.persist(self.folder.join(name)).map(drop).map_err(|failed| failed.error)
    }

    /// The names of all records, with the time at which each was written.
    fn records(&self) -> Vec<(Option<SystemTime>, String)> {
        let written = |entry: &DirEntry| entry.metadata().and_then(|status| status.modified()).ok();
        let record = |entry: DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            name.ends_with(ENDING).then(|| (written(&entry), name))
        };
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(record).collect()
    }

    fn prune(&self) {
        temporary::sweep(&self.folder, ".");
        let mut records = self.records();
        if records.len() > RECORDS {
            records.sort();
            for (_, name) in records.iter().take(records.len() - RECORDS / 2) {
                let _ = fs::remove_file(self.folder.join(name));
            }
        }
    }
}

fn of_kind(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn cache(folder: &Path) -> Cache {
        Cache::at(folder.join("cache"))
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder.join("cache")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_record_is_found_by_all_that_it_depends_on_once_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let first = cache(folder.path());
        first.put("proof", &("a", 1), &"found");
        assert!(!folder.path().join("cache").exists(), "a run that only looks leaves nothing");
        assert_eq!(first.get::<String>("proof", &("a", 1)).as_deref(), Some("found"));
        first.write();
        let later = cache(folder.path());
        let get = |kind: &str, key: &(&str, u8)| later.get::<String>(kind, key);
        assert_eq!(get("proof", &("a", 1)).as_deref(), Some("found"));
        assert_eq!((get("proof", &("a", 2)), get("tree", &("a", 1))), (None, None));
        assert_eq!(later.all::<String>("proof").collect::<Vec<_>>(), ["found"]);
        assert_eq!(later.all::<String>("pro").next(), None);
        let mode = fs::metadata(folder.path().join("cache")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "images are kept there");
        assert_eq!(later.get::<u64>("proof", &("a", 1)), None, "another form of record");
        assert_eq!(Cache::none().get::<String>("proof", &("a", 1)), None);
    }

    #[test]
    fn a_record_with_any_byte_changed_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.put("proof", &1, &("found", 17));
        cache.write();
        let path = files(folder.path()).pop().unwrap();
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert_eq!(cache.get::<(String, u8)>("proof", &1), None, "byte {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert_eq!(cache.get::<(String, u8)>("proof", &1), None, "{at} bytes");
        }
        // one record under the name of another
        fs::write(&path, &good).unwrap();
        cache.put("proof", &2, &("other", 18));
        cache.write();
        let other = files(folder.path()).into_iter().find(|other| *other != path).unwrap();
        fs::copy(&path, other).unwrap();
        assert_eq!(cache.get::<(String, u8)>("proof", &2), None);
        assert_eq!(cache.get("proof", &1), Some(("found".to_owned(), 17)));
    }

    #[test]
    fn the_folder_does_not_grow_for_ever_and_keeps_no_half_record() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        fs::create_dir(folder.path().join("cache")).unwrap();
        fs::write(folder.path().join("cache/.dead.partial"), "x").unwrap();
        for at in 0..RECORDS {
            cache.put("proof", &at, &at);
        }
        cache.write();
        assert_eq!(files(folder.path()).len(), RECORDS);
        cache.put("proof", &"new", &0);
        cache.write();
        assert_eq!(files(folder.path()).len(), RECORDS / 2);
    }
}

//! Archives that earlier runs have left: layers that are in one are not packed again, and an image that is in one as a
//! whole is up to date.
//!
//! No blob is kept twice: an archive that somebody has asked for is where its blobs are. An image for other outputs lies in
//! the cache, in one file for each program, which the next one replaces.

use super::Means;
use crate::cache::Cache;
use crate::image::archive::{Account, Archive};
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::image::foreseen::Known;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What records of archives are called.
const RECORD: &str = "archive";
/// The most archives that are looked at, the latest first.
const LOOKED_AT: usize = 64;
/// The most archives that are kept in the cache.
const KEPT: usize = 16;
/// The most bytes that they have together, but for the latest, which is kept whatever its size.
const BYTES: u64 = 1 << 30;
/// The ending of their names.
const ENDING: &str = "tar";

/// What is known of archives, and true.
pub struct Earlier(Vec<Account>);

impl Earlier {
    /// All that `records` lead to.
    pub fn of(records: &Cache) -> Self {
        let all = records.all::<Account>(RECORD).take(LOOKED_AT);
        Earlier(all.filter(Account::is_true).collect())
    }

    /// Their layers, by what each depends on.
    pub fn layers(&self) -> BTreeMap<Digest, Known> {
        self.0.iter().flat_map(|account| account.layers.clone()).collect()
    }

    /// One of the image `root`, to be read.
    pub fn whole(&self, root: &Digest) -> Option<Archive> {
        self.0.iter().filter(|account| account.root == *root).find_map(Archive::again)
    }

    /// Those that have one of the layers `wanted`, to be read.
    pub fn with(&self, wanted: &[Digest]) -> Vec<Archive> {
        let has = |account: &&Account| wanted.iter().any(|key| account.layers.contains_key(key));
        self.0.iter().filter(has).filter_map(Archive::again).collect()
    }
}

/// The size in bytes of the archive `path`, if it is the one that `bundle` would become with `files` beside the blobs.
pub fn is_there(path: &Path, bundle: &Bundle, files: &[(&str, Vec<u8>)], means: &Means<'_>) -> Option<u64> {
    let mut account: Account = means.records.get(RECORD, &path)?;
    let size = account.is_about(&bundle.root.digest, files, bundle.archive.mtime())?;
    if account.path != path || !account.is_true() {
        return None;
    }
    // what was read or compiled anew has come out the same: next time that is known by its new files
    if account.learn(&bundle.archive) {
        means.records.put(RECORD, &account.path, &account);
    }
    Some(size)
}

/// Tells later runs of `archive`, which has got its name, as that of the image `root`.
pub fn remember(archive: &Archive, root: &Digest, means: &Means<'_>) {
    if let Some(account) = archive.account(root) {
        means.records.put(RECORD, &account.path, &account);
    }
}

/// An archive in the cache for an image that is in no file of the user's; `name` tells it from those of other programs.
pub fn unseen(name: &Digest, mtime: u64, means: &Means<'_>) -> Option<Archive> {
    let folder = means.records.created()?;
    let name = name.hex().get(..16).unwrap_or_default();
    Archive::create(&folder.join(format!("image-{name}.{ENDING}")), mtime).ok()
}

/// Leaves the archive of `bundle` in the cache, if it was made there.
pub fn keep(bundle: &mut Bundle, means: &Means<'_>) {
    let Some(folder) = means.records.folder().filter(|folder| bundle.archive.is_in(folder)) else { return };
    bundle.archive.keep();
    remember(&bundle.archive, &bundle.root.digest, means);
    prune(folder);
}

/// Removes the oldest archives in `folder`. Whoever reads one at this moment has it open.
fn prune(folder: &Path) {
    let archive = |entry: fs::DirEntry| {
        let path = entry.path();
        let status = entry.metadata().ok()?;
        let (written, size) = (status.modified().unwrap_or(SystemTime::UNIX_EPOCH), status.len());
        (path.extension().is_some_and(|ending| ending == ENDING)).then_some((written, path, size))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut archives: Vec<_> = entries.filter_map(archive).collect();
    archives.sort();
    let mut all = 0_u64;
    for (at, (_, path, size)) in archives.iter().rev().enumerate() {
        all = all.saturating_add(*size);
        if at > 0 && (at >= KEPT || all > BYTES) {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn archives_are_kept_by_their_bytes_and_the_latest_whatever_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let archive = |name: &str, second: u64, size: u64| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_len(size).unwrap(); // holes
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second)).unwrap();
        };
        let kept = || {
            prune(folder.path());
            let entries = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names.join(" ")
        };
        archive("record.json", 0, BYTES);
        archive("a.tar", 1, BYTES / 2);
        archive("b.tar", 2, BYTES / 2);
        assert_eq!(kept(), "a.tar b.tar record.json");
        archive("c.tar", 3, 1);
        assert_eq!(kept(), "b.tar c.tar record.json");
        archive("d.tar", 4, 2 * BYTES);
        assert_eq!(kept(), "d.tar record.json");
        (0..20).for_each(|at| archive(&format!("e{at}.tar"), 10 + at, 0));
        assert_eq!(kept().matches(".tar").count(), KEPT);
    }
}

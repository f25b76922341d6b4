//! Unpacks layers, one over the other, into the root that this process is in (OCI image spec, layer.md, "Applying
//! Changesets").
//!
//! Owners are kept where there are all users. Where there is one, everything is theirs, and so a file gets the bits as
//! its owner's that this user would have had on it: what an image forbids its user stays forbidden.

use super::messages::{Entry, Failed, What};
use super::step::Step;
use super::user::Identity;
use super::wire::{Link, PACKET};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps};
use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An image while it is unpacked.
#[derive(Debug)]
pub struct Unpack<'a> {
    only: Option<&'a Identity>,
    layers: u32,
    /// What the layer at hand has brought, which its own whiteouts do not touch.
    own: HashSet<PathBuf>,
    /// Folders get their times last: every entry in them changes these.
    folders: Vec<(PathBuf, i64)>,
}

impl<'a> Unpack<'a> {
    /// Into an empty root, for everybody or for one user.
    pub fn new(only: Option<&'a Identity>) -> Self {
        Unpack { only, layers: 0, own: HashSet::new(), folders: Vec::new() }
    }

    /// The next layer begins.
    pub fn layer(&mut self) {
        self.layers += 1;
        self.own.clear();
    }

    /// Lays `entry` over what is there; the bytes of a file come from `link`.
    ///
    /// # Errors
    /// The system's: no room, or a path that cannot be.
    pub fn apply(&mut self, entry: &Entry, link: &Link) -> Result<(), Failed> {
        let path = Path::new("/").join(&entry.path);
        let failed = format!("unpack /{}", entry.path);
        match entry.what {
            What::Whiteout => return self.hide(&path).step(&failed),
            What::Opaque => return self.empty(&path).step(&failed),
            _ => {}
        }
        self.make(&path, entry, link).step(&failed)?;
        if self.layers > 1 {
            self.own.insert(path);
        }
        Ok(())
    }

    /// All is there.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(self) -> Result<(), Failed> {
        for (path, mtime) in self.folders.iter().rev().filter(|(path, _)| is_folder(path)) {
            set_time(path, *mtime).step("set the times of folders")?;
        }
        Ok(())
    }

    fn make(&mut self, path: &Path, entry: &Entry, link: &Link) -> io::Result<()> {
        if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
            fs::create_dir_all(parent)?;
        }
        let keep = matches!(entry.what, What::Directory) && is_folder(path);
        if !keep {
            remove(path)?;
        }
        match &entry.what {
            What::Directory => {
                if !keep {
                    fs::create_dir(path)?;
                }
                self.folders.push((path.to_owned(), entry.mtime));
            }
            What::File(size) => {
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
                let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?;
                fill(&mut File::from(file), *size, link)?;
            }
            What::Symlink(target) => std::os::unix::fs::symlink(target, path)?,
            What::Hardlink(target) => return fs::hard_link(Path::new("/").join(target), path),
            What::Whiteout | What::Opaque => {}
        }
        if self.only.is_none() {
            std::os::unix::fs::lchown(path, Some(entry.uid), Some(entry.gid))?;
        }
        if !matches!(entry.what, What::Symlink(_)) {
            // after the owner, whose change takes setuid away
            fs::set_permissions(path, Permissions::from_mode(self.mode(entry)))?;
        }
        if matches!(entry.what, What::Directory) { Ok(()) } else { set_time(path, entry.mtime) }
    }

    fn mode(&self, entry: &Entry) -> u32 {
        let Some(user) = self.only else { return entry.mode };
        let shift = match () {
            () if entry.uid == user.uid => 6,
            () if entry.gid == user.gid || user.groups.contains(&entry.gid) => 3,
            () => 0,
        };
        entry.mode & 0o7077 | (entry.mode >> shift & 7) << 6
    }

    /// Takes away what lower layers have at `path`.
    fn hide(&self, path: &Path) -> io::Result<()> {
        let own = self.own.contains(path);
        match fs::symlink_metadata(path) {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(reason) => Err(reason),
            Ok(found) if found.is_dir() => {
                self.empty(path)?;
                match if own { Ok(()) } else { fs::remove_dir(path) } {
                    Err(reason) if reason.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
                    other => other,
                }
            }
            Ok(_) if own => Ok(()),
            Ok(_) => fs::remove_file(path),
        }
    }

    /// Takes away what lower layers have in the folder at `path`.
    fn empty(&self, path: &Path) -> io::Result<()> {
        if !is_folder(path) {
            return Ok(());
        }
        // all names first, so that not every folder of a deep tree is open at once
        let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
        entries.collect::<io::Result<Vec<_>>>()?.iter().try_for_each(|path| self.hide(path))
    }
}

fn fill(file: &mut File, mut rest: u64, link: &Link) -> io::Result<()> {
    let mut piece = vec![0; PACKET.min(usize::try_from(rest).unwrap_or(PACKET))];
    while rest > 0 {
        let piece = link.receive_bytes(&mut piece)?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_all(piece)?;
        rest = rest.saturating_sub(piece.len() as u64);
    }
    Ok(())
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(reason) => Err(reason),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

fn set_time(path: &Path, seconds: i64) -> io::Result<()> {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_gets_the_bits_that_it_would_have_had() {
        let user = Identity { uid: 1000, gid: 100, groups: vec![44], home: String::new() };
        let bits = |uid, gid, mode| {
            let entry = Entry { path: String::new(), what: What::Directory, mode, uid, gid, mtime: 0 };
            Unpack::new(Some(&user)).mode(&entry)
        };
        assert_eq!(bits(1000, 0, 0o640), 0o640);
        assert_eq!(bits(0, 100, 0o640), 0o440);
        assert_eq!(bits(0, 44, 0o4750), 0o4550);
        assert_eq!(bits(0, 0, 0o600), 0o000);
        assert_eq!(bits(0, 0, 0o1777), 0o1777);
    }
}

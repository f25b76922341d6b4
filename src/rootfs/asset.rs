//! The user's files on their way into a layer: walked without following links, opened again when they are packed.
//!
//! Every step opens one component, relative to the folder above it, and never through a symbolic link: whatever is
//! swapped in meanwhile, nothing outside of the named folder is read.

use crate::elf;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::layer::{CopyError, Source};
use crate::interrupt;
use crate::regular::{Identity, RegularFile, changed};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A folder that was opened once; everything is reached from it.
#[derive(Clone)]
pub struct Root {
    fd: Rc<OwnedFd>,
    path: Rc<PathBuf>,
}

/// What stands at a place below a [`Root`].
pub enum Found {
    /// A folder, with the names in it.
    Directory(Vec<OsString>),
    /// A regular file.
    File(Asset),
    /// A symbolic link, with its target.
    Symlink(String),
}

/// A regular file, as it was when it was found.
pub struct Asset {
    root: Root,
    below: PathBuf,
    identity: Identity,
    mode: u32,
}

impl Root {
    /// Opens the folder at `path`, through any links that lead to it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|reason| unreadable(path, reason))?;
        Ok(Root { fd: Rc::new(fd), path: Rc::new(path.to_owned()) })
    }

    /// The path of `below`, for messages.
    pub fn shown(&self, below: &Path) -> PathBuf {
        self.path.join(below)
    }

    /// Looks at `below`; an empty path is the root itself.
    pub fn find(&self, below: &Path) -> Result<Found, Error> {
        let shown = self.shown(below);
        let failed = |reason| unreadable(&shown, reason);
        let Some(name) = below.file_name() else { return self.names(below).map(Found::Directory) };
        let parent = self.folder(below.parent().unwrap_or(Path::new("")))?;
        let status = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory => self.names(below).map(Found::Directory),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&parent, name, Vec::new()).map_err(failed)?;
                let target = target.into_string().map_err(|_| {
                    Error::new(
                        Code::Asset,
                        format!("the target of the link `{}` is not UTF-8", shown.display()),
                    )
                })?;
                Ok(Found::Symlink(target))
            }
            FileType::RegularFile => {
                let open = self.reopen(below)?;
                Ok(Found::File(Asset {
                    root: self.clone(),
                    below: below.to_owned(),
                    identity: open.identity(),
                    mode: mode(&status),
                }))
            }
            other => {
                let what = match other {
                    FileType::Fifo => "a fifo",
                    FileType::Socket => "a socket",
                    _ => "a device",
                };
                Err(Error::new(
                    Code::Asset,
                    format!("`{}` is {what}, which no image can hold", shown.display()),
                ))
            }
        }
    }

    fn names(&self, below: &Path) -> Result<Vec<OsString>, Error> {
        let failed = |reason| unreadable(&self.shown(below), reason);
        let mut names = Vec::new();
        for entry in Dir::new(self.folder(below)?).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens the folder `below` from the root, a component at a time.
    fn folder(&self, below: &Path) -> Result<OwnedFd, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = rustix::fs::openat(&*self.fd, ".", flags, Mode::empty())
            .map_err(|reason| unreadable(&self.path, reason))?;
        for name in below {
            folder = rustix::fs::openat(&folder, name, flags, Mode::empty())
                .map_err(|reason| unreadable(&self.shown(below), reason))?;
        }
        Ok(folder)
    }

    fn reopen(&self, below: &Path) -> Result<RegularFile, Error> {
        let shown = self.shown(below);
        let folder = self.folder(below.parent().unwrap_or(Path::new("")))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let name = below.file_name().unwrap_or(OsStr::from_bytes(b"."));
        let fd = rustix::fs::openat(&folder, name, flags, Mode::empty())
            .map_err(|reason| unreadable(&shown, reason))?;
        RegularFile::from_open(File::from(fd), &shown)
    }
}

impl Asset {
    /// Its permission bits on disk, with those for other users and owners.
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// Opens it again; an error if it is not any more what was found.
    pub fn open(&self) -> Result<RegularFile, Error> {
        let file = self.root.reopen(&self.below)?;
        if file.identity() != self.identity {
            return Err(changed(file.path()));
        }
        Ok(file)
    }
}

impl Source for Asset {
    fn size(&self) -> u64 {
        self.identity.size()
    }

    fn fingerprint(&self) -> Option<Digest> {
        // the path of a file says nothing of its content, and nothing else of it is packed
        let identity = self.identity.is_settled().then(|| serde_json::to_vec(&("file", self.identity)))?;
        Some(Digest::of(&identity.ok()?))
    }

    fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError> {
        let open = self.open()?;
        let unreadable = |reason: io::Error| CopyError::Source(open.unreadable(&reason));
        elf::chunks(open.file(), unreadable, |_, chunk| {
            interrupt::check()?;
            Ok(out.write_all(chunk)?)
        })?;
        Ok(open.unchanged()?)
    }
}

fn mode(status: &Stat) -> u32 {
    status.st_mode & 0o7777
}

fn unreadable(path: &Path, reason: rustix::io::Errno) -> Error {
    let error = Error::io(Code::Asset, "read", path, &io::Error::from(reason));
    match reason {
        rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => {
            error.note("a folder on the way was replaced by a link while it was read")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn c2_what_is_swapped_for_a_link_after_it_was_found_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["tree/data", "outside"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        fs::write(at("outside/file"), "x").unwrap();
        // the same file, so that nothing but the way to it can tell
        fs::hard_link(at("outside/file"), at("tree/data/file")).unwrap();
        fs::hard_link(at("outside/file"), at("tree/file")).unwrap();
        let root = Root::open(&at("tree")).unwrap();
        let [Ok(Found::File(below)), Ok(Found::File(direct))] =
            ["data/file", "file"].map(|name| root.find(Path::new(name)))
        else {
            panic!("not found")
        };
        assert!(below.open().is_ok() && direct.open().is_ok());

        fs::rename(at("tree/data"), at("elsewhere")).unwrap();
        symlink(at("outside"), at("tree/data")).unwrap();
        fs::remove_file(at("tree/file")).unwrap();
        symlink(at("outside/file"), at("tree/file")).unwrap();
        assert!(root.find(Path::new("data/file")).is_err(), "the next step of a walk");
        assert!(root.names(Path::new("data")).is_err(), "the listing of what was a folder");
        assert!(below.open().is_err() && direct.open().is_err(), "the packing");
        assert!(matches!(root.find(Path::new("data")), Ok(Found::Symlink(_))));

        fs::remove_file(at("tree/file")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("tree/file"), Mode::RWXU).unwrap();
        assert!(direct.open().is_err(), "a fifo in its place is not waited for");
    }
}

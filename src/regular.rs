//! Regular files that are read while others may write them: opened without waiting, and watched for change.

use crate::error::{Code, Error};
use rustix::fs::OFlags;
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The clock that Linux takes the times of files from: it goes on with the timer, at least a hundred times a second
/// (`CONFIG_HZ`), and later where a machine is busy.
#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::RealtimeCoarse;
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Realtime;
/// How long it is waited for, and how often.
const MOMENT: Duration = Duration::from_millis(1);
const MOMENTS: u32 = 50;
/// The most seconds that a file's times may stand still where a file system keeps whole seconds, or two of them.
const COARSE: i64 = 2;

/// The most bytes that room is made for on a file's own word.
const ROOM: u64 = 1 << 20;

/// What tells that a file is still the one that it was: device, inode, size, and the times of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<&Metadata> for Identity {
    fn from(status: &Metadata) -> Self {
        Identity {
            device: status.dev(),
            inode: status.ino(),
            size: status.size(),
            modified: (status.mtime(), status.mtime_nsec()),
            changed: (status.ctime(), status.ctime_nsec()),
        }
    }
}

impl Identity {
    /// That of the regular file at `path`, which is neither opened nor followed if it is a link.
    ///
    /// # Errors
    /// The system's, or it is none.
    pub fn at(path: &Path) -> io::Result<Self> {
        let status = fs::symlink_metadata(path)?;
        match status.is_file() {
            true => Ok(Identity::from(&status)),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        }
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it will tell of any change from now on, to a later run too. A write in the same moment as the last one
    /// leaves the times as they are (git knows that as "racy"): such a moment is waited for, unless it is a long one. On a
    /// file system of another machine that holds as far as its clock is right.
    pub fn is_settled(&self) -> bool {
        let (mut seconds, nanos) = self.changed;
        if seconds < 0 {
            return false;
        }
        // anybody can set the time of modification, and nobody that of the change; but where a file system knows only the
        // one (FAT, sshfs, also images that are only read), who sets it back after a write is not found out
        if nanos == 0 {
            seconds = seconds.saturating_add(COARSE);
        }
        let now = || {
            let now = rustix::time::clock_gettime(CLOCK);
            (now.tv_sec, now.tv_nsec)
        };
        // a clock that is further ahead of ours is another one
        let is_near = seconds.saturating_sub(now().0) <= 1;
        (0..MOMENTS).any(|_| {
            let is_over = now() > (seconds, nanos);
            if !is_over && is_near {
                thread::sleep(MOMENT);
            }
            is_over
        })
    }

    /// Whether `other` is the same file with the same content, whatever has become of its name and its mode.
    pub fn same_content(&self, other: &Identity) -> bool {
        Identity { changed: other.changed, ..*self } == *other
    }
}

/// An open regular file.
#[derive(Debug)]
pub struct RegularFile {
    file: File,
    path: PathBuf,
    identity: Identity,
}

impl RegularFile {
    /// Opens `path`. Neither a fifo nor a device is waited for; a symbolic link at its end is followed only if
    /// `follow` says so.
    pub fn open(path: &Path, follow: bool) -> Result<Self, Error> {
        let mut flags = OFlags::NONBLOCK;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
        match opened {
            Ok(file) => RegularFile::from_open(file, path),
            Err(reason) if reason.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                Err(not_regular(path, "a symbolic link"))
            }
            Err(reason) => Err(Error::io(Code::Asset, "read", path, &reason)),
        }
    }

    /// Takes a file that was opened already; `path` is what messages call it.
    pub fn from_open(file: File, path: &Path) -> Result<Self, Error> {
        let status = file.metadata().map_err(|reason| Error::io(Code::Asset, "read", path, &reason))?;
        if !status.is_file() {
            return Err(not_regular(
                path,
                if status.is_dir() { "a folder" } else { "a fifo, socket or device" },
            ));
        }
        Ok(RegularFile { file, path: path.to_owned(), identity: Identity::from(&status) })
    }

    /// The same open file once more.
    ///
    /// # Errors
    /// There are too many open files.
    pub fn again(&self) -> Result<Self, Error> {
        let file = self.file.try_clone().map_err(|reason| self.unreadable(&reason))?;
        Ok(RegularFile { file, path: self.path.clone(), identity: self.identity })
    }

    /// The open file, for reading at offsets.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its bytes; `None` if it has more than `limit`, whatever it says of its size.
    ///
    /// # Errors
    /// The system's.
    pub fn bytes(&self, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        // room for all of it, so that it comes in one read
        let room = self.size().min(limit).min(ROOM);
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default() + 1);
        let read = (&self.file).take(limit.saturating_add(1)).read_to_end(&mut bytes);
        let read = read.map_err(|reason| self.unreadable(&reason))?;
        Ok((read as u64 <= limit).then_some(bytes))
    }

    /// What messages call it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size when it was opened, in bytes.
    pub fn size(&self) -> u64 {
        self.identity.size
    }

    /// What it was when it was opened.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// An error if it is not what it was when it was opened.
    pub fn unchanged(&self) -> Result<(), Error> {
        let status = self.file.metadata().map_err(|reason| self.unreadable(&reason))?;
        if Identity::from(&status) == self.identity {
            return Ok(());
        }
        Err(changed(&self.path))
    }

    /// The error for a failed read.
    pub fn unreadable(&self, reason: &io::Error) -> Error {
        match reason.kind() {
            // it was longer a moment ago
            io::ErrorKind::UnexpectedEof => changed(&self.path),
            _ => Error::io(Code::Asset, "read", &self.path, reason),
        }
    }
}

/// The error for a file that is not any more what it was.
pub fn changed(path: &Path) -> Error {
    Error::new(Code::Changed, format!("`{}` changed while it was packed", path.display()))
        .help("wait until whatever writes it has ended, and run the command again")
}

fn not_regular(path: &Path, what: &str) -> Error {
    Error::new(Code::Asset, format!("`{}` is {what}, expected a regular file", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a5_only_regular_files_are_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "x").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(RegularFile::open(&at("file"), false).unwrap().size(), 1);
        assert!(RegularFile::open(&at("link"), true).is_ok());
        let bytes = |limit| RegularFile::open(&at("file"), false).unwrap().bytes(limit).unwrap();
        assert_eq!((bytes(1).as_deref(), bytes(0)), (Some(&b"x"[..]), None));
        for name in ["link", "fifo", "", "missing"] {
            assert!(RegularFile::open(&at(name), false).is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_is_settled_once_another_write_would_show() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for content in ["x", "y", "z"] {
            std::fs::write(&path, content).unwrap();
            let before = Identity::at(&path).unwrap();
            assert!(before.is_settled());
            std::fs::write(&path, "!").unwrap();
            assert_ne!(Identity::at(&path).unwrap(), before, "the same size, a moment later");
        }
        let at = |changed| Identity { changed, ..Identity::at(&path).unwrap() };
        let (seconds, nanos) = Identity::at(&path).unwrap().changed;
        assert!(!at((seconds, 0)).is_settled(), "it may be changed until the second is over");
        assert!(!at((seconds + 60, nanos)).is_settled(), "a clock that is ahead of ours");
        assert!(at((seconds - 60, 0)).is_settled() && !at((-1, 0)).is_settled());
        let status = std::fs::metadata(&path).unwrap();
        std::fs::hard_link(&path, folder.path().join("other")).unwrap();
        let (before, after) = (Identity::from(&status), Identity::at(&path).unwrap());
        assert!(before != after && before.same_content(&after));
        assert!(Identity::at(folder.path()).is_err());
    }

    #[test]
    fn c9_a_file_that_grows_or_is_rewritten_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let open = RegularFile::open(&path, false).unwrap();
        open.unchanged().unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"y").unwrap();
        assert_eq!(open.unchanged().unwrap_err().code(), Code::Changed);
    }
}

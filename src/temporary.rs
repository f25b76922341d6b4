//! Files that appear complete or not at all: written beside their destination, fsynced, renamed.
//!
//! A run that is killed leaves `.NAME.XXXXXX.partial` behind; the next run that writes the same destination removes
//! it. A lock on the open file tells a dead one from one that another run is writing at this moment.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The ending of the name of every temporary file.
pub const SUFFIX: &str = ".partial";

/// An open temporary file with a destination.
pub struct Temporary {
    file: NamedTempFile,
    destination: PathBuf,
}

impl Temporary {
    /// A new empty file in the folder of `destination`, which must exist.
    ///
    /// # Errors
    /// The system's.
    pub fn beside(destination: &Path) -> io::Result<Self> {
        let (Some(name), Some(folder)) = (destination.file_name(), destination.parent()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"));
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let prefix = prefix(name);
        sweep(folder, &prefix);
        loop {
            let file = tempfile::Builder::new()
                .prefix(&prefix)
                .suffix(SUFFIX)
                .permissions(Permissions::from_mode(0o666)) // less the umask, as any new file
                .tempfile_in(folder)?;
            // a file system without locks is one without sweeping
            let _ = file.as_file().lock();
            // between its creation and its lock, another run may have taken it for a dead one
            if file.as_file().metadata()?.nlink() > 0 {
                return Ok(Temporary { file, destination: destination.to_owned() });
            }
        }
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// The path that the file will have.
    pub fn destination(&self) -> &Path {
        &self.destination
    }

    /// Gives the file its name, replacing what stood there; after a power cut it may be there without its content.
    ///
    /// # Errors
    /// The system's; the destination is then as it was.
    pub fn name(self) -> io::Result<()> {
        self.file.persist(&self.destination).map(drop).map_err(|failed| failed.error)
    }

    /// Makes the content durable and gives it its name, replacing what stood there.
    ///
    /// # Errors
    /// The system's; the destination is then as it was.
    pub fn commit(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let folder = self.destination.parent().filter(|folder| !folder.as_os_str().is_empty());
        self.file.persist(&self.destination).map_err(|failed| failed.error)?;
        // the new name itself must survive a power cut
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// Makes the file `path` of `content`, with the folders that lead there, replacing what stood there.
///
/// # Errors
/// The system's; the file is then as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = Temporary::beside(path)?;
    temporary.file().write_all(content)?;
    temporary.commit()
}

/// Gives the file `original` the name `destination` too, replacing what stood there, if the file system can.
///
/// # Errors
/// The system's; the destination is then as it was.
pub fn link(original: &Path, destination: &Path) -> io::Result<()> {
    let (Some(name), Some(folder)) = (destination.file_name(), destination.parent()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"));
    };
    let mut builder = tempfile::Builder::new();
    let prefix = prefix(name);
    let link =
        builder.prefix(&prefix).suffix(SUFFIX).make_in(folder, |path| fs::hard_link(original, path))?;
    let path = link.path().to_owned();
    link.persist(destination).map_err(|failed| failed.error)?;
    // rename(2) does nothing where both are names of one file already
    match fs::remove_file(path) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => Err(reason),
        _ => Ok(()),
    }
}

/// The folder for large files that never get a name: `TMPDIR`, or else `/var/tmp`, because `/tmp` may be in memory (file
/// hierarchy standard 3.0, 5.15), or else that.
pub fn large() -> PathBuf {
    let (usual, roomy) = (std::env::temp_dir(), Path::new("/var/tmp"));
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    match usual == Path::new("/tmp") && rustix::fs::access(roomy, access).is_ok() {
        true => roomy.to_owned(),
        false => usual,
    }
}

/// Whether `name` is that of a temporary file for the destination `destination`.
pub fn is_for(name: &OsStr, destination: &str) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(&prefix(destination.as_ref())) && name.ends_with(SUFFIX)
}

/// Removes what killed runs left in `folder`: temporary files whose names begin with `prefix`, a dot for all.
pub fn sweep(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with(prefix) && name.ends_with(SUFFIX)) {
            continue;
        }
        let path = entry.path();
        // opening a fifo would wait for its writer, so only what is a regular file is opened
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            // while the lock is held, so that its creator sees a link count of zero and starts again
            let _ = fs::remove_file(&path);
        }
    }
}

/// How the name of every temporary file for the destination `name` begins.
fn prefix(name: &OsStr) -> String {
    format!(".{}.", shortened(&name.to_string_lossy()))
}

/// Short enough that prefix, random part and suffix stay within the 255 bytes of a file name.
fn shortened(name: &str) -> String {
    name.chars()
        .scan(0, |size, c| {
            *size += c.len_utf8();
            (*size <= 200).then_some(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn d2_the_destination_is_old_or_new_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("out.tar");
        fs::write(&destination, "old").unwrap();
        let temporary = Temporary::beside(&destination).unwrap();
        temporary.file().write_all(b"new").unwrap();
        assert_eq!(fs::read(&destination).unwrap(), b"old");
        temporary.commit().unwrap();
        assert_eq!(fs::read(&destination).unwrap(), b"new");
        drop(Temporary::beside(&destination).unwrap());
        assert_eq!(names(folder.path()), ["out.tar"]);
    }

    #[test]
    fn d2_a_dead_runs_file_is_swept_and_a_live_ones_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("out.tar");
        fs::write(folder.path().join(".out.tar.dead00.partial"), "x").unwrap();
        let live = Temporary::beside(&destination).unwrap();
        let other = Temporary::beside(&destination).unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        other.commit().unwrap();
        live.commit().unwrap();
        assert_eq!(names(folder.path()), ["out.tar"]);
    }

    #[test]
    fn d2_a_second_name_replaces_what_stood_there() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, "new").unwrap();
        fs::write(&other, "old").unwrap();
        link(&one, &other).unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"new");
        assert_eq!(fs::metadata(&one).unwrap().nlink(), 2);
        assert!(link(&folder.path().join("missing"), &other).is_err());
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn b2_a_name_of_255_bytes_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("é".repeat(127));
        Temporary::beside(&destination).unwrap().commit().unwrap();
        assert!(destination.exists());
    }
}

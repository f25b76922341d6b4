//! Folders that outputs are written in: only the one of default destinations is created, because a mistyped one is
//! an error.

use super::Means;
use crate::error::{Code, Error};
use rustix::fs::{Access, access};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

/// Whether `path` is one of the kernel's, which leads to whatever is open and is no place for files.
pub fn is_kernels(path: &Path) -> bool {
    (path.starts_with("/dev") && !path.starts_with("/dev/shm")) || path.starts_with("/proc")
}

/// Whether the folder `path` is there already, to be written in.
///
/// # Errors
/// What stands there is no folder, or one that is not for files, or it can neither be written in nor be made. `refused`
/// puts the reason into words.
pub fn usable(path: &Path, means: &Means<'_>, refused: &dyn Fn(&Path, &str) -> Error) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Err(reason) if reason.kind() == ErrorKind::NotFound => {
            return match is_kernels(path) {
                true => Err(refused(path, "it is in a folder of the kernel's")),
                false => has_room(path, means).map(|()| false),
            };
        }
        Err(reason) => return Err(Error::io(Code::Output, "write", path, &reason)),
        Ok(_) => {}
    }
    let Ok(real) = path.canonicalize() else { return Err(refused(path, "it is a link that leads nowhere")) };
    if is_kernels(&real) {
        return Err(refused(path, "it is in a folder of the kernel's"));
    }
    if !real.is_dir() {
        return Err(refused(path, "it is not a folder"));
    }
    writable(path, path)?;
    Ok(true)
}

/// Whether `path` can be made in the folder that it names, now, or once the usual folder is there.
pub fn has_room(path: &Path, means: &Means<'_>) -> Result<(), Error> {
    let Some(folder) =
        path.parent().filter(|folder| !folder.as_os_str().is_empty() && !is_usual(path, means))
    else {
        return Ok(());
    };
    match fs::metadata(folder) {
        Ok(status) if status.is_dir() => writable(folder, path),
        Ok(_) => Err(Error::io(Code::Output, "write", path, &ErrorKind::NotADirectory.into())),
        Err(reason) => {
            Err(Error::io(Code::Output, "write", path, &reason)
                .help(format!("mkdir -p {}", folder.display())))
        }
    }
}

/// Whether files can be made in `folder`; `path` is what errors call it.
pub fn writable(folder: &Path, path: &Path) -> Result<(), Error> {
    access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|reason| Error::io(Code::Output, "write", path, &reason.into()))
}

/// Creates the usual folder, if `path` is in it.
pub fn usual_for(path: &Path, means: &Means<'_>) -> Result<(), Error> {
    if is_usual(path, means) { create_usual(means) } else { Ok(()) }
}

/// Creates the folder `path`, and says whether it was this run that did.
pub fn create(path: &Path) -> Result<bool, Error> {
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(reason) if reason.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(reason) => Err(Error::io(Code::Output, "create", path, &reason)),
    }
}

/// Makes the names in the folder `path` durable.
pub fn settle(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|reason| Error::io(Code::Output, "write", path, &reason))
}

/// Creates the usual folder.
pub fn create_usual(means: &Means<'_>) -> Result<(), Error> {
    fs::create_dir_all(means.archives)
        .map_err(|reason| Error::io(Code::Output, "create", means.archives, &reason))
}

fn is_usual(path: &Path, means: &Means<'_>) -> bool {
    path.parent() == Some(means.archives)
}

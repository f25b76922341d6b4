//! Folders that outputs are written in: only the one of default destinations is created, because a mistyped one is
//! an error.

use super::Means;
use crate::error::{Code, Error};
use rustix::fs::{Access, access};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Whether `path` is one of the kernel's, which leads to whatever is open and is no place for files.
pub fn is_kernels(path: &Path) -> bool {
    (path.starts_with("/dev") && !path.starts_with("/dev/shm")) || path.starts_with("/proc")
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

/// Creates the usual folder.
pub fn create_usual(means: &Means<'_>) -> Result<(), Error> {
    fs::create_dir_all(means.archives)
        .map_err(|reason| Error::io(Code::Output, "create", means.archives, &reason))
}

fn is_usual(path: &Path, means: &Means<'_>) -> bool {
    path.parent() == Some(means.archives)
}

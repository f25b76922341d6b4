//! This program as a sealed copy in memory, which the stage runs from.
//!
//! An image may name `/proc/self/exe` as its program, or as the interpreter of it, and gets what the stage was started
//! from: had that been the file itself, the program could write to it (CVE-2019-5736).

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The copy that was made ahead.
static AHEAD: OnceLock<OwnedFd> = OnceLock::new();

/// Makes the copy ahead of a start. Where that fails, the keeper of the start will tell.
pub fn make_ahead() {
    if let Ok(copy) = of_this_program() {
        AHEAD.get_or_init(|| copy);
    }
}

/// The copy, if it was made ahead.
pub fn made_ahead() -> Option<BorrowedFd<'static>> {
    AHEAD.get().map(AsFd::as_fd)
}

/// The copy.
///
/// # Errors
/// The system's.
pub fn of_this_program() -> io::Result<OwnedFd> {
    let program = File::open("/proc/self/exe")?;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let copy = match rustix::fs::memfd_create("scratch", flags | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => rustix::fs::memfd_create("scratch", flags)?, // before Linux 6.3
        other => other?,
    };
    let mut rest = usize::try_from(program.metadata()?.len()).map_err(io::Error::other)?;
    while rest > 0 {
        match rustix::fs::sendfile(&copy, &program, None, rest)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            sent => rest -= sent,
        }
    }
    let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&copy, seals)?;
    Ok(copy)
}

/// Where a child of this process finds it.
pub fn path(copy: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", copy.as_raw_fd()).into()
}

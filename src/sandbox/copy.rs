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
    seal(&copy)?;
    Ok(copy)
}

/// Makes `copy` one that nobody can change.
///
/// The seal of future writes refuses write(2) and every new mapping to write; there is no older one. The full seal
/// against writing would also wait for whoever holds a page of it, and the kernel itself may, for as long as it looks
/// for memory: that is EBUSY after half a second (F_ADD_SEALS in fcntl(2)).
fn seal(copy: &OwnedFd) -> rustix::io::Result<()> {
    let size = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    match rustix::fs::fcntl_add_seals(copy, size | SealFlags::FUTURE_WRITE) {
        Err(Errno::INVAL) => rustix::fs::fcntl_add_seals(copy, size | SealFlags::WRITE), // before Linux 5.1
        other => other,
    }
}

/// Where a child of this process finds it.
pub fn path(copy: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", copy.as_raw_fd()).into()
}

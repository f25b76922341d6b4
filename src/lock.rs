//! Locks among runs: the kernel's own, on an open file or folder, so that none outlives its process.
//!
//! They hold within one machine, and only among those who ask for them.

use crate::error::{Code, Error};
use crate::interrupt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a run looks whether another one has let go.
const PATIENCE: Duration = Duration::from_millis(20);

/// Locks `file` once no other run has it locked, until it is closed; `path` is what errors call it.
///
/// It is asked for again and again, because a run that waits inside the system hears no signal.
///
/// # Errors
/// A signal, or a file system without locks.
pub fn exclusive(file: &File, path: &Path) -> Result<(), Error> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(PATIENCE),
            Err(TryLockError::Error(reason)) => return Err(Error::io(Code::Output, "lock", path, &reason)),
        }
        interrupt::check()?;
    }
}

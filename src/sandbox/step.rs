//! A system call that failed, with what it was for: it crosses processes before somebody can explain it.

use super::messages::Failed;
use rustix::io::Errno;
use std::io;

/// Adds what was to be done.
pub trait Step<T> {
    /// `step` is what a user reads: `mount /proc`.
    fn step(self, step: &str) -> Result<T, Failed>;
}

impl<T> Step<T> for rustix::io::Result<T> {
    fn step(self, step: &str) -> Result<T, Failed> {
        self.map_err(|errno| Failed { step: step.to_owned(), errno: errno.raw_os_error() })
    }
}

impl<T> Step<T> for io::Result<T> {
    fn step(self, step: &str) -> Result<T, Failed> {
        let errno = |reason: io::Error| reason.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
        self.map_err(|reason| Failed { step: step.to_owned(), errno: errno(reason) })
    }
}

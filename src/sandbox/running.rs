//! The program while it runs.

use super::keeper;
use super::launch::Keeper;
use super::messages::{Report, Request};
use crate::error::{Caution, Error, Warning};
use crate::interrupt;
use rustix::process::{Pid, Signal};
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A program that runs in the sandbox; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    keeper: Keeper,
    pid: Pid,
    pidfd: OwnedFd,
    host_network: bool,
    notes: Vec<Warning>,
    /// Held while the keeper is asked and answers; it may tell of the end at any time.
    ended: Mutex<Option<ExitStatus>>,
}

impl Running {
    pub(super) fn new(
        keeper: Keeper,
        pid: Pid,
        pidfd: OwnedFd,
        host_network: bool,
        notes: Vec<String>,
    ) -> Self {
        let note = |what| Warning::new(Caution::PartialSandbox, what);
        let notes = notes.into_iter().map(note).collect();
        Running { keeper, pid, pidfd, host_network, notes, ended: Mutex::new(None) }
    }

    /// Its process, as this machine counts.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// What could not be had for it.
    pub fn notes(&self) -> &[Warning] {
        &self.notes
    }

    /// Sends it `signal`, which reaches it only if it handles it: it is PID 1 where it runs (pid_namespaces(7)).
    pub fn signal(&self, signal: Signal) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, signal); // it may have ended
    }

    /// Whether it has a handler for `signal`, or waits for it; `None` if that cannot be told.
    pub fn handles(&self, signal: Signal) -> Option<bool> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid.as_raw_nonzero())).ok()?;
        // a signal that is blocked is kept, for sigwait(3) or signalfd(2)
        let masks = ["SigCgt:", "SigBlk:"].map(|name| {
            let mask = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        });
        let bit = 1 << (signal.as_raw() - 1);
        Some((masks[0]? | masks[1]?) & bit != 0)
    }

    /// Ends it and all that it has started, at once.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        let control = self.keeper.control()?;
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none()
            && interrupt::readable_within(control.as_fd(), limit)?
            && let (Report::Ended(status), _) = self.keeper.report()?
        {
            *ended = Some(ExitStatus::from_raw(status));
        }
        Ok(*ended)
    }

    /// A connection to `port` of its loopback, from inside its network.
    ///
    /// # Errors
    /// Nobody listens there yet.
    pub fn connect(&self, port: u16) -> io::Result<TcpStream> {
        if self.host_network {
            return keeper::connect(port);
        }
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        if ended.is_some() {
            return Err(refused());
        }
        let control = self.keeper.control().map_err(|_| refused())?;
        control.send(&Request::Connect(port), &[])?;
        let (report, files) = self.keeper.report().map_err(|_| refused())?;
        match report {
            Report::Connected(Ok(())) => files.into_iter().next().map(TcpStream::from).ok_or_else(refused),
            Report::Connected(Err(errno)) if errno != 0 => Err(io::Error::from_raw_os_error(errno)),
            Report::Ended(status) => {
                *ended = Some(ExitStatus::from_raw(status));
                Err(refused())
            }
            _ => Err(refused()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

//! What there is on a system without namespaces: the same names, and the error that says so.

use super::Jail;
use crate::error::{Code, Error, Warning};
use rustix::process::{Pid, Signal};
use std::convert::Infallible;
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// No program runs here.
#[derive(Debug)]
pub struct Running(Infallible);

/// As on Linux.
///
/// # Errors
/// Always.
pub fn start(_: &Path, _: &Jail<'_>) -> Result<Running, Error> {
    Err(none())
}

/// As on Linux.
///
/// # Errors
/// Always.
pub fn try_out(_: &Path) -> Result<(), Error> {
    Err(none())
}

/// As on Linux.
pub fn prepare() {}

fn none() -> Error {
    Error::new(Code::Sandbox, "there is no sandbox on this machine")
        .note("it is made of namespaces, which only Linux has")
        .help("have an engine run it: --engine docker, --engine podman")
}

/// No process is one of the sandbox's.
pub mod keeper {
    /// Does nothing.
    pub fn run() {}
}

/// The same.
pub mod stage {
    pub use super::keeper::run;
}

impl Running {
    /// Its process, as this machine counts.
    pub fn pid(&self) -> Pid {
        match self.0 {}
    }

    /// What could not be had for it.
    pub fn notes(&self) -> &[Warning] {
        match self.0 {}
    }

    /// Sends it a signal.
    pub fn signal(&self, _: Signal) {
        match self.0 {}
    }

    /// Whether it has a handler.
    pub fn handles(&self, _: Signal) -> Option<bool> {
        match self.0 {}
    }

    /// Ends it.
    pub fn kill(&self) {
        match self.0 {}
    }

    /// How it ended.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn wait_within(&mut self, _: Duration) -> Result<Option<ExitStatus>, Error> {
        match self.0 {}
    }

    /// A connection to its loopback.
    ///
    /// # Errors
    /// Nobody listens there yet.
    pub fn connect(&self, _: u16) -> std::io::Result<TcpStream> {
        match self.0 {}
    }
}

//! Runs an image without a container engine: in namespaces of its own, with nothing of this machine in sight.
//!
//! ```text
//! start  → keeper (user, mount, PID, IPC, UTS and network namespaces; the maps of users)
//!            → stage (PID 1 there: empty root, layers unpacked inside it, mounts, no privileges, seccomp)
//!                → the image's program
//! ```

use crate::content::{Config, StoredLayer};
use crate::error::{Code, Error};
use rustix::process::{Pid, Signal};
use std::ffi::OsString;
use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// What is to run, and how.
#[derive(Debug)]
pub struct Jail<'a> {
    /// What the image says of its program.
    pub config: &'a Config,
    /// Its layers, bottom first; they have been walked before, without a fault.
    pub layers: &'a [StoredLayer],
    /// Arguments in place of the image's own (`Cmd`), if any were given.
    pub args: Option<&'a [OsString]>,
    /// Whether it sees this machine's network; otherwise it has a loopback of its own and nothing else.
    pub host_network: bool,
    /// What of this machine it sees.
    pub mounts: &'a [Bind],
    /// The most memory that it may use, in bytes.
    pub memory: Option<u64>,
    /// Where its output goes, instead of where ours goes.
    pub output: Option<(File, File)>,
    /// Whether its standard input is ours; otherwise it is empty.
    pub input: bool,
}

/// A file or folder of this machine in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// What is shown; absolute.
    pub source: PathBuf,
    /// Where; absolute, in the image.
    pub destination: String,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// A program that runs in the sandbox; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    pid: Pid,
}

/// Whether this machine lets this user have a sandbox.
///
/// # Errors
/// Which setting forbids it, and what else works.
pub fn available() -> Result<(), Error> {
    Err(Error::new(Code::Sandbox, "not yet"))
}

/// Starts the program.
///
/// # Errors
/// The sandbox is not available, or the program cannot start in it: what, and why.
pub fn start(jail: &Jail<'_>) -> Result<Running, Error> {
    let _ = jail;
    Err(Error::new(Code::Sandbox, "not yet"))
}

impl Running {
    /// Its process, as this machine counts.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends it `signal`, which reaches it only if it handles it: it is PID 1 where it runs (pid_namespaces(7)).
    pub fn signal(&self, signal: Signal) {
        let _ = signal;
    }

    /// Whether it has a handler for `signal`; `None` if that cannot be told.
    pub fn handles(&self, signal: Signal) -> Option<bool> {
        let _ = signal;
        None
    }

    /// Ends it and all that it has started, at once.
    pub fn kill(&self) {}

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        let _ = limit;
        Err(Error::new(Code::Sandbox, "not yet"))
    }

    /// A connection to `port` of its loopback, from inside its network.
    ///
    /// # Errors
    /// Nobody listens there yet.
    pub fn connect(&self, port: u16) -> std::io::Result<TcpStream> {
        let _ = port;
        Err(std::io::ErrorKind::ConnectionRefused.into())
    }
}

//! Starts an image where it can be started, behind one face: in the sandbox, or in a container of an engine.

use crate::config::env::Env;
use crate::content::Found;
use crate::error::{Code, Error};
use crate::sandbox::{self, Bind};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::TcpStream;
use std::process::ExitStatus;
use std::time::Duration;

/// Where images run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// The sandbox where this machine allows it, else Docker, else Podman.
    #[default]
    Auto,
    /// The sandbox.
    Builtin,
    /// The Docker Engine.
    Docker,
    /// Podman.
    Podman,
}

/// An image that can be run.
#[derive(Debug)]
pub struct Image {
    /// What it is; walked without a fault, or just made by us.
    pub found: Found,
    /// The one of its images that is for this machine.
    pub chosen: usize,
    /// The archive that it lies in, for an engine's `load`.
    pub archive: Option<File>,
    /// What people call it: `hello`, `docker:nginx`.
    pub name: String,
}

/// How it is to run.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Where.
    pub engine: Engine,
    /// Arguments in place of the image's own.
    pub args: Option<Vec<OsString>>,
    /// Its network; [`Network::Private`] is what a test needs.
    pub network: Network,
    /// Ports of this machine that lead to its own (`[HOST:]PORT:PORT`); engines only.
    pub publish: Vec<String>,
    /// What of this machine it sees.
    pub mounts: Vec<Bind>,
    /// The most memory, in bytes.
    pub memory: Option<u64>,
    /// Where its output goes; ours if nothing is said.
    pub output: Option<(File, File)>,
    /// Whether its standard input is ours.
    pub input: bool,
}

/// What network a program has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Network {
    /// This machine's (an engine: its usual one).
    #[default]
    Host,
    /// A loopback of its own and nothing else.
    None,
    /// The same, that [`Running::connect`] reaches (an engine: its usual one, with a port of 127.0.0.1 for each of the
    /// image's).
    #[value(skip)]
    Private,
}

/// A program that runs; it ends when this is dropped, and nothing is left of it.
#[derive(Debug)]
pub enum Running {
    /// In the sandbox.
    Sandbox(sandbox::Running),
}

/// Starts `image`.
///
/// # Errors
/// No place for it, or it cannot start there.
pub fn start(image: &Image, wanted: Wanted, env: &Env) -> Result<Running, Error> {
    let _ = (image, wanted, env);
    Err(Error::new(Code::Sandbox, "not yet"))
}

impl Running {
    /// Where it runs, in a word.
    pub fn engine(&self) -> &'static str {
        "builtin"
    }

    /// Sends it `signal`.
    pub fn signal(&self, signal: Signal) {
        match self {
            Running::Sandbox(running) => running.signal(signal),
        }
    }

    /// Whether it has a handler for `signal`; `None` if that cannot be told.
    pub fn handles(&self, signal: Signal) -> Option<bool> {
        match self {
            Running::Sandbox(running) => running.handles(signal),
        }
    }

    /// Ends it at once.
    pub fn kill(&self) {
        match self {
            Running::Sandbox(running) => running.kill(),
        }
    }

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        match self {
            Running::Sandbox(running) => running.wait_within(limit),
        }
    }

    /// A connection to its `port`.
    ///
    /// # Errors
    /// Nobody listens there yet.
    pub fn connect(&self, port: u16) -> io::Result<TcpStream> {
        match self {
            Running::Sandbox(running) => running.connect(port),
        }
    }
}

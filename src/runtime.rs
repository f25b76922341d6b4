//! Starts an image where it can be started, behind one face: in the sandbox, or in a container of an engine.
//!
//! ```text
//! Place::find → Place::start → Running → follow → Running::leave
//! ```

mod container;
mod follow;
mod load;
mod memory;
mod mount;
mod place;
pub mod platform;
mod publish;

pub use container::Container;
pub use follow::{GRACE, Killed, Program, follow};
pub use memory::Memory;
pub use mount::{Mount, binds};
pub use place::Place;
pub use publish::Publish;

use crate::config::env::Env;
use crate::content::{Found, Stored};
use crate::error::{Code, Error, Warning};
use crate::sandbox::{self, Bind, Jail};
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
    /// What people call it: `hello`, `docker:nginx`.
    pub name: String,
}

impl Image {
    /// The one of its images that is for this machine.
    ///
    /// # Errors
    /// There is none.
    pub fn stored(&self) -> Result<&Stored, Error> {
        let stored = self.found.images.get(self.chosen);
        stored.ok_or_else(|| Error::new(Code::Invalid, format!("`{}` has no image", self.name)))
    }
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
    /// Whether a terminal is at our standard input, and whether at our standard output.
    pub terminal: (bool, bool),
}

impl Wanted {
    /// The same once more, with its output where ours goes.
    #[must_use]
    pub fn again(&self) -> Self {
        Wanted {
            engine: self.engine,
            args: self.args.clone(),
            network: self.network,
            publish: self.publish.clone(),
            mounts: self.mounts.clone(),
            memory: self.memory,
            output: None,
            input: self.input,
            terminal: self.terminal,
        }
    }
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
    /// In a container of an engine, in its word.
    Container(&'static str, Box<Container>),
}

/// Starts `image`.
///
/// # Errors
/// No place for it, or it cannot start there.
pub fn start(image: &Image, wanted: Wanted, env: &Env) -> Result<Running, Error> {
    Place::find(wanted.engine, env)?.start(image, wanted, env)
}

impl Place {
    /// Starts `image` here.
    ///
    /// # Errors
    /// It cannot start, or more is wanted than the place can do.
    pub fn start(&self, image: &Image, wanted: Wanted, env: &Env) -> Result<Running, Error> {
        self.can(&wanted)?;
        match self {
            Place::Sandbox => {
                let stored = image.stored()?;
                let running = sandbox::start(&Jail {
                    config: &stored.settings,
                    layers: &stored.layers,
                    args: wanted.args.as_deref(),
                    host_network: wanted.network == Network::Host,
                    mounts: &wanted.mounts,
                    memory: wanted.memory,
                    output: wanted.output,
                    input: wanted.input,
                });
                running.map(Running::Sandbox)
            }
            Place::Engine(engine) => {
                let folder = env.get("TMPDIR").unwrap_or("/tmp".as_ref());
                let container = Container::start(engine, image, wanted, folder.as_ref())?;
                Ok(Running::Container(self.word(), Box::new(container)))
            }
        }
    }
}

impl Running {
    /// Where it runs, as `--engine` has it.
    pub fn engine(&self) -> &'static str {
        match self {
            Running::Sandbox(_) => "builtin",
            Running::Container(engine, _) => engine,
        }
    }

    /// What could not be had for it, and later what is to be said of its end.
    pub fn notes(&self) -> &[Warning] {
        match self {
            Running::Sandbox(running) => running.notes(),
            Running::Container(_, container) => container.notes(),
        }
    }

    /// A connection to its `port`.
    ///
    /// # Errors
    /// Nobody listens there yet.
    pub fn connect(&self, port: u16) -> io::Result<TcpStream> {
        match self {
            Running::Sandbox(running) => running.connect(port),
            Running::Container(_, container) => container.connect(port),
        }
    }

    /// Takes away all that was made for it; a program that still runs is ended.
    ///
    /// # Errors
    /// What is left, because an engine does not answer.
    pub fn leave(self) -> Result<(), Error> {
        match self {
            Running::Sandbox(_) => Ok(()),
            Running::Container(_, mut container) => container.leave(),
        }
    }

    /// Sends it `signal`.
    pub fn signal(&self, signal: Signal) {
        match self {
            Running::Sandbox(running) => running.signal(signal),
            Running::Container(_, container) => container.signal(signal),
        }
    }

    /// Whether it has a handler for `signal`; `None` if that cannot be told.
    pub fn handles(&self, signal: Signal) -> Option<bool> {
        match self {
            Running::Sandbox(running) => running.handles(signal),
            Running::Container(_, container) => container.handles(signal),
        }
    }

    /// Ends it at once.
    pub fn kill(&self) {
        match self {
            Running::Sandbox(running) => running.kill(),
            Running::Container(_, container) => container.kill(),
        }
    }

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, an engine could not start it, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        match self {
            Running::Sandbox(running) => running.wait_within(limit),
            Running::Container(_, container) => container.wait_within(limit),
        }
    }
}

impl Program for Running {
    fn signal(&self, signal: Signal) {
        Running::signal(self, signal);
    }

    fn handles(&self, signal: Signal) -> Option<bool> {
        Running::handles(self, signal)
    }

    fn kill(&self) {
        Running::kill(self);
    }

    fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        Running::wait_within(self, limit)
    }
}

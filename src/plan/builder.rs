//! Where cargo runs, if not on this machine: what the settings say of it.
//!
//! A project may ask for it: what is compiled in a container gets at less than what is compiled on this machine.

use crate::config::layers::Resolved;
use crate::config::values::Engine;
use crate::error::{Code, Error};
use std::path::{Path, PathBuf};

/// A container that cargo runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    /// Whose container it is.
    pub engine: Engine,
    /// The network that build scripts have, if they have one.
    pub network: Option<String>,
    /// The folder of all that it leaves: its own, so that the programs of its build scripts and this machine's do not
    /// mix.
    pub folder: PathBuf,
}

impl Builder {
    /// The home of whoever builds there.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// cargo's target folder.
    pub fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// cargo's home in the container.
    pub fn cargo_home(&self) -> PathBuf {
        self.home().join("cargo")
    }
}

/// The one that `resolved` ask for; `archives` is the folder of what belongs to this tool.
///
/// # Errors
/// One build has one place, and they ask for two; or a network without a container.
pub fn builder(resolved: &[Resolved], archives: &Path) -> Result<Option<Builder>, Error> {
    let settings = || resolved.iter().map(|one| &one.settings);
    let mut engines = settings().map(|one| one.builder);
    let engine = engines.next().flatten();
    if engines.any(|other| other != engine) {
        return Err(Error::new(Code::Setting, "the packages do not agree on a builder")
            .note("one run of cargo builds all of them")
            .help("say it for all: --builder ENGINE"));
    }
    let network = settings().find_map(|one| one.builder_network.as_ref());
    match (engine, network) {
        (None, Some(_)) => {
            Err(Error::new(Code::Setting, "`--builder-network` is about a container, and there is none")
                .help("cargo scratch --builder docker --builder-network NETWORK"))
        }
        (None, None) => Ok(None),
        (Some(engine), network) => {
            let network = network.map(|network| network.0.clone());
            Ok(Some(Builder { engine, network, folder: archives.join("builder") }))
        }
    }
}

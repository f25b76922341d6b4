//! Where images run on this machine: found before anything is built for it.

use super::{Engine, Wanted};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::sandbox;
use crate::sink::engine::{self, Known};
use crate::sink::{docker, podman};

const INSTEAD: &str = "the sandbox needs no engine: --engine builtin";

/// A place that answers.
pub enum Place {
    /// The sandbox.
    Sandbox,
    /// An engine.
    Engine(engine::Engine),
}

impl Place {
    /// The place that `engine` means.
    ///
    /// # Errors
    /// It is not there; of those that are tried in turn, why none of them is.
    pub fn find(engine: Engine, env: &Env) -> Result<Self, Error> {
        match engine {
            Engine::Builtin => sandbox::available().map(|()| Place::Sandbox),
            Engine::Docker => answering(&docker::KNOWN, env),
            Engine::Podman => answering(&podman::KNOWN, env),
            Engine::Auto => Place::first(env),
        }
    }

    /// The same where a start is near: whether there is a sandbox is left to that, which tells as well and as soon.
    ///
    /// # Errors
    /// The same, of engines.
    pub fn presumed(engine: Engine, env: &Env) -> Result<Self, Error> {
        match engine {
            Engine::Auto | Engine::Builtin => {
                sandbox::prepare();
                Ok(Place::Sandbox)
            }
            Engine::Docker | Engine::Podman => Place::find(engine, env),
        }
    }

    fn first(env: &Env) -> Result<Self, Error> {
        let attempts = [
            ("the sandbox", Engine::Builtin),
            ("the Docker Engine", Engine::Docker),
            ("Podman", Engine::Podman),
        ];
        let mut none = Error::new(Code::Sandbox, "there is nothing here that an image can run in");
        let mut help = Vec::new();
        for (name, engine) in attempts {
            match Place::find(engine, env) {
                Err(error) if error.code() == Code::Interrupted => return Err(error),
                Err(error) => {
                    let reasons =
                        std::iter::once(error.what()).chain(error.notes().iter().map(String::as_str));
                    none = none.note(format!("{name}: {}", reasons.collect::<Vec<_>>().join("; ")));
                    // what the one says to go without itself is no help where nothing else is there
                    help.extend(error.helps().iter().filter(|line| *line != INSTEAD).cloned());
                }
                found => return found,
            }
        }
        Err(help.into_iter().fold(none, Error::help))
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Place::Sandbox => "sandbox",
            Place::Engine(_) => self.word(),
        }
    }

    /// What `--engine` calls it.
    pub fn word(&self) -> &'static str {
        match self {
            Place::Sandbox => "builtin",
            Place::Engine(engine) if engine.name() == podman::KNOWN.name => "podman",
            Place::Engine(_) => "docker",
        }
    }

    /// Whether it can do all that is wanted.
    ///
    /// # Errors
    /// What it cannot, and what can.
    pub fn can(&self, wanted: &Wanted) -> Result<(), Error> {
        match (self, wanted.publish.first()) {
            (Place::Sandbox, Some(ports)) => Err(Error::new(
                Code::Usage,
                format!("the sandbox maps no ports: `--publish {ports}`"),
            )
            .note("a program in it has this machine's network: what it listens on can be reached at once")
            .help("leave --publish out, or let an engine do it: --engine docker")),
            _ => Ok(()),
        }
    }
}

fn answering(known: &'static Known, env: &Env) -> Result<Place, Error> {
    let engine = engine::Engine::usual(known, INSTEAD, env)?;
    let question: &[&str] = match known.name == docker::KNOWN.name {
        // fails unless an engine answers too
        true => &["version", "--format", "{{.Server.Version}}"],
        false => &["info", "--format", "{{.Host.Arch}}"],
    };
    engine.answers(question)?;
    Ok(Place::Engine(engine))
}

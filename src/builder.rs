//! cargo in a container, in place of this machine's toolchain (`--builder`).
//!
//! This machine's cargo plans and fetches, with the user's own registries, mirrors and credentials; the one build runs
//! in a container of the image that [`generate::builder`](crate::generate::builder) describes, and what it built is
//! proven and packed here. So the container needs no network, no credential, no socket and no privilege, and build
//! scripts have none of them.

mod container;
mod image;

use crate::config::env::Env;
use crate::config::values;
use crate::error::{Code, Error};
use crate::generate::builder::{Toolchain as Stage, toolchain as stage};
use crate::plan::{self, Plan, Plans, sources};
use crate::sink::engine::Engine;
use crate::sink::{docker, podman};
use crate::tool::Tool;
use crate::toolchain::remap::Folders;
use crate::toolchain::{Container, Toolchain, elsewhere};
use cargo_metadata::semver::Version;
use image::Image;
use std::fs;
use std::path::PathBuf;

/// How to go without an engine.
const INSTEAD: &str = "without it, this machine's own toolchain compiles: leave --builder out";

/// The first cargo that finds what newer ones have fetched: since then, the folders of registries in cargo's home have
/// the same names on every machine.
const OLDEST: Version = Version::new(1, 85, 0);

/// An engine that answers, and the image to compile in.
pub struct Builder<'a> {
    plans: &'a Plans,
    wanted: &'a plan::Builder,
    engine: Engine,
    /// Whether the engine belongs to the user, whose number is another inside.
    rootless: bool,
    stage: Stage,
    image: Image,
    /// cargo's home on this machine.
    home: PathBuf,
}

impl<'a> Builder<'a> {
    /// The builder that `plans` ask for, if they do. Nothing is made yet.
    ///
    /// # Errors
    /// No engine; a project that cannot be built in a container.
    pub fn find(plans: &'a Plans, env: &Env) -> Result<Option<Self>, Error> {
        let Some(wanted) = &plans.first.builder else { return Ok(None) };
        let (engine, rootless) = match wanted.engine {
            values::Engine::Docker => {
                let engine = Engine::usual(&docker::KNOWN, INSTEAD, env)?;
                engine.answers(&["version", "--format", "{{.Server.Version}}"])?;
                let options = engine.answers(&["info", "--format", "{{.SecurityOptions}}"])?;
                (engine, options.contains("name=rootless"))
            }
            values::Engine::Podman => {
                let engine = Engine::usual(&podman::KNOWN, INSTEAD, env)?;
                let rootless = engine.answers(&["info", "--format", "{{.Host.Security.Rootless}}"])?;
                (engine, rootless.trim() == "true")
            }
        };
        let sources = recent(sources::sources(&plans.first)?);
        let stage = stage(plans, &sources).map_err(|error| error.help(INSTEAD))?;
        not_too_old(&stage.workbench.release.image)?;
        let home = env.cargo_home().unwrap_or_else(|| wanted.folder.clone());
        Ok(Some(Builder { image: Image::of(&stage.text), plans, wanted, engine, rootless, stage, home }))
    }

    /// Where programs are compiled, in a few words.
    ///
    /// # Errors
    /// The engine does not tell.
    pub fn words(&self) -> Result<String, Error> {
        let there = if self.image.is_in(&self.engine)? { "" } else { ", to be built" };
        Ok(format!("{}, {}{there}", self.wanted.engine, self.image.name))
    }

    /// The image that the one to compile in is made from, as its Dockerfile names it.
    pub fn base(&self) -> &str {
        &self.stage.workbench.release.image
    }

    /// What cargo is called with.
    pub fn toolchain(&self, env: &Env) -> Toolchain {
        let linker = |plan: &Plan| {
            let variable = format!("CARGO_TARGET_{}_LINKER", plan.target.underscored().to_uppercase());
            self.stage.workbench.variables.contains_key(&variable)
        };
        let folders =
            Folders { cargo: Some(self.wanted.cargo_home()), home: Some(self.wanted.home()), source: None };
        let told = elsewhere(self.plans, &folders, env, linker);
        let cargo = self.container(env, &told.variables);
        let container = Container { engine: self.engine.name(), cargo, verb: self.stage.workbench.verb };
        Toolchain { container: Some(container), ..told }
    }

    /// Makes the image where it is not there yet, and fetches what is compiled. `step` hears of each thing that takes
    /// long before it starts.
    ///
    /// # Errors
    /// What could not be made or fetched.
    pub fn prepare(&self, step: &mut dyn FnMut(&str, String)) -> Result<(), Error> {
        if !self.image.is_in(&self.engine)? {
            step("Building", format!("{}, to compile in", self.image.name));
            self.image.build(&self.engine, self.wanted.engine)?;
        }
        self.fetch()?;
        // what is mounted must be there, and what an engine makes would be root's
        for folder in [self.wanted.cargo_home().join("registry"), self.wanted.cargo_home().join("git")]
            .into_iter()
            .chain([self.wanted.target(), self.home.join("registry"), self.home.join("git")])
        {
            fs::create_dir_all(&folder)
                .map_err(|reason| Error::io(Code::Output, "create", &folder, &reason))?;
        }
        Ok(())
    }

    /// Fetches all that a build needs for its targets, and for the machine that build scripts and macros run on.
    fn fetch(&self) -> Result<(), Error> {
        let plan = &self.plans.first;
        let targets = self.plans.iter().map(|plan| plan.target.triple());
        let hosts = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
        let tool = Tool::new(&plan.cargo)
            .args(["fetch", "--quiet", "--manifest-path"])
            .arg(&plan.manifest)
            .args(targets.chain(hosts).map(|triple| format!("--target={triple}")))
            .args(plan.flags.common());
        match tool.run()?.success() {
            true => Ok(()),
            false => Err(Error::new(Code::Cargo, "cargo could not fetch what the project depends on")
                .note(format!("the command was: {tool}"))),
        }
    }
}

/// `sources`, for a Rust that is not too old where the project leaves the choice.
fn recent(mut sources: sources::Sources) -> sources::Sources {
    let is_old = |version: &Version| *version < OLDEST;
    if sources.minimum.as_ref().is_some_and(is_old)
        && sources.newest.as_ref().is_none_or(|(_, version)| is_old(version))
    {
        sources.newest = Some(("--builder".to_owned(), OLDEST));
    }
    sources
}

/// Refuses an image whose tag names a Rust that the project insists on and that is too old.
fn not_too_old(image: &str) -> Result<(), Error> {
    let tag = image.rsplit(':').next().unwrap_or_default();
    let release = tag.split('-').next().unwrap_or_default();
    let mut numbers = release.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < (OLDEST.major, OLDEST.minor) => {
            Err(Error::new(Code::Project, format!("Rust {release} is too old for --builder"))
                .note(format!(
                    "the project's toolchain file asks for it; before {OLDEST}, cargo does not find what"
                ))
                .note("newer ones have fetched")
                .help("leave --builder out, or go by a Dockerfile: cargo scratch dockerfile"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_that_cannot_find_what_was_fetched_is_not_chosen_and_not_obeyed() {
        let of = |minimum: Version, newest: Option<Version>| {
            let newest = newest.map(|version| ("dep".to_owned(), version));
            recent(sources::Sources { minimum: Some(minimum), newest, ..Default::default() }).newest
        };
        assert_eq!(of(Version::new(1, 70, 0), None), Some(("--builder".into(), OLDEST)));
        assert_eq!(of(Version::new(1, 70, 0), Some(Version::new(1, 71, 0))).unwrap().0, "--builder");
        assert_eq!(of(Version::new(1, 70, 0), Some(Version::new(1, 90, 0))).unwrap().0, "dep");
        assert_eq!(of(Version::new(1, 91, 0), None), None);
        assert!(not_too_old("docker.io/library/rust:1.84.1-slim-bookworm").is_err());
        assert!(not_too_old("docker.io/library/rust:1.85-slim-bookworm").is_ok());
        assert!(not_too_old("docker.io/library/rust:1-slim-bookworm").is_ok());
    }
}

//! How a library is built: a small project of its own, compiled in the cache and thrown away, leaves the library.

use super::{Row, fill};
use crate::error::{Code, Error};
use crate::explain::failures::diagnose;
use crate::image::digest::Digest;
use crate::image::platform::Target;
use crate::templates::Source;
use crate::tool::Tool;
use crate::toolchain::cached;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a library is built with.
#[derive(Clone, Debug)]
pub struct Workshop<'a> {
    /// cargo.
    pub cargo: &'a Path,
    /// The folder that all projects share.
    pub cache: &'a Path,
    /// The target.
    pub target: &'a Target,
    /// What cargo must be told to build for the target at all, such as where its standard library is.
    pub arguments: &'a [OsString],
    /// The variables that name the C compiler for the target, each for this target only.
    pub variables: &'a [(OsString, OsString)],
    /// What tells that compiler from another one: program, version, and flags such as those of `CFLAGS`, which build
    /// scripts hear too.
    pub compiler: &'a str,
    /// Whether the network must not be used.
    pub offline: bool,
}

impl Row {
    /// Whether the library is in the cache.
    pub fn is_ready(&self, workshop: &Workshop) -> bool {
        workshop.place(self).is_dir()
    }

    /// The variables that say where the library is, or will be.
    pub fn variables(&self, workshop: &Workshop) -> Vec<(OsString, OsString)> {
        let folder = workshop.place(self);
        let fill = |text| OsString::from(fill(text, workshop.target, &folder));
        self.variables.iter().map(|(name, value)| (fill(name), fill(value))).collect()
    }

    /// The library from the cache, built now if it is not there. cargo's progress is live on the terminal.
    pub fn build(&self, workshop: &Workshop) -> Result<(), Error> {
        let mut variables = Vec::new();
        for row in self.before() {
            row.build(workshop)?;
            variables.extend(row.variables(workshop));
        }
        cached::once(&workshop.place(self), |work, made| self.make(workshop, &variables, work, made))
            .map(drop)
    }

    /// Builds in the folder `work`; what is to be kept goes to `made`.
    fn make(
        &self,
        workshop: &Workshop,
        variables: &[(OsString, OsString)],
        work: &Path,
        made: &Path,
    ) -> Result<(), Error> {
        for template in self.project {
            let text = template.render(&Source { version: self.version })?;
            cached::write(work, template.path, text)?;
        }
        let mut tool = workshop.command(variables, work, made);
        if !self.cflags.is_empty() {
            let name = format!("CFLAGS_{}", workshop.target.underscored());
            let mut told = workshop.variables.iter().filter(|(known, _)| *known == *name);
            let users = told.next().map(|(_, users)| users.to_string_lossy()).unwrap_or_default();
            tool = tool.env(name, format!("{users} {}", self.cflags).trim_start());
        }
        // what the user has for one project must not get into what all share
        let libraries = self.before().filter_map(Row::library).chain(self.library());
        for name in libraries.flat_map(|library| library.users).chain(self.users) {
            tool = tool.env_remove(fill(name, workshop.target, work));
        }
        let (status, said) = tool.watch(|_| {})?;
        if status.success() { Ok(()) } else { Err(self.unbuilt(workshop, &tool, &said)) }
    }

    /// The error of a build that failed; `said` is the last part of what cargo said.
    fn unbuilt(&self, workshop: &Workshop, tool: &Tool, said: &str) -> Error {
        let what = format!("could not build {} for `{}`", self.name, workshop.target);
        let error = Error::new(Code::Tool, what);
        let error = match diagnose(said, workshop.target) {
            Some(diagnosis) => diagnosis.explain(error),
            None => error,
        };
        let error = match self.library().map(|library| (library.packages, library.own)) {
            Some(([package, ..], Some(own))) => error
                .note(format!("`{package}` looks for it"))
                .help(format!("its feature `{own}` builds the library with the project")),
            _ => error,
        };
        let error = error.note(format!("the command was: {tool}"));
        let error = match workshop.offline {
            true => error.help("with the network, once: what is built is kept for all projects"),
            false => error,
        };
        error.help(match self.library() {
            Some(_) => "the line for Cargo.toml: cargo scratch doctor --no-provide",
            None => "leave it out",
        })
    }

    /// All that decides what is built, beside the target and the compiler.
    fn recipe(&self) -> String {
        let own = self.project.iter().map(|template| template.source().to_owned());
        let told = [self.version.to_owned(), self.cflags.to_owned()];
        own.chain(self.before().map(Row::recipe)).chain(told).collect()
    }
}

impl Workshop<'_> {
    /// Where the library of `row` is, or will be.
    pub fn place(&self, row: &Row) -> PathBuf {
        let digest = Digest::of(format!("{}\0{}", self.compiler, row.recipe()).as_bytes());
        self.cache.join("libraries").join(format!(
            "{}-{}-{}-{}",
            row.source,
            row.version,
            self.target,
            &digest.hex()[..16]
        ))
    }

    fn command(&self, variables: &[(OsString, OsString)], project: &Path, made: &Path) -> Tool {
        let tool = Tool::new(self.cargo)
            .args(["build", "--release", "--target-dir=target"])
            .arg(format!("--target={}", self.target))
            .args(self.arguments.iter().cloned())
            .args(self.offline.then_some("--offline"))
            .env("PROVIDE_INTO", made)
            .folder(project);
        let all = self.variables.iter().chain(variables);
        all.fold(tool, |tool, (name, value)| tool.env(name, value))
    }
}

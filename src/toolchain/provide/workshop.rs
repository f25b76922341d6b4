//! Where libraries are built: a folder of the cache for each, that is there whole or not at all.
//!
//! A small project of its own is built in `KEY.partial`, beside its final place `KEY`, under an operating system's
//! lock on `KEY.lock`. What a killed run left has no lock any more, and the next run starts it again.

use super::{Row, fill};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::platform::Target;
use crate::interrupt;
use crate::templates::Source;
use crate::tool::Tool;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How often a run looks whether another one has finished building the same library.
const PATIENCE: Duration = Duration::from_millis(100);

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

/// A library that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// The variables that say where.
    pub variables: Vec<(OsString, OsString)>,
}

impl Row {
    /// The library from the cache, if it is there.
    pub fn ready(&self, workshop: &Workshop) -> Option<Provided> {
        let folder = workshop.place(self);
        folder.is_dir().then(|| self.provided(workshop, &folder))
    }

    /// The library from the cache, built now if it is not there. cargo's progress is live on the terminal.
    pub fn build(&self, workshop: &Workshop) -> Result<Provided, Error> {
        let mut variables = Vec::new();
        for row in self.before() {
            variables.extend(row.build(workshop)?.variables);
        }
        let folder = workshop.place(self);
        if !folder.is_dir() {
            let parent = workshop.cache;
            fs::create_dir_all(parent).map_err(|why| Error::io(Code::Output, "create", parent, &why))?;
            let _lock = locked(&folder.with_extension("lock"))?;
            // the run that held the lock may have built it
            if !folder.is_dir() {
                let partial = folder.with_extension("partial");
                let made = self.make(workshop, &variables, &partial, &folder);
                let _ = fs::remove_dir_all(&partial);
                made?;
            }
        }
        Ok(self.provided(workshop, &folder))
    }

    /// Builds in `partial`, and moves what was made to `folder`.
    fn make(
        &self,
        workshop: &Workshop,
        variables: &[(OsString, OsString)],
        partial: &Path,
        folder: &Path,
    ) -> Result<(), Error> {
        let failed = |why: io::Error| Error::io(Code::Output, "write", partial, &why);
        match fs::remove_dir_all(partial) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(failed(why)),
            _ => {}
        }
        let made = partial.join("made");
        fs::create_dir_all(&made).map_err(failed)?;
        for template in self.project {
            let text = template.render(&Source { version: self.version })?;
            let path = partial.join(template.path);
            fs::create_dir_all(path.parent().unwrap_or(partial))
                .and_then(|()| fs::write(&path, text))
                .map_err(failed)?;
        }
        let mut tool = workshop.command(variables, partial, &made);
        // what the user has for one project must not get into what all share
        for name in self.before().flat_map(|row| row.users).chain(self.users) {
            tool = tool.env_remove(fill(name, workshop.target, folder));
        }
        if !tool.run()?.success() {
            return Err(self.unbuilt(workshop, &tool));
        }
        settle(&made).and_then(|()| fs::rename(&made, folder)).map_err(failed)
    }

    fn unbuilt(&self, workshop: &Workshop, tool: &Tool) -> Error {
        let what = format!("could not build {} for `{}`", self.name, workshop.target);
        let error = Error::new(Code::Tool, what)
            .note(format!("`{}` looks for it", self.package))
            .note(format!("the command was: {tool}"));
        self.fix
            .iter()
            .fold(error, |error, line| error.help(format!("add to [dependencies] of Cargo.toml: {line}")))
    }

    fn provided(&self, workshop: &Workshop, folder: &Path) -> Provided {
        let fill = |text| OsString::from(fill(text, workshop.target, folder));
        let variables = self.variables.iter().map(|(name, value)| (fill(name), fill(value))).collect();
        Provided { variables }
    }

    /// All that decides what is built, beside the target and the compiler.
    fn recipe(&self) -> String {
        let own = self.project.iter().map(|template| template.source().to_owned());
        own.chain(self.before().map(Row::recipe)).chain([self.version.to_owned()]).collect()
    }
}

impl Workshop<'_> {
    /// Where the library of `row` is, or will be.
    pub(super) fn place(&self, row: &Row) -> PathBuf {
        let digest = Digest::of(format!("{}\0{}", self.compiler, row.recipe()).as_bytes());
        // no dot, because the extension tells a library from its lock
        let version = row.version.replace('.', "_");
        self.cache.join(format!("{}-{version}-{}-{}", row.source, self.target, &digest.hex()[..16]))
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

/// The lock, once no other run has it.
fn locked(path: &Path) -> Result<File, Error> {
    let failed = |why: &io::Error| Error::io(Code::Output, "lock", path, why);
    let file = File::create(path).map_err(|why| failed(&why))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(PATIENCE),
            Err(TryLockError::Error(why)) => return Err(failed(&why)),
        }
        interrupt::check()?;
    }
}

/// Makes all files below `folder` durable, so that after a power cut none of them is empty in its final place.
fn settle(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            settle(&path)?;
        } else {
            File::open(path)?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

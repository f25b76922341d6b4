//! What the container engines have in common: an archive goes in on standard input, and what they then call the image
//! must be what we call it.
//!
//! The engines' own programs are used, because they know contexts, remote engines and the keys to them. Their standard
//! output is read and not shown: ours is for results alone.

use super::{Destination, Means};
use crate::config::env::Env;
use crate::error::{Code, Error, bounded};
use crate::image::archive::Archive;
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::tool::{Said, Tool};
use std::ffi::OsString;
use std::fs::File;
use std::time::Duration;

/// How long an engine may think about a question; one behind ssh, or on a cold disk, takes seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer that are kept.
const ANSWER: u64 = 1 << 20;
/// The most lines of an engine's words that are told.
const LINES: usize = 6;

/// What is known of an engine beforehand.
#[derive(Debug)]
pub struct Known {
    /// What errors call it.
    pub name: &'static str,
    /// The programs that speak to it, best first: a name on `PATH`, and the words that always follow.
    pub programs: &'static [(&'static str, &'static [&'static str])],
    /// The option of the program that takes the destination.
    pub option: &'static str,
    /// What a program may say, and what to do about it; the first that is found counts.
    pub advice: &'static [(&'static str, &'static str)],
    /// How to go without it.
    pub instead: &'static str,
}

/// An engine that can be spoken to.
#[derive(Clone, Debug)]
pub struct Engine {
    known: &'static Known,
    /// How to go without it.
    instead: &'static str,
    tool: Tool,
}

impl Engine {
    /// The engine that `destination` names, or else the one that its program chooses.
    ///
    /// # Errors
    /// None of its programs is on `PATH`.
    pub fn find(known: &'static Known, destination: &Destination, means: &Means<'_>) -> Result<Self, Error> {
        let mut engine = Engine::usual(known, known.instead, means.env)?;
        if let Some(name) = destination.name() {
            // one word, so that a name is never taken for an option
            engine.tool = engine.tool.arg(format!("{}={name}", known.option));
        }
        Ok(engine)
    }

    /// The engine that its program chooses; `instead` tells how to go without it.
    ///
    /// # Errors
    /// None of its programs is on `PATH`.
    pub fn usual(known: &'static Known, instead: &'static str, env: &Env) -> Result<Self, Error> {
        let found = known.programs.iter().find_map(|(name, words)| {
            let program = Tool::find(name, env.path())?;
            Some(Tool::new(program).args(words.iter().copied()))
        });
        let tool = found.ok_or_else(|| {
            let names: Vec<_> = known.programs.iter().map(|(name, _)| format!("`{name}`")).collect();
            let what = format!("{} cannot be reached: {} is not on PATH", known.name, names.join(" or "));
            Error::new(Code::Engine, what).help(instead)
        })?;
        Ok(Engine { known, instead, tool })
    }

    /// Its program, with the words that always follow.
    pub fn tool(&self) -> Tool {
        self.tool.clone()
    }

    /// What errors call it.
    pub fn name(&self) -> &'static str {
        self.known.name
    }

    /// What it says to a question that any engine answers.
    ///
    /// # Errors
    /// It cannot be reached, or does not want to talk to this user or this version of its program.
    pub fn answers(&self, question: &[&str]) -> Result<String, Error> {
        let asked = self.question(question.iter().copied(), "does not answer");
        asked.map_err(|error| match error.code() {
            Code::Interrupted => error,
            _ => error.help(self.instead),
        })
    }

    /// Ends `archive` with `files` and feeds it to `words`, for as long as it takes. Returns the archive's size in bytes.
    ///
    /// # Errors
    /// The engine refuses it, or goes away.
    pub fn load(
        &self,
        archive: &mut Archive,
        files: &[(&str, Vec<u8>)],
        words: &[&str],
    ) -> Result<u64, Error> {
        let size = archive.end(files)?;
        let tool = self.tool.clone().args(words);
        let whole = archive.whole()?;
        let doing = archive.progress().begin_reading("Loading", size, &whole);
        let said = tool.clone().file(whole).read_within(Duration::MAX, ANSWER)?;
        drop(doing);
        match said.status.success() {
            true => Ok(size),
            false => Err(self.refused(format!("{} did not take the image", self.known.name), &tool, &said)),
        }
    }

    /// What it says to `words`, after it has taken an image.
    ///
    /// # Errors
    /// It says no; a name that it does not have is one reason.
    pub fn ask<T: Into<OsString>>(&self, words: impl IntoIterator<Item = T>) -> Result<String, Error> {
        self.question(words, "took the image and does not show it")
    }

    /// Has it write one of its images to `file`, for as long as that takes.
    ///
    /// # Errors
    /// It has no such image, or cannot write.
    pub fn save(&self, words: &[&str], file: File) -> Result<(), Error> {
        let tool = self.tool.clone().args(words.iter().copied());
        let said = tool.read_into(file)?;
        match said.status.success() {
            true => Ok(()),
            false => Err(self.refused(format!("{} did not give the image", self.known.name), &tool, &said)),
        }
    }

    /// What it says to `words`, which have it do something; if it does not, the error is that it `failed`.
    ///
    /// # Errors
    /// It says no.
    pub fn does<T: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = T>,
        failed: &str,
    ) -> Result<String, Error> {
        self.question(words, failed)
    }

    /// The same to put things in order, whatever signals arrive and have arrived.
    ///
    /// # Errors
    /// It says no.
    pub fn clears<T: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = T>,
        failed: &str,
    ) -> Result<String, Error> {
        let steadfast = Engine { tool: self.tool.clone().steadfast(), ..self.clone() };
        steadfast.question(words, failed)
    }

    /// What docker and podman know of each of `names`, in this form.
    ///
    /// # Errors
    /// One is missing.
    pub fn inspect(&self, form: &str, names: &[String]) -> Result<Vec<String>, Error> {
        let words = ["image", "inspect", "--format", form].into_iter();
        let said = self.ask(words.chain(names.iter().map(String::as_str)))?;
        let mut lines: Vec<_> = said.lines().map(str::to_owned).collect();
        // what is not told of is not ours
        lines.resize(names.len(), String::new());
        Ok(lines)
    }

    /// Refuses another image than `ours`, of which an engine may know any, under `name`. `theirs` is what it says that
    /// it has, a digest with or without its algorithm.
    pub fn same(&self, name: &str, theirs: &str, ours: &[Digest]) -> Result<(), Error> {
        let hex = theirs.strip_prefix("sha256:").unwrap_or(theirs);
        if ours.iter().any(|digest| digest.hex() == hex) {
            return Ok(());
        }
        let error = Error::new(Code::Engine, format!("{} has another image as {name}", self.known.name));
        let theirs = if hex.is_empty() { "none" } else { theirs };
        let error = error.note(format!("it has {}", bounded(theirs)));
        let ours = ours.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        Err(error
            .note(format!("it was given {ours}"))
            .help("run it again, if somebody else may have loaded it"))
    }

    /// The answer to `words`, or an error that says that the engine `lacks` it.
    fn question<T: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = T>,
        lacks: &str,
    ) -> Result<String, Error> {
        let tool = self.tool.clone().args(words);
        let said = tool.read_within(PATIENCE, ANSWER)?;
        if said.status.success() {
            return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
        }
        let error = self.refused(format!("{} {lacks}", self.known.name), &tool, &said);
        Err(match said.status.code() {
            Some(_) => error,
            None => error.note(format!("it had {} seconds", PATIENCE.as_secs())),
        })
    }

    /// An error with the engine's own words.
    fn refused(&self, what: String, tool: &Tool, said: &Said) -> Error {
        let text = if said.stderr.trim().is_empty() {
            String::from_utf8_lossy(&said.stdout).into_owned()
        } else {
            said.stderr.clone()
        };
        let mut error = Error::new(Code::Engine, what).note(format!("the command was: {tool}"));
        let text = bounded(text.trim());
        if text.is_empty() {
            error = error.note(format!("it said nothing, and ended with {}", said.status));
        }
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(LINES) {
            error = error.note(line.trim_end());
        }
        match self.known.advice.iter().find(|(mark, _)| text.contains(mark)) {
            Some((_, help)) => error.help(*help),
            None => error,
        }
    }
}

/// What to say of a bundle of which an engine gets one image.
pub fn only(bundle: &Bundle) -> Vec<String> {
    let several = !bundle.others.is_empty();
    several.then(|| format!("{} only", bundle.single().target.platform())).into_iter().collect()
}

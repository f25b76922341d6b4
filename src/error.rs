//! What can go wrong and what is worth a look, as values: each has a stable code, and the line to type next.
//!
//! An [`Error`] is one sentence (what), then where, why ([`Error::note`]) and what to do ([`Error::help`]); its [`Code`]
//! gives the exit status. A [`Warning`] is one sentence, and perhaps what to do; it stops nothing. Stages return both;
//! only [`crate::ui`] prints them, and escapes whatever came from outside.

mod code;
mod text;
mod warning;

pub use code::{Code, Exit};
pub use text::{WORDS, bounded, escaped, last_lines, one_line};
pub use warning::{Caution, Warning};

use serde_json::{Value, json};
use std::fmt;
use std::io;
use std::path::Path;

/// What went wrong, where, why, and what to type next.
#[derive(Debug)]
pub struct Error {
    code: Code,
    what: String,
    place: Option<String>,
    notes: Vec<String>,
    help: Vec<String>,
    signal: Option<i32>,
}

impl Error {
    /// One sentence without a full stop, in the lower case of cargo's own messages.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Error { code, what: what.into(), place: None, notes: Vec::new(), help: Vec::new(), signal: None }
    }

    /// A failed system call on `path`: the verb ("read", "write"), the path and the system's reason.
    pub fn io(code: Code, verb: &str, path: &Path, reason: &io::Error) -> Self {
        Error::new(code, format!("could not {verb} `{}`: {}", path.display(), io_reason(reason)))
    }

    /// The run was ended by `signal` (its number); the exit status is 128 + signal, as a shell reports it.
    pub fn interrupted(signal: i32) -> Self {
        Error { signal: Some(signal), ..Error::new(Code::Interrupted, "interrupted") }
    }

    /// The same for who typed `verb`: what helps a choice goes on from there, as `cargo scratch run --bin NAME`.
    #[must_use]
    pub fn said_to(mut self, verb: &str) -> Self {
        if self.code == Code::Selection {
            for help in &mut self.help {
                *help = help.replace("cargo scratch -", &format!("cargo scratch {verb} -"));
            }
        }
        self
    }

    /// The file, key or flag that the error is about.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// Why.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What to do: one line, best one to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The status with which the process ends.
    pub fn exit_status(&self) -> u8 {
        match self.signal {
            Some(signal) => u8::try_from(128 + signal).unwrap_or(130),
            None => self.code.exit() as u8,
        }
    }

    /// What went wrong, in one sentence.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Where, if it has a place.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// Why, a line each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What to do, a line each.
    pub fn helps(&self) -> &[String] {
        &self.help
    }

    /// All of it, for programs.
    pub fn json(&self) -> Value {
        json!({
            "code": self.code.word(),
            "message": self.what,
            "place": self.place,
            "notes": self.notes,
            "help": self.help,
            "exit": self.exit_status(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

/// The system's words without Rust's "(os error 28)", which tells a user nothing.
fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_made_for_the_command_that_was_typed() {
        let helps =
            |code| Error::new(code, "x").help("cargo scratch --bin a").said_to("run").helps().to_vec();
        assert_eq!(helps(Code::Selection), ["cargo scratch run --bin a"]);
        assert_eq!(helps(Code::Engine), ["cargo scratch --bin a"], "another command");
    }

    #[test]
    fn a_signal_is_the_shells_status() {
        assert_eq!(Error::interrupted(2).exit_status(), 130);
        assert_eq!(Error::interrupted(15).exit_status(), 143);
    }

    #[test]
    fn io_errors_name_the_path_and_drop_the_number() {
        let error = Error::io(Code::Output, "write", Path::new("/x/y"), &io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "could not write `/x/y`: No space left on device");
        assert_eq!(error.exit_status(), 5);
    }
}

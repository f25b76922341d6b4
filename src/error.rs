//! What can go wrong, as values: every error has a stable code, an exit status, and the line to type next.
//!
//! An [`Error`] is one sentence (what), then where, why ([`Error::note`]) and what to do ([`Error::help`]).
//! Stages return it; only [`crate::ui`] prints it, and escapes whatever came from outside.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

/// The exit statuses of `cargo scratch`, stable from the first release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// An error in the project or its files.
    Project = 1,
    /// The command line, a variable or a metadata key cannot be understood.
    Usage = 2,
    /// The toolchain lacks something.
    Toolchain = 3,
    /// The program or its image was refused: not static, not sound, too large, or its test failed.
    NotStatic = 4,
    /// An output could not be written.
    Output = 5,
    /// A registry or a daemon refused.
    Remote = 6,
    /// cargo failed to compile (cargo's own status).
    Compile = 101,
}

/// One table for the codes: the variant, the word that users see and search for, the exit status.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $word:literal $exit:ident;)*) => {
        /// The stable code of an error: the word in `error[word]` and in JSON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The word that stands for the code.
            pub fn word(self) -> &'static str {
                match self { $(Code::$variant => $word,)* }
            }

            /// The exit status that goes with the code.
            pub fn exit(self) -> Exit {
                match self { $(Code::$variant => Exit::$exit,)* }
            }
        }
    };
}

codes! {
    /// A flag, a value or a combination of them makes no sense.
    Usage "usage" Usage;
    /// A key of the metadata table, or a value of it or of a variable, is not valid.
    Setting "setting" Usage;
    /// No package, binary or example can be chosen.
    Selection "selection" Usage;
    /// A name cannot stand safely in an image.
    Name "name" Usage;
    /// A target or platform that no image can be made for.
    Platform "platform" Usage;
    /// The project could not be read.
    Project "project" Project;
    /// A file of the project could not be read or may not enter an image.
    Asset "asset" Project;
    /// A manifest of Kubernetes cannot be read, or names what is not there.
    Manifest "manifest" Project;
    /// A generated file is not what the project's metadata gives today.
    Stale "stale" Project;
    /// A file changed while it was read.
    Changed "changed" Project;
    /// cargo, rustc or another tool is missing or does not answer.
    Tool "tool" Toolchain;
    /// The standard library for the target is missing.
    NoStd "no-std" Toolchain;
    /// No linker for the target.
    NoLinker "no-linker" Toolchain;
    /// No C or C++ compiler for the target, and a package that needs one.
    NoCompiler "no-compiler" Toolchain;
    /// A package looks for a native library that there is none of for the target.
    NoLibrary "no-library" Toolchain;
    /// The binary is not proven static.
    NotStatic "not-static" NotStatic;
    /// An image breaks a rule of its specification, or could not start.
    Invalid "invalid-image" NotStatic;
    /// An image did not do in its test what was asked of it.
    Smoke "smoke" NotStatic;
    /// An image has more bytes than `--max-size` allows.
    TooLarge "too-large" NotStatic;
    /// An output could not be written.
    Output "output" Output;
    /// A registry refused, or cannot be reached.
    Registry "registry" Remote;
    /// The user's credentials cannot be read, or their helper failed.
    Credentials "credentials" Remote;
    /// A container engine refused, or cannot be reached.
    Engine "engine" Remote;
    /// This machine does not let this user have a sandbox, or a program cannot start in it.
    Sandbox "sandbox" Remote;
    /// cargo failed.
    Cargo "cargo" Compile;
    /// A signal ended the run.
    Interrupted "interrupted" Compile;
}

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

    /// An error whose message has been printed already: only its status counts.
    pub fn printed(code: Code) -> Self {
        Error::new(code, "")
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

/// The most bytes of somebody else's words in an error.
pub const WORDS: usize = 1 << 10;

/// The first [`WORDS`] bytes of `text`, which a server or another program has said.
pub fn bounded(text: &str) -> String {
    if text.len() <= WORDS {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(WORDS)])
}

/// The last lines of `text`, oldest first, within [`WORDS`] bytes: where a program has failed, its last words tell why.
pub fn last_lines(text: &str) -> Vec<String> {
    let text = text.trim_end();
    let start = text.ceil_char_boundary(text.len().saturating_sub(WORDS));
    let lines = text[start..].lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    lines[lines.len().saturating_sub(12)..].to_vec()
}

/// `text` with every control and bidirectional-override character written out, so that a name from a manifest, a
/// server or a file system cannot move the cursor or reorder a line (the class of CVE-2021-42574 and CVE-2021-25743).
pub fn escaped(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_words() {
        let words: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

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
    fn escaping_leaves_plain_text_and_hides_the_rest() {
        assert!(matches!(escaped("café -rf"), Cow::Borrowed(_)));
        assert_eq!(escaped("a\u{1b}[31mb\nc\u{202e}"), "a\\u{1b}[31mb\\nc\\u{202e}");
        assert_eq!(escaped("\u{9b}1m"), "\\u{9b}1m");
    }

    #[test]
    fn io_errors_name_the_path_and_drop_the_number() {
        let error = Error::io(Code::Output, "write", Path::new("/x/y"), &io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "could not write `/x/y`: No space left on device");
        assert_eq!(error.exit_status(), 5);
    }
}

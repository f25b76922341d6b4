//! The only place that prints: results on standard output, everything else on standard error, as cargo does it.

mod bar;

pub use bar::Watch;

use crate::error::{Code, Error, Warning, escaped};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and warnings.
    Quiet,
    /// One line a step.
    #[default]
    Normal,
    /// The commands and the reasons too.
    Verbose,
}

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people and for shells.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal that takes it, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The word that cargo's own `--color` takes.
    pub fn word(self) -> &'static str {
        match self {
            Color::Auto => "auto",
            Color::Always => "always",
            Color::Never => "never",
        }
    }
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The colours of the help, cargo's own.
pub const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(GOOD)
    .usage(GOOD)
    .literal(NOTE)
    .placeholder(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .valid(NOTE)
    .invalid(WARNING);

/// The most bytes of one line of an error: a manifest may hold a value of megabytes.
const LINE_LIMIT: usize = 16 << 10;

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(LINE_LIMIT)]
}

/// What `print` puts on standard output. A reader that has left (`| head -1`) is no error.
fn written(print: impl FnOnce() -> io::Result<()>) -> Result<(), Error> {
    match bar::without(print) {
        Err(reason) if reason.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&reason)),
        _ => Ok(()),
    }
}

fn unwritten(reason: &io::Error) -> Error {
    Error::io(Code::Output, "write", Path::new("standard output"), reason)
}

/// What a program would see of standard error by itself, if no pipe were between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Its width, if it is a terminal.
    pub columns: Option<u16>,
    /// Whether colour is left to what standard error takes, and it takes colour.
    pub color: bool,
}

/// The version of the objects that programs read: within it a key or a reason keeps its meaning, and new ones may come.
pub const VERSION: u32 = 1;

/// An object of a result, on its way out.
#[derive(Serialize)]
struct Versioned<'a, T> {
    version: u32,
    #[serde(flatten)]
    object: &'a T,
}

/// The two streams, and how to speak on them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ui {
    /// How much is said.
    pub verbosity: Verbosity,
    /// The form of results.
    pub format: Format,
    /// When to colour.
    pub color: Color,
    /// Whether standard output belongs to a program that runs: then nothing of ours goes there.
    pub lent: bool,
    /// Whether a bar may show how far a step is, on a terminal.
    pub progress: bool,
}

impl Ui {
    /// A step that was done: `   Verified hello: static`.
    pub fn status(&self, verb: &str, message: impl Display) {
        self.step(GOOD, verb, &message.to_string());
    }

    /// A step that came to a bad end, which an error tells in full: `     Failed GET /health: …`.
    pub fn failure(&self, verb: &str, message: impl Display) {
        self.step(ERROR, verb, bounded(&message.to_string()));
    }

    fn step(&self, style: Style, verb: &str, message: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(&format!("{style}{verb:>12}{style:#} {}", escaped(message)));
        }
    }

    /// A step that only `-v` shows.
    pub fn detail(&self, verb: &str, message: impl Display) {
        if self.verbosity == Verbosity::Verbose {
            self.status(verb, message);
        }
    }

    /// The same where standard output belongs to a program that runs.
    #[must_use]
    pub fn lent(self) -> Self {
        Ui { lent: true, ..self }
    }

    /// Something to look at that does not stop the run; programs read it on standard output too.
    pub fn warning(&self, warning: &Warning) {
        let what = escaped(bounded(warning.what()));
        let mut text = format!("{WARNING}warning[{}]{WARNING:#}: {what}", warning.code().word());
        for help in warning.helps() {
            text.push_str(&format!("\n  {NOTE}={NOTE:#} help: {}", escaped(bounded(help))));
        }
        self.say(&text);
        self.tell("warning", warning.json());
    }

    /// An error in full: what, where, why, what to type; programs read it on standard output too.
    pub fn error(&self, error: &Error) {
        let what = escaped(bounded(error.what()));
        let mut text = format!("{ERROR}error[{}]{ERROR:#}: {what}", error.code().word());
        let mut line = |mark: &str, label: &str, body: &str| {
            text.push_str(&format!("\n  {NOTE}{mark}{NOTE:#} {label}{}", escaped(bounded(body))));
        };
        if let Some(place) = error.place() {
            line("-->", "", place);
        }
        error.notes().iter().for_each(|note| line("=", "note: ", note));
        error.helps().iter().for_each(|help| line("=", "help: ", help));
        self.say(&text);
        self.tell("error", error.json());
    }

    fn tell(&self, reason: &str, mut object: Value) {
        if self.format == Format::Json && !self.lent {
            object["reason"] = reason.into();
            // standard error has it too; nothing more can be done about a standard output that is closed
            let _ = self.json(&object);
        }
    }

    /// One result in the form that was asked for.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn result(&self, human: impl Display, json: impl FnOnce() -> Value) -> Result<(), Error> {
        match self.format {
            Format::Human => self.line(human),
            Format::Json => self.json(&json()),
        }
    }

    /// One object of the result, on one line, with the version of its form.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn json(&self, object: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(&Versioned { version: VERSION, object });
        self.line(text.map_err(|reason| unwritten(&reason.into()))?)
    }

    /// One line of the result.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn line(&self, line: impl Display) -> Result<(), Error> {
        written(|| {
            let mut out = self.stream(io::stdout().lock());
            writeln!(out, "{line}").and_then(|()| out.flush())
        })
    }

    /// A whole document, to the byte: neither a line end nor an escape sequence is added or taken away.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn document(&self, text: &str) -> Result<(), Error> {
        written(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        })
    }

    /// Shows how far steps are, for as long as the value is there.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::start(*self)
    }

    /// What there is to see of standard error.
    pub fn terminal(&self) -> Terminal {
        let stream = io::stderr();
        // a terminal that does not know its width is none to cargo either
        let size = rustix::termios::tcgetwinsize(&stream).ok();
        let columns = size.map(|size| size.ws_col).filter(|&columns| columns > 0);
        let color = self.color == Color::Auto && AutoStream::choice(&stream) != ColorChoice::Never;
        Terminal { columns, color }
    }

    /// Whether somebody sits at our standard input, and whether at our standard output.
    pub fn seats(&self) -> (bool, bool) {
        (io::stdin().is_terminal(), io::stdout().is_terminal())
    }

    fn say(&self, text: &str) {
        // nowhere to report a standard error that is closed
        let _ = bar::without(|| writeln!(self.stream(io::stderr().lock()), "{text}"));
    }

    fn stream<S: anstream::stream::RawStream>(&self, stream: S) -> AutoStream<S> {
        let choice = match self.color {
            Color::Auto => AutoStream::choice(&stream),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        AutoStream::new(stream, choice)
    }
}

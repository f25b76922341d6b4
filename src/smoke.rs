//! The smoke test of an image: it starts, does what is asked of it in time, and ends when it is told to.
//!
//! ```text
//! start → watch (answers, ports, lines, its own end) → stop → Outcome
//! ```
//!
//! The program has a network of its own, so that no port of this machine is taken and tests run beside each other. What
//! it says is read to its end, so that it never waits for us, and kept within bounds (`output.rs`).

mod condition;
mod ending;
mod http;
mod listeners;
mod outcome;
mod output;
#[cfg(test)]
mod scripted;
mod stop;
mod watch;

pub use condition::{Condition, Get, Request, Stream, port_of, span_of};
pub use outcome::{Check, Outcome, Seen, What};

use crate::config::env::Env;
use crate::error::{Caution, Code, Error, Warning};
use crate::runtime::{Image, Network, Place, Program, Running, Wanted};
use crate::ui::Ui;
use output::Ear;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, PipeWriter};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
pub use stop::StopSignal;

/// What an image must do to pass.
#[derive(Clone, Debug)]
pub struct Test {
    /// What must come true, each once.
    pub conditions: Vec<Condition>,
    /// Within this time from the start on.
    pub timeout: Duration,
    /// How long it may take to end when it is told to; `None` if that is not tested.
    pub grace: Option<Duration>,
}

/// Starts `image` at `place` with the arguments, the mounts and the memory that are `wanted`, a network of its own and
/// nothing on its standard input, and tests it. Each check is told by `ui` when it is over.
///
/// # Errors
/// It could not be started, or a signal arrived. That it failed is no error here: [`Outcome::error`].
pub fn run(
    image: &Image,
    place: &Place,
    wanted: &Wanted,
    test: &Test,
    env: &Env,
    ui: &Ui,
) -> Result<Outcome, Error> {
    let failed = |reason: io::Error| {
        Error::new(Code::Sandbox, "the program cannot be listened to").note(reason.to_string())
    };
    let config = &image.stored()?.settings;
    let stop = |grace| StopSignal::of(&config.stop_signal).map(|signal| (signal, grace));
    let stop = test.grace.map(stop).transpose()?;
    let (stdout, stdout_end) = io::pipe().map_err(failed)?;
    let (stderr, stderr_end) = io::pipe().map_err(failed)?;
    let output = Some((file(stdout_end), file(stderr_end)));

    let begin = Instant::now();
    let wanted = Wanted {
        args: wanted.args.clone(),
        network: Network::Private,
        mounts: wanted.mounts.clone(),
        memory: wanted.memory,
        output,
        ..Wanted::default()
    };
    let mut running = place.start(image, wanted, env)?;
    running.notes().iter().for_each(|note| ui.warning(note));
    let ear = |stream, pipe| Ear::open(stream, pipe, test.patterns(stream), begin, *ui).map_err(failed);
    let ears = [ear(Stream::Stdout, stdout)?, ear(Stream::Stderr, stderr)?];
    let mut outcome = test_running(&mut running, test, stop, ears, begin)?;
    if matches!(running, Running::Container(..)) {
        outcome.unexposed(&condition::tcp_ports(&config.exposed_ports));
    }
    running.leave()?;
    for check in &outcome.checks {
        match &check.fault {
            None => ui.status("Passed", check),
            Some(_) => ui.failure("Failed", check),
        }
    }
    outcome.warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(outcome)
}

fn test_running(
    running: &mut impl Subject,
    test: &Test,
    stop: Option<(StopSignal, Duration)>,
    ears: [Ear; 2],
    begin: Instant,
) -> Result<Outcome, Error> {
    let watched = watch::watch(running, test, &ears, begin).map_err(|error| explained(error, &ears))?;
    let mut outcome = Outcome::new(running.engine(), watched);
    for port in test.ports().into_iter().filter(|port| running.is_private(*port)) {
        let what = format!(
            "port {port} is open on 127.0.0.1 alone: nobody outside of the container reaches it; listen on 0.0.0.0"
        );
        outcome.warnings.push(Warning::new(Caution::PrivatePort, what));
    }
    let held = outcome.checks.iter().all(|check| check.fault.is_none());
    let ends = test.conditions.iter().any(|condition| matches!(condition, Condition::Exit { .. }));
    match stop.filter(|_| held && !ends) {
        Some((signal, grace)) => outcome.stopped(stop::stop(running, signal, grace)?, signal, grace),
        None => running.kill(),
    }
    ears.iter().for_each(|ear| ear.finish(LAST_WORDS));
    outcome.said = ears.map(|ear| (ear.stream(), ear.lines()));
    Ok(outcome)
}

/// An engine's error with what the engine said: it speaks where its program would.
fn explained(error: Error, ears: &[Ear]) -> Error {
    if error.code() != Code::Engine {
        return error;
    }
    let said = ears.iter().flat_map(|ear| {
        ear.finish(LAST_WORDS);
        ear.lines()
    });
    said.fold(error, Error::note)
}

/// How long is listened to a program that has ended, for what it said before: it lies in the pipe.
const LAST_WORDS: Duration = Duration::from_secs(1);

fn file(pipe: PipeWriter) -> File {
    File::from(OwnedFd::from(pipe))
}

impl Test {
    fn patterns(&self, wanted: Stream) -> Vec<regex_lite::Regex> {
        let pattern = |condition: &Condition| match condition {
            Condition::Line { stream, pattern } if *stream == wanted => Some(pattern.clone()),
            _ => None,
        };
        self.conditions.iter().filter_map(pattern).collect()
    }

    /// The ports that are asked, each once.
    fn ports(&self) -> BTreeSet<u16> {
        self.conditions.iter().filter_map(Condition::port).collect()
    }
}

/// A length of time for people.
pub fn span(span: Duration) -> String {
    let micros = span.as_micros().max(100);
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ if micros.is_multiple_of(1_000_000) => format!("{} s", micros / 1_000_000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// What is tested: a program that runs, and its ports.
trait Subject: Program {
    /// Where it runs, in a word.
    fn engine(&self) -> &'static str;
    /// A connection to its `port`.
    fn connect(&self, port: u16) -> io::Result<TcpStream>;
    /// Whether its `port` is known to take connections from inside alone.
    fn is_private(&self, port: u16) -> bool;
}

impl Subject for Running {
    fn engine(&self) -> &'static str {
        Running::engine(self)
    }

    fn connect(&self, port: u16) -> io::Result<TcpStream> {
        Running::connect(self, port)
    }

    fn is_private(&self, port: u16) -> bool {
        match self {
            Running::Sandbox(running) => listeners::loopback_alone(running.pid(), port),
            Running::Container(..) => false, // its connections come from outside
        }
    }
}

#[cfg(test)]
mod tests;

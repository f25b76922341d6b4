//! What came of a test: its checks, its times, and the error that tells those that failed.

use super::condition::{Condition, Stream};
use super::ending;
use super::span;
use super::stop::{StopSignal, Stopped};
use super::watch::Watched;
use crate::error::{Code, Error, Warning};
use crate::explain::runtime::Need;
use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

/// What a test has seen.
#[derive(Debug)]
pub struct Outcome {
    /// Where the program ran, in a word.
    pub engine: &'static str,
    /// The checks that were made, in their order; the stop is the last one.
    pub checks: Vec<Check>,
    /// How the program ended, unless the test ended it.
    pub ended: Option<ExitStatus>,
    /// The first and last lines of its streams.
    pub said: [(Stream, Vec<String>); 2],
    /// What would go wrong elsewhere.
    pub warnings: Vec<Warning>,
    help: Vec<String>,
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// What was looked at.
    pub what: What,
    /// What was seen, if it was good.
    pub seen: Option<Seen>,
    /// Why it failed, if it did.
    pub fault: Option<String>,
}

/// What a check is about.
#[derive(Clone, Debug)]
pub enum What {
    /// A condition.
    Condition(Condition),
    /// That it ends when it gets this signal.
    Stop(StopSignal),
}

/// Something good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How long it took: from the start on, or from the signal on.
    pub after: Duration,
    /// The status of an answer.
    pub status: Option<u16>,
}

impl Outcome {
    /// After the conditions, before the stop.
    pub(super) fn new(engine: &'static str, watched: Watched) -> Self {
        let Watched { checks, ended } = watched;
        let said = [(Stream::Stdout, Vec::new()), (Stream::Stderr, Vec::new())];
        Outcome { engine, checks, help: hint(ended), ended, said, warnings: Vec::new() }
    }

    /// Adds the stop.
    pub(super) fn stopped(&mut self, stopped: Stopped, signal: StopSignal, grace: Duration) {
        let fault = stopped.fault(signal, grace);
        let mut seen = None;
        match stopped {
            Stopped::Before(status) => {
                self.ended = Some(status);
                self.help = hint(fault.as_ref().map(|_| status));
                if fault.is_none() {
                    return; // a program that has done its work
                }
            }
            Stopped::Within(status, after) => {
                self.ended = Some(status);
                self.help = hint(fault.as_ref().map(|_| status));
                seen = Some(Seen { after, status: None }).filter(|_| fault.is_none());
            }
            Stopped::Deaf => self.help = vec![Need::Signals.change().into()],
            Stopped::Late => {
                self.help =
                    vec!["let the handler end the program, or give it more time: --grace TIME".into()];
            }
        }
        self.checks.push(Check { what: What::Stop(signal), seen, fault });
    }

    /// Says what helps where an engine could not reach a port, because the image exposes none but `exposed`.
    pub(super) fn unexposed(&mut self, exposed: &[u16]) {
        let failed = self.checks.iter().filter(|check| check.fault.is_some());
        let ports = failed.filter_map(|check| match &check.what {
            What::Condition(condition) => condition.port(),
            What::Stop(_) => None,
        });
        let hidden = ports.filter(|port| !exposed.contains(port));
        let engine = self.engine;
        let help =
            hidden.map(|port| format!("{engine} reaches only ports that the image exposes: --expose {port}"));
        self.help.extend(help.collect::<Vec<_>>());
    }

    /// From the start until the first condition held.
    pub fn started(&self) -> Option<Duration> {
        let condition = |check: &&Check| matches!(&check.what, What::Condition(condition) if !matches!(condition, Condition::Start));
        self.checks.iter().filter(condition).filter_map(|check| Some(check.seen?.after)).min()
    }

    /// From the signal until the end.
    pub fn stop(&self) -> Option<Duration> {
        let stop = self.checks.iter().find(|check| matches!(check.what, What::Stop(_)))?;
        Some(stop.seen?.after)
    }

    /// The status with which it ended, as a shell has it.
    pub fn exit(&self) -> Option<i32> {
        self.ended.map(ending::code)
    }

    /// The error, if a check failed; `name` is what people call the image.
    pub fn error(&self, name: &str) -> Option<Error> {
        let failed: Vec<_> = self.checks.iter().filter(|check| check.fault.is_some()).collect();
        if failed.is_empty() {
            return None;
        }
        let names: Vec<_> = failed.iter().map(|check| check.what.to_string()).collect();
        let mut error = Error::new(Code::Smoke, format!("`{name}` failed its test: {}", names.join(", ")));
        for check in failed {
            error = error.note(check.to_string());
        }
        for (stream, lines) in self.said.iter().rev().filter(|(_, lines)| !lines.is_empty()) {
            error = error.note(format!("its {}:", stream.words()));
            error = lines.iter().fold(error, |error, line| error.note(format!("  {line}")));
        }
        if self.said.iter().all(|(_, lines)| lines.is_empty()) {
            error = error.note("it said nothing");
        }
        Some(self.help.iter().fold(error, Error::help))
    }
}

/// In one line: `started in 12 ms, GET /health 200 in 15 ms, stopped in 3 ms`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // without a stop to see it: it had ended before
        let done = self.ended.is_some() && self.stop().is_none();
        let started = self.started().map(|after| format!("started in {}", span(after)));
        let mut facts: Vec<_> = started.into_iter().collect();
        facts.extend(self.checks.iter().filter_map(|check| {
            let Seen { after, status } = check.seen?;
            let after = span(after);
            Some(match (&check.what, status) {
                (What::Condition(Condition::Start), _) if done => format!("ended with 0 in {after}"),
                (What::Condition(Condition::Start), _) => format!("still runs after {after}"),
                (What::Condition(what), Some(status)) => format!("{what} {status} in {after}"),
                (What::Condition(what), None) => format!("{what} in {after}"),
                (What::Stop(_), _) => format!("stopped in {after}"),
            })
        }));
        f.write_str(&facts.join(", "))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Condition(condition) => condition.fmt(f),
            What::Stop(_) => f.write_str("stop"),
        }
    }
}

/// `GET /health: 200 after 15 ms`, or why not.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.fault, self.seen) {
            (Some(why), _) => write!(f, "{}: {why}", self.what),
            (None, Some(Seen { after, status: Some(status) })) => {
                write!(f, "{}: {status} after {}", self.what, span(after))
            }
            (None, Some(Seen { after, status: None })) => write!(f, "{} after {}", self.what, span(after)),
            (None, None) => self.what.fmt(f),
        }
    }
}

fn hint(ended: Option<ExitStatus>) -> Vec<String> {
    ended.and_then(ending::hint).into_iter().map(str::to_owned).collect()
}

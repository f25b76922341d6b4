//! `cargo scratch test-image`.

use super::started::Started;
use crate::commands::test_image::{self, Asked};
use crate::config::env::Env;
use crate::error::Error;
use crate::smoke::{self, Condition, Request, Stream};
use crate::ui::Ui;
use clap::ArgMatches;
use regex_lite::Regex;
use std::time::Duration;

const HEADING: &str = "Checks";

#[derive(Debug, clap::Args)]
pub struct TestImage {
    #[command(flatten)]
    checks: Checks,

    #[command(flatten)]
    started: Started,
}

/// What the image must do.
#[derive(Debug, clap::Args)]
struct Checks {
    /// `GET PATH` is answered with STATUS, or any from 200 to 399; the port is the one that the image exposes
    #[arg(long, help_heading = HEADING, value_name = "[:PORT]PATH[=STATUS]")]
    http: Vec<Request>,

    /// The port takes connections
    #[arg(long, help_heading = HEADING, value_name = "PORT", value_parser = smoke::port_of)]
    tcp: Vec<u16>,

    /// A line of standard output fits; `^` and `$` are its ends
    #[arg(long, help_heading = HEADING, value_name = "REGEX", value_parser = pattern)]
    stdout: Vec<Regex>,

    /// A line of standard error fits
    #[arg(long, help_heading = HEADING, value_name = "REGEX", value_parser = pattern)]
    stderr: Vec<Regex>,

    /// The program ends by itself with this status; without any of these it must start, and run for a second or end
    /// with 0
    #[arg(long, help_heading = HEADING, value_name = "CODE")]
    exit: Option<u8>,

    /// Time for all of these
    #[arg(long, help_heading = HEADING, value_name = "TIME", default_value = "30s", value_parser = smoke::span_of)]
    timeout: Duration,

    /// Time to end after the image's stop signal; `docker stop` gives as much
    #[arg(long, help_heading = HEADING, value_name = "TIME", default_value = "10s", value_parser = smoke::span_of)]
    grace: Duration,

    /// Do not test how it stops
    #[arg(long, help_heading = HEADING, conflicts_with = "grace")]
    no_stop: bool,
}

impl TestImage {
    /// Runs the command.
    ///
    /// # Errors
    /// The command's, with the streams to print it on.
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let ui = self.started.ui(env);
        let tested = self.started.origin("test-image", matches, env).and_then(|origin| {
            let wanted = self.started.wanted(env)?;
            test_image::test_image(origin, wanted, &self.checks.asked(), self.started.only_plan, env, &ui)
        });
        tested.map_err(|error| (ui, error))
    }
}

impl Checks {
    fn asked(&self) -> Asked {
        let line = |stream| move |pattern: &Regex| Condition::Line { stream, pattern: pattern.clone() };
        let mut others: Vec<_> = self.tcp.iter().map(|&port| Condition::Tcp { port }).collect();
        others.extend(self.stdout.iter().map(line(Stream::Stdout)));
        others.extend(self.stderr.iter().map(line(Stream::Stderr)));
        others.extend(self.exit.map(|code| Condition::Exit { code }));
        let grace = (!self.no_stop).then_some(self.grace);
        Asked { http: self.http.clone(), others, timeout: self.timeout, grace }
    }
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|reason| reason.to_string())
}

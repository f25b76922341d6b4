//! `cargo scratch test-image`.

use super::Talk;
use crate::commands;
use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::runtime::{Engine, Wanted};
use crate::smoke::{self, Asked, Condition, Stream};
use crate::source::Source;
use crate::ui::Ui;
use clap::ArgMatches;
use regex_lite::Regex;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct TestImage {
    /// An image that is there already, in place of a build: archive, layout, docker:NAME, or a name in a registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<Source>,

    /// Where it runs
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t)]
    engine: Engine,

    #[command(flatten)]
    checks: Checks,

    #[command(flatten)]
    settings: Settings,

    #[command(flatten)]
    cargo: CargoFlags,

    #[command(flatten)]
    talk: Talk,

    /// Arguments of the program, in place of the image's own
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<std::ffi::OsString>,
}

/// What the image must do.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks")]
struct Checks {
    /// `GET PATH` is answered with STATUS, or any from 200 to 399; the port is the one that the image exposes
    #[arg(long, value_name = "[:PORT]PATH[=STATUS]")]
    http: Vec<Asked>,

    /// The port takes connections
    #[arg(long, value_name = "PORT", value_parser = smoke::port_of)]
    tcp: Vec<u16>,

    /// A line of standard output fits; `^` and `$` are its ends
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    stdout: Vec<Regex>,

    /// A line of standard error fits
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    stderr: Vec<Regex>,

    /// The program ends by itself with this status; without any of these it must start, and run for a second or end
    /// with 0
    #[arg(long, value_name = "CODE")]
    exit: Option<u8>,

    /// Time for all of these
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = smoke::span_of)]
    timeout: Duration,

    /// Time to end after the image's stop signal; `docker stop` gives as much
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = smoke::span_of)]
    grace: Duration,

    /// Do not test how it stops
    #[arg(long, conflicts_with = "grace")]
    no_stop: bool,
}

impl TestImage {
    pub fn run(&self, _: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let ui = Ui::from(&self.talk);
        let _ = (&self.settings, &self.cargo);
        let Some(image) = &self.image else {
            return Err((ui, Error::new(Code::Usage, "not yet")));
        };
        let args = (!self.args.is_empty()).then(|| self.args.clone());
        let wanted = Wanted { engine: self.engine, args, ..Wanted::default() };
        commands::test_image::test_image(image, wanted, &self.checks.wanted(), env, &ui)
            .map_err(|error| (ui, error))
    }
}

impl Checks {
    fn wanted(&self) -> commands::test_image::Asked {
        let line = |stream| move |pattern: &Regex| Condition::Line { stream, pattern: pattern.clone() };
        let mut others: Vec<_> = self.tcp.iter().map(|&port| Condition::Tcp { port }).collect();
        others.extend(self.stdout.iter().map(line(Stream::Stdout)));
        others.extend(self.stderr.iter().map(line(Stream::Stderr)));
        others.extend(self.exit.map(|code| Condition::Exit { code }));
        let grace = (!self.no_stop).then_some(self.grace);
        commands::test_image::Asked { http: self.http.clone(), others, timeout: self.timeout, grace }
    }
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|reason| reason.to_string())
}

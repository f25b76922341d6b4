//! What the commands that look at a project have in common: settings, cargo's flags, and how to speak.

use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::config::term::Term;
use crate::plan::Request;
use crate::ui::{Color, Format, Ui, Verbosity};
use clap::ArgMatches;

/// What decides what is built and told.
#[derive(Debug, clap::Args)]
pub struct Wanted {
    #[command(flatten)]
    pub settings: Settings,

    #[command(flatten)]
    pub cargo: CargoFlags,

    #[command(flatten)]
    pub talk: Talk,

    /// Arguments for `cargo build`
    #[arg(last = true, value_name = "CARGO_BUILD_ARGS")]
    pub extra: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Talk {
    /// Say more; twice for cargo's own commands
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing but errors and warnings
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// When to colour [default: as cargo's term.color says, or auto]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,

    /// Form of the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub message_format: Format,
}

impl Talk {
    /// How to speak: as the flags say, and where they say nothing as cargo does.
    pub fn ui(&self, env: &Env) -> Ui {
        let term = Term::of(env);
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => term.verbosity,
            (false, _) => Verbosity::Verbose,
        };
        let (format, color) = (self.message_format, self.color.unwrap_or(term.color));
        let progress = term.progress && verbosity != Verbosity::Quiet;
        Ui { verbosity, format, color, progress, lent: false }
    }
}

/// What a build is asked for.
pub fn request(wanted: &Wanted, matches: &ArgMatches, env: &Env) -> Request {
    request_of(&wanted.cargo, &wanted.talk, &wanted.extra, matches, env)
}

/// The same where not all of it can be said.
pub fn request_of(
    cargo: &CargoFlags,
    talk: &Talk,
    extra: &[String],
    matches: &ArgMatches,
    env: &Env,
) -> Request {
    Request {
        cargo: cargo.clone(),
        flags: Layer::of_flags(matches, env),
        // the first -v is ours
        verbose: talk.verbose.saturating_sub(1),
        quiet: talk.quiet,
        // cargo knows its own configuration
        color: talk.color.unwrap_or_default(),
        extra: extra.to_vec(),
        tag: None,
    }
}

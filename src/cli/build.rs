//! `cargo scratch [build]` and `cargo scratch push`.

use super::wanted::{Wanted, request};
use crate::commands;
use crate::config::env::Env;
use crate::error::Error;
use crate::image::reference::Reference;
use crate::ui::Ui;
use clap::ArgMatches;

#[derive(Debug, clap::Args)]
pub struct Build {
    #[command(flatten)]
    wanted: Wanted,

    /// Print what would be done, and stop
    #[arg(long)]
    dry_run: bool,

    /// Build a second time in another folder, and deliver only what is the same to the byte
    #[arg(long)]
    verify_reproducible: bool,
}

impl Build {
    fn how(&self) -> commands::build::Wanted {
        commands::build::Wanted { dry_run: self.dry_run, twice: self.verify_reproducible }
    }

    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, request) = (self.wanted.talk.ui(env), request(&self.wanted, matches, env));
        commands::build::build(&request, self.how(), env, &ui).map_err(|error| (ui, error))
    }
}

#[derive(Debug, clap::Args)]
pub struct Push {
    /// Name in a registry, e.g. ghcr.io/me/app:1.0 [default: the tags of the settings]
    #[arg(value_name = "REF")]
    names: Vec<Reference>,

    #[command(flatten)]
    build: Build,
}

impl Push {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let wanted = &self.build.wanted;
        let (ui, mut request) = (wanted.talk.ui(env), request(wanted, matches, env));
        // what is named beside `-t` is one more tag, and beside `-o` a registry one more output
        request.flags.add("tag", self.names.iter().map(ToString::to_string));
        request.flags.add("output", ["registry".to_owned()]);
        commands::build::build(&request, self.build.how(), env, &ui).map_err(|error| (ui, error))
    }
}

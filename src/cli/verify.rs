//! `cargo scratch verify FILE|IMAGE...`.

use super::Talk;
use crate::commands;
use crate::config::Registry;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::Error;
use crate::ui::Ui;
use clap::ArgMatches;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// ELF files, and images: archives, layouts, docker:NAME, podman:NAME, or names in a registry
    #[arg(required = true, value_name = "FILE|IMAGE")]
    what: Vec<PathBuf>,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Verify {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, flags) = (self.talk.ui(env), Layer::of_flags(matches, env));
        commands::verify::verify(&self.what, flags, env, &ui).map_err(|error| (ui, error))
    }
}

//! `cargo scratch size`.

use super::wanted::{Wanted, request};
use crate::commands;
use crate::config::env::Env;
use crate::error::Error;
use crate::ui::Ui;
use clap::ArgMatches;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(mut_arg("output", |output| output.hide(true)))]
pub struct Size {
    /// Write a page with a treemap too: one file, for any browser
    #[arg(long, value_name = "FILE", help_heading = "Size")]
    html: Option<PathBuf>,

    /// How many crates and functions to show; 0 for all
    #[arg(long, value_name = "COUNT", default_value_t = 20, help_heading = "Size")]
    top: usize,

    #[command(flatten)]
    wanted: Wanted,
}

impl Size {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, request) = (self.wanted.talk.ui(env), request(&self.wanted, matches, env));
        let shown = commands::size::Shown { html: self.html.as_deref(), top: self.top };
        commands::size::size(&request, &shown, env, &ui).map_err(|error| (ui, error))
    }
}

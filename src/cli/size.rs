//! `cargo scratch size`.

use super::wanted::{Wanted, request};
use crate::commands;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::ui::Ui;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::path::PathBuf;

/// What is about an image that is given away; here nothing leaves.
const WITHOUT: [&str; 3] = ["output", "max_size", "split_debug"];

#[derive(Debug, clap::Args)]
#[command(mut_args(|arg| match WITHOUT.contains(&arg.get_id().as_str()) {
    true => arg.hide(true),
    false => arg,
}))]
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
        let is_said = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
        if let Some(id) = WITHOUT.iter().find(is_said) {
            let what = format!(
                "`--{}` has no place here: `size` shows an image and gives it to nobody",
                id.replace('_', "-")
            );
            return Err((
                ui,
                Error::new(Code::Usage, what).help("cargo scratch build, push and run take it"),
            ));
        }
        let shown = commands::size::Shown { html: self.html.as_deref(), top: self.top };
        commands::size::size(&request, &shown, env, &ui).map_err(|error| (ui, error))
    }
}

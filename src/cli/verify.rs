//! `cargo scratch verify FILE|IMAGE...`.

use super::Talk;
use crate::commands;
use crate::config::env::Env;
use crate::error::Error;
use crate::ui::Ui;
use clap::ArgMatches;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// ELF files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    talk: Talk,
}

impl Verify {
    pub fn run(&self, _: &ArgMatches, _: &Env) -> Result<(), (Ui, Error)> {
        let ui = Ui::from(&self.talk);
        commands::verify::verify(&self.files, &ui).map_err(|error| (ui, error))
    }
}

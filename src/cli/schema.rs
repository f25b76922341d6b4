//! `cargo scratch schema`.

use super::Talk;
use crate::commands;
use crate::config::env::Env;
use crate::error::Error;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
pub struct Schema {
    #[command(flatten)]
    talk: Talk,
}

impl Schema {
    pub fn run(&self, env: &Env) -> Result<(), (Ui, Error)> {
        let ui = self.talk.ui(env);
        commands::schema::schema(&ui).map_err(|error| (ui, error))
    }
}

//! `cargo scratch explain [CODE]`.

use super::Talk;
use crate::commands;
use crate::config::env::Env;
use crate::error::Error;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Word in the brackets of a message, with or without what is around it: usage, error[usage]
    #[arg(value_name = "CODE")]
    code: Option<String>,

    #[command(flatten)]
    talk: Talk,
}

impl Explain {
    pub fn run(&self, env: &Env) -> Result<(), (Ui, Error)> {
        let ui = self.talk.ui(env);
        commands::explain::explain(self.code.as_deref(), &ui).map_err(|error| (ui, error))
    }
}

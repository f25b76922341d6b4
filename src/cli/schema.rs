//! `cargo scratch schema`.

use super::Talk;
use crate::commands;
use crate::error::Error;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
pub struct Schema {
    #[command(flatten)]
    talk: Talk,
}

impl Schema {
    pub fn run(&self) -> Result<(), (Ui, Error)> {
        let ui = Ui::from(&self.talk);
        commands::schema::schema(&ui).map_err(|error| (ui, error))
    }
}

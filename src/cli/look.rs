//! `cargo scratch inspect` and `cargo scratch diff`.

use super::Talk;
use crate::config::Registry;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::source::Source;
use crate::ui::Ui;
use clap::ArgMatches;

#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// Archive, layout, docker:NAME, podman:NAME, or a name in a registry
    #[arg(value_name = "IMAGE")]
    image: Source,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Inspect {
    pub fn run(&self, _: &ArgMatches, _: &Env) -> Result<(), (Ui, Error)> {
        Err((Ui::from(&self.talk), Error::new(Code::Usage, format!("{}: not yet", self.image))))
    }
}

#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The one image
    #[arg(value_name = "IMAGE")]
    from: Source,

    /// The other
    #[arg(value_name = "IMAGE")]
    to: Source,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Diff {
    pub fn run(&self, _: &ArgMatches, _: &Env) -> Result<(), (Ui, Error)> {
        let what = format!("{} {}: not yet", self.from, self.to);
        Err((Ui::from(&self.talk), Error::new(Code::Usage, what)))
    }
}

//! `cargo scratch test-image`.

use super::Talk;
use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::source::Source;
use crate::ui::Ui;
use clap::ArgMatches;

#[derive(Debug, clap::Args)]
pub struct TestImage {
    /// An image that is there already, in place of a build: archive, layout, docker:NAME, or a name in a registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<Source>,

    #[command(flatten)]
    settings: Settings,

    #[command(flatten)]
    cargo: CargoFlags,

    #[command(flatten)]
    talk: Talk,

    /// Arguments of the program, in place of the image's own
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<std::ffi::OsString>,
}

impl TestImage {
    pub fn run(&self, _: &ArgMatches, _: &Env) -> Result<(), (Ui, Error)> {
        let _ = (&self.image, &self.settings, &self.cargo, &self.args);
        Err((Ui::from(&self.talk), Error::new(Code::Usage, "not yet")))
    }
}

//! `cargo scratch inspect` and `cargo scratch diff`.

use super::Talk;
use crate::commands;
use crate::commands::inspect::Wanted;
use crate::config::Registry;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::Error;
use crate::source::Source;
use crate::ui::Ui;
use clap::ArgMatches;

/// The status of a comparison that could not be made, as diff(1) has it.
const TROUBLE: u8 = 2;

#[derive(Debug, clap::Args)]
#[command(mut_arg("no_read_back", |arg| arg.hide(true)))] // it is about a push
pub struct Inspect {
    /// Archive, layout, docker:NAME, podman:NAME, or a name in a registry
    #[arg(value_name = "IMAGE")]
    image: Source,

    /// The one platform to show of several, e.g. linux/arm64
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,

    /// Show all files, however many there are
    #[arg(long)]
    files: bool,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Inspect {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, flags) = (self.talk.ui(env), Layer::of_flags(matches, env));
        let wanted = Wanted { image: &self.image, platform: self.platform.as_deref(), files: self.files };
        commands::inspect::inspect(&wanted, flags, env, &ui).map_err(|error| (ui, error))
    }
}

#[derive(Debug, clap::Args)]
#[command(mut_arg("no_read_back", |arg| arg.hide(true)))] // it is about a push
pub struct Diff {
    /// The one image: archive, layout, docker:NAME, podman:NAME, or a name in a registry
    #[arg(value_name = "FROM")]
    from: Source,

    /// The other
    #[arg(value_name = "TO")]
    to: Source,

    /// The one platform to compare of several, e.g. linux/arm64
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,

    /// End with 1 if there is a difference, as `git diff` does, and with more if they cannot be compared
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Diff {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<u8, (Ui, Error)> {
        let (ui, flags) = (self.talk.ui(env), Layer::of_flags(matches, env));
        let platform = self.platform.as_deref();
        match commands::diff::diff(&self.from, &self.to, platform, flags, env, &ui) {
            Ok(equal) => Ok(u8::from(self.exit_code && !equal)),
            // 1 is taken
            Err(error) if self.exit_code && error.exit_status() == 1 => {
                ui.error(&error);
                Ok(TROUBLE)
            }
            Err(error) => Err((ui, error)),
        }
    }
}

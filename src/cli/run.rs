//! The words of `cargo scratch run`: beside what is started, the network that it has.

use super::started::Started;
use crate::commands::run;
use crate::config::env::Env;
use crate::error::Error;
use crate::runtime::{Network, Publish, Wanted};
use crate::ui::Ui;
use clap::ArgMatches;

#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    started: Started,

    /// Its network: this machine's (with an engine, that engine's usual one), or none but a loopback
    #[arg(long, value_enum, value_name = "NETWORK", default_value_t, help_heading = "Run")]
    network: Network,

    /// Port of this machine that leads to one of the program's; with an engine only; also -p PORT:PORT
    #[arg(long, value_name = "[HOST:]PORT:PORT", conflicts_with = "network", help_heading = "Run")]
    publish: Vec<Publish>,
}

impl Run {
    /// Runs the command and returns the program's status.
    ///
    /// # Errors
    /// The command's, with the streams to print it on.
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<u8, (Ui, Error)> {
        let ui = self.started.ui(env);
        let ran = self.started.origin("run", matches, env).and_then(|origin| {
            let wanted = Wanted {
                network: self.network,
                publish: self.publish.iter().map(ToString::to_string).collect(),
                input: true,
                terminal: ui.seats(),
                ..self.started.wanted(env)?
            };
            run::run(origin, wanted, self.started.only_plan, env, &ui)
        });
        ran.map_err(|error| (ui, error))
    }
}

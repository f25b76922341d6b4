//! The words of `cargo scratch run`: what is run, what it sees of this machine, and where.

use super::Talk;
use crate::commands::run::{self, Origin};
use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::runtime::{Engine, Memory, Mount, Network, Publish, Wanted, binds};
use crate::source::Source;
use crate::ui::Ui;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

/// The settings that say where an image is, not what it is.
const OF_SOURCES: [&str; 3] = ["platform", "insecure_registry", "cacert"];

#[derive(Debug, clap::Args)]
pub struct Run {
    /// An image that is there already, in place of a build: archive, layout, docker:NAME, or a name in a registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<Source>,

    #[command(flatten)]
    container: Container,

    /// Print what would be run and where, and stop
    #[arg(long = "dry-run")]
    only_plan: bool,

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

/// Where a program runs, and what it sees there of this machine.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Run")]
pub struct Container {
    /// Where it runs: auto is the sandbox where this machine allows one, else Docker, else Podman
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t)]
    engine: Engine,

    /// Its network: this machine's (with an engine, that engine's usual one), or none but a loopback
    #[arg(long, value_enum, value_name = "NETWORK", default_value_t)]
    network: Network,

    /// Port of this machine that leads to one of the program's; with an engine only; also -p PORT:PORT
    #[arg(long, value_name = "[HOST:]PORT:PORT", conflicts_with = "network")]
    publish: Vec<Publish>,

    /// File or folder of this machine that the program sees; also -v SRC:DST
    #[arg(long, value_name = "SRC:DST[:ro]")]
    mount: Vec<Mount>,

    /// The most memory that it may use, e.g. 64MB or 64MiB
    #[arg(long, value_name = "SIZE")]
    memory: Option<Memory>,
}

impl Container {
    /// What is wanted of a place, with `args` for the program if there are any; paths are from `env`'s folder.
    ///
    /// # Errors
    /// What is to be mounted is not there.
    pub fn wanted(&self, args: &[std::ffi::OsString], env: &Env) -> Result<Wanted, Error> {
        Ok(Wanted {
            engine: self.engine,
            args: (!args.is_empty()).then(|| args.to_vec()),
            network: self.network,
            publish: self.publish.iter().map(ToString::to_string).collect(),
            mounts: binds(&self.mount, env.folder())?,
            memory: self.memory.map(|memory| memory.0),
            ..Wanted::default()
        })
    }
}

impl Run {
    /// Runs the command and returns the program's status.
    ///
    /// # Errors
    /// The command's, with the streams to print it on.
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<u8, (Ui, Error)> {
        let ui = Ui::from(&self.talk);
        let ran = self.origin(matches, env).and_then(|origin| {
            let wanted = self.container.wanted(&self.args, env)?;
            let wanted = Wanted { input: true, terminal: ui.seats(), ..wanted };
            run::run(origin, wanted, self.only_plan, env, &ui)
        });
        ran.map_err(|error| (ui, error))
    }

    fn origin(&self, matches: &ArgMatches, env: &Env) -> Result<Origin, Error> {
        if said(matches, "output") {
            return Err(Error::new(Code::Usage, "`--output` has no place here: a run writes nothing").help(
                "cargo scratch build --output KIND=DEST     writes; then: cargo scratch run --image DEST",
            ));
        }
        let Some(source) = &self.image else {
            return Ok(Origin::Project(Box::new(super::request_of(
                &self.cargo,
                &self.talk,
                &[],
                matches,
                env,
            ))));
        };
        if let Some(flag) = building(matches) {
            return Err(Error::new(Code::Usage, format!("`--{flag}` says how an image is built"))
                .note(format!("`--image {source}` is there already, and run as it is"))
                .help("leave one of them out"));
        }
        let platform = self.settings.platform.first().map(Target::platform);
        Ok(Origin::There(source.clone(), platform, Layer::of_flags(matches, env)))
    }
}

fn said(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The first flag of the command line that only a build could heed.
fn building(matches: &ArgMatches) -> Option<String> {
    let all = CargoFlags::augment_args(Settings::augment_args(Command::default()));
    let mut flags = all.get_arguments().filter(|arg| !OF_SOURCES.contains(&arg.get_id().as_str()));
    let flag = flags.find(|arg| said(matches, arg.get_id().as_str()))?;
    Some(flag.get_long().unwrap_or_default().to_owned())
}

//! What the commands that start a program have in common: which image, where, and what it sees there of this machine.

use super::Talk;
use crate::commands::run::Origin;
use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::runtime::{Engine, Memory, Mount, Wanted, binds};
use crate::source::Source;
use crate::ui::Ui;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

/// The settings that say where an image is, not what it is.
const OF_SOURCES: [&str; 3] = ["platform", "insecure_registry", "cacert"];

#[derive(Debug, clap::Args)]
pub struct Started {
    /// An image that is there already, in place of a build: archive, layout, docker:NAME, or a name in a registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<Source>,

    /// Where it runs: auto is the sandbox where this machine allows one, else Docker, else Podman
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t, help_heading = "Run")]
    engine: Engine,

    /// File or folder of this machine that the program sees; also -v SRC:DST
    #[arg(long, value_name = "SRC:DST[:ro]", help_heading = "Run")]
    mount: Vec<Mount>,

    /// The most memory that it may use, e.g. 64MB or 64MiB
    #[arg(long, value_name = "SIZE", help_heading = "Run")]
    memory: Option<Memory>,

    /// Print what would be run and where, and stop
    #[arg(long = "dry-run")]
    pub only_plan: bool,

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

impl Started {
    /// How to speak.
    pub fn ui(&self, env: &Env) -> Ui {
        self.talk.ui(env)
    }

    /// What is wanted of a place; paths are from `env`'s folder.
    ///
    /// # Errors
    /// What is to be mounted is not there.
    pub fn wanted(&self, env: &Env) -> Result<Wanted, Error> {
        Ok(Wanted {
            engine: self.engine,
            args: (!self.args.is_empty()).then(|| self.args.clone()),
            mounts: binds(&self.mount, env.folder())?,
            memory: self.memory.map(|memory| memory.0),
            ..Wanted::default()
        })
    }

    /// Where the image comes from; `verb` is the command.
    ///
    /// # Errors
    /// What is said goes not together.
    pub fn origin(&self, verb: &str, matches: &ArgMatches, env: &Env) -> Result<Origin, Error> {
        if said(matches, "output") {
            let help = format!("then: cargo scratch {verb} --image DEST");
            return Err(Error::new(Code::Usage, "`--output` has no place here: a run writes nothing")
                .help(format!("cargo scratch build --output KIND=DEST     writes; {help}")));
        }
        let Some(source) = &self.image else {
            let request = super::request_of(&self.cargo, &self.talk, &[], matches, env);
            return Ok(Origin::Project(Box::new(request)));
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

//! The words of `cargo scratch resolve`: what is built is named by manifests, and every image by `--repo`.

use super::Talk;
use crate::commands::resolve::Wanted;
use crate::config::Settings;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::image::reference::Reference;
use crate::plan::Request;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;

/// The settings that this command decides itself.
const DECIDED: [&str; 3] = ["tag", "output", "by_digest"];

/// The flags of cargo that choose what is built.
const CHOOSING: [&str; 6] = ["package", "workspace", "exclude", "bin", "bins", "example"];

#[derive(Debug, clap::Args)]
#[command(mut_args(|arg| match CHOOSING.contains(&arg.get_id().as_str()) {
    true => arg.hide(true),
    false => arg,
}))]
pub struct Resolve {
    /// Manifest, folder of manifests (*.yaml, *.yml, *.json), or - for standard input
    #[arg(short, long, required = true, value_name = "FILE|DIR", help_heading = "Manifests")]
    filename: Vec<PathBuf>,

    /// Read the folders of a folder too
    #[arg(short = 'R', long, help_heading = "Manifests")]
    recursive: bool,

    /// Tell what is named where and what it would become, and stop
    #[arg(long, help_heading = "Manifests")]
    list: bool,

    /// Tag to push under [default: none, the digest is the only name]
    #[arg(id = "pushed_tag", short = 't', long = "tag", value_name = "TAG", value_parser = tag, help_heading = "Manifests")]
    tag: Option<String>,

    #[command(flatten)]
    _settings: Others,

    #[command(flatten)]
    cargo: CargoFlags,

    #[command(flatten)]
    pub talk: Talk,

    /// Arguments for `cargo build`
    #[arg(last = true, value_name = "CARGO_BUILD_ARGS")]
    extra: Vec<String>,
}

impl Resolve {
    /// What is wanted of the manifests.
    pub fn wanted(&self) -> Wanted {
        Wanted { files: self.filename.clone(), recursive: self.recursive, list: self.list }
    }

    /// What is asked of a build.
    ///
    /// # Errors
    /// A flag of cargo's says what to build.
    pub fn request(&self, matches: &ArgMatches, env: &Env) -> Result<Request, Error> {
        let said = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
        if let Some(flag) = CHOOSING.iter().find(said) {
            return Err(Error::new(Code::Usage, format!("`--{flag}` chooses nothing here"))
                .note("what is built is what the manifests name")
                .help("scratch://PACKAGE, or scratch://PACKAGE/BIN where a package has several binaries"));
        }
        let mut request = super::request_of(&self.cargo, &self.talk, &self.extra, matches, env);
        request.flags.add("output", ["registry".to_owned()]);
        request.flags.add("by-digest", [self.tag.is_none().to_string()]);
        request.tag.clone_from(&self.tag);
        Ok(request)
    }
}

fn tag(text: &str) -> Result<String, String> {
    let any: Reference = "app".parse()?;
    any.tagged(text).map(|_| text.to_owned())
}

/// All settings but those that are decided; what they say is read by [`crate::config::layers::Layer::of_flags`].
#[derive(Debug)]
struct Others;

impl Args for Others {
    fn augment_args(command: Command) -> Command {
        let all = Settings::augment_args(Command::default());
        let is_other = |arg: &&Arg| !DECIDED.contains(&arg.get_id().as_str());
        command.args(all.get_arguments().filter(is_other).cloned().collect::<Vec<_>>())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Others::augment_args(command)
    }
}

impl FromArgMatches for Others {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Others)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
        Ok(())
    }
}

//! The words of the commands that write files: those of a build, but that `-o` names a file.

use super::Wanted;
use super::made::Made;
use crate::commands::dockerfile::dockerfile;
use crate::commands::generated::Act;
use crate::commands::init::init;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::generate::dockerfile::Style;
use crate::generate::{KINDS, Request};
use crate::plan;
use crate::tool;
use crate::ui::Ui;
use clap::builder::{PossibleValue, PossibleValuesParser};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(mut_arg("output", |output| output.short(None).long("image-output").hide(true)))]
#[command(mut_arg("extra", |extra| extra.hide(true)))]
pub struct Dockerfile {
    /// File to write; without it, or with `-`, the text goes to standard output
    #[arg(id = "file", short = 'o', long = "output", value_name = "FILE", help_heading = "File")]
    file: Option<PathBuf>,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    pub wanted: Wanted,
}

#[derive(Debug, clap::Args)]
#[command(mut_arg("output", |output| output.short(None).long("image-output").hide(true)))]
#[command(mut_arg("extra", |extra| extra.hide(true)))]
pub struct Init {
    /// What to write [default: what such a project usually has]
    #[arg(value_name = "FILE", value_parser = PossibleValuesParser::new(kinds()))]
    files: Vec<String>,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    pub wanted: Wanted,
}

/// How files are made, and what is done with them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "File")]
struct How {
    /// How the Dockerfile makes the image
    #[arg(long, value_enum, value_name = "STYLE", default_value_t)]
    style: Style,

    /// Image to build in, e.g. of a mirror [default: the rust image for the project's Rust]
    #[arg(long, value_name = "IMAGE")]
    base: Option<String>,

    /// Name that image with its digest: the one that the file has already, else (or with --force) the registry's today
    #[arg(long)]
    pin: bool,

    /// Write over files that are there and differ
    #[arg(long)]
    force: bool,

    /// Write nothing; fail with a diff if what is there is not what the project gives today
    #[arg(long, conflicts_with = "force")]
    check: bool,
}

impl How {
    fn request(&self, made: Made) -> Request {
        Request {
            made: made.text,
            style: self.style,
            base: self.base.clone(),
            pin: self.pin,
            ..Request::default()
        }
    }
}

impl Dockerfile {
    /// Runs the command.
    pub fn run(&self, request: &plan::Request, made: Made, env: &Env, ui: &Ui) -> Result<(), Error> {
        shareable(request)?;
        let file = self.file.as_deref().filter(|file| *file != Path::new("-"));
        let act = match self.how {
            How { check: true, .. } => Act::Check,
            How { force, .. } if file.is_some() || (force && self.file.is_none()) => Act::Write(force),
            _ => Act::Print,
        };
        dockerfile(request, &self.how.request(made), file, &act, env, ui)
    }
}

impl Init {
    /// Runs the command.
    pub fn run(&self, request: plan::Request, made: Made, env: &Env, ui: &Ui) -> Result<(), Error> {
        shareable(&request)?;
        if self.how.style == Style::Builder {
            return Err(Error::new(
                Code::Usage,
                "`--style builder` makes no image, and goes to a file of its own",
            )
            .help("with the others: cargo scratch init dockerfile builder")
            .help("alone: cargo scratch init builder"));
        }
        let act = if self.how.check { Act::Check } else { Act::Write(self.how.force) };
        init(request, &self.how.request(made), &self.files, &act, env, ui)
    }
}

/// Refuses what cannot stand in a file that others read and build from.
fn shareable(request: &plan::Request) -> Result<(), Error> {
    // it may be anything, and nobody can tell whether it means the same on another machine
    if let Some(word) = request.extra.first() {
        return Err(Error::new(Code::Usage, format!("`{word}` cannot stand after `--` here")).note(
            "a generated file is made from the options that are known: -F, --profile, --config and the like",
        ));
    }
    if let Some(value) = request.cargo.config.iter().find(|value| tool::has_secret(value)) {
        let key = value.split('=').next().unwrap_or_default();
        return Err(Error::new(Code::Usage, format!("`--config {key}` is a secret"))
            .note("a generated file is read by everybody who has the project")
            .help(
                "leave it out: a Dockerfile takes the tokens of registries when it is built, and says how",
            ));
    }
    Ok(())
}

/// The kinds of files, with what each is.
fn kinds() -> impl Iterator<Item = PossibleValue> {
    KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.about))
}

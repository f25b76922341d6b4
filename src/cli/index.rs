//! `cargo scratch index REF DIGEST...`.

use super::Talk;
use crate::commands;
use crate::config::Registry;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::Error;
use crate::image::reference::Reference;
use crate::ui::Ui;
use clap::ArgMatches;

#[derive(Debug, clap::Args)]
pub struct Index {
    /// Name of the whole, e.g. ghcr.io/me/app:1.0
    #[arg(value_name = "REF")]
    name: Reference,

    /// Digests of images in the same repository, alone or as NAME@DIGEST
    #[arg(required = true, value_name = "DIGEST")]
    digests: Vec<String>,

    /// Another name of the whole
    #[arg(short, long, value_name = "REF")]
    tag: Vec<Reference>,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Index {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, layer) = (self.talk.ui(env), Layer::of_flags(matches, env));
        let names: Vec<_> = std::iter::once(&self.name).chain(&self.tag).cloned().collect();
        commands::index::index(&names, &self.digests, layer, env, &ui).map_err(|error| (ui, error))
    }
}

//! `cargo scratch verify FILE|IMAGE...`.

use super::Talk;
use crate::commands;
use crate::commands::vouched::{Asked, Which, Words};
use crate::config::Registry;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::Error;
use crate::signature::Identity;
use crate::ui::Ui;
use clap::ArgMatches;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// ELF files, and images: archives, layouts, docker:NAME, podman:NAME, or names in a registry
    #[arg(required = true, value_name = "FILE|IMAGE")]
    what: Vec<PathBuf>,

    /// Ask who vouches for where images come from, too: by what lies beside them or refers to them, or by this file
    ///
    /// A statement counts that is about the very bytes of the image. Without --key or an identity, a signature is not checked, and a statement without one is shown.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Provenance")]
    provenance: Option<Which>,

    /// Take only statements that are signed with the private half of this public key
    #[arg(
        long,
        value_name = "FILE",
        requires = "provenance",
        conflicts_with = "certificate_identity",
        help_heading = "Provenance"
    )]
    key: Option<PathBuf>,

    /// Take only statements that this identity has signed, an address or that of a workflow; asks cosign
    #[arg(long, value_name = "ID", requires_all = ["provenance", "certificate_oidc_issuer"], help_heading = "Provenance")]
    certificate_identity: Option<String>,

    /// The issuer of the tokens that the identity proves itself with
    #[arg(long, value_name = "URL", requires = "certificate_identity", help_heading = "Provenance")]
    certificate_oidc_issuer: Option<String>,

    #[command(flatten)]
    registry: Registry,

    #[command(flatten)]
    talk: Talk,
}

impl Verify {
    pub fn run(&self, matches: &ArgMatches, env: &Env) -> Result<(), (Ui, Error)> {
        let (ui, flags) = (self.talk.ui(env), Layer::of_flags(matches, env));
        let verified = self
            .asked(env)
            .and_then(|asked| commands::verify::verify(&self.what, asked.as_ref(), flags, env, &ui));
        verified.map_err(|error| (ui, error))
    }

    fn asked(&self, env: &Env) -> Result<Option<Asked>, Error> {
        let Some(which) = &self.provenance else { return Ok(None) };
        let identity = self.certificate_identity.clone().zip(self.certificate_oidc_issuer.clone());
        let identity = identity.map(|(name, issuer)| Identity { name, issuer });
        let words = Words { which: which.clone(), key: self.key.clone(), identity };
        Asked::of(&words, env).map(Some)
    }
}

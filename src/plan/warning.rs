//! What a plan would have the user look at, and who is warned of what.

use super::{Certificates, ImagePlan};
use crate::image::reference::Reference;
use std::fmt;
use std::path::PathBuf;

/// Something that does not stop the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A variable that looks like a setting and is none, and the nearest that is one.
    UnknownVariable(String, Option<String>),
    /// An image whose name is not the binary's.
    Renamed(String, String),
    /// A `--copy` source that is not there yet.
    NotThere(PathBuf),
    /// A variable of the image that looks like a secret.
    Secret(String),
    /// Of so many certificates so many have expired, and the name of the first.
    Expired(usize, usize, String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::UnknownVariable(name, None) => write!(f, "the variable {name} is no setting"),
            Warning::UnknownVariable(name, Some(near)) => {
                write!(f, "the variable {name} is no setting; did you mean {near}?")
            }
            Warning::Renamed(bin, name) => {
                write!(f, "`{bin}` is no image name, the image is called `{name}` (choose with --tag)")
            }
            Warning::NotThere(path) => write!(f, "`{}` is not there yet", path.display()),
            Warning::Secret(name) => {
                write!(f, "the variable {name} looks like a secret; whoever has the image can read it")
            }
            Warning::Expired(all, expired, first) if all == expired => {
                write!(
                    f,
                    "every certificate of the image has expired, e.g. `{first}`: no server can be trusted"
                )
            }
            Warning::Expired(all, expired, first) => {
                write!(f, "{expired} of the image's {all} certificates have expired, e.g. `{first}`")
            }
        }
    }
}

/// Whether the value of a variable with this name is one that nobody should read.
pub fn is_secret(name: &str) -> bool {
    let words = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"];
    words.iter().any(|word| name.to_uppercase().contains(word))
}

/// Those of one image.
pub fn warnings_of(image: &ImagePlan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let secret = |name: &&String| is_secret(name);
    warnings.extend(image.recipe.run.env.keys().filter(secret).cloned().map(Warning::Secret));
    warnings.extend(image.certificates.as_ref().and_then(Certificates::expired));
    let missing = image.copies.iter().filter(|copy| copy.source.symlink_metadata().is_err());
    warnings.extend(missing.map(|copy| Warning::NotThere(copy.source.clone())));
    if let Some(tag) = image.tags.first() {
        let name = tag.to_string();
        let name = name.split(':').next().unwrap_or_default();
        if Reference::slug(&image.bin).as_deref() == Some(name) && name != image.bin {
            warnings.push(Warning::Renamed(image.bin.clone(), name.to_owned()));
        }
    }
    warnings
}

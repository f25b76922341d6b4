//! What a plan would have the user look at, and who is warned of what.

use super::{Certificates, ImagePlan};
use crate::error::{Caution, Warning};
use crate::image::reference::Reference;
use std::path::Path;

/// A variable that looks like a setting and is none, and the nearest that is one.
pub fn unknown_variable(name: &str, near: Option<&str>) -> Warning {
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Warning::new(Caution::UnknownVariable, format!("the variable {name} is no setting{near}"))
}

/// A variable of the image that looks like a secret.
pub fn secret(name: &str) -> Warning {
    let what = format!("the variable {name} looks like a secret; whoever has the image can read it");
    Warning::new(Caution::Secret, what)
}

/// Of so many certificates so many have expired, and the name of the first.
pub fn expired(all: usize, expired: usize, first: &str) -> Warning {
    let what = match all == expired {
        true => {
            format!("every certificate of the image has expired, e.g. `{first}`: no server can be trusted")
        }
        false => format!("{expired} of the image's {all} certificates have expired, e.g. `{first}`"),
    };
    Warning::new(Caution::ExpiredCertificates, what)
}

/// An image whose name is not the binary's.
fn renamed(bin: &str, name: &str) -> Warning {
    let what = format!("`{bin}` is no image name, the image is called `{name}` (choose with --tag)");
    Warning::new(Caution::Renamed, what)
}

/// A `--copy` source that is not there yet.
fn not_there(path: &Path) -> Warning {
    Warning::new(Caution::NotThere, format!("`{}` is not there yet", path.display()))
}

/// Whether the value of a variable with this name is one that nobody should read.
pub fn is_secret(name: &str) -> bool {
    let words = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"];
    words.iter().any(|word| name.to_uppercase().contains(word))
}

/// Those of one image.
pub fn warnings_of(image: &ImagePlan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let hidden = |name: &&String| is_secret(name);
    warnings.extend(image.recipe.run.env.keys().filter(hidden).map(|name| secret(name)));
    warnings.extend(image.certificates.as_ref().and_then(Certificates::expired));
    let missing = image.copies.iter().filter(|copy| copy.source.symlink_metadata().is_err());
    warnings.extend(missing.map(|copy| not_there(&copy.source)));
    if let Some(tag) = image.tags.first() {
        let name = tag.to_string();
        let name = name.split(':').next().unwrap_or_default();
        if Reference::slug(&image.bin).as_deref() == Some(name) && name != image.bin {
            warnings.push(renamed(&image.bin, name));
        }
    }
    warnings
}

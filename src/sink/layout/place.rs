//! What may stand where a layout is to be: nothing, an empty folder, or a layout of the one version that there is.

use super::index;
use crate::error::{Code, Error};
use crate::sink::{Means, folder};
use crate::temporary;
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The one version of the layout (OCI image spec, image-layout.md, "oci-layout file").
const VERSION: &str = "1.0.0";

/// Whether there is a layout at `path` that images can be added to, or could be.
///
/// # Errors
/// What stands there is not ours to change.
pub fn usable(path: &Path, means: &Means<'_>) -> Result<(), Error> {
    if !folder::usable(path, means, &refused)? || !is_layout(path)? {
        return Ok(());
    }
    for name in ["blobs", "blobs/sha256"] {
        let blobs = path.join(name);
        match fs::metadata(&blobs) {
            Ok(status) if status.is_dir() => folder::writable(&blobs, &blobs)?,
            Ok(_) => return Err(refused(path, &format!("its `{name}` is not a folder"))),
            Err(_) if blobs.is_symlink() => {
                return Err(refused(path, &format!("its `{name}` is a link that leads nowhere")));
            }
            // a run was killed before it had made them
            Err(reason) if reason.kind() == ErrorKind::NotFound => {}
            Err(reason) => return Err(Error::io(Code::Output, "write", &blobs, &reason)),
        }
    }
    index::read(&path.join("index.json")).map(drop)
}

/// Whether the folder `path` is marked as a layout, and not merely empty.
fn is_layout(path: &Path) -> Result<bool, Error> {
    let mark = path.join("oci-layout");
    // a further look is for another run that has made it meanwhile: what stands there is then read, or refused
    loop {
        if let Some(said) = index::document(&mark)? {
            return match said.get("imageLayoutVersion").and_then(Value::as_str) {
                Some(VERSION) => Ok(true),
                Some(other) => {
                    let other: String = other.chars().take(40).collect();
                    Err(refused(path, &format!("it is an image layout of version {other}"))
                        .note(format!("the version that is written here is {VERSION}")))
                }
                None => Err(refused(path, "its `oci-layout` names no version")),
            };
        }
        let unreadable = |reason| Error::io(Code::Output, "read", path, &reason);
        let mut marked_by_now = false;
        let mut foreign = None;
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            marked_by_now |= name == "oci-layout";
            if !temporary::is_for(&name, "oci-layout") {
                foreign = Some(name);
            }
        }
        match foreign {
            None => return Ok(false),
            Some(_) if marked_by_now => {}
            Some(name) => {
                let name: String = name.to_string_lossy().chars().take(100).collect();
                return Err(refused(path, &format!("it holds `{name}` and is no image layout")));
            }
        }
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Code::Output, format!("could not write a layout to `{}`: {why}", path.display()))
        .help("name a new or empty folder, or an image layout: -o oci-dir=DIR")
}

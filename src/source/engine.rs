//! Images of engines, by their own `save`.

use super::Name;
use super::room::Room;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::sink::engine::{Engine, Known};
use crate::sink::{docker, podman};
use std::fs::File;

/// What engines say of an image that they have not.
const ABSENT: [&str; 3] = ["No such image", "image not known", "reference does not exist"];

/// An engine that images are taken from.
pub struct From {
    known: &'static Known,
    /// The words that save, before the name.
    save: fn(&Engine, &str) -> Result<&'static [&'static str], Error>,
    /// What gets one that it has not.
    pull: &'static str,
}

/// The Docker Engine.
pub const DOCKER: From = From { known: &docker::KNOWN, save: |_, _| Ok(&["save"]), pull: "docker pull" };

/// Podman.
pub const PODMAN: From = From { known: &podman::KNOWN, save: in_its_own_form, pull: "podman pull" };

/// Podman writes either form of archive from either kind of image. In the form of the other kind an image has another
/// configuration, and so another id.
fn in_its_own_form(engine: &Engine, name: &str) -> Result<&'static [&'static str], Error> {
    let kind =
        engine.does(["image", "inspect", "--format", "{{.ManifestType}}", name], "did not give the image")?;
    Ok(match kind.contains("vnd.docker.") {
        true => &["save", "--quiet", "--format", "docker-archive"],
        false => &["save", "--quiet", "--format", "oci-archive"],
    })
}

/// A name or an id that an engine may know, and that is none of its options.
///
/// # Errors
/// It is neither.
pub fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is neither the name nor the id of an image")),
    }
}

/// The archive of `name`, in a file without a name.
///
/// # Errors
/// The engine cannot be reached, or has no such image.
pub fn save(from: &From, name: &str, env: &Env) -> Result<File, Error> {
    let engine =
        Engine::usual(from.known, "an archive needs no engine: save it there, and name the file", env)?;
    let room = Room::new()?;
    let saved =
        (from.save)(&engine, name).and_then(|words| engine.save(&[words, &[name]].concat(), room.again()?));
    match saved {
        Ok(()) => Ok(room.file),
        Err(error) if is_absent(&error) => Err(match name.parse::<Name>() {
            Ok(_) => error.help(format!("{} {name}, or name it where it is: registry:{name}", from.pull)),
            Err(_) => error,
        }),
        Err(error) => Err(room.explain(error)),
    }
}

fn is_absent(error: &Error) -> bool {
    error.code() == Code::Engine
        && error.notes().iter().any(|note| ABSENT.iter().any(|words| note.contains(words)))
}

//! Images of engines, by their own `save`.

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::sink::engine::{Engine, Known};
use crate::sink::{docker, podman};
use std::fs::File;
use std::path::Path;

/// An engine that images are taken from.
pub struct From {
    known: &'static Known,
    /// The words that save, before the path and the name.
    words: &'static [&'static str],
    /// What the engine calls one that it has not.
    pull: &'static str,
}

/// The Docker Engine.
pub const DOCKER: From = From { known: &docker::KNOWN, words: &["save"], pull: "docker pull" };

/// Podman. It keeps the digest of the manifest in an archive of OCI's alone.
pub const PODMAN: From = From {
    known: &podman::KNOWN,
    words: &["save", "--quiet", "--format", "oci-archive"],
    pull: "podman pull",
};

/// A name or an id that an engine may know, and that is none of its options.
///
/// # Errors
/// It is neither.
pub fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("it is not followed by the name or the id of an image".into()),
    }
}

/// The archive of `name`, in a file without a name.
///
/// # Errors
/// The engine cannot be reached, or has no such image.
pub fn save(from: From, name: &str, env: &Env) -> Result<File, Error> {
    let failed = |reason: &std::io::Error| {
        Error::io(Code::Output, "write in", &std::env::temp_dir(), reason)
            .help("set TMPDIR to a folder that can be written")
    };
    let engine =
        Engine::usual(from.known, "an archive needs no engine: save it there, and name the file", env)?;
    // a folder of its own, because the engine's program writes beside the path before it renames
    let folder = tempfile::tempdir().map_err(|reason| failed(&reason))?;
    let path = folder.path().join("image.tar");
    let words = from.words.iter().map(|word| Path::new(word).as_os_str().to_owned());
    let words = words.chain(["--output".into(), path.clone().into_os_string(), name.into()]);
    engine.save(words).map_err(|error| match error.code() {
        Code::Interrupted => error,
        _ => error.help(format!("{} {name}, or name it where it is: registry:{name}", from.pull)),
    })?;
    File::open(&path).map_err(|reason| failed(&reason))
}

//! Outputs: where an image goes. One row of [`KINDS`] an output; help, errors and validation read the table.

pub mod archive;

use crate::config::layers::nearest;
use crate::config::values::Output;
use crate::error::{Code, Error};
use crate::image::Image;
use crate::image::compression::Compression;
use crate::image::digest::Digest;
use crate::image::reference::Reference;
use std::path::{Path, PathBuf};

/// An output.
#[derive(Debug)]
pub struct Kind {
    /// What `-o` calls it.
    pub name: &'static str,
    /// The ending of a file whose name is not given.
    pub ending: &'static str,
    /// Whether `docker load` must be able to read it.
    pub docker: bool,
}

/// Every output.
pub const KINDS: &[Kind] = &[
    Kind { name: "docker-archive", ending: "tar", docker: true },
    Kind { name: "oci-archive", ending: "oci.tar", docker: false },
];

/// An output and its place.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The row.
    pub kind: &'static Kind,
    /// Absolute, unless the current folder is gone.
    pub path: PathBuf,
}

impl Destination {
    /// The docker archive of `bin` in `folder`.
    pub fn default_in(folder: &Path, bin: &str) -> Self {
        Destination { kind: &KINDS[0], path: folder.join(format!("{bin}.{}", KINDS[0].ending)) }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The output's kind.
    pub kind: &'static str,
    /// Its place.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of the manifest.
    pub manifest: Digest,
    /// The digest of the configuration, docker's image id.
    pub config: Digest,
}

/// The destination that `output` names, from `folder`; one that ends in `/` holds a file called after `bin`.
pub fn destination(output: &Output, folder: &Path, bin: &str) -> Result<Destination, Error> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == output.kind) else {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        let error = Error::new(Code::Usage, format!("no output is called `{}`", output.kind));
        return Err(match nearest(&output.kind, names.iter().copied()) {
            Some(near) => error.help(format!("did you mean `-o {near}`?")),
            None => error.help(format!("the outputs are {}", names.join(", "))),
        });
    };
    let file = format!("{bin}.{}", kind.ending);
    let path = match &output.destination {
        Some(path) if path.to_string_lossy().ends_with('/') => folder.join(path).join(file),
        Some(path) => folder.join(path),
        None => folder.join(file),
    };
    Ok(Destination { kind, path })
}

/// Refuses what the outputs together cannot do, before anything is built.
pub fn check(destinations: &[Destination], compression: Compression) -> Result<(), Error> {
    let docker = destinations.iter().find(|destination| destination.kind.docker);
    if let (Some(docker), Compression::Zstd(_)) = (docker, compression) {
        return Err(Error::new(Code::Usage, format!("a {} cannot carry zstd layers", docker.kind.name))
            .note("docker load and skopeo read gzip and plain layers from it")
            .help("--compression gzip, or --output oci-archive"));
    }
    Ok(())
}

/// Refuses places that cannot be written, before a long build: `created` is a folder that will be there in time.
pub fn reachable(destinations: &[Destination], created: &Path) -> Result<(), Error> {
    destinations.iter().try_for_each(|destination| archive::reachable(&destination.path, created))
}

/// Gives `image`, whose archive was created for the first destination, to all of them.
pub fn deliver(
    image: Image,
    tags: &[Reference],
    destinations: &[Destination],
) -> Result<Vec<Receipt>, Error> {
    archive::deliver(image, tags, destinations)
}

//! Outputs: where an image goes. One row of [`KINDS`] and one file an output; help, errors and validation read the
//! table.
//!
//! Every output of an image gets the same blobs, out of the one archive that the image was written into; an output that
//! is an archive file is that archive itself, or a copy of its blobs. An output of files gets the layers.

mod archive;
mod beside;
mod containerd;
pub mod docker;
mod earlier;
pub mod engine;
mod folder;
mod layout;
pub mod podman;
mod registry;
mod rootfs;

pub use beside::{real, stem};
pub use earlier::{Earlier, keep};

use crate::cache::Cache;
use crate::config::env::Env;
use crate::config::layers::nearest;
use crate::config::values::Output;
use crate::error::{Code, Error, Warning};
use crate::image::archive::Archive;
use crate::image::attachment::Attachment;
use crate::image::bundle::Bundle;
use crate::image::compression::Compression;
use crate::image::digest::Digest;
use crate::image::layer::Layer;
use crate::image::reference::Reference;
use crate::progress::Progress;
use crate::registry::{Access, Client};
use std::fs::File;
use std::path::{Path, PathBuf};

/// An output.
#[derive(Debug)]
pub struct Kind {
    /// What `-o` calls it.
    pub name: &'static str,
    /// What DEST is.
    pub takes: Takes,
    /// Whether layers may be compressed with zstd.
    pub zstd: bool,
    /// What is said when it starts, for those that may take long, and when it is done.
    pub verbs: (Option<&'static str>, &'static str),
    turn: Turn,
    check: fn(&Destination, &[Reference], &Means<'_>) -> Result<(), Error>,
    deliver: fn(&mut Delivery<'_>, &Destination) -> Result<Receipt, Error>,
}

/// What stands after `KIND=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A file, with the ending that it has by default.
    File(&'static str),
    /// A folder, with the name that it has by default.
    Folder(&'static str),
    /// A folder of files, with the name that it has by default among the archives.
    Files(&'static str),
    /// A name, of what; it may be left out.
    Name(&'static str),
    /// The name of an image in a registry, in place of the tags.
    Reference,
}

/// When it is an output's turn: an engine is fed the archive with an end of its own, which must not happen to a file
/// that has its name; and what others will see comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Engine,
    File,
    Registry,
}

/// Every output.
pub const KINDS: &[Kind] = &[
    archive::DOCKER,
    archive::OCI,
    layout::KIND,
    rootfs::KIND,
    docker::KIND,
    podman::KIND,
    containerd::KIND,
    registry::KIND,
];

/// An output and its place.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The row.
    pub kind: &'static Kind,
    /// Where to.
    pub place: Place,
}

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file or folder; absolute, unless the current folder is gone.
    Path(PathBuf),
    /// What DEST names, if it was given.
    Name(Option<String>),
}

impl Destination {
    /// The docker archive of `bin` in `folder`.
    pub fn default_in(folder: &Path, bin: &str) -> Self {
        Destination { kind: &KINDS[0], place: Place::Path(folder.join(format!("{bin}.tar"))) }
    }

    /// The file or folder, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Path(path) => Some(path),
            Place::Name(_) => None,
        }
    }

    /// What the image is called there, for people: the tags, unless a registry is given another name or none.
    pub fn called(&self, tags: &[Reference], means: &Means<'_>) -> String {
        let registry = self.kind.takes == Takes::Reference;
        let mut names: Vec<String> = match self.name().filter(|_| registry) {
            Some(name) => vec![name.to_owned()],
            None if registry && means.by_digest => tags.iter().map(Reference::name).collect(),
            None => tags.iter().map(ToString::to_string).collect(),
        };
        names.dedup();
        names.join(", ")
    }

    /// What DEST names, if it is a name and was given.
    pub fn name(&self) -> Option<&str> {
        match &self.place {
            Place::Path(_) => None,
            Place::Name(name) => name.as_deref(),
        }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Path(path) => write!(f, "{} {}", self.kind.name, path.display()),
            Place::Name(Some(name)) => write!(f, "{} {name}", self.kind.name),
            Place::Name(None) => write!(f, "{}", self.kind.name),
        }
    }
}

/// What outputs need beside an image.
pub struct Means<'a> {
    /// Where programs are found, and what they hear.
    pub env: &'a Env,
    /// The folder of archives that no other place is named for; created where it is needed.
    pub archives: &'a Path,
    /// What earlier runs have found out.
    pub records: Cache,
    /// Whether a registry is given no tag.
    pub by_digest: bool,
    /// How registries are reached, if one is an output.
    pub client: Option<Client>,
    /// Who sees how far things are.
    pub progress: Progress,
}

impl<'a> Means<'a> {
    /// Those for `destinations`.
    ///
    /// # Errors
    /// One is a registry, and certificates cannot be read.
    pub fn new(
        destinations: &[Destination],
        env: &'a Env,
        archives: &'a Path,
        access: &Access,
        by_digest: bool,
    ) -> Result<Self, Error> {
        let remote = destinations.iter().any(|destination| destination.kind.turn == Turn::Registry);
        let client = remote.then(|| Client::new(access.clone(), env)).transpose()?;
        let (records, progress) = (Cache::none(), Progress::default());
        Ok(Means { env, archives, records, by_digest, client, progress })
    }
}

/// An image on its way to its outputs.
pub struct Delivery<'a> {
    /// The image.
    pub bundle: &'a mut Bundle,
    /// The layers of each of its images, for an output of files.
    pub layers: &'a [&'a [Layer]],
    /// The program's name.
    pub bin: &'a str,
    /// Its names; at least one.
    pub tags: &'a [Reference],
    /// The documents about it.
    pub attachments: &'a [Attachment],
    /// What outputs need.
    pub means: &'a Means<'a>,
}

/// What an output has got.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What goes to standard output: a path, or a name that `docker run` takes.
    pub result: String,
    /// The bytes that it took.
    pub size: u64,
    /// Whether it had all of it already, and was left as it is.
    pub fresh: bool,
    /// What to add to the status line.
    pub remarks: Vec<String>,
    /// What to look at.
    pub warnings: Vec<Warning>,
    /// The documents that went with it.
    pub documents: Vec<Kept>,
}

/// Where a document about an image has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its media type.
    pub media_type: &'static str,
    /// The digest of the manifest or index that it is about.
    pub subject: Digest,
    /// The path of a file, or the name of a manifest that carries it (`REPOSITORY@DIGEST`).
    pub place: String,
}

/// The destination that `output` names, from `folder`; one that ends in `/` holds a file called after `bin`. `archives`
/// is the folder of archives that no other place is named for.
pub fn destination(output: &Output, folder: &Path, archives: &Path, bin: &str) -> Result<Destination, Error> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == output.kind) else {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        let error = Error::new(Code::Usage, format!("no output is called `{}`", output.kind));
        return Err(match nearest(&output.kind, names.iter().copied()) {
            Some(near) => error.help(format!("did you mean `-o {near}`?")),
            None => error.help(format!("the outputs are {}", names.join(", "))),
        });
    };
    let usual = match kind.takes {
        Takes::File(ending) | Takes::Folder(ending) => PathBuf::from(format!("{bin}.{ending}")),
        Takes::Files(name) => archives.join(name),
        Takes::Name(_) | Takes::Reference => {
            let name = output.destination.as_ref().map(|name| name.to_string_lossy().into_owned());
            if let (Takes::Reference, Some(name)) = (kind.takes, &name) {
                let wrong = |why| Error::new(Code::Usage, format!("`-o {}={name}`: {why}", kind.name));
                name.parse::<Reference>().map_err(wrong)?;
            }
            return Ok(Destination { kind, place: Place::Name(name) });
        }
    };
    let path = match &output.destination {
        Some(path) if path.to_string_lossy().ends_with('/') && is_file(kind) => folder.join(path).join(usual),
        Some(path) => folder.join(path),
        None => folder.join(usual),
    };
    // the components alone: `DIR/` and `DIR/.` follow a link before it can be looked at, and cannot be created as such
    let path = if is_file(kind) { path } else { path.components().collect() };
    Ok(Destination { kind, place: Place::Path(path) })
}

/// Whether `output` is a push.
pub fn is_registry(output: &Output) -> bool {
    output.kind == registry::KIND.name
}

/// Refuses what the outputs together cannot do, before anything is built.
pub fn compatible(destinations: &[Destination], compression: Compression) -> Result<(), Error> {
    let without = destinations.iter().find(|destination| !destination.kind.zstd);
    if let (Some(without), Compression::Zstd(_)) = (without, compression) {
        return Err(Error::new(Code::Usage, format!("`-o {}` cannot carry zstd layers", without.kind.name))
            .note("docker load and skopeo read gzip and plain layers from it")
            .help("--compression gzip, or --output oci-archive"));
    }
    Ok(())
}

/// Refuses places that cannot be written and engines that do not answer, before a long build.
pub fn reachable(destinations: &[Destination], tags: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    destinations.iter().try_for_each(|destination| (destination.kind.check)(destination, tags, means))
}

/// The archive that an image for `destinations` is written into: that of the first one that is a file, or else one
/// that nobody sees, called after `name` in the cache. `mtime` is the time of its entries.
pub fn open(
    destinations: &[Destination],
    means: &Means<'_>,
    mtime: u64,
    name: &Digest,
) -> Result<Archive, Error> {
    let path = destinations.iter().find(|destination| is_file(destination.kind)).and_then(Destination::path);
    let opened = match path {
        Some(path) => archive::open(path, means, mtime)?,
        None => {
            folder::create_usual(means)?;
            let unseen = earlier::unseen(name, mtime, means);
            unseen.map_or_else(|| Archive::nameless(means.archives, mtime), Ok)?
        }
    };
    Ok(opened.watched(&means.progress))
}

/// `bundle` as an archive of docker's form that is open and has no name.
///
/// # Errors
/// It cannot be written.
pub fn opened(bundle: &mut Bundle, tags: &[Reference]) -> Result<File, Error> {
    let files = archive::ending(bundle, tags, true)?;
    bundle.archive.end(&files)?;
    bundle.archive.whole()
}

/// Gives the image to every one of `destinations`, whatever becomes of the others; the outcomes are in their order.
/// `started` hears of each before it starts.
pub fn deliver<'a>(
    delivery: &mut Delivery<'_>,
    destinations: &'a [Destination],
    started: &mut dyn FnMut(&Destination),
) -> Vec<(&'a Destination, Result<Receipt, Error>)> {
    let mut order: Vec<_> = destinations.iter().enumerate().collect();
    order.sort_by_key(|(_, destination)| destination.kind.turn);
    let mut outcomes = Vec::new();
    for (at, destination) in order {
        started(destination);
        let outcome = (destination.kind.deliver)(delivery, destination);
        let stop = matches!(&outcome, Err(error) if error.code() == Code::Interrupted);
        outcomes.push((at, destination, outcome));
        if stop {
            break;
        }
    }
    outcomes.sort_by_key(|(at, ..)| *at);
    outcomes.into_iter().map(|(_, destination, outcome)| (destination, outcome)).collect()
}

fn is_file(kind: &Kind) -> bool {
    matches!(kind.takes, Takes::File(_))
}

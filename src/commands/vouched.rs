//! Who vouches for where an image comes from: the documents about it, each judged.

use crate::config::env::Env;
use crate::content::{self, Found};
use crate::error::{Code, Error};
use crate::image::attachment::Kind;
use crate::provenance::{Trust, judge};
use crate::registry::{Client, READ};
use crate::regular::RegularFile;
use crate::report::Vouched;
use crate::signature::{Cosign, Identity, PublicKey};
use crate::source::{self, Source, Ways};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The bytes of a document that are read: a statement has a few thousand.
const LIMIT: u64 = 4 << 20;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Words {
    /// Which documents.
    pub which: Which,
    /// A file with a public key.
    pub key: Option<PathBuf>,
    /// An identity.
    pub identity: Option<Identity>,
}

/// Which documents are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that lie beside the image, or refer to it.
    There,
    /// This file.
    File(PathBuf),
}

impl FromStr for Which {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text.is_empty() { Which::There } else { Which::File(text.into()) })
    }
}

/// What is asked.
pub struct Asked {
    which: Which,
    trust: Trust,
}

impl Asked {
    /// As `words` say.
    ///
    /// # Errors
    /// There is no key in the file, or no cosign.
    pub fn of(words: &Words, env: &Env) -> Result<Self, Error> {
        let trust = match (&words.key, &words.identity) {
            (Some(path), _) => Trust::Key(PublicKey::read(&env.folder().join(path))?),
            (None, Some(identity)) => Trust::Identity(Cosign::to_verify(env)?, identity.clone()),
            (None, None) => Trust::Anybody,
        };
        let which = match &words.which {
            Which::There => Which::There,
            Which::File(file) => Which::File(env.folder().join(file)),
        };
        Ok(Asked { which, trust })
    }
}

/// What the documents about `image`, which was found as `found` and is sound, come to.
///
/// # Errors
/// The file that was named cannot be read, the registry cannot be reached, or cosign cannot be asked.
pub fn vouched(image: &Source, found: &Found, asked: &Asked, ways: &Ways<'_>) -> Result<Vouched, Error> {
    let mut vouched = Vouched::new(found);
    for (place, bytes) in documents(image, found, asked, ways)? {
        match bytes.and_then(|bytes| judge(&bytes, found, &asked.trust)) {
            Ok(accepted) => vouched.accepted.push((place, accepted)),
            Err(error) if error.code() == Code::Provenance => vouched.refused.push((place, error)),
            Err(error) => return Err(error),
        }
    }
    Ok(vouched)
}

/// Each document, by the name of its place; or why it is none.
type Documents = Vec<(String, Result<Vec<u8>, Error>)>;

fn documents(image: &Source, found: &Found, asked: &Asked, ways: &Ways<'_>) -> Result<Documents, Error> {
    if let Which::File(file) = &asked.which {
        return match read(file) {
            // whoever names a file means one that can be read
            Err(error) if error.code() != Code::Provenance => Err(error),
            bytes => Ok(vec![(file.display().to_string(), bytes)]),
        };
    }
    match image {
        Source::Path(path) | Source::Layout(path, _) => {
            let document = |(path, _): (PathBuf, _)| {
                let refused = |error: Error| Error::new(Code::Provenance, error.what());
                (path.display().to_string(), read(&path).map_err(refused))
            };
            Ok(content::files_beside(path, Kind::is_statement).into_iter().map(document).collect())
        }
        Source::Registry(name) => referring(name, found, ways),
        Source::Docker(_) | Source::Podman(_) => {
            Err(Error::new(Code::Usage, format!("an engine keeps no provenance of `{image}`"))
                .help(format!("name its file: cargo scratch verify --provenance=FILE {image}")))
        }
    }
}

/// The bytes of a file.
///
/// # Errors
/// It cannot be read; with [`Code::Provenance`], that it is too large for a document.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = RegularFile::open(path, true)?.bytes(LIMIT)?;
    bytes.ok_or_else(|| Error::new(Code::Provenance, too_large()))
}

/// What refers to the image in its registry and can be a statement.
fn referring(name: &source::Name, found: &Found, ways: &Ways<'_>) -> Result<Documents, Error> {
    let is_statement = |artifact: &str| Kind::of_type(artifact).is_some_and(Kind::is_statement);
    let mut listed = found.attachments.iter().filter(|one| is_statement(&one.artifact));
    let client = Client::new(ways.access.clone(), ways.env)?;
    let mut documents = Vec::new();
    for one in listed.by_ref().take(READ) {
        let place = one.claim.digest.to_string();
        let bytes = match &one.document {
            None => Err("its manifest cannot be read, or carries no document".to_owned()),
            Some(document) if document.size > LIMIT => Err(too_large()),
            Some(document) => match client.blob(&name.reference, document, source::Room::new()?.file) {
                Err(error) if error.code() == Code::Interrupted => return Err(error),
                bytes => bytes.map_err(|error| error.what().to_owned()),
            },
        };
        documents.push((place, bytes.map_err(|why| Error::new(Code::Provenance, why))));
    }
    if let Some(next) = listed.next() {
        let why = format!("it and {} more are not read: {READ} are, of one image", listed.count());
        documents.push((next.claim.digest.to_string(), Err(Error::new(Code::Provenance, why))));
    }
    Ok(documents)
}

fn too_large() -> String {
    format!("it has more than {LIMIT} bytes")
}

//! A config.json of docker's or an auth.json of podman's, as far as it is about credentials.

use super::key::{plain, wanted};
use super::{Credential, Secret};
use crate::error::{Code, Error};
use crate::regular::RegularFile;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rustix::fs::OFlags;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The most bytes of a file, which people keep by hand.
const LIMIT: u64 = 1 << 20;

/// Of the encoders that write such files, some pad and some do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a file says, and where it is.
#[derive(Debug)]
pub struct File {
    /// The path, or the name of a variable.
    pub place: String,
    content: Content,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, String>>,
}

/// An entry of `auths`. No `Debug` of it could show a secret: all that may be one is a [`Secret`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

impl File {
    /// The file at `path`, if there is one.
    ///
    /// # Errors
    /// It is there and cannot be read or understood.
    pub fn read(path: &Path) -> Result<Option<File>, Error> {
        let failed = |reason: &std::io::Error| Error::io(Code::Credentials, "read", path, reason);
        let flags = OFlags::NONBLOCK.bits().cast_signed(); // a fifo is not waited for
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Err(reason) if is_absent(path, reason.kind()) => return Ok(None),
            opened => opened.map_err(|reason| failed(&reason))?,
        };
        let file = RegularFile::from_open(file, path)
            .map_err(|why| Error::new(Code::Credentials, why.what()).at(path.display()))?;
        let mut bytes = Vec::new();
        file.file().take(LIMIT + 1).read_to_end(&mut bytes).map_err(|reason| failed(&reason))?;
        if bytes.len() as u64 > LIMIT {
            return Err(
                Error::new(Code::Credentials, "too large for a file of credentials").at(path.display())
            );
        }
        File::parse(&bytes, path.display().to_string()).map(Some)
    }

    /// What `bytes`, which are from `place`, say.
    ///
    /// # Errors
    /// They are not what docker would write. The error tells the place in them and nothing of their content.
    pub fn parse(bytes: &[u8], place: String) -> Result<File, Error> {
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii();
        let broken = |at: String| {
            Error::new(Code::Credentials, "this is no file of credentials")
                .at(at)
                .help("docker login and podman login write one")
        };
        let content = match text {
            b"" => Content::default(),
            [b'{', ..] => serde_json::from_slice(text)
                .map_err(|why| broken(format!("{place}, line {}, column {}", why.line(), why.column())))?,
            _ => return Err(broken(place)),
        };
        Ok(File { place, content })
    }

    /// The helpers that may know `host`, in the order in which they are asked. As docker has it, an empty name for the
    /// host means none, whatever there is for all.
    pub fn helpers(&self, host: &str) -> impl Iterator<Item = &str> {
        let host = plain(host);
        let own = self.content.cred_helpers.iter().flatten().find(|(key, _)| plain(key) == host);
        let none = own.is_some_and(|(_, name)| name.is_empty());
        let all = self.content.creds_store.as_deref().filter(|_| !none);
        own.map(|(_, name)| name.as_str()).into_iter().chain(all).filter(|name| !name.is_empty())
    }

    /// What the file itself holds for `repository` at `host`.
    ///
    /// # Errors
    /// There is an entry, and it is none that docker would write.
    pub fn credential(&self, host: &str, repository: &str) -> Result<Option<Credential>, Error> {
        let Some(auths) = &self.content.auths else { return Ok(None) };
        for name in wanted(host, repository) {
            // of several keys for one name, that which is the name is meant
            let exact = auths.get_key_value(&name).into_iter();
            for (key, entry) in exact.chain(auths.iter().filter(|(key, _)| plain(key) == name)) {
                let credential = entry.as_ref().map(Entry::credential).transpose().map_err(|why| {
                    Error::new(Code::Credentials, format!("the entry of `{key}` cannot be used: {why}"))
                        .at(&self.place)
                        .help(format!("docker login {name}"))
                })?;
                if let Some(credential) = credential.flatten() {
                    return Ok(Some(credential));
                }
            }
        }
        Ok(None)
    }
}

impl Entry {
    /// `None` is an entry that only says that a helper knows.
    fn credential(&self) -> Result<Option<Credential>, &'static str> {
        let said = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.reveal().is_empty());
        if let Some(token) = said(&self.registrytoken) {
            return Ok(Some(Credential::Access(token)));
        }
        if let Some(token) = said(&self.identitytoken) {
            return Ok(Some(Credential::Identity(token)));
        }
        if let Some(auth) = said(&self.auth) {
            return decode(&auth).map(Some);
        }
        Ok(match (&self.username, said(&self.password)) {
            (Some(user), Some(password)) if !user.is_empty() => {
                Some(Credential::Basic(user.clone(), password))
            }
            _ => None,
        })
    }
}

/// Whether a file that cannot be opened for this reason is none of the user's. A home that belongs to somebody else,
/// as in a container with `--user`, cannot even be looked into.
fn is_absent(path: &Path, reason: ErrorKind) -> bool {
    match reason {
        ErrorKind::NotFound | ErrorKind::NotADirectory => true,
        ErrorKind::PermissionDenied => fs::symlink_metadata(path).is_err(),
        _ => false,
    }
}

/// `USER:PASSWORD` in base64; a password may have a colon, and docker's own writer has left NUL bytes at its end.
/// `base64` and `openssl` break lines; docker and podman read over that.
fn decode(auth: &Secret) -> Result<Credential, &'static str> {
    let text = auth.reveal().trim().replace(['\r', '\n'], "");
    let bytes = BASE64.decode(text).map_err(|_| "`auth` is not base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "`auth` is not text")?;
    match text.trim_end_matches('\0').split_once(':') {
        Some(("", _)) => Err("`auth` has no user before the colon"),
        Some(("<token>", token)) => Ok(Credential::Identity(Secret::new(token))),
        Some((user, password)) => Ok(Credential::Basic(user.to_owned(), Secret::new(password))),
        None => Err("`auth` has no colon between user and password"),
    }
}

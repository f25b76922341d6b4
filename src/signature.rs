//! Signatures of statements: made with a key in a file or by cosign, and checked again.
//!
//! What is signed is a DSSE envelope (secure-systems-lab/dsse, protocol.md): the statement as bytes, its type, and the
//! signature over both, so that no statement can pass for something else. It travels in a Sigstore bundle
//! (sigstore/protobuf-specs, `sigstore_bundle.proto`), the form that cosign and the clients for npm and PyPI read.
//! [`ring`] signs and checks; certificates, transparency logs and identities are left to cosign, which knows how
//! to tell a good one.
//!
//! A private key is read where it is used and nowhere else: it has no [`Debug`](std::fmt::Debug) form and no error
//! repeats a byte of it.

mod bundle;
mod cosign;
mod envelope;
mod file;
mod private;
mod public;

pub use bundle::{Seal, Sealed};
pub use cosign::{Cosign, Identity};
pub use envelope::Envelope;
pub use private::PrivateKey;
pub use public::PublicKey;

use crate::config::env::Env;
use crate::error::{Error, Warning};
use crate::plan;

/// Who signs, and can.
pub enum Signer {
    /// The program cosign, with what its user has set up for it.
    Cosign(Cosign),
    /// A private key.
    Key(Box<PrivateKey>),
}

impl Signer {
    /// The one that the plan asks for, tried as far as that costs nothing, and what to warn of.
    ///
    /// # Errors
    /// It could not sign.
    pub fn find(wanted: &plan::Signer, env: &Env) -> Result<(Self, Option<Warning>), Error> {
        match wanted {
            plan::Signer::Cosign => Ok((Signer::Cosign(Cosign::find(env)?), None)),
            plan::Signer::Key(path) => {
                let (key, warning) = PrivateKey::read(path)?;
                Ok((Signer::Key(Box::new(key)), warning))
            }
        }
    }

    /// `statement`, of the type `media_type`, as a Sigstore bundle with the signature.
    ///
    /// # Errors
    /// The key or cosign failed.
    pub fn sign(&self, media_type: &str, statement: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Signer::Cosign(cosign) => cosign.attest(statement),
            Signer::Key(key) => {
                bundle::written(&Envelope::sealed(media_type, statement, key)?, &key.public().id())
            }
        }
    }
}

//! Public keys, and what they say of a signature.

use super::{der, pem};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::shell::quoted;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use std::path::Path;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 8032.
    Ed25519,
    /// FIPS 186-5 over P-256, with SHA-256.
    P256,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::Ed25519, Kind::P256];

    fn algorithm(self) -> &'static [u8] {
        match self {
            Kind::Ed25519 => &der::ED25519,
            Kind::P256 => &der::P256,
        }
    }

    /// The bytes of a key: of P-256 a point that is not compressed (SEC 1, 2.3.3).
    fn size(self) -> usize {
        match self {
            Kind::Ed25519 => 32,
            Kind::P256 => 65,
        }
    }
}

/// A key that checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// The key of this kind in `bytes`.
    pub(super) fn new(kind: Kind, bytes: &[u8]) -> Self {
        PublicKey { kind, bytes: bytes.to_vec() }
    }

    /// The key in the file at `path` (`PUBLIC KEY`, RFC 7468, 13).
    ///
    /// # Errors
    /// There is none that could check a signature.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let (text, _) = pem::read(path, Code::Usage)?;
        let blocks = pem::blocks(&text);
        if let Some(block) = blocks.iter().find(|block| block.label == "PUBLIC KEY") {
            let key = block.bytes.as_deref().and_then(PublicKey::of_spki);
            return key.ok_or_else(|| {
                Error::new(
                    Code::Usage,
                    format!("`{name}` has a public key that is neither Ed25519 nor ECDSA P-256"),
                )
            });
        }
        let error = Error::new(Code::Usage, format!("`{name}` has no public key"));
        Err(match blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY")) {
            true => error
                .note("it has a private one, which nobody needs who only checks")
                .help(format!("openssl pkey -in {} -pubout -out public.pem", quoted(&name.to_string()))),
            false => error.note("expected is a block called PUBLIC KEY, in PEM's form"),
        })
    }

    /// The key in a `SubjectPublicKeyInfo`, if it is of a kind that is known.
    fn of_spki(spki: &[u8]) -> Option<Self> {
        let of = |kind: Kind| {
            let bytes = spki.get(spki.len().checked_sub(kind.size())?..)?;
            let key = PublicKey::new(kind, bytes);
            (key.spki() == spki).then_some(key)
        };
        Kind::ALL.into_iter().find_map(of)
    }

    /// The same as `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> Vec<u8> {
        der::spki(self.kind.algorithm(), &self.bytes)
    }

    /// What the key is called in an envelope: the SHA-256 of its `SubjectPublicKeyInfo`, in hexadecimal digits.
    pub fn id(&self) -> String {
        Digest::of(&self.spki()).hex().to_owned()
    }

    /// Whether `signature` is one of this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.kind {
            Kind::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature),
            Kind::P256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.bytes).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_no_other_bytes_are_one() {
        for kind in Kind::ALL {
            let key = PublicKey::new(kind, &vec![4; kind.size()]);
            let spki = key.spki();
            assert_eq!(PublicKey::of_spki(&spki), Some(key));
            assert_eq!(PublicKey::of_spki(&spki[1..]), None);
            assert_eq!(PublicKey::of_spki(&[&spki[..], &[0]].concat()), None);
        }
        assert_eq!(PublicKey::of_spki(&[]), None);
    }
}

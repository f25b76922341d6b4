//! Public keys, and what they say of a signature.

use super::file;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::shell::quoted;
use ring::signature::{self, ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;

/// `ecPublicKey` with the curve `prime256v1` (RFC 5480, 2.1.1): the algorithm of an ECDSA P-256 key.
pub const P256: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07,
];
/// `id-Ed25519` (RFC 8410, 3): the algorithm of an Ed25519 key.
const ED25519: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

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

    /// What stands before the key in its `SubjectPublicKeyInfo` (RFC 5280, 4.1): the sequence, the algorithm, and the
    /// bit string, all of one length.
    fn prefix(self) -> Vec<u8> {
        match self {
            Kind::Ed25519 => [&[0x30, 0x2a], &ED25519[..], &[0x03, 0x21, 0x00]].concat(),
            Kind::P256 => [&[0x30, 0x59], &P256[..], &[0x03, 0x42, 0x00]].concat(),
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
        let (text, _) = file::read(path, Code::Usage)?;
        if let Ok(spki) = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()) {
            return PublicKey::of_spki(&spki).ok_or_else(|| {
                let what = format!("`{name}` has a public key that is neither Ed25519 nor ECDSA P-256");
                Error::new(Code::Usage, what)
            });
        }
        let error = Error::new(Code::Usage, format!("`{name}` has no public key"));
        Err(match text.contains("PRIVATE KEY-----") {
            true => error
                .note("it has a private one, which nobody needs who only checks")
                .help(format!("openssl pkey -in {} -pubout -out public.pem", quoted(&name.to_string()))),
            false => error.note("expected is a block called PUBLIC KEY, in PEM's form"),
        })
    }

    /// The key in a `SubjectPublicKeyInfo`, if it is of a kind that is known.
    fn of_spki(spki: &[u8]) -> Option<Self> {
        let of = |kind: Kind| {
            let bytes = spki.strip_prefix(&kind.prefix()[..])?;
            (bytes.len() == kind.size()).then(|| PublicKey::new(kind, bytes))
        };
        Kind::ALL.into_iter().find_map(of)
    }

    /// The same as `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> Vec<u8> {
        [self.kind.prefix(), self.bytes.clone()].concat()
    }

    /// What the key is called in an envelope: the SHA-256 of its `SubjectPublicKeyInfo`, in hexadecimal digits.
    pub fn id(&self) -> String {
        Digest::of(&self.spki()).hex().to_owned()
    }

    /// Whether `signature` is one of this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.kind {
            Kind::Ed25519 => {
                UnparsedPublicKey::new(&signature::ED25519, &self.bytes).verify(message, signature)
            }
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

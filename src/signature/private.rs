//! Private keys, as OpenSSL writes them: Ed25519 or ECDSA P-256, not encrypted.

use super::file;
use super::public::{Kind, P256, PublicKey};
use crate::error::{Caution, Code, Error, Warning};
use crate::shell::quoted;
use der::{AnyRef, Encode, Tag};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How to make a key.
const MAKE: &str = "openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem";

/// A key that signs.
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl PrivateKey {
    /// The key in the file at `path`: PKCS#8 (`PRIVATE KEY`), or RFC 5915 (`EC PRIVATE KEY`). A warning where others may
    /// read it.
    ///
    /// # Errors
    /// There is none that could sign.
    pub fn read(path: &Path) -> Result<(Self, Option<Warning>), Error> {
        let (text, file) = file::read(path, Code::Signer).map_err(|error| error.help(MAKE))?;
        let name = path.display().to_string();
        let key = PrivateKey::parse(&text).map_err(|unfit| unfit.told(&name))?;
        let status = file.file().metadata().map_err(|reason| file.unreadable(&reason))?;
        let others = status.permissions().mode() & 0o077 != 0;
        let warning = others.then(|| {
            Warning::new(Caution::OpenKey, format!("`{name}`, a private key, is open to other users"))
                .help(format!("chmod 600 {}", quoted(&name)))
        });
        Ok((key, warning))
    }

    /// The first key of `text`; certificates, public keys and parameters may stand in one file with it.
    fn parse(text: &str) -> Result<Self, Unfit> {
        let key = match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(key)) => PrivateKey::pkcs8(key.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Sec1(key)) => {
                wrapped(key.secret_sec1_der()).ok().and_then(|key| PrivateKey::pkcs8(&key))
            }
            Ok(_) => None,
            Err(why) => return Err(Unfit::of(text, &why)),
        };
        key.ok_or(Unfit::Kind)
    }

    fn pkcs8(bytes: &[u8]) -> Option<Self> {
        // OpenSSL writes no public key beside an Ed25519 key
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes) {
            let public = PublicKey::new(Kind::Ed25519, pair.public_key().as_ref());
            return Some(PrivateKey { pair: Pair::Ed25519(pair), public });
        }
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes, &SystemRandom::new()).ok()?;
        let public = PublicKey::new(Kind::P256, pair.public_key().as_ref());
        Some(PrivateKey { pair: Pair::P256(pair), public })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature over `message`: of Ed25519 always the same, of ECDSA another one each time.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::P256(pair) => match pair.sign(&SystemRandom::new(), message) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => Err(Error::new(Code::Signer, "the key did not sign")
                    .note("an ECDSA signature takes random numbers, and the system gave none")),
            },
        }
    }
}

/// A key of RFC 5915, which is taken for one of P-256, as one of PKCS#8 (RFC 5208, 5).
fn wrapped(key: &[u8]) -> der::Result<Vec<u8>> {
    let value = |tag, content: &[u8]| AnyRef::new(tag, content)?.to_der();
    let (version, key) = (value(Tag::Integer, &[0])?, value(Tag::OctetString, key)?);
    value(Tag::Sequence, &[&version, &P256[..], &key].concat())
}

/// Why a text has no key that can sign.
#[derive(Debug, PartialEq, Eq)]
enum Unfit {
    None,
    Encrypted,
    Cosigns,
    Public,
    Kind,
}

impl Unfit {
    /// That of `text`, in which no key was found for the reason `why`: what it has is told by the names of its blocks.
    fn of(text: &str, why: &pem::Error) -> Self {
        let has = |label: &str| text.contains(&format!("-----BEGIN {label}-----"));
        if has("ENCRYPTED SIGSTORE PRIVATE KEY") || has("ENCRYPTED COSIGN PRIVATE KEY") {
            Unfit::Cosigns
        } else if text.contains("ENCRYPTED") {
            Unfit::Encrypted
        } else if matches!(why, pem::Error::NoItemsFound) && text.contains("PRIVATE KEY-----") {
            Unfit::Kind
        } else if has("PUBLIC KEY") {
            Unfit::Public
        } else {
            Unfit::None
        }
    }

    fn told(&self, name: &str) -> Error {
        let refuse = |what: String| Error::new(Code::Signer, what);
        let typed = quoted(name);
        match self {
            Unfit::None => refuse(format!("`{name}` has no private key")).help(MAKE),
            Unfit::Encrypted => refuse(format!("the private key in `{name}` is encrypted"))
                .note("a build asks nobody for a password")
                .help(format!("openssl pkey -in {typed} -out key.pem && chmod 600 key.pem"))
                .help("then: --sign key.pem"),
            Unfit::Cosigns => refuse(format!("the private key in `{name}` is encrypted, in cosign's own way"))
                .note("cosign can use it: it takes the password from COSIGN_PASSWORD, or asks for it")
                .help(format!("COSIGN_KEY={typed} cargo scratch … --sign cosign")),
            Unfit::Public => refuse(format!("`{name}` has a public key, and signing takes the private one")).help(MAKE),
            Unfit::Kind => refuse(format!("`{name}` has a private key that is neither Ed25519 nor ECDSA P-256"))
                .note("read are PKCS#8 and SEC1 in PEM's form, with the public key where it is ECDSA: what OpenSSL writes")
                .help(MAKE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn block(label: &str, bytes: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
    }

    fn unfit(text: &str) -> Unfit {
        match PrivateKey::parse(text) {
            Ok(_) => panic!("it is fit"),
            Err(unfit) => unfit,
        }
    }

    #[test]
    fn h6_a_key_signs_what_its_public_half_verifies() {
        let random = SystemRandom::new();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        for document in [ed25519.as_ref(), p256.as_ref()] {
            let key = PrivateKey::parse(&block("PRIVATE KEY", document)).unwrap();
            let signature = key.sign(b"message").unwrap();
            assert!(key.public().verifies(b"message", &signature));
            assert!(!key.public().verifies(b"massage", &signature));
            assert!(!key.public().verifies(b"message", &signature[1..]));
        }
    }

    #[test]
    fn h6_a_key_is_found_among_other_blocks() {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = block("PRIVATE KEY", key.as_ref());
        for other in ["CERTIFICATE", "PUBLIC KEY", "EC PARAMETERS"].map(|label| block(label, b"x")) {
            assert!(PrivateKey::parse(&format!("{other}{key}")).is_ok(), "{other}");
            assert!(PrivateKey::parse(&format!("{key}{other}")).is_ok(), "{other}");
        }
        assert!(PrivateKey::parse(&format!("words\n{key}more\n").replace('\n', "\r\n")).is_ok());
        assert_eq!(unfit(&block("CERTIFICATE", b"x")), Unfit::None);
        let end = key.find("-----END").unwrap();
        assert_eq!(unfit(&key[..end]), Unfit::None, "it has no end");
    }

    #[test]
    fn h6_a_command_to_type_has_the_name_of_the_file_as_a_shell_takes_it() {
        for unfit in [Unfit::Encrypted, Unfit::Cosigns] {
            let error = unfit.told("my keys/a;b.pem");
            assert!(error.helps().iter().any(|help| help.contains("'my keys/a;b.pem'")), "{unfit:?}");
        }
    }

    #[test]
    fn h6_each_key_that_cannot_sign_is_told_apart() {
        assert_eq!(unfit(""), Unfit::None);
        assert_eq!(unfit("-----BEGIN PRIVATE KEY-----\n???\n-----END PRIVATE KEY-----\n"), Unfit::None);
        assert_eq!(unfit(&block("ENCRYPTED PRIVATE KEY", b"x")), Unfit::Encrypted);
        let old =
            block("EC PRIVATE KEY", b"x").replace("KEY-----\ne", "KEY-----\nProc-Type: 4,ENCRYPTED\n\ne");
        assert_eq!(unfit(&old), Unfit::Encrypted);
        assert_eq!(unfit(&block("ENCRYPTED SIGSTORE PRIVATE KEY", b"x")), Unfit::Cosigns);
        assert_eq!(unfit(&block("ENCRYPTED COSIGN PRIVATE KEY", b"x")), Unfit::Cosigns);
        assert_eq!(unfit(&block("PUBLIC KEY", b"x")), Unfit::Public);
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"] {
            assert_eq!(unfit(&block(label, b"x")), Unfit::Kind, "{label}");
        }
    }
}

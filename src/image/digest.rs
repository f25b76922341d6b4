//! SHA-256 digests as OCI writes them, taken while bytes pass by.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

/// A content digest, `sha256:<64 hex digits>` (OCI image spec, descriptor.md, "Digests").
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    hex: String,
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Digest::from_hash(Sha256::digest(bytes).as_ref())
    }

    /// The 64 hex digits alone: the name of the blob under `blobs/sha256/`.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    fn from_hash(hash: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        Digest { hex: hash.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect() }
    }
}

/// Whether `text` is a number in hexadecimal digits, as digests and commits are written: in lower case, of any length.
pub fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() == 64 && is_hex(hex) {
            Ok(Digest { hex: hex.to_owned() })
        } else {
            Err("expected sha256: and 64 hexadecimal digits".into())
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Writes through to `inner`, and knows the digest and the number of bytes at the end.
pub struct Hashing<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    /// Nothing written yet.
    pub fn new(inner: W) -> Self {
        Hashing { inner, hash: Sha256::new(), size: 0 }
    }

    /// The writer below.
    pub fn inner(&self) -> &W {
        &self.inner
    }

    /// The digest and size of all that was written, and the writer below.
    pub fn finish(self) -> (Digest, u64, W) {
        (Digest::from_hash(self.hash.finalize().as_ref()), self.size, self.inner)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_digest_is_the_standard_one() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), format!("sha256:{empty}"));
        assert_eq!(Digest::of(b"").hex(), empty);
    }

    #[test]
    fn a_digest_is_read_back_and_nothing_else_is_one() {
        let digest = Digest::of(b"x");
        assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
        for bad in [
            "",
            "sha256:",
            digest.hex(),
            "sha512:00",
            &format!("{digest}0"),
            &format!("{digest}").to_uppercase(),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_passes_through_is_what_is_hashed() {
        let mut hashing = Hashing::new(Vec::new());
        hashing.write_all(b"ab").unwrap();
        hashing.write_all(b"c").unwrap();
        let (digest, size, bytes) = hashing.finish();
        assert_eq!((digest, size, bytes.as_slice()), (Digest::of(b"abc"), 3, &b"abc"[..]));
    }
}

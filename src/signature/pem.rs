//! Keys as text (RFC 7468): blocks of base64 between two lines that name what is inside.

use crate::error::{Code, Error};
use crate::regular::RegularFile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

/// The bytes of a file that can still be a key.
const LIMIT: u64 = 64 << 10;

/// A block.
pub struct Block {
    /// What it is called.
    pub label: String,
    /// What was written as base64; `None` where that is none, or behind lines of another kind, as OpenSSL's old form of
    /// an encrypted key has them.
    pub bytes: Option<Vec<u8>>,
}

/// The blocks of `text`; what stands between them is left out.
pub fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut open) = (Vec::new(), None);
    for line in text.lines().map(str::trim) {
        let named = |mark: &str| line.strip_prefix(mark)?.strip_suffix("-----").map(str::to_owned);
        if let Some(label) = named("-----BEGIN ") {
            open = Some((label, String::new()));
        } else if line.starts_with("-----END ") {
            if let Some((label, base64)) = open.take() {
                blocks.push(Block { label, bytes: STANDARD.decode(base64).ok() });
            }
        } else if let Some((_, base64)) = &mut open {
            base64.push_str(line);
        }
    }
    blocks
}

/// The text of the file at `path` and the file, or the reason why it can be no key, with `code`.
pub fn read(path: &Path, code: Code) -> Result<(String, RegularFile), Error> {
    let told = |error: Error| error.notes().iter().cloned().fold(Error::new(code, error.what()), Error::note);
    let file = RegularFile::open(path, true).map_err(told)?;
    let bytes = file.bytes(LIMIT).map_err(told)?;
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Ok((text, file)),
        None => Err(Error::new(code, format!("`{}` has no key", path.display()))
            .note("a key is a text in PEM's form")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_whatever_stands_around_them() {
        let text = "words\r\n-----BEGIN EC PARAMETERS-----\r\nBggq\r\n-----END EC PARAMETERS-----\r\n\
                    -----BEGIN EC PRIVATE KEY-----\nAAEC\nAw==\n-----END EC PRIVATE KEY-----\nmore\n";
        let blocks = blocks(text);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[1].label, "EC PRIVATE KEY");
        assert_eq!(blocks[1].bytes.as_deref(), Some(&[0, 1, 2, 3][..]));
    }

    #[test]
    fn what_is_no_base64_or_has_no_end_is_no_key() {
        let old = "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END X-----\n";
        assert!(blocks(old)[0].bytes.is_none());
        assert!(blocks("-----BEGIN X-----\nAAEC\n").is_empty());
        assert!(blocks("-----END X-----\n").is_empty());
    }
}

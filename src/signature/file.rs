//! Files with keys.

use crate::error::{Code, Error};
use crate::regular::RegularFile;
use std::path::Path;

/// The bytes of a file that can still be a key.
const LIMIT: u64 = 64 << 10;

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

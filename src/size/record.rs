//! The sizes of the last time, kept beside the archives, for what has changed since.

use super::Sizes;
use crate::error::{Code, Error};
use crate::temporary;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// The form of the file; what has another one is as good as none.
const VERSION: u32 = 1;

/// A larger file is not ours.
const LIMIT: u64 = 256 << 20;

/// What was measured last, and what the time before that was different.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    last: Sizes,
    before: Option<Sizes>,
}

/// Keeps `now` at `path`, and returns what it is compared with: the last sizes that were not the same.
///
/// # Errors
/// The file cannot be written.
pub fn exchange(path: &Path, now: &Sizes) -> Result<Option<Sizes>, Error> {
    let before = match read(path) {
        Some(Record { last, before, .. }) if last == *now => before,
        Some(Record { last, .. }) => Some(last),
        None => None,
    };
    let record = Record { version: VERSION, last: now.clone(), before };
    let written = serde_json::to_vec(&record).map_err(io::Error::other);
    let written = written.and_then(|text| temporary::write(path, &text));
    written.map_err(|reason| Error::io(Code::Output, "write", path, &reason))?;
    Ok(record.before)
}

/// A record that cannot be read says nothing: the next one takes its place.
fn read(path: &Path) -> Option<Record> {
    if fs::metadata(path).ok()?.len() > LIMIT {
        return None;
    }
    let record: Record = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (record.version == VERSION).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(total: u64) -> Sizes {
        Sizes { total, ..Sizes::default() }
    }

    #[test]
    fn the_same_again_is_compared_with_what_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/hello.json");
        let before = |total| exchange(&path, &sizes(total)).unwrap().map(|sizes| sizes.total);
        assert_eq!(
            [before(1), before(1), before(2), before(2), before(1)],
            [None, None, Some(1), Some(1), Some(2)]
        );
        fs::write(&path, "no record").unwrap();
        assert_eq!(before(3), None);
    }
}

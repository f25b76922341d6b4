//! Room for what comes from elsewhere: a file without a name, gone with the run however that ends.

use crate::error::{Code, Error};
use crate::temporary;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// An empty file without a name.
pub struct Room {
    /// The file.
    pub file: File,
    folder: PathBuf,
}

impl Room {
    /// In the folder for large files ([`temporary::large`]).
    ///
    /// # Errors
    /// There is none that can be written in.
    pub fn new() -> Result<Self, Error> {
        let folder = temporary::large();
        match tempfile::tempfile_in(&folder) {
            Ok(file) => Ok(Room { file, folder }),
            Err(reason) => Err(Error::io(Code::Output, "write in", &folder, &reason)
                .help("set TMPDIR to a folder that can be written")),
        }
    }

    /// The same file once more, with the position that both share.
    ///
    /// # Errors
    /// The system's.
    pub fn again(&self) -> Result<File, Error> {
        let failed = |reason: io::Error| Error::io(Code::Output, "write in", &self.folder, &reason);
        self.file.try_clone().map_err(failed)
    }

    /// Adds to `error` where there was too little room, if that is what it says.
    pub fn explain(&self, error: Error) -> Error {
        let says = |text: &String| text.to_lowercase().contains("no space left");
        match error.code() == Code::Output || error.notes().iter().any(says) {
            true => error
                .note(format!("it is kept in {} meanwhile", self.folder.display()))
                .help("set TMPDIR to a folder with more room"),
            false => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_trouble() {
        let room = Room::new().unwrap();
        let engine = |words: &str| room.explain(Error::new(Code::Engine, "no image").note(words));
        assert!(engine("no such image").helps().is_empty());
        for full in [
            engine("write /dev/stdout: no space left on device"),
            room.explain(Error::new(Code::Output, "x")),
        ] {
            assert!(full.helps()[0].contains("TMPDIR"), "{full:?}");
        }
    }
}

//! The page of `size --html`: where it may be written, and that it is written as a whole.

use crate::error::{Code, Error};
use crate::regular::RegularFile;
use crate::report::{self, Measured};
use crate::temporary;
use crate::ui::Ui;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What tells a page of ours from anybody else's, within the first [`HEAD`] bytes.
const MARK: &str = "<meta name=\"generator\" content=\"cargo-scratch\">";
const HEAD: u64 = 1024;

/// Where the page that is to be `path` will be written: a new file, or an older page, which a link may lead to.
///
/// # Errors
/// Something else is there; it is left as it is.
pub fn place(path: &Path) -> Result<PathBuf, Error> {
    let refuse = |why: String| {
        Error::new(Code::Output, format!("`{}` cannot become a page", path.display()))
            .note(why)
            .note("it is left as it is")
            .help("name another file: --html size.html")
    };
    if path.file_name().is_none() {
        return Err(refuse("it is no name of a file".into()));
    }
    if path.symlink_metadata().is_err_and(|reason| reason.kind() == std::io::ErrorKind::NotFound) {
        return Ok(path.to_owned());
    }
    let there = RegularFile::open(path, true).map_err(|error| refuse(error.what().to_owned()))?;
    let mut head = Vec::new();
    let read = there.file().take(HEAD).read_to_end(&mut head);
    read.map_err(|reason| there.unreadable(&reason))?;
    if !head.is_empty() && memchr::memmem::find(&head, MARK.as_bytes()).is_none() {
        return Err(refuse("it is there, and was not written by `cargo scratch size`".into()));
    }
    path.canonicalize().map_err(|reason| Error::io(Code::Output, "write", path, &reason))
}

/// Writes the page of `all` to `path`, which [`place`] has found.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, all: &[Measured<'_>], ui: &Ui) -> Result<(), Error> {
    let text = report::size_page(all)?;
    temporary::write(path, text.as_bytes())
        .map_err(|reason| Error::io(Code::Output, "write", path, &reason))?;
    ui.status("Wrote", format!("{} ({})", path.display(), report::size(text.len() as u64)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_but_a_page_gives_way_to_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(place(&at("new.html")).unwrap(), at("new.html"));
        fs::write(at("empty"), "").unwrap();
        fs::write(at("ours"), format!("<!doctype html>\n{MARK}\n")).unwrap();
        fs::write(at("mine"), "<!doctype html><title>my site</title>").unwrap();
        symlink("ours", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        assert!(place(&at("empty")).is_ok() && place(&at("ours")).is_ok());
        // what a link leads to is written, and the link stays
        assert_eq!(place(&at("link")).unwrap(), at("ours").canonicalize().unwrap());
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        for name in ["mine", "fifo", "dangling", "."] {
            assert_eq!(place(&at(name)).unwrap_err().exit_status(), 5, "{name}");
        }
        assert!(place(Path::new("/dev/null")).is_err() && place(folder.path()).is_err());
    }

    #[test]
    fn every_page_has_the_mark() {
        let page = report::size_page(&[]).unwrap();
        assert!(page.find(MARK).is_some_and(|at| at + MARK.len() < 1024), "{page}");
    }
}

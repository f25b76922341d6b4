//! Generated files on disk: written without taking anything from anybody, and compared with what would be written.
//!
//! A file that is there and differs is somebody's work: it is replaced only where the user says so. Whatever stands at
//! the path is never followed and never half written (FAULTS G3).

use super::Generated;
use crate::error::{Code, Error};
use crate::regular::RegularFile;
use crate::temporary;
use similar::TextDiff;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How the line begins that says by which command a file was made.
pub const MADE: &str = "# Made by: ";

/// A file that people wrote is not longer than this, in bytes.
const LIMIT: u64 = 4 << 20;

/// What stands at a path, seen from what would be written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// The same text, whatever its line ends are: git may have changed them.
    Same,
    /// Another text.
    Other(String),
}

/// What stands in `root` at the path of `file`.
///
/// # Errors
/// Something that is no regular file, or that cannot be read.
pub fn state(file: &Generated, root: &Path) -> Result<State, Error> {
    let path = place(file, root)?;
    match path.symlink_metadata() {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(reason) => return Err(Error::io(Code::Output, "read", &path, &reason)),
        Ok(status) if !status.is_file() => {
            let kind = if status.is_symlink() { "a symbolic link" } else { "no regular file" };
            return Err(Error::new(Code::Output, format!("`{}` is {kind}", path.display()))
                .note("a generated file is never written through something else")
                .help("remove it, or write to another path"));
        }
        Ok(_) => {}
    }
    let text = text(&path)?;
    let same = content(&unix(&text)).eq(content(&file.text));
    Ok(if same { State::Same } else { State::Other(text) })
}

/// The lines that tell something: not the one with the command, as several may make the same file.
fn content(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with(MADE))
}

/// The text of the regular file at `path`.
///
/// # Errors
/// There is none, it cannot be read, or nobody has written so much.
pub fn text(path: &Path) -> Result<String, Error> {
    let open = RegularFile::open(path, false)?;
    let mut bytes = Vec::new();
    let read = open.file().take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|reason| open.unreadable(&reason))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::new(Code::Output, format!("`{}` is no generated file", path.display()))
            .note(format!("it has more than {LIMIT} bytes")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes all of `files` into `root`, or none of them; those that are there already stay untouched. Gives back the
/// paths that were written.
///
/// # Errors
/// Files that are there and differ, all named, unless `force`; what cannot be written.
pub fn write(files: &[Generated], root: &Path, force: bool) -> Result<Vec<PathBuf>, Error> {
    let mut wanted = Vec::new();
    let mut taken = Vec::new();
    for file in files {
        match state(file, root)? {
            State::Same => {}
            State::Other(_) if !force => taken.push(file.path.display().to_string()),
            State::Missing | State::Other(_) => wanted.push(file),
        }
    }
    if !taken.is_empty() {
        let verb = if taken.len() == 1 { "is" } else { "are" };
        let what = format!("`{}` {verb} there already and would change", taken.join("`, `"));
        return Err(Error::new(Code::Output, what)
            .note("nothing was written")
            .help("see what would change: the same command with --check")
            .help("replace what is there: the same command with --force"));
    }
    wanted.into_iter().map(|file| put(file, root)).collect()
}

/// What changes from the file in `root` to `file`, as a unified diff; `None` if nothing does.
///
/// # Errors
/// Something at its path that is no regular file, or that cannot be read.
pub fn difference(file: &Generated, root: &Path) -> Result<Option<String>, Error> {
    let shown = file.path.strip_prefix("/").unwrap_or(&file.path).display();
    let (before, name) = match state(file, root)? {
        State::Same => return Ok(None),
        State::Missing => (String::new(), "/dev/null".to_owned()),
        State::Other(text) => (unix(&text), format!("a/{shown}")),
    };
    let diff = TextDiff::from_lines(&before, &file.text);
    let new = format!("b/{shown}");
    Ok(Some(diff.unified_diff().context_radius(3).header(&name, &new).to_string()))
}

fn put(file: &Generated, root: &Path) -> Result<PathBuf, Error> {
    let path = place(file, root)?;
    let failed = |reason: io::Error| Error::io(Code::Output, "write", &path, &reason);
    temporary::write(&path, file.text.as_bytes()).map_err(failed)?;
    Ok(path)
}

/// The path of `file` below `root`. A link on the way must not lead out of it.
fn place(file: &Generated, root: &Path) -> Result<PathBuf, Error> {
    let path = root.join(&file.path);
    let real = |path: &Path| path.canonicalize().ok();
    match (path.ancestors().skip(1).find_map(real), real(root)) {
        // a path that the user gave may lead anywhere, but not by a link that the project brought
        (Some(folder), Some(root)) if !file.path.is_absolute() && !folder.starts_with(&root) => {
            Err(Error::new(Code::Output, format!("`{}` leads out of the project", path.display()))
                .note(format!("its folder is really `{}`", folder.display()))
                .help("remove the link"))
        }
        _ => Ok(path),
    }
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn file(path: &str, text: &str) -> Generated {
        Generated { path: path.into(), text: text.into() }
    }

    #[test]
    fn g3_a_file_of_somebody_is_kept_and_with_it_all_others_are_not_written() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("b"), "mine\n").unwrap();
        let files = [file("a/x", "new\n"), file("b", "new\n")];
        let error = write(&files, root.path(), false).unwrap_err();
        assert_eq!(error.exit_status(), 5);
        assert!(error.what().contains("`b`") && error.helps()[1].contains("--force"), "{error:?}");
        assert!(!root.path().join("a").exists());
        assert_eq!(fs::read_to_string(root.path().join("b")).unwrap(), "mine\n");

        assert_eq!(write(&files, root.path(), true).unwrap().len(), 2);
        assert_eq!(fs::read_to_string(root.path().join("b")).unwrap(), "new\n");
        assert!(write(&files, root.path(), false).unwrap().is_empty(), "a second run has nothing to do");
    }

    #[test]
    fn g3_links_and_folders_are_not_written_through_and_line_ends_are_not_a_change() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("victim"), "theirs").unwrap();
        symlink(other.path().join("victim"), root.path().join("a")).unwrap();
        symlink(other.path(), root.path().join("out")).unwrap();
        fs::create_dir(root.path().join("d")).unwrap();
        for path in ["a", "out/victim", "out/new", "d"] {
            for force in [false, true] {
                let error = write(&[file(path, "x")], root.path(), force).unwrap_err();
                assert_eq!(error.code(), Code::Output, "{path}: {error}");
            }
        }
        assert_eq!(fs::read_to_string(other.path().join("victim")).unwrap(), "theirs");
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);

        fs::write(root.path().join("w"), "one\r\ntwo\r\n").unwrap();
        assert_eq!(state(&file("w", "one\ntwo\n"), root.path()).unwrap(), State::Same);
        fs::write(root.path().join("m"), "# Made by: a b\none\n").unwrap();
        assert_eq!(state(&file("m", "# Made by: a c\none\n"), root.path()).unwrap(), State::Same);
    }

    #[test]
    fn g3_a_read_only_file_is_replaced_only_by_force() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        fs::write(&path, "old\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(write(&[file("f", "new\n")], root.path(), false).is_err());
        write(&[file("f", "new\n")], root.path(), true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[test]
    fn a_difference_is_a_unified_diff() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("f"), "one\ntwo\n").unwrap();
        let diff = difference(&file("f", "one\n2\n"), root.path()).unwrap().unwrap();
        assert_eq!(diff, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
        let diff = difference(&file("g", "new\n"), root.path()).unwrap().unwrap();
        assert!(diff.starts_with("--- /dev/null\n+++ b/g\n"), "{diff}");
        assert_eq!(difference(&file("f", "one\ntwo\n"), root.path()).unwrap(), None);
    }
}

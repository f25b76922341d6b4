//! Folders of the cache: made once by whichever run comes first, and complete or not there at all.

use crate::error::{Code, Error};
use crate::lock;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The folder `path`, which `make` has filled: now, or in an earlier run, or in another one at this moment, which is
/// waited for. `make` gets a folder to work in, whose path is always the same, and the empty folder `made` inside it,
/// which is given its name at the end. What a killed run left is removed.
pub fn once(path: &Path, make: impl FnOnce(&Path, &Path) -> Result<(), Error>) -> Result<PathBuf, Error> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    text(path)?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::new(Code::Output, format!("`{}` is no place in a cache", path.display())));
    };
    let failed = |verb: &'static str| move |reason| Error::io(Code::Output, verb, path, &reason);
    let hidden = |suffix: &str| parent.join(format!(".{}.{suffix}", name.to_string_lossy()));
    fs::create_dir_all(parent).map_err(failed("create"))?;
    let lock = hidden("lock");
    let held = File::create(&lock).map_err(|reason| Error::io(Code::Output, "lock", &lock, &reason))?;
    lock::exclusive(&held, &lock)?;
    if path.is_dir() {
        return Ok(path.to_owned()); // the run that held the lock has made it
    }
    let work = hidden("partial");
    let made = work.join("made");
    let clear = || if work.exists() { fs::remove_dir_all(&work) } else { Ok(()) };
    clear().and_then(|()| fs::create_dir_all(&made)).map_err(failed("create"))?;
    let done = make(&work, &made)
        .and_then(|()| settle(&made).and_then(|()| fs::rename(&made, path)).map_err(failed("create")));
    let _ = clear(); // what stays is in nobody's way
    done.map(|()| path.to_owned())
}

/// `path` as it can stand in a script, a flag of rustc's or a variable.
pub fn text(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| {
        Error::new(Code::Tool, format!("`{}` cannot stand in a script or a flag", path.display()))
            .note("it is not UTF-8")
            .help("keep the cache elsewhere: --cache-dir DIR")
    })
}

/// Makes all files below `folder` durable, so that after a power cut none of them is empty in its final place.
fn settle(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            settle(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Writes `text` to the new file `name` in `folder`, and makes the folders that `name` goes through.
pub fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap_or(folder))
        .and_then(|()| fs::write(&path, text))
        .map_err(|reason| Error::io(Code::Output, "write", &path, &reason))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn of_many_runs_one_makes_it_and_all_have_it() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("deep/er/folder");
        let made = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let found = once(&path, |_, folder| {
                        made.fetch_add(1, Ordering::SeqCst);
                        write(folder, "first", "1")?;
                        thread::sleep(Duration::from_millis(30));
                        write(folder, "last", "2").map(drop)
                    });
                    assert!(found.unwrap().join("last").is_file());
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_place_that_no_flag_can_name_is_refused_before_anything_is_made() {
        use std::os::unix::ffi::OsStrExt;
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join(std::ffi::OsStr::from_bytes(b"\xff/folder"));
        let error = once(&path, |_, _| Ok(())).unwrap_err();
        assert!(error.helps()[0].contains("--cache-dir"), "{error:?}");
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_failed_or_was_killed_is_not_taken_for_the_folder() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("folder");
        let error = once(&path, |_, folder| {
            write(folder, "half", "1")?;
            Err(Error::new(Code::Tool, "no more"))
        });
        assert_eq!(error.unwrap_err().what(), "no more");
        assert!(!path.exists() && !cache.path().join(".folder.partial").exists());
        // as a run leaves it that is killed here
        fs::create_dir(cache.path().join(".folder.partial")).unwrap();
        write(&cache.path().join(".folder.partial"), "half", "1").unwrap();
        let found = once(&path, |_, folder| write(folder, "whole", "2").map(drop)).unwrap();
        assert!(found.join("whole").is_file() && !found.join("half").exists());
    }
}

//! Folders of the cache: made once by whichever run comes first, and complete or not there at all.

use crate::error::{Code, Error};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The folder `path`, which `make` has filled: now, or in an earlier run, or in another one at this moment, which is
/// waited for. `make` gets an empty folder beside it, which is given its name at the end; one that a killed run left
/// is removed.
pub fn once(path: &Path, make: impl FnOnce(&Path) -> Result<(), Error>) -> Result<PathBuf, Error> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::new(Code::Output, format!("`{}` is no place in a cache", path.display())));
    };
    let failed = |verb: &'static str| move |reason| Error::io(Code::Output, verb, path, &reason);
    let hidden = |suffix: &str| parent.join(format!(".{}.{suffix}", name.to_string_lossy()));
    fs::create_dir_all(parent).map_err(failed("create"))?;
    // the kernel drops the lock with its process, however that ends
    let lock = File::create(hidden("lock")).map_err(failed("lock"))?;
    lock.lock().map_err(failed("lock"))?;
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    let partial = hidden("partial");
    let clear = || if partial.exists() { fs::remove_dir_all(&partial) } else { Ok(()) };
    clear().and_then(|()| fs::create_dir(&partial)).map_err(failed("create"))?;
    let made = make(&partial).and_then(|()| fs::rename(&partial, path).map_err(failed("create")));
    if let Err(error) = made {
        let _ = clear();
        return Err(error);
    }
    Ok(path.to_owned())
}

/// Writes `text` to the new file `name` in `folder`.
pub fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|reason| Error::io(Code::Output, "write", &path, &reason))?;
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
                    let found = once(&path, |folder| {
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
    fn what_failed_or_was_killed_is_not_taken_for_the_folder() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("folder");
        let error = once(&path, |folder| {
            write(folder, "half", "1")?;
            Err(Error::new(Code::Tool, "no more"))
        });
        assert_eq!(error.unwrap_err().what(), "no more");
        assert!(!path.exists() && !cache.path().join(".folder.partial").exists());
        // as a run leaves it that is killed here
        fs::create_dir(cache.path().join(".folder.partial")).unwrap();
        write(&cache.path().join(".folder.partial"), "half", "1").unwrap();
        let found = once(&path, |folder| write(folder, "whole", "2").map(drop)).unwrap();
        assert!(found.join("whole").is_file() && !found.join("half").exists());
    }
}

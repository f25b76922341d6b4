//! Copies of folders: all that a build can read of them, and nothing that it makes.

use crate::error::{Code, Error};
use crate::interrupt;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// What is copied between two looks for a signal, in bytes.
const PIECE: u64 = 64 << 20;

/// A copy that is being made: of `PATH`, at `to` + `PATH`.
pub struct Copying<'a> {
    /// The folder that stands for `/`.
    pub to: &'a Path,
    /// What is copied, so that links within it stay as they are.
    pub roots: &'a [PathBuf],
    /// Folders that are left out.
    pub without: &'a [PathBuf],
}

impl Copying<'_> {
    /// Where the copy of the absolute `path` is.
    pub fn path(&self, path: &Path) -> PathBuf {
        below(self.to, path)
    }

    /// Copies the folder `root`. What this user cannot read is left out: no build of theirs can read it either.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn folder(&self, root: &Path) -> Result<(), Error> {
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            let to = self.path(&folder);
            fs::create_dir_all(&to).map_err(|reason| full(&to, &reason))?;
            let Some(listing) = readable(fs::read_dir(&folder), &folder)? else { continue };
            let listing = listing.collect::<io::Result<Vec<_>>>();
            let mut listing = listing.map_err(|reason| unreadable(&folder, &reason))?;
            // where a file system lists files as they were made, the copy's order is another one
            listing.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
            for entry in listing {
                interrupt::check()?;
                let path = entry.path();
                let kind = entry.file_type().map_err(|reason| unreadable(&path, &reason))?;
                if path.file_name() == Some(OsStr::new(".git")) {
                    self.git(&path)?;
                } else if kind.is_dir() {
                    if !self.without.contains(&path) && !is_target(&path) {
                        waiting.push(path);
                    }
                } else if kind.is_symlink() {
                    self.link(&path)?;
                } else if kind.is_file() {
                    self.file(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Copies one file, with the folders that lead to it.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn file(&self, path: &Path) -> Result<(), Error> {
        let Some(from) = readable(File::open(path), path)? else { return Ok(()) };
        let status = from.metadata().map_err(|reason| unreadable(path, &reason))?;
        let to = self.path(path);
        let create = || {
            fs::create_dir_all(to.parent().unwrap_or(self.to))?;
            let mode = status.permissions().mode() & 0o777 | 0o600;
            OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&to)
        };
        let mut out = create().map_err(|reason| full(&to, &reason))?;
        loop {
            interrupt::check()?;
            match io::copy(&mut (&from).take(PIECE), &mut out) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(reason) => return Err(full(&to, &reason)),
            }
        }
    }

    /// A link is copied as it is; one that leads out of what is copied leads to where it led.
    fn link(&self, path: &Path) -> Result<(), Error> {
        let Some(target) = readable(fs::read_link(path), path)? else { return Ok(()) };
        let led = plain(&path.parent().unwrap_or(path).join(&target));
        let target = match self.roots.iter().any(|root| led.starts_with(root)) {
            true if target.is_absolute() => self.path(&led),
            true => target,
            false => led,
        };
        let to = self.path(path);
        symlink(target, &to).map_err(|reason| full(&to, &reason))
    }

    /// In place of a repository or of the file that names one: a work tree of the same repository, as `git worktree`
    /// would make it (gitrepository-layout(5), "gitfile" and "commondir"). A build script that asks git hears of the same
    /// commit, and what git notes of the files that it has seen is not the user's index.
    fn git(&self, path: &Path) -> Result<(), Error> {
        let repository = match path.is_dir() {
            true => path.to_owned(),
            false => {
                let Some(text) = readable(fs::read_to_string(path), path)? else { return Ok(()) };
                let named = Path::new(text.trim_end().trim_start_matches("gitdir:").trim_start());
                plain(&path.parent().unwrap_or(path).join(named))
            }
        };
        let Some(listing) = readable(fs::read_dir(&repository), &repository)? else { return Ok(()) };
        let (to, own) = (self.path(path), below(&self.to.join("repositories"), path));
        let common = fs::read_to_string(repository.join("commondir")).unwrap_or_default();
        let common = plain(&repository.join(common.trim_end()));
        let write = || {
            fs::create_dir_all(own.join("info"))?;
            fs::write(&to, line(b"gitdir: ", &own))?;
            fs::write(own.join("gitdir"), line(b"", &to))?;
            fs::write(own.join("commondir"), line(b"", &common))?;
            for name in listing.flatten().map(|entry| entry.file_name()) {
                let kept = name.to_string_lossy();
                if ["HEAD", "index", "config.worktree"].contains(&&*kept) || kept.starts_with("sharedindex.")
                {
                    fs::copy(repository.join(&name), own.join(&name))?;
                }
            }
            match fs::copy(repository.join("info/sparse-checkout"), own.join("info/sparse-checkout")) {
                Err(reason) if reason.kind() != io::ErrorKind::NotFound => Err(reason),
                _ => Ok(()),
            }
        };
        write().map_err(|reason| full(&to, &reason))
    }
}

/// A line of a file of git's that names `path`.
fn line(start: &[u8], path: &Path) -> Vec<u8> {
    [start, path.as_os_str().as_encoded_bytes(), b"\n"].concat()
}

/// The absolute `path` with `to` in the place of `/`.
pub fn below(to: &Path, path: &Path) -> PathBuf {
    to.join(path.strip_prefix("/").unwrap_or(path))
}

/// Whether cargo has made the folder `path` to build in: of this project or of another one.
fn is_target(path: &Path) -> bool {
    path.join("CACHEDIR.TAG").is_file() && path.join(".rustc_info.json").is_file()
}

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// `None` for what this user may not read, or what has gone meanwhile.
fn readable<T>(opened: io::Result<T>, path: &Path) -> Result<Option<T>, Error> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(reason) if matches!(reason.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound) => {
            Ok(None)
        }
        Err(reason) => Err(unreadable(path, &reason)),
    }
}

fn unreadable(path: &Path, reason: &io::Error) -> Error {
    Error::io(Code::Project, "read", path, reason)
}

/// The error of a file that cannot be written.
pub fn full(path: &Path, reason: &io::Error) -> Error {
    Error::io(Code::Output, "write", path, reason)
        .note("to be built a second time, the project is copied there")
        .help("set TMPDIR to a folder with more room, for the copy and for all that cargo builds of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(folder: &Path) -> (PathBuf, PathBuf) {
        let folder = folder.canonicalize().unwrap();
        let (root, to) = (folder.join("work/project"), folder.join("copy"));
        fs::create_dir_all(root.join("src")).unwrap();
        (root, to)
    }

    fn copy(root: &Path, to: &Path) {
        let roots = [root.to_owned()];
        Copying { to, roots: &roots, without: &[root.join("out")] }.folder(root).unwrap();
    }

    #[test]
    fn everything_is_copied_but_what_is_built() {
        let folder = tempfile::tempdir().unwrap();
        let (root, to) = copied(folder.path());
        fs::write(root.join("src/main.rs"), "x").unwrap();
        fs::write(root.join("run.sh"), "y").unwrap();
        fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o500)).unwrap();
        for name in ["out", "other/target"] {
            fs::create_dir_all(root.join(name)).unwrap();
            fs::write(root.join(name).join("CACHEDIR.TAG"), "").unwrap();
            fs::write(root.join(name).join(".rustc_info.json"), "").unwrap();
        }
        fs::create_dir_all(root.join("target")).unwrap();
        fs::write(root.join("target/hand-made"), "z").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join("fifo"), rustix::fs::Mode::RWXU).unwrap();
        copy(&root, &to);
        let there = |name: &str| below(&to, &root.join(name)).exists();
        assert!(there("src/main.rs") && there("run.sh") && there("target/hand-made") && there("other"));
        assert!(!there("out") && !there("other/target") && !there("fifo"));
        let mode = fs::metadata(below(&to, &root.join("run.sh"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o700, 0o700, "it can be run, and removed");
    }

    #[test]
    fn a_link_leads_to_the_copy_or_to_where_it_led() {
        let folder = tempfile::tempdir().unwrap();
        let (root, to) = copied(folder.path());
        fs::write(root.join("src/a"), "").unwrap();
        let led = |target: &Path| {
            let _ = fs::remove_file(root.join("src/link"));
            let _ = fs::remove_file(below(&to, &root.join("src/link")));
            symlink(target, root.join("src/link")).unwrap();
            copy(&root, &to);
            fs::read_link(below(&to, &root.join("src/link"))).unwrap()
        };
        assert_eq!(led(Path::new("a")), Path::new("a"));
        assert_eq!(led(Path::new("../src/./a")), Path::new("../src/./a"));
        assert_eq!(led(&root.join("src/a")), below(&to, &root.join("src/a")));
        assert_eq!(led(Path::new("../../beside")), root.parent().unwrap().join("beside"));
        assert_eq!(led(Path::new("/etc/hosts")), Path::new("/etc/hosts"));
    }

    #[test]
    fn a_repository_is_named_and_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (root, to) = copied(folder.path());
        fs::create_dir_all(root.join(".git/objects")).unwrap();
        fs::create_dir_all(root.join(".git/modules/m")).unwrap();
        fs::create_dir_all(root.join("m")).unwrap();
        for (name, text) in [
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/modules/m/commondir", "../..\n"),
            ("m/.git", "gitdir: ../.git/modules/m\n"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        copy(&root, &to);
        for (name, common) in [(".git", ".git"), ("m/.git", ".git")] {
            let link = fs::read_to_string(below(&to, &root.join(name))).unwrap();
            let own = Path::new(link.trim_end().strip_prefix("gitdir: ").unwrap());
            assert!(own.starts_with(&to) && !own.join("objects").exists());
            let said = fs::read_to_string(own.join("commondir")).unwrap();
            assert_eq!(Path::new(said.trim_end()), root.join(common));
            assert_eq!(own.join("HEAD").exists(), name == ".git");
        }
    }
}

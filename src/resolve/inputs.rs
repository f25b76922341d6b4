//! What `-f` names: files, the manifests of folders, and standard input.

use crate::error::{Code, Error, bounded};
use crate::interrupt;
use crate::regular::RegularFile;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The most bytes of all manifests together: a hundred times what clusters are given at once.
const LIMIT: usize = 64 << 20;

/// The endings of the files of a folder that are manifests, which are those of kubectl.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A file's name, as messages have it, and its bytes.
pub type Input = (String, Vec<u8>);

/// Reads `files`, which are meant from `here`, in their order, and the manifests of a folder in the order of their
/// names; its folders too, if `recursive` says so. `-` is standard input.
///
/// # Errors
/// One cannot be read, a folder has no manifest, or all of them are too large.
pub fn read(files: &[PathBuf], recursive: bool, here: &Path) -> Result<Vec<Input>, Error> {
    if files.iter().filter(|file| is_standard(file)).count() > 1 {
        return Err(Error::new(Code::Usage, "`-f -` is said twice, and standard input can be read once"));
    }
    let mut all = Inputs { all: Vec::new(), left: LIMIT };
    for file in files {
        let path = here.join(file);
        if is_standard(file) {
            all.take(Path::new("standard input"), io::stdin())?;
        } else if path.is_dir() {
            let before = all.all.len();
            all.folder(file, &path, recursive)?;
            if all.all.len() == before {
                return Err(no_manifests(file, recursive));
            }
        } else {
            // what is named may be a pipe, as <(kustomize build) is; its writer is not waited for here
            let flags = OFlags::NONBLOCK.bits().cast_signed();
            let opened = OpenOptions::new().read(true).custom_flags(flags).open(&path);
            all.take(file, opened.map_err(|reason| unreadable(file, &reason))?)?;
        }
    }
    Ok(all.all)
}

fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

struct Inputs {
    all: Vec<Input>,
    left: usize,
}

impl Inputs {
    /// The manifests of the folder `path`, which messages call `name`. A link to a folder is not followed: it may lead
    /// back.
    fn folder(&mut self, name: &Path, path: &Path, recursive: bool) -> Result<(), Error> {
        let list = || fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
        let mut entries = list().map_err(|reason| unreadable(name, &reason))?;
        entries.sort_unstable();
        for entry in entries {
            let (name, path) = (name.join(&entry), path.join(&entry));
            let is_manifest =
                || ENDINGS.iter().any(|ending| path.extension().is_some_and(|own| own == *ending));
            if path.is_dir() {
                if recursive && !path.is_symlink() {
                    self.folder(&name, &path, recursive)?;
                }
            } else if is_manifest() {
                let opened = RegularFile::open(&path, true)?;
                self.take(&name, opened.file())?;
            }
        }
        Ok(())
    }

    /// Reads all that `from` has, however long its writer takes; a signal ends it.
    fn take(&mut self, name: &Path, from: impl AsFd) -> Result<(), Error> {
        let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            interrupt::check()?;
            let read = match ready(&from) {
                Ok(true) => rustix::io::read(&from, &mut chunk),
                Ok(false) => continue,
                Err(reason) => Err(reason),
            };
            match read {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(reason) => return Err(unreadable(name, &reason.into())),
            }
            if bytes.len() > self.left {
                let what = format!("the manifests are larger than {} MiB together", LIMIT >> 20);
                return Err(Error::new(Code::Manifest, what).at(bounded(&name.to_string_lossy())));
            }
        }
        self.left -= bytes.len();
        self.all.push((name.to_string_lossy().into_owned(), bytes));
        Ok(())
    }
}

/// Whether `from` has something to say, or has ended; asks for a moment.
fn ready(from: &impl AsFd) -> Result<bool, Errno> {
    let moment = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&moment)).map(|ready| ready > 0)
}

fn unreadable(file: &Path, reason: &io::Error) -> Error {
    let error = Error::io(Code::Manifest, "read", file, reason);
    match file.to_str() {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            error.help(format!("curl -fsSL {} | cargo scratch resolve -f -", bounded(url)))
        }
        _ => error,
    }
}

fn no_manifests(folder: &Path, recursive: bool) -> Error {
    let what = format!("no manifest in the folder `{}`", bounded(&folder.to_string_lossy()));
    let error = Error::new(Code::Manifest, what).note("manifests end in .yaml, .yml or .json there");
    match recursive {
        true => error,
        false => error.help(format!("and in the folders below it: -R -f {}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_folder_is_read_as_kubectl_does() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("k/b/c")).unwrap();
        for name in
            ["k/z.yml", "k/a.yaml", "k/b/x.json", "k/b.yaml", "k/note.txt", "k/b/c/d.yaml", "k/Y.YAML"]
        {
            fs::write(at(name), name).unwrap();
        }
        std::os::unix::fs::symlink("..", at("k/b/loop")).unwrap();
        std::os::unix::fs::symlink("../z.yml", at("k/b/link.yaml")).unwrap();
        let names = |files: &[&str], recursive| {
            let files: Vec<_> = files.iter().map(PathBuf::from).collect();
            let read = read(&files, recursive, folder.path());
            read.map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["k"], false).unwrap(), ["k/a.yaml", "k/b.yaml", "k/z.yml"]);
        let all = ["k/a.yaml", "k/b/c/d.yaml", "k/b/link.yaml", "k/b/x.json", "k/b.yaml", "k/z.yml"];
        assert_eq!(names(&["k"], true).unwrap(), all);
        assert_eq!(names(&["k/note.txt", "k/a.yaml"], false).unwrap(), ["k/note.txt", "k/a.yaml"]);
        assert_eq!(names(&["-", "-"], false).unwrap_err().code(), Code::Usage);
        fs::create_dir(at("empty")).unwrap();
        assert!(names(&["empty"], false).unwrap_err().helps()[0].contains("-R -f empty"));
        let missing = names(&["https://x/y"], false).unwrap_err();
        assert!(missing.what().contains("No such file") && missing.helps()[0].starts_with("curl"));
    }

    #[test]
    fn too_much_is_refused() {
        let mut inputs = Inputs { all: Vec::new(), left: 3 };
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"xy").unwrap();
        let opened = || fs::File::open(file.path()).unwrap();
        inputs.take(Path::new("a"), opened()).unwrap();
        let error = inputs.take(Path::new("b"), opened()).unwrap_err();
        assert_eq!((error.code(), error.place()), (Code::Manifest, Some("b")));
    }
}

//! Image archives: one tar file that is an OCI layout, and for docker also what `docker save` writes.
//!
//! Both kinds keep the same blobs under `blobs/sha256/`, so the first archive is the one that the image was assembled
//! in, and every other is a copy of its blobs.

use super::{Destination, Receipt};
use crate::error::{Code, Error};
use crate::image::archive::Archive;
use crate::image::manifest::{DockerManifest, Index, LAYOUT};
use crate::image::reference::Reference;
use crate::image::{Image, json};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Opens the archive for the first of `destinations`; `mtime` is the time of its entries.
///
/// Only the folder of a default destination is created: a mistyped one is an error, not a new folder.
pub fn open(destination: &Destination, mtime: u64) -> Result<Archive, Error> {
    Archive::create(&replaceable(&destination.path)?, mtime)
}

/// Whether `path` could be written now, or once the folder `created` is there.
pub fn reachable(path: &Path, created: &Path) -> Result<(), Error> {
    let path = replaceable(path)?;
    match path.parent().filter(|folder| !folder.as_os_str().is_empty() && *folder != created) {
        None => Ok(()),
        Some(folder) => match fs::metadata(folder) {
            Ok(status) if status.is_dir() => Ok(()),
            Ok(_) => Err(Error::io(Code::Output, "write", &path, &ErrorKind::NotADirectory.into())),
            Err(reason) => Err(Error::io(Code::Output, "write", &path, &reason)
                .help(format!("mkdir -p {}", folder.display()))),
        },
    }
}

/// Ends the image's archive and writes the others.
pub fn deliver(
    image: Image,
    tags: &[Reference],
    destinations: &[Destination],
) -> Result<Vec<Receipt>, Error> {
    let Image { archive, config, manifest, layers, target } = image;
    let finish = |mut archive: Archive, destination: &Destination| {
        archive.file("index.json", &json(&Index::tagged(&manifest, &target, tags))?)?;
        if destination.kind.docker {
            let digests = layers.iter().map(|layer| &layer.descriptor.digest);
            archive.file("manifest.json", &json(&[DockerManifest::new(&config.digest, digests, tags)])?)?;
        }
        archive.file("oci-layout", LAYOUT.as_bytes())?;
        let size = archive.commit()?;
        Ok(Receipt {
            kind: destination.kind.name,
            path: destination.path.clone(),
            size,
            manifest: manifest.digest.clone(),
            config: config.digest.clone(),
        })
    };
    let Some((first, others)) = destinations.split_first() else { return Ok(Vec::new()) };
    let mut copies = Vec::new();
    for other in others {
        let mut copy = open(other, archive.mtime())?;
        copy.copy_blobs(&archive)?;
        copies.push(finish(copy, other)?);
    }
    let mut receipts = vec![finish(archive, first)?];
    receipts.extend(copies);
    Ok(receipts)
}

/// The path that a rename may replace: nothing, a regular file, or what a symbolic link to one of those leads to.
fn replaceable(path: &Path) -> Result<PathBuf, Error> {
    let refuse = |what: &str| {
        Error::new(Code::Output, format!("could not write `{}`: it is {what}", path.display()))
            .help("name a file: -o docker-archive=FILE, or a folder with `/` at the end")
    };
    // a link of the kernel's to whatever is open, which a rename would replace under its owner's feet
    if (path.starts_with("/dev") && !path.starts_with("/dev/shm")) || path.starts_with("/proc") {
        return Err(refuse("in a folder of the kernel's, not a regular file"));
    }
    let linked = match fs::symlink_metadata(path) {
        Ok(status) if status.file_type().is_symlink() => true,
        Err(reason) if reason.kind() == ErrorKind::NotFound => false,
        Err(reason) => return Err(Error::io(Code::Output, "write", path, &reason)),
        Ok(status) if status.is_file() => false,
        Ok(status) if status.is_dir() => return Err(refuse("a folder")),
        Ok(_) => return Err(refuse("not a regular file")),
    };
    if !linked {
        return Ok(path.to_owned());
    }
    match fs::metadata(path) {
        Ok(status) if status.is_file() => {
            path.canonicalize().map_err(|reason| Error::io(Code::Output, "write", path, &reason))
        }
        Ok(_) => Err(refuse("a link to something that is not a regular file")),
        Err(_) => Err(refuse("a link that leads nowhere")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn d5_only_files_and_links_to_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink("file", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        symlink("folder", at("to-folder")).unwrap();
        symlink("/dev/stdout", at("device")).unwrap();
        assert_eq!(replaceable(&at("file")).unwrap(), at("file"));
        assert_eq!(replaceable(&at("new")).unwrap(), at("new"));
        assert_eq!(replaceable(&at("link")).unwrap(), at("file").canonicalize().unwrap());
        for refused in ["folder", "dangling", "to-folder", "file/below"] {
            let error = replaceable(&at(refused)).unwrap_err();
            assert_eq!(error.exit_status(), 5, "{refused}");
        }
        assert!(replaceable(Path::new("/dev/null")).is_err());
    }
}

//! Image archives: one tar file that is an OCI layout, and for docker also what `docker save` writes.
//!
//! Both kinds keep the same blobs under `blobs/sha256/`, so the first archive is the one that the image was assembled
//! in, and every other is a copy of its blobs.

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, beside, earlier, folder};
use crate::error::{Code, Error};
use crate::image::archive::Archive;
use crate::image::bundle::Bundle;
use crate::image::manifest::{DockerManifest, Index, LAYOUT, Platform};
use crate::image::reference::Reference;
use crate::image::{Image, json};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub const DOCKER: Kind = Kind {
    name: "docker-archive",
    takes: Takes::File("tar"),
    zstd: false,
    verbs: (None, "Packed"),
    turn: Turn::File,
    check,
    deliver,
};

pub const OCI: Kind = Kind { name: "oci-archive", takes: Takes::File("oci.tar"), zstd: true, ..DOCKER };

/// Whether docker's own reader must be able to take it.
fn is_dockers(destination: &Destination) -> bool {
    destination.kind.name == DOCKER.name
}

/// Opens the archive for `path`; `mtime` is the time of its entries.
pub fn open(path: &Path, means: &Means<'_>, mtime: u64) -> Result<Archive, Error> {
    folder::usual_for(path, means)?;
    Archive::create(&replaceable(path)?, mtime)
}

/// Whether it could be written now, or once the usual folder is there.
fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    let Some(path) = destination.path() else { return Ok(()) };
    folder::has_room(&replaceable(path)?, means)
}

/// Ends the image's own archive if it is this one, or writes a copy.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let Some(path) = destination.path() else {
        return Err(Error::new(Code::Output, "an archive has no name of a file"));
    };
    let files = ending(delivery.bundle, delivery.tags, is_dockers(destination))?;
    beside::check(delivery.attachments, destination, delivery.bin)?;
    let documents = || beside::write(delivery.attachments, destination, delivery.bin);
    let (place, root) = (replaceable(path)?, delivery.bundle.root.digest.clone());
    let there = earlier::is_there(&place, delivery.bundle, &files, delivery.means);
    let archive = &mut delivery.bundle.archive;
    let (size, documents) = if let Some(size) = there {
        (size, documents()?)
    } else if archive.is_for(&place) {
        let size = archive.end(&files)?;
        let documents = documents()?;
        archive.commit()?;
        earlier::remember(archive, &root, delivery.means);
        (size, documents)
    } else {
        let mut copy = open(path, delivery.means, archive.mtime())?;
        copy.copy_blobs(archive)?;
        let size = copy.end(&files)?;
        let documents = documents()?;
        copy.commit()?;
        earlier::remember(&copy, &root, delivery.means);
        (size, documents)
    };
    let one_of_several = is_dockers(destination) && !delivery.bundle.others.is_empty();
    let single = delivery.bundle.single().target.platform();
    let remarks = one_of_several.then(|| format!("{single} for docker load"));
    let remarks = remarks.into_iter().chain(beside::remark(&documents)).collect();
    let result = path.display().to_string();
    Ok(Receipt { result, size, fresh: there.is_some(), remarks, warnings: Vec::new(), documents })
}

/// What stands beside the blobs of an archive under these names. With `docker`, what `docker load` reads too: a single
/// image, that of this machine's architecture.
pub fn ending(
    bundle: &Bundle,
    tags: &[Reference],
    docker: bool,
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let platform = bundle.others.is_empty().then(|| Platform::from(&bundle.first.target));
    documents(&Index::tagged(&bundle.root, platform, tags), docker.then(|| bundle.single()), tags)
}

/// The documents that lead from `index` to the blobs, and for `docker load` to those of one image under `tags`.
pub fn documents(
    index: &Index,
    docker: Option<&Image>,
    tags: &[Reference],
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let mut files = vec![("index.json", json(index)?)];
    if let Some(image) = docker {
        let digests = image.layers.iter().map(|layer| &layer.descriptor.digest);
        files.push(("manifest.json", json(&[DockerManifest::new(&image.config.digest, digests, tags)])?));
    }
    files.push(("oci-layout", LAYOUT.as_bytes().to_vec()));
    Ok(files)
}

/// The path that a rename may replace: nothing, a regular file, or what a symbolic link to one of those leads to.
fn replaceable(path: &Path) -> Result<PathBuf, Error> {
    let refuse = |what: &str| {
        Error::new(Code::Output, format!("could not write `{}`: it is {what}", path.display()))
            .help("name a file: -o docker-archive=FILE, or a folder with `/` at the end")
    };
    // a link of the kernel's to whatever is open, which a rename would replace under its owner's feet
    if folder::is_kernels(path) {
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

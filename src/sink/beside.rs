//! The documents about an image beside the file or folder that it is written to: `hello.cdx.json` for `hello.tar`.
//!
//! A folder may have more than one program's images, so there a document is called after both.
//!
//! They do not go into an archive or a layout too: a reader of a layout with a single image (`podman load`, `skopeo copy
//! oci:DIR`) refuses one whose index leads to anything else.

use super::{Destination, Kept, Takes, folder};
use crate::error::{Caution, Code, Error, Warning};
use crate::image::attachment::{Attachment, CYCLONEDX, IN_TOTO, SIGSTORE, SPDX, name};
use crate::regular::RegularFile;
use crate::temporary;
use memchr::memmem;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The most bytes of a document that are looked at: more than any of ours has.
const LARGEST: u64 = 32 << 20;

/// The path of the documents about the image of `bin` at `destination`, without the ending of each; `None` if its place is
/// no path.
pub fn stem(destination: &Destination, bin: &str) -> Option<PathBuf> {
    let path = destination.path()?;
    // beside what a link leads to: there is what they are about
    let path = real(path);
    let own = path.file_name()?.to_string_lossy().into_owned();
    Some(match destination.kind.takes {
        Takes::Files(_) => path.join(bin),
        Takes::Folder(ending) if own != bin && own != format!("{bin}.{ending}") => {
            path.with_file_name(name::shared(&own, bin))
        }
        _ => path.with_file_name(name::stem(&own)),
    })
}

/// `path` without links in it, as far as it is there.
pub fn real(path: &Path) -> PathBuf {
    let folder = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(folder).unwrap_or_else(|| path.to_owned())
}

/// Refuses places that documents cannot be written to.
///
/// # Errors
/// What stands there is no regular file.
pub fn check(attachments: &[Attachment], destination: &Destination, bin: &str) -> Result<(), Error> {
    paths(attachments, destination, bin).iter().try_for_each(|path| replaceable(path))
}

/// Writes the documents that belong beside `destination`, and removes those that an earlier image had and this one has not:
/// they would pass for its own. Best before the image itself gets its name: what fails here leaves the old one.
///
/// # Errors
/// One cannot be written.
pub fn write(attachments: &[Attachment], destination: &Destination, bin: &str) -> Result<Vec<Kept>, Error> {
    for path in stale(attachments, destination, bin) {
        fs::remove_file(&path).map_err(|reason| failed(&path, &reason))?;
    }
    let mut written = Vec::new();
    for (one, path) in attachments.iter().zip(paths(attachments, destination, bin)) {
        replaceable(&path)?;
        let kept = Kept {
            media_type: one.kind.media_type,
            subject: one.subject.digest.clone(),
            place: path.display().to_string(),
        };
        written.push(kept);
        // what is up to date keeps its time too
        let there = RegularFile::open(&path, false).and_then(|file| file.bytes(one.bytes.len() as u64));
        if there.is_ok_and(|there| there.is_some_and(|there| there == one.bytes)) {
            continue;
        }
        temporary::write(&path, &one.bytes).map_err(|reason| failed(&path, &reason))?;
    }
    Ok(written)
}

/// What to say where no document has a place beside the folder `path`, as its parent cannot be written in: it may be all
/// of a file system that a container was given.
pub fn without_room(path: &Path) -> Option<Warning> {
    let path = path.canonicalize().ok()?;
    folder::writable(path.parent()?, &path).err().map(|error| {
        let what = format!("`{}` has the image without the documents about it: {error}", path.display());
        Warning::new(Caution::Unattached, what).help("name a folder below it: -o oci-dir=FOLDER/NAME")
    })
}

/// What a status line says of `documents`.
pub fn remark(documents: &[Kept]) -> Option<String> {
    match documents {
        [] => None,
        [one] => Some(format!("with {}", one.place.rsplit('/').next().unwrap_or_default())),
        _ => Some(format!("with {} documents", documents.len())),
    }
}

fn paths(attachments: &[Attachment], destination: &Destination, bin: &str) -> Vec<PathBuf> {
    let Some(stem) = stem(destination, bin) else { return Vec::new() };
    let start = stem.file_name().unwrap_or_default().to_string_lossy().into_owned();
    attachments.iter().map(|one| stem.with_file_name(one.file_name(&start))).collect()
}

/// The documents of ours, without a platform in their names, that are none of `attachments`.
fn stale(attachments: &[Attachment], destination: &Destination, bin: &str) -> Vec<PathBuf> {
    let Some(stem) = stem(destination, bin) else { return Vec::new() };
    let start = stem.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kept = paths(attachments, destination, bin);
    let all = [CYCLONEDX, SPDX, IN_TOTO, SIGSTORE];
    let all = all.map(|kind| stem.with_file_name(name::written(&start, None, kind)));
    let is_file = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|status| status.is_file());
    all.into_iter().filter(|path| !kept.contains(path) && is_file(path) && is_ours(path)).collect()
}

/// Whether the file at `path` says that it is of this program's making, or is a bundle, which holds its words encoded.
fn is_ours(path: &Path) -> bool {
    let marks = [env!("CARGO_PKG_NAME"), SIGSTORE.media_type];
    let text = RegularFile::open(path, false).and_then(|file| file.bytes(LARGEST)).ok().flatten();
    text.is_some_and(|text| marks.iter().any(|mark| memmem::find(&text, mark.as_bytes()).is_some()))
}

/// A rename would silently take the place of a link or a device, and of what is somebody else's.
fn replaceable(path: &Path) -> Result<(), Error> {
    let refused = |why: &str| {
        Err(Error::new(Code::Output, format!("could not write `{}`: {why}", path.display()))
            .help("remove it, or write the image to another place")
            .help("to make no such documents: --sbom none --provenance=false"))
    };
    if folder::is_kernels(path) {
        return refused("it would be in a folder of the kernel's");
    }
    match fs::symlink_metadata(path) {
        Ok(status) if status.is_file() && (status.len() == 0 || is_ours(path)) => Ok(()),
        Ok(status) if status.is_file() => refused("what stands there was not made by cargo scratch"),
        Ok(_) => refused("what stands there is not a regular file"),
        Err(reason) if reason.kind() == ErrorKind::NotFound => Ok(()),
        Err(reason) => Err(failed(path, &reason)),
    }
}

fn failed(path: &Path, reason: &io::Error) -> Error {
    Error::io(Code::Output, "write", path, reason)
        .help("to make no such documents: --sbom none --provenance=false")
}

#[cfg(test)]
mod tests {
    use super::super::{KINDS, Place};
    use super::*;
    use crate::image::attachment::{CYCLONEDX, IN_TOTO, Kind, SPDX};
    use crate::image::digest::Digest;
    use crate::image::manifest::{Descriptor, MANIFEST};
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;

    fn destination(kind: &str, path: &Path) -> Destination {
        let kind = KINDS.iter().find(|one| one.name == kind).unwrap();
        Destination { kind, place: Place::Path(path.to_owned()) }
    }

    fn attachment(kind: &'static Kind) -> Attachment {
        Attachment {
            kind,
            platform: None,
            subject: Descriptor::new(MANIFEST, Digest::of(b"image"), 5),
            parts: Vec::new(),
            annotations: BTreeMap::new(),
            bytes: b"{}".to_vec(),
        }
    }

    #[test]
    fn a_document_is_called_after_what_it_is_about() {
        for (kind, path, expected) in [
            ("docker-archive", "/a/hello.tar", "/a/hello"),
            ("docker-archive", "/a/hello.tar.gz", "/a/hello"),
            ("docker-archive", "/a/hello", "/a/hello"),
            ("docker-archive", "/a/.tar", "/a/.tar"),
            ("oci-archive", "/a/hello.oci.tar", "/a/hello.oci"),
            ("oci-dir", "/a/hello.oci", "/a/hello.oci"),
            ("oci-dir", "/a/hello", "/a/hello"),
            ("oci-dir", "/a/images", "/a/images.hello"),
            ("rootfs", "/a/rootfs", "/a/rootfs/hello"),
        ] {
            assert_eq!(
                stem(&destination(kind, Path::new(path)), "hello"),
                Some(expected.into()),
                "{kind} {path}"
            );
        }
        let registry = KINDS.iter().find(|one| one.name == "registry").unwrap();
        assert_eq!(stem(&Destination { kind: registry, place: Place::Name(None) }, "hello"), None);
    }

    #[test]
    fn d5_a_file_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        let to = destination("docker-archive", &at("hello.tar"));
        fs::write(at("hello.cdx.json"), "of another program").unwrap();
        assert!(write(&[attachment(CYCLONEDX)], &to, "hello").is_err());
        fs::write(at("hello.cdx.json"), "by cargo-scratch").unwrap();
        let written = write(&[attachment(CYCLONEDX)], &to, "hello").unwrap();
        assert_eq!(written[0].place, at("hello.cdx.json").to_string_lossy());
        assert_eq!(fs::read(at("hello.cdx.json")).unwrap(), b"{}");
        assert_eq!(remark(&written).unwrap(), "with hello.cdx.json");
        fs::create_dir(at("hello.spdx.json")).unwrap();
        symlink("/dev/stdout", at("hello.intoto.json")).unwrap();
        for kind in [SPDX, IN_TOTO] {
            let error = check(&[attachment(kind)], &to, "hello").unwrap_err();
            assert_eq!(error.exit_status(), 5, "{}", kind.word);
        }
        assert!(check(&[], &to, "hello").is_ok());
    }

    #[test]
    fn what_is_beside_a_folder_needs_no_room_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(without_room(folder.path()), None);
        assert_eq!(without_room(&folder.path().join("not-there-yet")), None);
    }

    #[test]
    fn a_document_about_a_link_is_beside_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("real");
        fs::create_dir(&real).unwrap();
        fs::write(real.join("one.tar"), "").unwrap();
        symlink(real.join("one.tar"), folder.path().join("latest.tar")).unwrap();
        let to = destination("docker-archive", &folder.path().join("latest.tar"));
        assert_eq!(stem(&to, "hello"), Some(real.join("one")));
    }
}

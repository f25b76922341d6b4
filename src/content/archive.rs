//! Archives: a tar around an image, as docker, podman, skopeo and we write it.

use super::fault::{Fault, Rule};
use super::follow::Follow;
use super::name;
use super::packing::{Packing, Unpacking};
use super::store::{self, Store};
use super::tar::{self, Input, Stop};
use super::{Form, Found, docker, layout, limits};
use crate::error::{Code, Error};
use crate::image::archive::{Blob, BlobReader};
use crate::image::digest::Digest;
use crate::interrupt;
use crate::regular::RegularFile;
use crate::temporary;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// What a path of an archive is.
#[derive(Clone, Debug)]
pub enum Member {
    /// A file.
    File(Blob),
    /// A link, and what it leads to, as it is written (`docker save` before version 25 has them for layers).
    Link(String),
}

/// The files of an archive, by their paths.
pub type Members = BTreeMap<String, Member>;

/// Reads the archive at `path`.
///
/// # Errors
/// It cannot be read, or is none.
pub fn open(path: &Path) -> Result<Found, Error> {
    let file = RegularFile::open(path, true)?;
    let file = file.file().try_clone().map_err(|reason| file.unreadable(&reason))?;
    read(file, &path.display().to_string())
}

/// Reads the open archive `file`, which messages call `place`.
///
/// # Errors
/// The same.
pub fn read(file: File, place: &str) -> Result<Found, Error> {
    let blob = plain(file, place)?;
    let mut found = Found::empty(place, Form::OciArchive);
    let members = members(&blob, &mut found)?;
    let file = |name: &str| match members.get(name) {
        Some(Member::File(blob)) => Some(blob),
        _ => None,
    };
    let (manifest, index) = (file("manifest.json"), file("index.json"));
    if manifest.is_none() && index.is_none() {
        let error = Error::new(Code::Invalid, format!("{place} is no image"));
        let error = error.note("it is a tar with neither `manifest.json` nor `index.json`");
        return Err(found.faults.iter().take(3).fold(error, |error, fault| error.note(fault.to_string())));
    }
    if let Some(index) = index {
        let store = Store::Known(blobs(&members, &mut found.faults));
        match file("oci-layout") {
            Some(version) => layout::version(version, &mut found.faults)?,
            None if manifest.is_none() => {
                found.faults.push(Fault::new(Rule::Container, "oci-layout", "it is not there"));
            }
            None => {}
        }
        if let Some(index) = store::read(index, None, "index.json".into(), &mut found.faults)? {
            Follow { store: &store, found: &mut found, left_out: BTreeSet::new() }.layout(index)?;
        }
    }
    if let Some(manifest) = manifest {
        found.form = Form::DockerArchive;
        docker::read(manifest, &members, &mut found)?;
    }
    Ok(found)
}

/// The archive in `file`, unpacked into a file without a name if it is compressed as a whole.
fn plain(mut file: File, place: &str) -> Result<Blob, Error> {
    let failed = |reason: io::Error| {
        Error::new(Code::Asset, format!("could not read {place}")).note(reason.to_string())
    };
    let size = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let blob = Blob::new(Arc::new(file), 0, size);
    let mut start = Vec::new();
    blob.first(4).reader().read_to_end(&mut start).map_err(failed)?;
    if Packing::of(&start) == Packing::Plain {
        return Ok(blob);
    }
    let broken = |reason: io::Error| match reason.kind() {
        io::ErrorKind::InvalidData => {
            Error::new(Code::Invalid, format!("{place} is no image")).note(format!("it is {reason}"))
        }
        _ => failed(reason),
    };
    let mut source = BufReader::with_capacity(256 << 10, blob.reader());
    let mut unpacking = Unpacking::new(&mut source).map_err(broken)?;
    let folder = temporary::large();
    let full = |reason: io::Error| {
        Error::io(Code::Output, "unpack it in", &folder, &reason)
            .help("set TMPDIR to a folder with more room")
    };
    let mut out = tempfile::tempfile_in(&folder).map_err(full)?;
    let (mut buffer, mut total) = (vec![0; 256 << 10], 0_u64);
    loop {
        interrupt::check()?;
        let read = match unpacking.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
            Err(reason) => return Err(broken(reason)),
        };
        total += read as u64;
        if total > limits::UNPACKED {
            let why = format!("it unpacks to more than {} bytes", limits::UNPACKED);
            return Err(Error::new(Code::Invalid, format!("{place} is not read")).note(why));
        }
        out.write_all(&buffer[..read]).map_err(full)?;
    }
    if !source.fill_buf().map_err(failed)?.is_empty() {
        let error = Error::new(Code::Invalid, format!("{place} is no image"));
        return Err(error.note("more follows the end of what is compressed, which some readers go on with"));
    }
    Ok(Blob::new(Arc::new(out), 0, total))
}

/// The members of the archive in `blob`.
fn members(blob: &Blob, found: &mut Found) -> Result<Members, Error> {
    let mut members = Members::new();
    let mut reader = tar::Reader::new(blob.reader());
    let place = found.place.clone();
    let mut fault = |rule, name: &str, why: String| found.faults.push(Fault::new(rule, name, why));
    loop {
        let member = match reader.next() {
            Ok(Some(member)) => member,
            Ok(None) => return Ok(members),
            Err(Stop::Unsound(why)) if members.is_empty() => {
                return Err(Error::new(Code::Invalid, format!("{place} is no image"))
                    .note(format!("as a tar: {why}")));
            }
            Err(Stop::Unsound(why) | Stop::Limit(why)) => {
                fault(Rule::Container, &place, why);
                return Ok(members);
            }
            Err(Stop::Io(reason)) => {
                return Err(
                    Error::new(Code::Asset, format!("could not read {place}")).note(reason.to_string())
                );
            }
        };
        if members.len() as u64 >= limits::ENTRIES {
            fault(Rule::Limit, &place, format!("it has more than {} entries", limits::ENTRIES));
            return Ok(members);
        }
        let shown = String::from_utf8_lossy(&member.name).into_owned();
        let path = match name::path(&member.name, member.kind == b'5') {
            Ok(path) => path,
            Err(why) => {
                fault(Rule::Container, &shown, format!("it cannot be a path: {why}"));
                continue;
            }
        };
        let it = match member.kind {
            b'5' => continue,
            b'0' => Member::File(blob.from(reader.position()).first(member.size)),
            b'1' | b'2' => Member::Link(String::from_utf8_lossy(&member.link).into_owned()),
            _ => {
                fault(Rule::Container, &shown, "it is neither a file, a folder nor a link".into());
                continue;
            }
        };
        if members.insert(path, it).is_some() {
            fault(Rule::Container, &shown, "the archive has it twice".into());
        }
    }
}

/// The blobs among `members`, by the digests that they are called by.
fn blobs(members: &Members, faults: &mut Vec<Fault>) -> BTreeMap<Digest, Blob> {
    let mut blobs = BTreeMap::new();
    for (path, member) in members {
        let Some(name) = path.strip_prefix("blobs/") else { continue };
        let digest = name.replacen('/', ":", 1).parse::<Digest>();
        match (digest, member) {
            (Ok(digest), Member::File(blob)) => drop(blobs.insert(digest, blob.clone())),
            (Ok(_), Member::Link(_)) => {
                faults.push(Fault::new(Rule::Container, path, "a blob is a file, and this is a link"));
            }
            (Err(why), _) => {
                faults.push(Fault::new(Rule::Container, path, format!("it is called by no digest: {why}")));
            }
        }
    }
    blobs
}

impl Input for BlobReader {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        match self.advance(count) {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

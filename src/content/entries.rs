//! The entries of one layer's tar, and what speaks against each that the layer alone can tell.

use super::fault::{Fault, Rule};
use super::limits;
use super::name::{self, Named};
use super::tar::{self, Input, Member, Stop};
use super::walk::{Entry, Kind};
use crate::error::Error;
use crate::interrupt;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};

/// The longest target of a symbolic link, in bytes (Linux, `PATH_MAX` with its zero).
const TARGET: usize = 4095;
/// The most faults of one layer that are told.
const FAULTS: usize = 1000;

/// The entries that have been read of a layer.
pub struct Entries<'a> {
    place: &'a str,
    /// Whether what stands at a path is a folder. The paths themselves would take as much memory as a hostile layer
    /// likes; `key` is chosen anew in every run, so that nobody can make two of them meet.
    paths: HashMap<u64, bool>,
    key: RandomState,
    count: u64,
    /// The bytes of all names.
    names: u64,
    faults: Vec<Fault>,
}

impl<'a> Entries<'a> {
    /// None yet; `place` is what messages call the layer.
    pub fn new(place: &'a str) -> Self {
        let (paths, key, faults) = (HashMap::new(), RandomState::new(), Vec::new());
        Entries { place, paths, key, count: 0, names: 0, faults }
    }

    /// Their number, and what is wrong.
    pub fn finish(self) -> (u64, Vec<Fault>) {
        (self.count, self.faults)
    }

    /// Notes what is wrong with `path`, or with the layer where that is empty.
    pub fn fault(&mut self, rule: Rule, path: &str, why: impl Into<String>) {
        if self.faults.len() >= FAULTS {
            return;
        }
        let place = match path {
            "" => self.place.to_owned(),
            _ => format!("{}: {path}", self.place),
        };
        self.faults.push(Fault::new(rule, place, why));
    }

    /// Shows `each` entry of `reader`. Returns why that ended before its end.
    ///
    /// # Errors
    /// `each` fails, or a signal arrived.
    pub fn read<R: Input>(
        &mut self,
        reader: &mut tar::Reader<R>,
        each: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), Error>,
    ) -> Result<Option<Stop>, Error> {
        loop {
            let member = match reader.next() {
                Ok(Some(member)) => member,
                Ok(None) => return Ok(None),
                Err(stop) => return Ok(Some(stop)),
            };
            self.count += 1;
            if self.count.is_multiple_of(1024) {
                interrupt::check()?;
            }
            if self.count > limits::ENTRIES {
                return Ok(Some(Stop::Limit(format!("it has more than {} entries", limits::ENTRIES))));
            }
            self.names += (member.name.len() + member.link.len()) as u64;
            if self.names > limits::NAMES {
                return Ok(Some(Stop::Limit(format!("its names are more than {} bytes", limits::NAMES))));
            }
            let Some(entry) = self.entry(member) else { continue };
            let mut content = Content { reader, failed: None };
            let shown = each(&entry, &mut content);
            // what `each` makes of damage says less than the damage
            if let Some(reason) = content.failed {
                return Ok(Some(reason.into()));
            }
            shown?;
        }
    }

    /// What `member` is; `None` if it is nowhere in an image, or there already.
    fn entry(&mut self, member: Member) -> Option<Entry> {
        let shown = String::from_utf8_lossy(&member.name).into_owned();
        let folder = member.kind == b'5';
        let named = match name::named(&member.name, folder) {
            Ok(named) => named,
            Err((rule, why)) => {
                self.fault(rule, &shown, why);
                return None;
            }
        };
        let kind = match (&named, member.kind) {
            (Named::Whiteout(_) | Named::Opaque(_), _) => {
                if member.kind != b'0' || member.size > 0 {
                    self.fault(Rule::Whiteout, &shown, "a whiteout is an empty file");
                }
                if matches!(named, Named::Opaque(_)) { Kind::Opaque } else { Kind::Whiteout }
            }
            (_, b'5') => Kind::Directory,
            (_, b'2') => Kind::Symlink(self.target(&shown, &member.link)?),
            (_, b'1') => match name::path(&member.link, false) {
                Ok(target) => Kind::Hardlink(target),
                Err(why) => {
                    self.fault(Rule::Path, &shown, format!("as what it is a hard link to: {why}"));
                    return None;
                }
            },
            (_, special @ (b'3' | b'4' | b'6')) => {
                let what = match special {
                    b'3' => "a character device",
                    b'4' => "a block device",
                    _ => "a fifo",
                };
                self.fault(Rule::Entry, &shown, format!("it is {what}, which no image needs"));
                Kind::Special(what)
            }
            _ => Kind::File,
        };
        if !self.is_new(&shown, &named, folder) {
            return None;
        }
        let (Named::Path(path) | Named::Whiteout(path) | Named::Opaque(path)) = named;
        let Member { mode, uid, gid, size, mtime, xattrs, .. } = member;
        Some(Entry { path, kind, mode, uid, gid, size, mtime, xattrs })
    }

    fn target(&mut self, shown: &str, link: &[u8]) -> Option<String> {
        let why = match std::str::from_utf8(link) {
            Ok("") => "it leads to an empty path".to_owned(),
            Ok(target) if target.len() > TARGET => format!("it leads to a path longer than {TARGET} bytes"),
            Ok(target) if !target.contains('\0') => return Some(target.to_owned()),
            _ => "it leads to a path that is no UTF-8 or has a zero byte".to_owned(),
        };
        self.fault(Rule::Path, shown, why);
        None
    }

    /// Whether the layer does not have the path yet. Looks for what is no folder above it too, in one pass over the path,
    /// since there may be thousands of folders above it.
    fn is_new(&mut self, shown: &str, named: &Named, folder: bool) -> bool {
        let mut hasher = self.key.build_hasher();
        let (path, kind) = match named {
            Named::Path(path) => (path, 0),
            Named::Whiteout(path) => (path, 1),
            Named::Opaque(path) => (path, 2),
        };
        hasher.write_u8(kind);
        let mut start = 0;
        for end in path.match_indices('/').map(|(end, _)| end) {
            hasher.write(&path.as_bytes()[start..end]);
            start = end;
            if self.paths.get(&hasher.finish()) == Some(&false) {
                let why = format!("it lies below `{}`, which is no folder", &path[..end]);
                self.fault(Rule::Parent, shown, why);
                break;
            }
        }
        hasher.write(&path.as_bytes()[start..]);
        let is_new = self.paths.insert(hasher.finish(), folder).is_none();
        if !is_new {
            self.fault(Rule::Duplicate, shown, "the layer has it twice");
        }
        is_new
    }
}

/// The content of one entry, that remembers why it could not be read.
struct Content<'a, R> {
    reader: &'a mut tar::Reader<R>,
    failed: Option<io::Error>,
}

impl<R: Input> Read for Content<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into).map_err(|reason| {
            let shown = io::Error::new(reason.kind(), reason.to_string());
            if reason.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(reason);
            }
            shown
        })
    }
}

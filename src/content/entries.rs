//! The entries of one layer's tar, and what speaks against each that the layer alone can tell.

use super::fault::{Fault, Rule};
use super::limits;
use super::name::{self, Named};
use super::tar::{self, Input, Member, Stop};
use super::walk::{Entry, Kind};
use crate::error::Error;
use crate::interrupt;
use std::collections::HashMap;
use std::io::{self, Read};

/// The longest target of a symbolic link, in bytes (Linux, `PATH_MAX` with its zero).
const TARGET: usize = 4095;
/// The most faults of one layer that are told.
const FAULTS: usize = 1000;

/// The entries that have been read of a layer.
pub struct Entries<'a> {
    place: &'a str,
    /// Whether what stands at a path is a folder.
    paths: HashMap<String, bool>,
    count: u64,
    faults: Vec<Fault>,
}

impl<'a> Entries<'a> {
    /// None yet; `place` is what messages call the layer.
    pub fn new(place: &'a str) -> Self {
        Entries { place, paths: HashMap::new(), count: 0, faults: Vec::new() }
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

    /// What `member` is; `None` if it is nowhere in an image.
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
        self.place_of(&shown, &named, folder);
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

    /// Looks whether the layer has the path already, or something else above it.
    fn place_of(&mut self, shown: &str, named: &Named, folder: bool) {
        let key = match named {
            Named::Path(path) => path.clone(),
            // apart from the paths of entries: a component cannot be empty
            Named::Whiteout(path) => format!("//{path}"),
            Named::Opaque(path) => format!("///{path}"),
        };
        if let Named::Path(path) = named {
            let above = path.match_indices('/').map(|(end, _)| &path[..end]);
            if let Some(above) = above.into_iter().find(|above| self.paths.get(*above) == Some(&false)) {
                let why = format!("it lies below `{above}`, which is no folder");
                self.fault(Rule::Parent, shown, why);
            }
        }
        if self.paths.insert(key, folder).is_some() {
            self.fault(Rule::Duplicate, shown, "the layer has it twice");
        }
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

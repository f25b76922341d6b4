//! Hands the layers of an image to the stage, one after the other.

use super::messages::{Entry, Item, What};
use super::user::{self, Identity};
use super::wire::{Link, PACKET};
use crate::content::{self, Kind, StoredLayer};
use crate::error::{Code, Error};
use std::io::Read;

/// The most that is read of the image's files of users.
const USERS: u64 = 4 << 20;
/// Faults that an error names.
const NAMED: usize = 5;

/// Sends all of `layers`; `false` if the stage took no more, and then has said why.
///
/// # Errors
/// A layer cannot be read, or is not fit to be unpacked.
pub fn send(layers: &[StoredLayer], link: &Link) -> Result<bool, Error> {
    let mut gone = false;
    let stopped = || Error::new(Code::Sandbox, "the sandbox takes no more");
    for layer in layers {
        if link.send(&Item::Layer, &[]).is_err() {
            return Ok(false);
        }
        let walked = walk(layer, &mut |entry, content| {
            let item = item(entry).map_err(|why| unfit(layer).note(why))?;
            if link.send(&item, &[]).is_err() {
                gone = true;
                return Err(stopped());
            }
            let mut rest = if entry.kind == Kind::File { entry.size } else { 0 };
            let mut piece = vec![0; PACKET.min(usize::try_from(rest).unwrap_or(PACKET))];
            while rest > 0 {
                let most = PACKET.min(usize::try_from(rest).unwrap_or(PACKET));
                let read = content.read(&mut piece[..most]);
                let read = read.map_err(|reason| unfit(layer).note(reason.to_string()))?;
                if read == 0 {
                    return Err(unfit(layer).note(format!("`{}` ends early", entry.path)));
                }
                if link.send_bytes(&piece[..read]).is_err() {
                    gone = true;
                    return Err(stopped());
                }
                rest -= read as u64;
            }
            Ok(())
        });
        match walked {
            Err(_) if gone => return Ok(false),
            other => other?,
        }
    }
    Ok(link.send(&Item::End, &[]).is_ok())
}

/// Who `spec` is in the image that `layers` are, for a sandbox that must know before it has one.
///
/// # Errors
/// A layer cannot be read, or nobody is called that.
pub fn identity(spec: &str, layers: &[StoredLayer]) -> Result<Identity, Error> {
    if let Some((uid, gid)) = user::numeric(spec) {
        return Ok(Identity { uid, gid, groups: Vec::new(), home: "/".to_owned() });
    }
    let mut texts = [("etc/passwd", String::new()), ("etc/group", String::new())];
    for layer in layers {
        walk(layer, &mut |entry, content| {
            for (path, text) in texts.iter_mut().filter(|(path, _)| entry.path == *path) {
                text.clear();
                let mut bytes = Vec::new();
                let read =
                    content.take(if entry.kind == Kind::File { USERS } else { 0 }).read_to_end(&mut bytes);
                read.map_err(|reason| unfit(layer).at(*path).note(reason.to_string()))?;
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
            Ok(())
        })?;
    }
    let found = user::resolve(spec, &texts[0].1, &texts[1].1);
    found.map_err(|why| Error::new(Code::Invalid, format!("the image's user is `{spec}`")).note(why))
}

/// [`content::walk`], for which every fault is an error.
fn walk(
    layer: &StoredLayer,
    each: &mut dyn FnMut(&content::Entry, &mut dyn Read) -> Result<(), Error>,
) -> Result<(), Error> {
    let walked = content::walk(layer, each)?;
    if walked.faults.is_empty() {
        return Ok(());
    }
    let error = unfit(layer).help("for all that is wrong with it: cargo scratch verify IMAGE");
    Err(walked.faults.iter().take(NAMED).fold(error, |error, fault| error.note(fault.to_string())))
}

fn unfit(layer: &StoredLayer) -> Error {
    Error::new(Code::Invalid, "the image is not fit to run").at(&layer.place)
}

fn item(entry: &content::Entry) -> Result<Item, String> {
    let what = What::of(&entry.kind, entry.size);
    let what = what.ok_or_else(|| format!("`{}` is a device or another special file", entry.path))?;
    let escapes = |path: &str| path.split('/').any(|part| part == "..");
    if escapes(&entry.path) || matches!(&what, What::Hardlink(target) if escapes(target)) {
        return Err(format!("`{}` leads out of the image", entry.path));
    }
    let id = |id: u64| u32::try_from(id).ok().filter(|id| *id != u32::MAX);
    let owner = id(entry.uid).zip(id(entry.gid));
    let (uid, gid) = owner.ok_or_else(|| format!("`{}` belongs to a user that cannot be", entry.path))?;
    Ok(Item::Entry(Entry { path: entry.path.clone(), what, mode: entry.mode, uid, gid, mtime: entry.mtime }))
}

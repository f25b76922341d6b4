//! What changed from one image to another, as far as a container could tell: files, and how it is started.
//!
//! It is the contents that are compared. How they are packed (layers, compression, order) and when they were (times,
//! history) makes other digests of the same image, and is told apart: [`Difference::is_empty`] knows nothing of it.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::Setting;

use super::laid::Laid;
use super::tree::{Node, Tree};
use super::walk::Kind;
use super::{Config, Stored};
use crate::image::digest::Digest;
use serde_json::Value;
use std::collections::BTreeSet;

/// One of the two images.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// Its configuration.
    pub config: &'a Config,
    /// The same, as its JSON says it.
    pub document: &'a Value,
    /// The annotations of its manifest; `null` if there are none.
    pub annotations: &'a Value,
}

impl<'a> Side<'a> {
    /// `image`, whose layers have been read.
    pub fn of(image: &'a Stored, laid: &'a Laid) -> Self {
        let annotations =
            image.manifest.as_ref().map_or(&Value::Null, |manifest| &manifest.json["annotations"]);
        Side { tree: &laid.tree, config: &image.settings, document: &image.config.json, annotations }
    }
}

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Settings, in the order of a configuration, then by name.
    pub settings: Vec<Setting>,
    /// Files, by path.
    pub files: Vec<Change>,
    /// The number of files that both have, and that have another time and nothing else.
    pub touched: usize,
    /// Whether the images say another time of creation.
    pub created: bool,
}

/// A file that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path, without the slash at its start.
    pub path: String,
    /// What it was; `None` if it is new.
    pub before: Option<File>,
    /// What it is; `None` if it is gone.
    pub after: Option<File>,
}

/// What a container can tell of a file, without its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is.
    pub kind: Kind,
    /// The permission bits (`0o7777`).
    pub mode: u32,
    /// Owner and group.
    pub owner: (u64, u64),
    /// The bytes of its content.
    pub size: u64,
    /// The digest of its content, for a file.
    pub digest: Option<Digest>,
    /// The names of its extended attributes.
    pub xattrs: Vec<String>,
}

impl File {
    fn of(node: &Node) -> Self {
        let entry = &node.entry;
        let mut xattrs = entry.xattrs.clone();
        xattrs.sort();
        let kind = match &entry.kind {
            // two names of one file: which of them a tar has first is nothing that a container could tell
            Kind::Hardlink(_) => Kind::File,
            kind => kind.clone(),
        };
        File {
            kind,
            // a link has no permissions of its own (symlink(7)), and every writer gives it others
            mode: if matches!(entry.kind, Kind::Symlink(_)) { 0o777 } else { entry.mode },
            owner: (entry.uid, entry.gid),
            size: entry.size,
            digest: node.digest.clone(),
            xattrs,
        }
    }
}

impl File {
    /// Whether it is a folder as every reader makes one where an archive has none for what lies below.
    fn is_usual_folder(&self) -> bool {
        self.kind == Kind::Directory && self.mode == 0o755 && self.owner == (0, 0) && self.xattrs.is_empty()
    }
}

impl Change {
    /// The bytes that the file has more than it had.
    pub fn growth(&self) -> i128 {
        let size = |file: &Option<File>| file.as_ref().map_or(0, |file| i128::from(file.size));
        size(&self.after) - size(&self.before)
    }
}

impl Difference {
    /// From `a` to `b`.
    pub fn between(a: Side<'_>, b: Side<'_>) -> Self {
        let (files, touched) = files(a.tree, b.tree);
        let created = a.config.created != b.config.created;
        Difference { settings: settings::between(a, b), files, touched, created }
    }

    /// Whether a container could tell no difference.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.files.is_empty()
    }

    /// How many files are new, gone, and changed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Change) -> bool| self.files.iter().filter(|change| is(change)).count();
        let (added, removed) =
            (count(|change| change.before.is_none()), count(|change| change.after.is_none()));
        (added, removed, self.files.len() - added - removed)
    }

    /// The bytes that all files together have more.
    pub fn growth(&self) -> i128 {
        self.files.iter().map(Change::growth).sum()
    }
}

fn files(a: &Tree, b: &Tree) -> (Vec<Change>, usize) {
    let (mut files, mut touched) = (Vec::new(), 0);
    for path in a.nodes.keys().chain(b.nodes.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (a.nodes.get(path), b.nodes.get(path));
        let (before, after) = (was.map(File::of), is.map(File::of));
        let implied = match (&before, &after) {
            (None, Some(folder)) => folder.is_usual_folder() && a.has_below(path),
            (Some(folder), None) => folder.is_usual_folder() && b.has_below(path),
            _ => false,
        };
        if implied {
            continue;
        }
        if before != after {
            files.push(Change { path: path.clone(), before, after });
        } else if was.map(|node| node.entry.mtime) != is.map(|node| node.entry.mtime) {
            touched += 1;
        }
    }
    (files, touched)
}

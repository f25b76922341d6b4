//! A layer before it is bytes: a sorted set of entries in which every parent folder is explicit.
//!
//! Sorted by path, a folder comes before what it holds, and the order of a directory listing, the file system and
//! the machine leave no trace (OCI image spec, layer.md, "Creating").

use super::digest::{Digest, Hashing};
use super::path::ImagePath;
use crate::error::{Code, Error};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Where the bytes of a file come from, when they are wanted.
pub trait Source {
    /// The number of bytes that [`Source::copy_to`] writes.
    fn size(&self) -> u64;

    /// Writes all of them, in pieces of bounded size.
    fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError>;

    /// What tells these bytes from all others without a look at them, in this run and in later ones; `None` where nothing
    /// does.
    fn fingerprint(&self) -> Option<Digest> {
        None
    }

    /// All of them at once, if there are at most `limit`.
    fn read(&self, limit: u64) -> Result<Vec<u8>, Error> {
        if self.size() > limit {
            return Err(Error::new(
                Code::Asset,
                format!("a file has {} bytes, at most {limit} are read", self.size()),
            ));
        }
        let mut bytes = Vec::new();
        match self.copy_to(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(CopyError::Source(error)) => Err(error),
            Err(CopyError::Sink(reason)) => Err(Error::new(Code::Asset, reason.to_string())),
        }
    }
}

/// Which side of a copy failed: they end the run with different statuses.
#[derive(Debug)]
pub enum CopyError {
    /// The source, with the reason.
    Source(Error),
    /// The writer.
    Sink(io::Error),
}

impl From<io::Error> for CopyError {
    fn from(reason: io::Error) -> Self {
        CopyError::Sink(reason)
    }
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        CopyError::Source(error)
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError> {
        Ok(out.write_all(self)?)
    }

    fn fingerprint(&self) -> Option<Digest> {
        // no other kind of source begins so
        let mut all = Hashing::new(io::sink());
        all.write_all(b"bytes\0").and_then(|()| all.write_all(self)).ok()?;
        Some(all.finish().0)
    }
}

/// What stands at a path.
pub enum Node {
    /// A folder.
    Directory,
    /// A regular file.
    File(Box<dyn Source>),
    /// A symbolic link, with its target as it is stored.
    Symlink(String),
}

/// A path's node and its mode bits (no file type), e.g. `0o755`.
pub struct Entry {
    /// What it is.
    pub node: Node,
    /// The permission bits.
    pub mode: u32,
}

/// One layer of an image: what history says of it, and its entries.
pub struct Layer {
    title: String,
    entries: BTreeMap<ImagePath, Entry>,
}

impl Layer {
    /// An empty layer; `title` is what the image's history calls it.
    pub fn new(title: impl Into<String>) -> Self {
        Layer { title: title.into(), entries: BTreeMap::new() }
    }

    /// The bytes of its files.
    pub fn size(&self) -> u64 {
        let size = |entry: &Entry| match &entry.node {
            Node::File(source) => source.size(),
            _ => 0,
        };
        self.entries.values().map(size).sum()
    }

    /// What the image's history calls it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What tells its entries from those of all other layers without a look at the bytes of files; `None` where nothing
    /// does.
    pub fn fingerprint(&self) -> Option<Digest> {
        let mut all = Hashing::new(io::sink());
        for (path, Entry { node, mode }) in &self.entries {
            let (kind, rest) = match node {
                Node::Directory => ("folder", String::new()),
                Node::File(source) => ("file", format!("{} {}", source.size(), source.fingerprint()?)),
                Node::Symlink(target) => ("link", target.clone()),
            };
            // neither a path nor a target holds a NUL
            write!(all, "{path}\0{mode:o} {kind} {rest}\0").ok()?;
        }
        Some(all.finish().0)
    }

    /// The entries in the order of the archive.
    pub fn entries(&self) -> impl Iterator<Item = (&ImagePath, &Entry)> {
        self.entries.iter()
    }

    /// What stands at `path`, if anything does.
    pub fn get(&self, path: &ImagePath) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a folder; one that is there already, as somebody's parent, takes this mode.
    pub fn directory(&mut self, path: ImagePath, mode: u32) -> Result<(), Error> {
        match self.entries.get_mut(&path) {
            Some(Entry { node: Node::Directory, mode: known }) => {
                *known = mode;
                Ok(())
            }
            Some(_) => Err(clash(&path)),
            None => self.insert(path, Entry { node: Node::Directory, mode }),
        }
    }

    /// Gives folders that `lower` has too the modes that they have there: a parent that is only passed through must
    /// not close what is open below.
    pub fn adopt_modes(&mut self, lower: &Layer) {
        for (path, entry) in &mut self.entries {
            if let (Node::Directory, Some(Entry { node: Node::Directory, mode })) =
                (&entry.node, lower.get(path))
            {
                entry.mode = *mode;
            }
        }
    }

    /// Adds a regular file.
    pub fn file(&mut self, path: ImagePath, mode: u32, source: impl Source + 'static) -> Result<(), Error> {
        self.insert(path, Entry { node: Node::File(Box::new(source)), mode })
    }

    /// Adds a symbolic link to `target`.
    pub fn symlink(&mut self, path: ImagePath, target: String) -> Result<(), Error> {
        // the mode of a link means nothing; 0777 is what Linux itself shows
        self.insert(path, Entry { node: Node::Symlink(target), mode: 0o777 })
    }

    fn insert(&mut self, path: ImagePath, entry: Entry) -> Result<(), Error> {
        for parent in path.parents() {
            let known = self.entries.entry(parent).or_insert(Entry { node: Node::Directory, mode: 0o755 });
            if !matches!(known.node, Node::Directory) {
                return Err(clash(&path));
            }
        }
        if self.entries.contains_key(&path) {
            return Err(clash(&path));
        }
        self.entries.insert(path, entry);
        Ok(())
    }
}

fn clash(path: &ImagePath) -> Error {
    Error::new(Code::Asset, format!("two files want the path `{path}` in the image"))
        .help("give one of them another destination: `--copy SRC:DEST`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text).unwrap()
    }

    #[test]
    fn parents_are_explicit_and_come_first_in_any_order_of_adding() {
        let mut layer = Layer::new("t");
        layer.file(path("/b/c/d"), 0o644, Vec::new()).unwrap();
        layer.file(path("/a"), 0o644, Vec::new()).unwrap();
        layer.file(path("/b-x"), 0o644, Vec::new()).unwrap();
        let order: Vec<_> = layer.entries().map(|(p, _)| p.to_string()).collect();
        assert_eq!(order, ["/a", "/b", "/b-x", "/b/c", "/b/c/d"]);
    }

    #[test]
    fn c7_two_entries_for_one_path_are_refused() {
        let mut layer = Layer::new("t");
        layer.file(path("/a"), 0o644, Vec::new()).unwrap();
        assert!(layer.file(path("/a"), 0o644, Vec::new()).is_err());
        assert!(layer.directory(path("/a"), 0o755).is_err());
        assert!(layer.file(path("/a/b"), 0o644, Vec::new()).is_err(), "a file cannot be a folder too");
        layer.file(path("/d/e"), 0o644, Vec::new()).unwrap();
        assert!(layer.symlink(path("/d"), "a".into()).is_err());
        layer.directory(path("/d"), 0o700).unwrap();
        assert_eq!(layer.get(&path("/d")).unwrap().mode, 0o700);
    }

    /// Bytes that nobody could tell from others.
    struct Unknown;
    impl Source for Unknown {
        fn size(&self) -> u64 {
            0
        }
        fn copy_to(&self, _: &mut dyn Write) -> Result<(), CopyError> {
            Ok(())
        }
    }

    #[test]
    fn the_fingerprint_tells_of_every_change_and_of_nothing_else() {
        let layer = |place: &str, mode, content: &str, target: &str| {
            let mut layer = Layer::new(content);
            layer.symlink(path("/link"), target.into()).unwrap();
            layer.file(path(place), mode, content.as_bytes().to_vec()).unwrap();
            layer
        };
        let print = |place, mode, content, target| layer(place, mode, content, target).fingerprint().unwrap();
        let first = print("/a/b", 0o644, "x", "a");
        let others = [
            print("/a/c", 0o644, "x", "a"),
            print("/a/b", 0o755, "x", "a"),
            print("/a/b", 0o644, "y", "a"),
            print("/a/b", 0o644, "x", "b"),
        ];
        assert!(others.iter().all(|other| *other != first));
        assert_eq!(print("/a/b", 0o644, "x", "a"), first);
        let mut open = layer("/a/b", 0o644, "x", "a");
        open.directory(path("/a"), 0o1777).unwrap();
        assert_ne!(open.fingerprint(), Some(first));
        open.file(path("/unknown"), 0o644, Unknown).unwrap();
        assert_eq!(open.fingerprint(), None);
    }
}

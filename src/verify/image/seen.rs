//! An image as a container would see it: its files, what they are, and how it starts.

use super::contents::{Content, Contents};
use crate::content::{Config, Kind, Node, Tree};

/// An image as a container would see it.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// What they are.
    pub contents: &'a Contents,
    /// How it starts.
    pub config: &'a Config,
    /// What messages add to a path, to tell one platform from the other.
    pub label: &'a str,
}

/// A file of it.
#[derive(Clone, Copy)]
pub struct SeenFile<'a> {
    pub node: &'a Node,
    pub content: Option<&'a Content>,
}

impl<'a> Seen<'a> {
    /// What `path` leads to through links, and the path that it has.
    pub fn resolve(&self, path: &str) -> Option<(String, SeenFile<'a>)> {
        let (path, node) = self.tree.resolve(path)?;
        let content = node.digest.as_ref().and_then(|digest| self.contents.get(digest));
        Some((format!("/{path}"), SeenFile { node, content }))
    }

    /// The same, if it is a file.
    pub fn file(&self, path: &str) -> Option<SeenFile<'a>> {
        let is_file = |file: &SeenFile<'_>| matches!(file.node.entry.kind, Kind::File | Kind::Hardlink(_));
        self.resolve(path).map(|(_, file)| file).filter(is_file)
    }

    /// The value of a variable; of two, the last counts.
    pub fn variable(&self, name: &str) -> Option<&'a str> {
        let pair = |pair: &'a String| pair.split_once('=').filter(|(key, _)| *key == name);
        self.config.env.iter().rev().find_map(pair).map(|(_, value)| value)
    }

    /// What messages call `path`.
    pub fn place(&self, path: &str) -> String {
        format!("{path}{}", self.label)
    }
}

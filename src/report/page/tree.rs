//! What the treemap is drawn from: the image, its layers and files, the program, its owners and their functions, each
//! with exactly the bytes of its parts together.

use super::shown;
use crate::report::Measured;
use crate::size::Owner;
use serde::Serialize;

/// A part of an image that takes less of it than one in so many is told alone only where it is among the [`LARGEST`].
const ONE_IN: u64 = 5_000;

/// So many parts of a thing are told alone however small they are.
const LARGEST: usize = 12;

/// The most parts of one thing that are told alone.
const MOST: usize = 400;

/// A box of the treemap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// What it is: its colour. What has none is of its owner's.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub kind: &'static str,
    /// Its bytes: those of its parts, where it has some.
    pub bytes: u64,
    /// How many functions of this name there are, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// What it consists of, largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Node>,
}

impl Node {
    /// The whole of an image.
    pub fn image(measured: &Measured<'_>) -> Node {
        let total = measured.total();
        let file = |(path, bytes): &(String, u64)| match *path == measured.program {
            true => Node::program(path, *bytes, measured, total),
            false => Node::new(shown(path), "file", *bytes),
        };
        let layer = |(name, files): &(String, Vec<(String, u64)>)| {
            let bytes = files.iter().map(|(_, bytes)| bytes).sum();
            Node::new(shown(name), "layer", bytes).of(files.iter().map(file).collect(), total)
        };
        let mut layers: Vec<Node> = measured.layers.iter().map(layer).collect();
        let parts = match &mut layers[..] {
            [only] => std::mem::take(&mut only.parts),
            _ => layers,
        };
        Node::new("whole image".to_owned(), "image", total).of(parts, total)
    }

    fn program(path: &str, bytes: u64, measured: &Measured<'_>, total: u64) -> Node {
        let owners = measured.sizes.owners.iter().map(|owner| Node::owner(owner, total)).collect();
        Node::new(shown(path), "program", bytes).of(owners, total)
    }

    fn owner(owner: &Owner, total: u64) -> Node {
        let part = |part: &crate::size::Part| Node {
            count: (part.count > 1).then_some(part.count),
            ..Node::new(shown(&part.name), "", part.size)
        };
        let mut parts: Vec<Node> = owner.parts.iter().map(part).collect();
        let rest = owner.size().saturating_sub(parts.iter().map(|part| part.bytes).sum());
        if !parts.is_empty() {
            let tables = rest.min(owner.tables);
            parts.push(Node::new("tables for unwinding, relocations, headers".to_owned(), "", tables));
        }
        Node::new(shown(&owner.name), owner.kind.word(), owner.size()).of(parts, total)
    }

    fn new(name: String, kind: &'static str, bytes: u64) -> Node {
        Node { name, kind, bytes, count: None, parts: Vec::new() }
    }

    /// The node with its parts: the large ones, one for all others, and one for what they leave of its bytes.
    fn of(mut self, mut parts: Vec<Node>, total: u64) -> Node {
        parts.retain(|part| part.bytes > 0);
        parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        let large = parts.iter().take(MOST).take_while(|part| part.bytes > total / ONE_IN).count();
        let kept = large.max(LARGEST).min(parts.len());
        if parts.len() > kept + 1 {
            let smaller = parts.split_off(kept);
            let bytes = smaller.iter().map(|part| part.bytes).sum();
            let kind = if smaller.iter().any(|part| !part.kind.is_empty()) { "unknown" } else { "" };
            parts.push(Node::new(format!("{} smaller", smaller.len()), kind, bytes));
        }
        let known: u64 = parts.iter().map(|part| part.bytes).sum();
        match self.bytes.checked_sub(known) {
            Some(0) => self.parts = parts,
            Some(rest) if !parts.is_empty() => {
                let kind = if self.kind == "program" { "unknown" } else { "" };
                parts.push(Node::new("without a name".to_owned(), kind, rest));
                self.parts = parts;
            }
            _ => {} // parts that are more than the whole say nothing about it
        }
        self
    }
}

//! Reads the tree that cargo draws.
//!
//! A line is an indentation of four characters a level, then a package, its features, and `(*)` where what is below it was
//! drawn before; `[build-dependencies]` and `[dev-dependencies]` head those of their level (cargo-tree(1)).

use super::{Graph, Node};
use std::collections::BTreeMap;

/// What a package is to the one above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

/// The graph that `text` draws.
pub(super) fn read(text: &str) -> Graph {
    let mut nodes: Vec<Node> = Vec::new();
    let mut known: BTreeMap<(String, bool), usize> = BTreeMap::new();
    // the package at each level, and which of its dependencies are being told
    let mut above: Vec<(usize, Kind)> = Vec::new();
    for line in text.lines() {
        let (level, line) = indentation(line);
        let kind = match line {
            "[build-dependencies]" => Some(Kind::Build),
            "[dev-dependencies]" => Some(Kind::Dev),
            _ => None,
        };
        if let Some(kind) = kind {
            if let Some((_, told)) = above.get_mut(level) {
                *told = kind;
            }
            continue;
        }
        let Some(node) = node(line) else { continue };
        above.truncate(level);
        let parent = above.last().copied();
        let host = node.host || parent.is_some_and(|(at, kind)| kind == Kind::Build || nodes[at].host);
        let key = (line.trim_end_matches(" (*)").to_owned(), host);
        let at = *known.entry(key).or_insert_with(|| {
            nodes.push(Node { host, ..node });
            nodes.len() - 1
        });
        match parent {
            None => nodes[at].asked = true,
            Some((parent, Kind::Normal)) => drop(nodes[at].parents.insert(parent)),
            Some((parent, Kind::Dev)) => drop(nodes[at].examples.insert(parent)),
            Some((parent, Kind::Build)) => {
                let name = nodes[at].name.clone();
                let names = &mut nodes[parent].build_dependencies;
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        above.push((at, Kind::Normal));
    }
    Graph { known: true, nodes }
}

fn indentation(mut line: &str) -> (usize, &str) {
    let mut level = 0;
    while let Some(rest) = ["|   ", "    ", "|-- ", "`-- "].iter().find_map(|mark| line.strip_prefix(mark)) {
        (level, line) = (level + 1, rest);
    }
    (level, line)
}

/// `NAME vVERSION [(proc-macro)] [(SOURCE)]|FEATURE,FEATURE [(*)]`; a path in the source may hold anything.
fn node(line: &str) -> Option<Node> {
    let (line, features) = line.rsplit_once('|').unwrap_or((line, ""));
    let features = features.trim_end_matches(" (*)");
    let features = features.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let (name, rest) = line.split_once(' ')?;
    let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let version = version.strip_prefix('v').filter(|_| !name.is_empty())?;
    let (host, source) = match rest.strip_prefix("(proc-macro)") {
        Some(source) => (true, source.trim_start()),
        None => (false, rest),
    };
    let source = source.strip_prefix('(').and_then(|source| source.strip_suffix(')')).unwrap_or_default();
    let (name, version, source) = (name.to_owned(), version.to_owned(), source.to_owned());
    Some(Node { name, version, source, features, host, ..Node::default() })
}

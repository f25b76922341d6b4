//! What a container would see: all layers, one over the other (OCI image spec, layer.md, "Applying Changesets").

use super::walk::{Entry, Kind};
use crate::image::digest::Digest;
use std::collections::BTreeMap;

/// How many links are followed on the way to one file; Linux stops there too (path_resolution(7)).
const LINKS: usize = 40;

/// The files of an image.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By path, without the slash at its start.
    pub nodes: BTreeMap<String, Node>,
}

/// A file of an image.
#[derive(Clone, Debug)]
pub struct Node {
    /// What its layer says of it.
    pub entry: Entry,
    /// The layer that it comes from, counted from 0 at the bottom.
    pub layer: usize,
    /// The digest of its content, for a file whose content was looked at.
    pub digest: Option<Digest>,
}

impl Tree {
    /// Lays `entry` of `layer` over what is there. A whiteout takes away what lower layers have, and nothing of its
    /// own layer, wherever in it that stands.
    pub fn apply(&mut self, layer: usize, entry: &Entry) {
        let path = &entry.path;
        match entry.kind {
            Kind::Whiteout => {
                self.remove(path, |node| node.layer < layer);
                self.remove_below(path, |node| node.layer < layer);
            }
            Kind::Opaque => self.remove_below(path, |node| node.layer < layer),
            _ => {
                let is_folder = entry.kind == Kind::Directory;
                if !is_folder && self.nodes.get(path).is_some_and(|node| node.entry.kind == Kind::Directory) {
                    self.remove_below(path, |_| true);
                }
                if !path.is_empty() {
                    self.nodes.insert(path.clone(), Node { entry: entry.clone(), layer, digest: None });
                }
            }
        }
    }

    /// What `path` (absolute or not) leads to, through links as a kernel would follow them below the root; at most 40.
    /// A hard link leads to the file that it is another name of. The root itself is no node.
    pub fn resolve(&self, path: &str) -> Option<(String, &Node)> {
        let mut rest: Vec<&str> = path.split('/').rev().collect();
        let mut here: Vec<&str> = Vec::new();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            match name {
                "" | "." => continue,
                // above the root is the root
                ".." => {
                    here.pop();
                    continue;
                }
                name => here.push(name),
            }
            let Some(node) = self.nodes.get(&here.join("/")) else {
                // a folder that no layer has an entry for, but entries below
                if self.has_below(&here.join("/")) {
                    continue;
                }
                return None;
            };
            match &node.entry.kind {
                Kind::Symlink(target) => {
                    links += 1;
                    if links > LINKS {
                        return None;
                    }
                    if target.starts_with('/') {
                        here.clear();
                    } else {
                        here.pop();
                    }
                    rest.extend(target.split('/').rev());
                }
                Kind::Directory => {}
                // nothing lies below a file
                _ if rest.iter().any(|name| !name.is_empty()) => return None,
                Kind::Hardlink(target) => {
                    links += 1;
                    if links > LINKS {
                        return None;
                    }
                    here.clear();
                    rest = target.split('/').rev().collect();
                }
                _ => {}
            }
        }
        let path = here.join("/");
        self.nodes.get(&path).map(|node| (path, node))
    }

    /// Whether anything lies below `folder`, which need not have an entry of its own.
    pub fn has_below(&self, folder: &str) -> bool {
        let (from, to) = below(folder);
        self.nodes.range(from..to).next().is_some()
    }

    fn remove(&mut self, path: &str, which: impl Fn(&Node) -> bool) {
        if self.nodes.get(path).is_some_and(which) {
            self.nodes.remove(path);
        }
    }

    fn remove_below(&mut self, folder: &str, which: impl Fn(&Node) -> bool) {
        if folder.is_empty() {
            self.nodes.retain(|_, node| !which(node));
            return;
        }
        let (from, to) = below(folder);
        let gone: Vec<String> = self
            .nodes
            .range(from..to)
            .filter(|(_, node)| which(node))
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            self.nodes.remove(&path);
        }
    }
}

/// The bounds of the paths below `folder`: `0` is the character after `/`.
fn below(folder: &str) -> (String, String) {
    (format!("{folder}/"), format!("{folder}0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: Kind) -> Entry {
        let (path, xattrs) = (path.to_owned(), Vec::new());
        Entry { path, kind, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, xattrs }
    }

    fn tree(entries: &[(usize, &str, Kind)]) -> Tree {
        let mut tree = Tree::default();
        for (layer, path, kind) in entries {
            tree.apply(*layer, &entry(path, kind.clone()));
        }
        tree
    }

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.nodes.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_whiteout_takes_from_lower_layers_alone() {
        let base = [
            (0, "a", Kind::Directory),
            (0, "a/b", Kind::File),
            (0, "a/c", Kind::File),
            (0, "a0", Kind::File),
        ];
        let over = |more: &[(usize, &'static str, Kind)]| [&base[..], more].concat();
        assert_eq!(paths(&tree(&over(&[(1, "a/b", Kind::Whiteout)]))), ["a", "a/c", "a0"]);
        assert_eq!(paths(&tree(&over(&[(1, "a", Kind::Whiteout)]))), ["a0"]);
        let opaque = over(&[(1, "a/d", Kind::File), (1, "a", Kind::Opaque)]);
        assert_eq!(paths(&tree(&opaque)), ["a", "a/d", "a0"]);
        let all = over(&[(1, "x", Kind::File), (1, "", Kind::Opaque)]);
        assert_eq!(paths(&tree(&all)), ["x"]);
    }

    #[test]
    fn what_is_no_folder_any_more_has_nothing_below_it() {
        let files = [(0, "a", Kind::Directory), (0, "a/b", Kind::File), (1, "a", Kind::File)];
        assert_eq!(paths(&tree(&files)), ["a"]);
    }

    #[test]
    fn links_are_followed_below_the_root_and_not_for_ever() {
        let link = |target: &str| Kind::Symlink(target.to_owned());
        let tree = tree(&[
            (0, "usr", Kind::Directory),
            (0, "usr/bin", Kind::Directory),
            (0, "usr/bin/sh", Kind::File),
            (0, "bin", link("usr/bin")),
            (0, "up", link("../../../usr/bin/sh")),
            (0, "abs", link("/bin/sh")),
            (0, "loop", link("loop")),
            (0, "same", Kind::Hardlink("usr/bin/sh".into())),
            (0, "srv/app", Kind::File),
        ]);
        for path in ["/usr/bin/sh", "bin/sh", "/up", "abs", "/usr/../bin/./sh", "same"] {
            assert_eq!(tree.resolve(path).unwrap().0, "usr/bin/sh", "{path}");
        }
        assert_eq!(tree.resolve("/srv/app").unwrap().0, "srv/app");
        for path in ["loop", "/usr/bin/sh/x", "nothing", "/", ""] {
            assert!(tree.resolve(path).is_none(), "{path}");
        }
    }
}

//! Layers over one another: what a layer takes for granted of those below must be there, or readers disagree about what
//! a container sees (OCI image spec, layer.md, "Applying Changesets").
//!
//! docker creates folders that are missing, follows a link that lies in the way or refuses, and passes over a whiteout
//! of nothing; umoci, podman and containerd each do some of it in another way.

use super::Faults;
use super::layers::Item;
use crate::content::{Kind, Rule, Tree};
use std::collections::{HashMap, HashSet};

/// Lays the entries of layer `at` over `tree`; `place` is what messages call the layer.
pub fn lay(tree: &mut Tree, at: usize, place: &str, items: &[Item], faults: &mut Faults) {
    let there = |path: &str| format!("{place}: {path}");
    for Item { entry, .. } in items.iter().filter(|item| item.entry.kind == Kind::Whiteout) {
        if !has(tree, &entry.path) {
            let why = "it deletes what no layer below has";
            faults.add(Rule::Whiteout, there(&whiteout(&entry.path)), why);
        }
    }
    // what a layer deletes is of the layers below, wherever in it the whiteout stands
    let deletes = |item: &&Item| matches!(item.entry.kind, Kind::Whiteout | Kind::Opaque);
    items.iter().filter(deletes).for_each(|item| tree.apply(at, &item.entry));
    links(tree, items, |path, why| faults.add(Rule::Link, there(path), why));
    for item in items.iter().filter(|item| !deletes(item)) {
        let linked = match &item.entry.kind {
            Kind::Hardlink(to) => tree.nodes.get(to).cloned(),
            _ => None,
        };
        tree.apply(at, &item.entry);
        let Some(node) = tree.nodes.get_mut(&item.entry.path) else { continue };
        match linked {
            // the file has two names from now on, and neither depends on the other
            Some(file) => {
                (node.entry.kind, node.entry.size, node.digest) =
                    (file.entry.kind, file.entry.size, file.digest);
            }
            None => node.digest.clone_from(&item.content),
        }
    }
    for Item { entry, .. } in items.iter().filter(|item| !deletes(item)) {
        if let Some(why) = parent(tree, &entry.path) {
            faults.add(Rule::Parent, there(&entry.path), why);
        }
    }
}

/// Whether `tree` has something at `path` or below.
fn has(tree: &Tree, path: &str) -> bool {
    let below = format!("{path}/");
    tree.nodes.contains_key(path)
        || tree.nodes.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
}

/// The name that the whiteout of `path` has in a tar.
fn whiteout(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/.wh.{name}"),
        None => format!(".wh.{path}"),
    }
}

/// A hard link is to a file that is there when a reader comes to the link; `tree` is what the layers below have left.
fn links(tree: &Tree, items: &[Item], mut fault: impl FnMut(&str, String)) {
    let mut passed: HashMap<&str, bool> = HashMap::new();
    let mut all: Option<HashSet<&str>> = None;
    for Item { entry, .. } in
        items.iter().filter(|item| !matches!(item.entry.kind, Kind::Whiteout | Kind::Opaque))
    {
        if let Kind::Hardlink(to) = &entry.kind {
            let below = || tree.nodes.get(to).map(|node| node.entry.kind == Kind::Directory);
            match passed.get(to.as_str()).copied().or_else(below) {
                Some(false) => {}
                Some(true) => fault(&entry.path, format!("it is a hard link to the folder `{to}`")),
                None => {
                    let all = all.get_or_insert_with(|| items.iter().map(|item| &*item.entry.path).collect());
                    let state = if all.contains(&**to) { "comes only after it" } else { "is in no layer" };
                    fault(&entry.path, format!("it is a hard link to `{to}`, which {state}"));
                }
            }
        }
        passed.insert(&entry.path, entry.kind == Kind::Directory);
    }
}

/// What is wrong with the folder that `path` lies in.
fn parent(tree: &Tree, path: &str) -> Option<String> {
    let folder = ancestors(path).next()?;
    match tree.nodes.get(folder).map(|node| (&node.entry.kind, node.layer)) {
        Some((Kind::Directory, _)) => None,
        None => Some(format!("no layer has the folder `{folder}` that it lies in")),
        Some((Kind::Symlink(to), layer)) => Some(format!(
            "it lies in `{folder}`, which is a link to `{to}` in layer {}: some readers follow it, others replace it",
            layer + 1
        )),
        Some((_, layer)) => Some(format!("it lies in `{folder}`, which is no folder in layer {}", layer + 1)),
    }
}

/// The folders above `path`, innermost first, without the root.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(end, _)| &path[..end])
}

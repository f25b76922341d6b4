//! The resolved graph: which packages are compiled into the program, with which features, and by which path.
//!
//! `cargo tree` is asked rather than `cargo metadata`: it alone resolves features as the build does (for the chosen
//! packages and target, with those of build and dev dependencies kept apart; The Cargo Book, "Feature resolver version
//! 2"). What metadata says would blame a project for what only its tests link.

use crate::config::cargo::CargoFlags;
use crate::error::Error;
use crate::explain;
use crate::image::platform::Target;
use crate::tool::Tool;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// The packages of a build, as far as they are compiled for the target.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    known: bool,
}

/// A package with one set of features.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The features that are active in this build.
    pub features: Vec<String>,
    /// The names of what its build script uses.
    pub build_dependencies: Vec<String>,
    /// Whether it is a program of the host: a build script's, with all below it.
    host: bool,
    /// Who depends on it.
    parents: BTreeSet<usize>,
}

impl Node {
    /// What the tables of [`explain`] look at.
    pub fn package(&self) -> explain::Package<'_> {
        explain::Package {
            name: &self.name,
            version: &self.version,
            features: &self.features,
            build_dependencies: &self.build_dependencies,
        }
    }
}

impl Graph {
    /// The graph of the packages `specs` for `target`.
    ///
    /// Where cargo cannot tell, the graph is empty and not [known](Graph::is_known). That is no error yet: the build has
    /// the last word, and if it fails for the same reason, cargo's words about it are better than ours.
    pub fn of(
        cargo: &Path,
        manifest: &Path,
        specs: &[String],
        flags: &CargoFlags,
        target: &Target,
    ) -> Result<Self, Error> {
        let edges = ["tree", "--edges=normal,build,no-proc-macro", "--charset=ascii", "--format={p}|{f}"];
        let mut tool = Tool::new(cargo).args(edges).arg("--manifest-path").arg(manifest);
        tool = tool.arg(format!("--target={target}")).args(flags.common()).args(flags.features());
        tool = specs.iter().fold(tool, |tool, spec| tool.arg(format!("--package={spec}")));
        let mut text = String::new();
        // what cargo says of downloads is live: the first time they may take longer than the build
        let (status, _) = tool.watch(|line| {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        })?;
        Ok(if status.success() { Graph::parse(&text) } else { Graph::default() })
    }

    /// The graph of a workspace whose packages depend on nothing, for which nobody needs to be asked.
    pub fn empty() -> Self {
        Graph { nodes: Vec::new(), known: true }
    }

    /// Whether cargo could tell it.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The packages that are compiled for the target.
    pub fn packages(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !node.host)
    }

    /// Those that another one depends on: a project may be called like the library that it uses.
    pub fn dependencies(&self) -> impl Iterator<Item = &Node> {
        self.packages().filter(|node| !node.parents.is_empty())
    }

    /// The package `name`, if it is compiled for the target.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.packages().find(|node| node.name == name)
    }

    /// The packages that are compiled into a program of the user's package `root`, itself among them. Another package
    /// of the workspace is no reason for anything in this one's image.
    pub fn below(&self, root: &str) -> Vec<&Node> {
        let mut inside: BTreeSet<usize> = BTreeSet::new();
        let mut waiting: Vec<usize> =
            (0..self.nodes.len()).filter(|&at| self.nodes[at].name == root && !self.nodes[at].host).collect();
        while let Some(at) = waiting.pop() {
            if inside.insert(at) {
                let children = self.nodes.iter().enumerate().filter(|(_, node)| node.parents.contains(&at));
                waiting.extend(children.map(|(child, _)| child));
            }
        }
        inside.into_iter().map(|at| &self.nodes[at]).collect()
    }

    /// The shortest way from a package of the user's to the package `name`, or to the one whose library has this name:
    /// both ends and all between, in this order.
    pub fn path(&self, name: &str) -> Vec<&str> {
        let is = |node: &Node| node.name == name || node.name.replace('-', "_") == name;
        let all = || (0..self.nodes.len()).filter(|&at| !self.nodes[at].host && is(&self.nodes[at]));
        let Some(start) = all().find(|&at| !self.nodes[at].parents.is_empty()).or_else(|| all().next())
        else {
            return Vec::new();
        };
        let mut below: BTreeMap<usize, usize> = BTreeMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(at) = waiting.pop_front() {
            if self.nodes[at].parents.is_empty() {
                let steps = std::iter::successors(Some(at), |at| below.get(at).copied());
                return steps.map(|at| self.nodes[at].name.as_str()).collect();
            }
            for &parent in &self.nodes[at].parents {
                if parent != start && !below.contains_key(&parent) {
                    below.insert(parent, at);
                    waiting.push_back(parent);
                }
            }
        }
        Vec::new()
    }

    /// Reads the tree that cargo draws. A line is an indentation of four characters a level, then a package, its
    /// features, and `(*)` where what is below it was drawn before; `[build-dependencies]` heads those of its level.
    fn parse(text: &str) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        let mut known: BTreeMap<(String, bool), usize> = BTreeMap::new();
        // the package at each level, and whether its build dependencies are being told
        let mut above: Vec<(usize, bool)> = Vec::new();
        for line in text.lines() {
            let (level, line) = indentation(line);
            if line == "[build-dependencies]" {
                if let Some((_, building)) = above.get_mut(level) {
                    *building = true;
                }
                continue;
            }
            let Some(node) = node(line) else { continue };
            above.truncate(level);
            let parent = above.last().copied();
            let host = parent.is_some_and(|(at, building)| building || nodes[at].host);
            let key = (line.trim_end_matches(" (*)").to_owned(), host);
            let at = *known.entry(key).or_insert_with(|| {
                nodes.push(Node { host, ..node });
                nodes.len() - 1
            });
            match parent {
                Some((parent, true)) => {
                    let name = nodes[at].name.clone();
                    let names = &mut nodes[parent].build_dependencies;
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Some((parent, false)) => {
                    nodes[at].parents.insert(parent);
                }
                None => {}
            }
            above.push((at, false));
        }
        Graph { known: true, nodes }
    }
}

fn indentation(mut line: &str) -> (usize, &str) {
    let mut level = 0;
    while let Some(rest) = ["|   ", "    ", "|-- ", "`-- "].iter().find_map(|mark| line.strip_prefix(mark)) {
        (level, line) = (level + 1, rest);
    }
    (level, line)
}

/// `NAME vVERSION [(SOURCE)]|FEATURE,FEATURE [(*)]`; a path in the source may hold anything, so it is not looked at.
fn node(line: &str) -> Option<Node> {
    let mut words = line.split([' ', '|']);
    let name = words.next().filter(|name| !name.is_empty())?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let features = line.rsplit_once('|').map_or("", |(_, features)| features.trim_end_matches(" (*)"));
    let features = features.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Some(Node { name, version, features, ..Node::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn by cargo 1.95; `z` is used by the program and by the build script, each with its own features.
    const TREE: &str = "\
app v0.1.0 (/a |b)|default
|-- tls v0.2.0|default,std
|   |-- ssl-sys v0.9.1|
|   |   `-- z v1.0.0|std
|   |   [build-dependencies]
|   |   |-- cc v1.1.0|
|   |   |   `-- shlex v1.3.0|
|   |   `-- pkg v0.3.0|
|   `-- z v1.0.0|std (*)
`-- z v1.0.0|std (*)
[build-dependencies]
`-- gen v2.0.0 (https://example.org/gen#0123)|
    `-- z v1.0.0|default,std
        [build-dependencies]
        `-- cc v1.1.0| (*)
";

    #[test]
    fn what_build_scripts_use_is_no_part_of_the_program() {
        let graph = Graph::parse(TREE);
        let names: Vec<_> = graph.packages().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["app", "tls", "ssl-sys", "z"]);
        assert_eq!(graph.get("ssl-sys").unwrap().build_dependencies, ["cc", "pkg"]);
        let z = graph.get("z").unwrap();
        assert_eq!((z.version.as_str(), z.features.as_slice()), ("1.0.0", &["std".to_owned()][..]));
        assert!(z.build_dependencies.is_empty(), "those are of its other self, on the host");
        assert!(graph.get("gen").is_none() && graph.get("shlex").is_none());
    }

    #[test]
    fn the_way_to_a_package_starts_at_the_users_own_and_is_the_shortest() {
        let graph = Graph::parse(TREE);
        assert_eq!(graph.path("ssl-sys"), ["app", "tls", "ssl-sys"]);
        assert_eq!(graph.path("z"), ["app", "z"]);
        assert_eq!(graph.path("app"), ["app"]);
        let twins = Graph::parse("zstd v0.1.0|\n`-- safe v1.0.0|\n    `-- zstd v0.13.3|\n");
        assert_eq!(twins.path("zstd"), ["zstd", "safe", "zstd"]);
        assert!(graph.path("cc").is_empty() && graph.path("nobody").is_empty());
    }

    #[test]
    fn each_program_of_a_workspace_has_its_own_part() {
        let graph =
            Graph::parse("a v1.0.0|\n`-- tls v2.0.0|\n    `-- z v1.0.0|\n\nb v1.0.0|\n`-- z v1.0.0| (*)\n");
        let below = |root| graph.below(root).iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
        assert_eq!(below("a"), ["a", "tls", "z"]);
        assert_eq!(below("b"), ["z", "b"]);
        assert!(below("c").is_empty());
        let dependencies: Vec<_> = graph.dependencies().map(|node| node.name.as_str()).collect();
        assert_eq!(dependencies, ["tls", "z"]);
    }

    #[test]
    fn lines_that_are_no_packages_are_passed_over() {
        let graph = Graph::parse("warning: x\n\napp v1.0.0 (/a\nb)|default\n`-- dep v2.0.0\n\u{1b}[0m\n");
        let names: Vec<_> = graph.packages().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["app", "dep"]);
        assert!(Graph::parse("").packages().next().is_none());
    }
}

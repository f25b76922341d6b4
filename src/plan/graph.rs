//! The resolved graph: which packages are compiled into the program, with which features, and by which path.
//!
//! `cargo tree` is asked rather than `cargo metadata`: it alone resolves features as the build does (for the chosen
//! packages and target, with those of build and dev dependencies kept apart; The Cargo Book, "Feature resolver version
//! 2"). What metadata says would blame a project for what only its tests link.

mod drawn;

use super::memo::Surroundings;
use crate::cache::Cache;
use crate::config::cargo::CargoFlags;
use crate::error::Error;
use crate::explain;
use crate::image::platform::Target;
use crate::tool::Tool;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// What records of it are called.
const RECORD: &str = "tree";

/// The packages of a build: those that are compiled for the target, and the programs of the host that compile them.
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
    /// Where it is from, in cargo's words: a folder, an address, a registry; empty for crates.io.
    pub source: String,
    /// The features that are active in this build.
    pub features: Vec<String>,
    /// The names of what its build script uses.
    pub build_dependencies: Vec<String>,
    /// Whether it is a program of the host: a macro's or a build script's, with all below it.
    pub host: bool,
    /// Whether it was asked for by name.
    asked: bool,
    /// Who depends on it.
    parents: BTreeSet<usize>,
    /// Whose examples alone depend on it.
    examples: BTreeSet<usize>,
}

impl Node {
    /// Whether nothing of the user's is above it. What was asked for can be below itself, by way of its examples.
    fn is_first(&self) -> bool {
        self.parents.is_empty() && self.examples.is_empty() || self.asked
    }

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
    /// The graph of the packages `specs` for `target`, with what their examples use if `examples` says so.
    ///
    /// Where cargo cannot tell, the graph is empty and not [known](Graph::is_known). That is no error yet: the build has
    /// the last word, and if it fails for the same reason, cargo's words about it are better than ours.
    ///
    /// What it has said in an earlier run counts where `surroundings` tells that it would say the same.
    pub fn of(
        cargo: &Path,
        manifest: &Path,
        specs: &[String],
        flags: &CargoFlags,
        target: &Target,
        examples: bool,
        (records, surroundings): (&Cache, &dyn Fn() -> Option<Surroundings>),
    ) -> Result<Self, Error> {
        let edges = if examples { "--edges=normal,build,dev" } else { "--edges=normal,build" };
        // colours are forced by variables that pipelines set
        let form = ["tree", edges, "--color=never", "--charset=ascii", "--format={p}|{f}"];
        let mut tool = Tool::new(cargo).args(form).arg("--manifest-path").arg(manifest);
        tool = tool.arg(format!("--target={target}")).args(flags.common()).args(flags.features());
        tool = specs.iter().fold(tool, |tool, spec| tool.arg(format!("--package={spec}")));
        let before = surroundings();
        // as they are: two questions may look the same with their secrets masked; a record keeps their digest alone
        let key = before.as_ref().map(|before| (before, tool.words()));
        if let Some(text) = key.as_ref().and_then(|key| records.get::<String>(RECORD, key)) {
            return Ok(drawn::read(&text));
        }
        let mut text = String::new();
        // what cargo says of downloads is live: the first time they may take longer than the build
        let (status, words) = tool.watch(|line| {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        })?;
        if !status.success() {
            return Ok(Graph::default());
        }
        // what it has said beside that, it should say again
        if let Some(key) = key.filter(|_| words.is_empty() && surroundings() == before) {
            records.put(RECORD, &key, &text);
        }
        Ok(drawn::read(&text))
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
        self.packages().filter(|node| !node.parents.is_empty() || !node.examples.is_empty())
    }

    /// The package `name`, if it is compiled for the target.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.packages().find(|node| node.name == name)
    }

    /// The packages that are compiled into a program of the user's package `root`, or into an `example` of it, itself
    /// among them. Another package of the workspace is no reason for anything in this one's image.
    pub fn below(&self, root: &str, example: bool) -> Vec<&Node> {
        let is_root = |node: &Node| node.name == root && !node.host;
        let all = self.reached(is_root, example);
        all.into_keys().map(|at| &self.nodes[at]).filter(|node| !node.host).collect()
    }

    /// The same for the one package `root` that was asked for, with the macros that its code and that of the others calls
    /// and what is compiled into those; each by a number, with the numbers of what it depends on.
    pub fn program(&self, root: &str, example: bool) -> BTreeMap<usize, (&Node, Vec<usize>)> {
        let all = self.reached(|node| node.asked && node.name == root, example);
        all.into_iter().map(|(at, children)| (at, (&self.nodes[at], children))).collect()
    }

    /// What can be reached from the nodes that `is_root` chooses, each with those below it.
    fn reached(&self, is_root: impl Fn(&Node) -> bool, example: bool) -> BTreeMap<usize, Vec<usize>> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            node.parents.iter().for_each(|&parent| children[parent].push(at));
            let examples = node.examples.iter().filter(|&&parent| example && is_root(&self.nodes[parent]));
            examples.for_each(|&parent| children[parent].push(at));
        }
        let mut reached = BTreeMap::new();
        let mut waiting: Vec<usize> = (0..self.nodes.len()).filter(|&at| is_root(&self.nodes[at])).collect();
        while let Some(at) = waiting.pop() {
            let below = std::mem::take(&mut children[at]);
            reached.entry(at).or_insert_with(|| {
                waiting.extend(&below);
                below
            });
        }
        reached
    }

    /// The shortest way from a package of the user's to the package `name`, or to the one whose library has this name:
    /// both ends and all between, in this order.
    pub fn path(&self, name: &str) -> Vec<&str> {
        let is = |node: &Node| node.name == name || node.name.replace('-', "_") == name;
        let all = || (0..self.nodes.len()).filter(|&at| !self.nodes[at].host && is(&self.nodes[at]));
        let Some(start) = all().find(|&at| !self.nodes[at].is_first()).or_else(|| all().next()) else {
            return Vec::new();
        };
        let mut below: BTreeMap<usize, usize> = BTreeMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(at) = waiting.pop_front() {
            if self.nodes[at].is_first() {
                let steps = std::iter::successors(Some(at), |at| below.get(at).copied());
                return steps.map(|at| self.nodes[at].name.as_str()).collect();
            }
            for &parent in self.nodes[at].parents.iter().chain(&self.nodes[at].examples) {
                if parent != start && !below.contains_key(&parent) {
                    below.insert(parent, at);
                    waiting.push_back(parent);
                }
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::drawn::read;

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
        let graph = read(TREE);
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
        let graph = read(TREE);
        assert_eq!(graph.path("ssl-sys"), ["app", "tls", "ssl-sys"]);
        assert_eq!(graph.path("z"), ["app", "z"]);
        assert_eq!(graph.path("app"), ["app"]);
        let twins = read("zstd v0.1.0|\n`-- safe v1.0.0|\n    `-- zstd v0.13.3|\n");
        assert_eq!(twins.path("zstd"), ["zstd", "safe", "zstd"]);
        assert!(graph.path("cc").is_empty() && graph.path("nobody").is_empty());
    }

    #[test]
    fn each_program_of_a_workspace_has_its_own_part() {
        let graph = read("a v1.0.0|\n`-- tls v2.0.0|\n    `-- z v1.0.0|\n\nb v1.0.0|\n`-- z v1.0.0| (*)\n");
        let below = |root| graph.below(root, false).iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
        assert_eq!(below("a"), ["a", "tls", "z"]);
        assert_eq!(below("b"), ["z", "b"]);
        assert!(below("c").is_empty());
        let dependencies: Vec<_> = graph.dependencies().map(|node| node.name.as_str()).collect();
        assert_eq!(dependencies, ["tls", "z"]);
    }

    #[test]
    fn lines_that_are_no_packages_are_passed_over() {
        let graph = read("warning: x\n\napp v1.0.0 (/a\nb)|default\n`-- dep v2.0.0\n\u{1b}[0m\n");
        let names: Vec<_> = graph.packages().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["app", "dep"]);
        assert!(read("").packages().next().is_none());
    }
}

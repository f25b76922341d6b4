//! Programs that build scripts call beside a compiler: known from the graph, so missed before the build.

use super::said::Said;
use crate::error::{Code, Error};
use crate::explain::compilers::tools;
use crate::explain::programs::install;
use crate::plan::graph::Graph;
use crate::tool::Tool;
use std::collections::BTreeMap;

/// An error for each program that a package of the graph needs and that is not on `PATH`. Where the user names it in a
/// variable (`CMAKE`, `PROTOC`), it may be anywhere.
pub fn missing(graph: &Graph, said: &Said<'_>) -> Vec<Error> {
    let mut wanting: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for node in graph.packages() {
        // a library, of which `bindgen` knows more places than we do
        let programs = tools(&node.package()).into_iter().filter(|tool| *tool != "libclang");
        let found =
            |tool: &str| Tool::find(tool, said.env.path()).is_some() || said.is_set(&tool.to_uppercase());
        for tool in programs.filter(|tool| !found(tool)) {
            let way = graph.path(&node.name).join(" → ");
            wanting.entry(tool).or_default().push(format!("`{}` needs it to build ({way})", node.name));
        }
    }
    wanting.into_iter().map(|(tool, notes)| error(tool, notes)).collect()
}

fn error(tool: &str, notes: Vec<String>) -> Error {
    let error = Error::new(Code::Tool, format!("`{tool}` is not on PATH"));
    let error = notes.into_iter().fold(error, Error::note);
    install(&[tool]).into_iter().fold(error, Error::help)
}

//! Programs that build scripts call beside a compiler: known from the graph, so missed before the build.

use super::libclang::Libclang;
use super::said::Said;
use crate::error::{Code, Error};
use crate::explain::compilers::tools;
use crate::plan::graph::Graph;
use crate::tool::Tool;
use std::collections::BTreeMap;

/// An error for each program that a package of the graph needs and that is not on `PATH`. Where the user names it in a
/// variable (`CMAKE`, `PROTOC`), it may be anywhere.
pub fn missing(graph: &Graph, libclang: &Libclang, said: &Said<'_>) -> Vec<Error> {
    let mut wanting: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for node in graph.packages() {
        let found = |tool: &str| match tool {
            "libclang" => *libclang != Libclang::Missing,
            _ => Tool::find(tool, said.env.path()).is_some() || said.is_set(&tool.to_uppercase()),
        };
        for tool in tools(&node.package()).into_iter().filter(|tool| !found(tool)) {
            let way = graph.path(&node.name).join(" → ");
            wanting.entry(tool).or_default().push(format!("`{}` needs it to build ({way})", node.name));
        }
    }
    wanting.into_iter().map(|(tool, notes)| error(tool, notes)).collect()
}

fn error(tool: &str, notes: Vec<String>) -> Error {
    let error = match tool {
        "libclang" => Error::new(Code::Tool, "libclang is not installed, with which bindgen reads C headers")
            .help("any system:      pip install libclang"),
        tool => Error::new(Code::Tool, format!("`{tool}` is not on PATH")),
    };
    let [debian, fedora, alpine] = packages(tool);
    notes
        .into_iter()
        .fold(error, Error::note)
        .help(format!("Debian, Ubuntu:  sudo apt install {debian}"))
        .help(format!("Fedora:          sudo dnf install {fedora}"))
        .help(format!("Alpine:          apk add {alpine}"))
}

/// What distributions call the package that has `tool`: Debian, Fedora, Alpine.
fn packages(tool: &str) -> [&str; 3] {
    match tool {
        "libclang" => ["libclang-dev", "clang-devel", "clang-dev"],
        "protoc" => ["protobuf-compiler", "protobuf-compiler", "protoc"],
        "go" => ["golang", "golang", "go"],
        name => [name; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_no_program_and_goes_by_other_names() {
        let error = error("libclang", vec!["`some-sys` needs it to build (app → some-sys)".into()]);
        assert!(!error.what().contains("PATH"), "{error}");
        assert_eq!(error.notes(), ["`some-sys` needs it to build (app → some-sys)"]);
        let lines = error.helps().join("\n");
        for line in ["pip install libclang", "apt install libclang-dev", "dnf install clang-devel"] {
            assert!(lines.contains(line), "{line}: {lines}");
        }
    }
}

//! Programs that build scripts call beside a compiler: known from the graph, so missed before the build.

use super::libclang::Libclang;
use super::said::Said;
use crate::error::{Code, Error};
use crate::explain::compilers::tools;
use crate::explain::programs::install;
use crate::plan::graph::Graph;
use crate::tool::Tool;
use std::collections::BTreeMap;
use std::ffi::OsStr;

/// An error for each program that a package of the graph needs and that is not on `PATH`. Where the user names it in a
/// variable (`CMAKE`, `PROTOC`), it may be anywhere.
pub fn missing(graph: &Graph, libclang: &Libclang, said: &Said<'_>) -> Vec<Error> {
    let lack = |tool: &'static str| match tool {
        "libclang" => {
            (*libclang == Libclang::Missing).then_some("is not installed, with which bindgen reads C headers")
        }
        tool if said.is_set(&tool.to_uppercase()) => None,
        tool => lack(tool, said.env.path()),
    };
    let mut wanting: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for node in graph.packages() {
        for tool in tools(&node.package()) {
            let Some(lack) = lack(tool) else { continue };
            let way = graph.path(&node.name).join(" → ");
            wanting
                .entry((tool, lack))
                .or_default()
                .push(format!("`{}` needs it to build ({way})", node.name));
        }
    }
    wanting.into_iter().map(|((tool, lack), notes)| error(tool, lack, notes)).collect()
}

/// What is wrong with `tool` on `path`, a value of `PATH`; `None`: nothing. A perl without the modules that OpenSSL is
/// configured with, as Debian's perl-base is, would fail after minutes.
pub fn lack(tool: &str, path: Option<&OsStr>) -> Option<&'static str> {
    const MODULES: [&str; 5] = ["-MFindBin", "-MIPC::Cmd", "-MFile::Compare", "-e", "1"];
    let Some(program) = Tool::find(tool, path) else { return Some("is not on PATH") };
    let whole =
        tool != "perl" || Tool::new(program).args(MODULES).read().is_ok_and(|said| said.status.success());
    (!whole).then_some("lacks its modules FindBin, IPC::Cmd and File::Compare")
}

fn error(tool: &str, lack: &str, notes: Vec<String>) -> Error {
    let error = Error::new(Code::Tool, format!("`{tool}` {lack}"));
    let error = notes.into_iter().fold(error, Error::note);
    install(&[tool]).into_iter().fold(error, Error::help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_no_program_and_goes_by_other_names() {
        let notes = vec!["`some-sys` needs it to build (app → some-sys)".into()];
        let error = error("libclang", "is not installed", notes);
        assert_eq!(error.what(), "`libclang` is not installed");
        assert_eq!(error.notes(), ["`some-sys` needs it to build (app → some-sys)"]);
        let lines = error.helps().join("\n");
        for line in ["pip install libclang", "apt install libclang-dev", "dnf install clang-devel"] {
            assert!(lines.contains(line), "{line}: {lines}");
        }
    }
}

//! libclang, with which bindgen reads C headers: looked for before the build, because bindgen compiles for a minute before
//! it looks.

use super::python;
use super::said::Said;
use crate::cache::Cache;
use crate::explain::compilers::tools;
use crate::plan::graph::Graph;
use crate::tool::Tool;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where libclang is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Libclang {
    /// No package wants it.
    Unneeded,
    /// Where bindgen looks by itself, or where the user says.
    Known,
    /// In this folder of Python's package `libclang`, which bindgen has to be told.
    Python(PathBuf),
    /// Nowhere.
    Missing,
}

/// Looks for what the packages of `graph` want; `records` are those of the project.
pub fn find(graph: &Graph, said: &Said<'_>, records: &Cache) -> Libclang {
    let wanted = graph.packages().any(|node| tools(&node.package()).contains(&"libclang"));
    if wanted { look(said, Path::new("/usr"), records) } else { Libclang::Unneeded }
}

impl Libclang {
    /// The variable that bindgen has to be told.
    pub fn variable(&self) -> Option<(OsString, OsString)> {
        match self {
            Libclang::Python(folder) => Some(("LIBCLANG_PATH".into(), folder.into())),
            _ => None,
        }
    }
}

/// Looks below `usr` and where variables and programs say.
fn look(said: &Said<'_>, usr: &Path, records: &Cache) -> Libclang {
    let users = ["LIBCLANG_PATH", "LIBCLANG_STATIC_PATH"];
    // elsewhere bindgen knows more places than we do
    if !cfg!(target_os = "linux") || users.iter().any(|name| said.is_set(name)) || is_known(said, usr) {
        return Libclang::Known;
    }
    of_python(said, records).map_or(Libclang::Missing, Libclang::Python)
}

/// Whether it is where bindgen looks on Linux (the crate clang-sys 1.9, `build/common.rs`).
fn is_known(said: &Said<'_>, usr: &Path) -> bool {
    let listed = ["LD_LIBRARY_PATH", "LIBRARY_PATH"].into_iter().filter_map(|name| said.value(name));
    listed.flat_map(|list| std::env::split_paths(&list).collect::<Vec<_>>()).any(|folder| holds(&folder))
        || of_llvm(said)
            .is_some_and(|prefix| ["bin", "lib", "lib64"].iter().any(|at| holds(&prefix.join(at))))
        || named(usr, "lib").any(|folder| holds_below(&folder, 2))
        || named(&usr.join("local"), "lib").any(|folder| holds_below(&folder, 2))
        || named(&usr.join("local"), "llvm").any(|folder| named(&folder, "lib").any(|lib| holds(&lib)))
}

/// The folder that `llvm-config` belongs to; it may be there without a libclang.
fn of_llvm(said: &Said<'_>) -> Option<PathBuf> {
    let users = said.value("LLVM_CONFIG_PATH").map(PathBuf::from);
    let program = users.or_else(|| Tool::find("llvm-config", said.env.path()))?;
    first_line(&Tool::new(program).arg("--prefix"))
}

/// The folder of the library in Python's package, which brings no headers and no program.
fn of_python(said: &Said<'_>, records: &Cache) -> Option<PathBuf> {
    let folder = python::folder("clang", said.env, records)?.join("native");
    holds(&folder).then_some(folder)
}

fn first_line(tool: &Tool) -> Option<PathBuf> {
    let said = tool.ask().ok().filter(|said| said.status.success())?;
    let text = String::from_utf8(said.stdout).ok()?;
    text.lines().next().map(PathBuf::from)
}

/// The folders in `folder` whose names start with `prefix`.
fn named(folder: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let named = entries.filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path()).filter(|path| path.is_dir())
}

fn holds_below(folder: &Path, depth: usize) -> bool {
    holds(folder) || (depth > 0 && named(folder, "").any(|below| holds_below(&below, depth - 1)))
}

fn holds(folder: &Path) -> bool {
    let mut names = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| is_libclang(&name.to_string_lossy()))
}

/// Whether a file is libclang: `libclang.so`, `libclang-19.so.1`, but not `libclang-cpp.so.19`, another library.
fn is_libclang(name: &str) -> bool {
    let rest = name.strip_prefix("libclang").unwrap_or_default();
    let shared = |rest: &str| rest == ".so" || rest.starts_with(".so.");
    let versioned = || rest.starts_with('-') && rest.find(".so").is_some_and(|at| shared(&rest[at..]));
    !name.contains("-cpp.") && (shared(rest) || versioned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env::Env;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A machine of nothing but what a test puts there.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            Machine(tempfile::tempdir().unwrap())
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn with(self, path: &str, text: &str) -> Self {
            fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
            fs::write(self.at(path), text).unwrap();
            fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        /// With a program that prints a path of the machine.
        fn saying(self, program: &str, path: &str) -> Self {
            let text = format!("#!/bin/sh\necho '{}'\n", self.at(path).display());
            self.with(&format!("bin/{program}"), &text)
        }

        fn found(&self, variables: &[(&str, PathBuf)]) -> Libclang {
            let path = ("PATH", self.at("bin"));
            let env = Env::new([path].into_iter().chain(variables.iter().cloned()), self.0.path());
            look(&Said { env: &env, config: None, line: &[] }, &self.at("usr"), &Cache::none())
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(Machine::new().found(&[]), Libclang::Missing);
        // LLVM without clang, and clang's C++ library, which bindgen cannot use
        let llvm = Machine::new().saying("llvm-config", "llvm").with("llvm/lib/libLLVM.so", "");
        assert_eq!(
            llvm.with("usr/lib/x86_64-linux-gnu/libclang-cpp.so.19", "").found(&[]),
            Libclang::Missing
        );
    }

    #[test]
    fn it_is_known_where_bindgen_looks() {
        for file in [
            "usr/lib/libclang.so",
            "usr/lib64/libclang.so.20.1",
            "usr/lib/x86_64-linux-gnu/libclang-19.so.1",
            "usr/lib/llvm-14/lib/libclang-14.so",
            "usr/local/llvm20/lib/libclang.so",
        ] {
            assert_eq!(Machine::new().with(file, "").found(&[]), Libclang::Known, "{file}");
        }
        let llvm = Machine::new().saying("llvm-config", "llvm").with("llvm/lib/libclang.so", "");
        assert_eq!(llvm.found(&[]), Libclang::Known);
        let listed = Machine::new().with("own/libclang.so", "");
        assert_eq!(listed.found(&[("LD_LIBRARY_PATH", listed.at("own"))]), Libclang::Known);
        assert_eq!(Machine::new().found(&[("LIBCLANG_PATH", "/elsewhere".into())]), Libclang::Known);
    }

    #[test]
    fn that_of_python_is_named_to_bindgen() {
        let python = Machine::new().saying("python3", "clang").with("clang/native/libclang.so", "");
        let found = python.found(&[]);
        assert_eq!(found, Libclang::Python(python.at("clang/native")));
        assert_eq!(found.variable().unwrap(), ("LIBCLANG_PATH".into(), python.at("clang/native").into()));
        // LLVM's own bindings for Python, without the library
        let bindings = Machine::new().saying("python3", "clang").with("clang/cindex.py", "");
        assert_eq!(bindings.found(&[]), Libclang::Missing);
    }
}

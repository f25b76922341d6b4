//! The C++ library for a target, built once by zig and kept where rustc finds it.
//!
//! It is LLVM's libc++, under the names that build scripts ask for: `c++`, and `stdc++`, which many of them have
//! written down. Its unwinder is left out: the one that Rust's standard library brings is LLVM's too, and a program
//! with two would unwind by tables that the other registered.

use super::Zig;
use super::wrappers::{text, zigs_own};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::tool::Tool;
use crate::toolchain::cached;
use std::fs;
use std::path::{Path, PathBuf};

/// A program that needs all of the library.
const PROGRAM: &str =
    "#include <iostream>\nint main() { try { throw 1; } catch (int) { std::cout << 1; } }\n";

impl Zig {
    /// The folder with `libc++.a` and `libstdc++.a` for `target`, to be named by `-Lnative=`, whether or not it is there.
    pub fn cxx_folder(&self, target: &Target, cache: &Path) -> PathBuf {
        self.folder(cache).join(format!("{target}-c++"))
    }

    /// Makes that folder, which takes minutes: `step` hears of it first.
    pub fn cxx_runtime(
        &self,
        target: &Target,
        cache: &Path,
        step: &mut dyn FnMut(&str, String),
    ) -> Result<PathBuf, Error> {
        let wrappers = self.wrappers(target, cache)?;
        cached::once(&self.cxx_folder(target, cache), |work, made| {
            step("Providing", format!("libc++ for {target}, once for all projects"));
            let built = zigs_own(cache);
            let parts = archives(&wrappers.folder.join("c++"), text(&built)?, work)?;
            let merged = made.join("libc++.a");
            // L: the members of an archive, and not the archive itself (llvm-ar, "Command Line Options")
            let tool = Tool::new(wrappers.folder.join("ar")).arg("qcLs").arg(&merged).args(parts);
            if !tool.run()?.success() {
                return Err(failed(&tool));
            }
            let second = made.join("libstdc++.a");
            fs::hard_link(&merged, &second)
                .or_else(|_| fs::copy(&merged, &second).map(drop))
                .map_err(|reason| Error::io(Code::Output, "write", &second, &reason))
        })
    }
}

/// The archives of libc++ in zig's own cache: it builds them to link a program that needs them, and says which.
fn archives(compiler: &Path, cache: &str, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let source = cached::write(folder, "program.cpp", PROGRAM)?;
    let program = folder.join("program");
    // the linker's command is on standard error, and far longer than what is kept of that
    let tool = Tool::new("/bin/sh")
        .args(["-c", r#"exec "$@" 2>&1"#, "sh"])
        .args([compiler, Path::new("-O2"), &source, Path::new("-o"), &program])
        .env("ZIG_VERBOSE_LINK", "1")
        .env("ZIG_GLOBAL_CACHE_DIR", cache);
    let mut parts = Vec::new();
    let (status, _) = tool.watch(|line| {
        let found = named(&String::from_utf8_lossy(line), cache);
        if !found.is_empty() {
            parts = found;
        }
    })?;
    if status.success() && parts.len() == 2 { Ok(parts) } else { Err(failed(&tool)) }
}

/// The two archives that `line`, a linker's command without quotes, names in the folder `cache`.
fn named(line: &str, cache: &str) -> Vec<PathBuf> {
    let files = line.split(cache).skip(1).filter_map(|rest| Some(&rest[..rest.find(".a")? + 2]));
    let wanted = |file: &&str| file.ends_with("/libc++.a") || file.ends_with("/libc++abi.a");
    files.filter(wanted).map(|file| PathBuf::from(format!("{cache}{file}"))).collect()
}

fn failed(tool: &Tool) -> Error {
    Error::new(Code::Tool, "zig did not build the C++ library").note(format!("the command was: {tool}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archives_are_found_among_a_linkers_words() {
        let line = "ld.lld -o /t/a b -L /x y/zig /x y/zig/o/1/crt1.o /x y/zig/o/2/libc++abi.a /x y/zig/o/3/libc++.a \
                    --as-needed /x y/zig/o/4/libunwind.a /x y/zig/o/5/libc.a";
        let found = named(line, "/x y/zig");
        assert_eq!(found, [Path::new("/x y/zig/o/2/libc++abi.a"), Path::new("/x y/zig/o/3/libc++.a")]);
        assert!(named("clang -cc1 -triple x86_64", "/x y/zig").is_empty());
    }
}

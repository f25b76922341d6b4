//! The C++ library for a target, built once by zig and kept where rustc finds it.
//!
//! It is LLVM's libc++, under the names that build scripts ask for: `c++`, and `stdc++`, which many of them have
//! written down. Its unwinder is left out: the one that Rust's standard library brings is LLVM's too, and a program
//! with two would unwind by tables that the other registered.

use super::Zig;
use super::link;
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::toolchain::cached;
use std::ffi::OsStr;
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
            let source = cached::write(work, "program.cpp", PROGRAM)?;
            let compiler = wrappers.folder.join("c++");
            let linked = link::linked(&compiler, [OsStr::new("-O2"), source.as_ref()], cache, work)?;
            let merged = made.join("libc++.a");
            let parts = [linked.file("libc++abi.a")?, linked.file("libc++.a")?];
            link::merge(&wrappers.folder.join("ar"), &merged, &parts)?;
            let second = made.join("libstdc++.a");
            fs::hard_link(&merged, &second)
                .or_else(|_| fs::copy(&merged, &second).map(drop))
                .map_err(|reason| Error::io(Code::Output, "write", &second, &reason))
        })
    }
}

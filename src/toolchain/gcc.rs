//! A gcc for musl, by the names that cross compilers, distributions and systems on musl have for theirs.

use crate::config::env::Env;
use crate::image::platform::Target;
use crate::tool::Tool;
use std::path::{Path, PathBuf};

/// `ARCH-linux-musl-gcc` as cross compilers are called, or, for this machine's architecture, the `musl-gcc` of
/// distributions, or its own compiler where musl is its own C library, as on Alpine. With its C++, where it has one.
pub fn find(target: &Target, env: &Env) -> Option<(PathBuf, Option<PathBuf>)> {
    let find = |name: &str| Tool::find(name, env.path());
    let libc = target.triple().rsplit('-').next().unwrap_or("musl");
    // `armv7-linux-musleabihf-gcc`, but `riscv64-linux-musl-gcc`
    let arch = if target.arch() == "riscv64gc" { "riscv64" } else { target.arch() };
    let prefix = format!("{arch}-linux-{libc}");
    if let Some(c) = find(&format!("{prefix}-gcc")) {
        return Some((c, find(&format!("{prefix}-g++"))));
    }
    if !target.is_native() {
        return None;
    }
    let own = || find("cc").filter(|c| is_for_musl(c)).map(|c| (c, find("c++")));
    find("musl-gcc").map(|c| (c, None)).or_else(own)
}

/// Whether `compiler` says that it compiles for musl.
fn is_for_musl(compiler: &Path) -> bool {
    let said = Tool::new(compiler).arg("-dumpmachine").read();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("-musl"))
}

/// The folder of the C++ library of `cxx`: rustc's linker does not look there.
pub fn runtime(cxx: &Path) -> Option<PathBuf> {
    let said = Tool::new(cxx).arg("-print-file-name=libstdc++.a").read().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    path.is_absolute().then(|| path.parent().map(Path::to_owned))?
}

//! Zig's own parts of a program: it builds them when one is linked, keeps them in its cache, and says where.

use super::wrappers::zigs_own;
use crate::error::{Code, Error};
use crate::tool::Tool;
use crate::toolchain::cached::text;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The files of zig's cache that a program was linked from.
#[derive(Debug)]
pub struct Linked {
    files: Vec<PathBuf>,
    tool: Tool,
}

impl Linked {
    /// The one of that name.
    pub fn file(&self, name: &str) -> Result<&Path, Error> {
        let found = self.find(name);
        found.ok_or_else(|| failed(&self.tool).note(format!("it has linked the program without a {name}")))
    }

    /// The one of that name, if the program has it.
    pub fn find(&self, name: &str) -> Option<&Path> {
        self.files.iter().map(PathBuf::as_path).find(|file| file.ends_with(name))
    }
}

/// Links a program in the folder `work`, which lies in `cache` too, and tells what zig has made it of.
pub fn linked<T: Into<OsString>>(
    compiler: &Path,
    words: impl IntoIterator<Item = T>,
    cache: &Path,
    work: &Path,
) -> Result<Linked, Error> {
    let built = zigs_own(cache);
    let built = text(&built)?;
    // the linker's command is on standard error, and far longer than what is kept of that; what lies below the folder
    // that zig runs in would be named from there
    let tool = Tool::new("/bin/sh")
        .args(["-c", r#"exec "$@" 2>&1"#, "sh"])
        .arg(compiler)
        .args(words)
        .args([OsStr::new("-o"), work.join("program").as_ref()])
        .env("ZIG_VERBOSE_LINK", "1")
        .env("ZIG_GLOBAL_CACHE_DIR", built)
        .folder(work);
    let mut files = Vec::new();
    let (status, _) = tool.watch(|line| {
        let found = named(&String::from_utf8_lossy(line), built);
        if !found.is_empty() {
            files = found;
        }
    })?;
    if status.success() { Ok(Linked { files, tool }) } else { Err(failed(&tool)) }
}

/// One archive of all members of `parts`.
pub fn merge(ar: &Path, merged: &Path, parts: &[&Path]) -> Result<(), Error> {
    // L: the members of an archive, and not the archive itself (llvm-ar, "Command Line Options")
    let tool = Tool::new(ar).arg("qcLs").arg(merged).args(parts.iter().copied());
    if tool.run()?.success() { Ok(()) } else { Err(failed(&tool)) }
}

/// The objects and archives that `line`, a linker's command without quotes, names in the folder `cache`.
fn named(line: &str, cache: &str) -> Vec<PathBuf> {
    let end = |rest: &str| {
        let ends = [".a", ".o"].map(|suffix| {
            let mut all = rest.match_indices(suffix).map(|(at, _)| at + suffix.len());
            all.find(|end| rest[*end..].chars().next().is_none_or(|next| next == ' '))
        });
        ends.into_iter().flatten().min()
    };
    let files = line.split(cache).skip(1).filter_map(|rest| Some(&rest[..end(rest)?]));
    files.map(|file| PathBuf::from(format!("{cache}{file}"))).collect()
}

pub(super) fn failed(tool: &Tool) -> Error {
    Error::new(Code::Tool, "zig did not build what the target needs").note(format!("the command was: {tool}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigs_files_are_found_among_a_linkers_words() {
        let line = "ld.lld -o /t/a b.o -L /x y/zig /x y/zig/o/1/crt1.o /x y/zig/o/2/libc++abi.a --as-needed \
                    /x y/zig/o/4/my.obj.o /x y/zig/o/5/libc.a";
        let files = named(line, "/x y/zig");
        let expected = ["o/1/crt1.o", "o/2/libc++abi.a", "o/4/my.obj.o", "o/5/libc.a"];
        assert_eq!(files, expected.map(|file| Path::new("/x y/zig").join(file)));
        assert!(named("clang -cc1 -triple x86_64", "/x y/zig").is_empty());
    }
}

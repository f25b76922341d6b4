//! What rustc is told of symbols and debug information, and by it the linker.
//!
//! Where debug information is kept, the linker has to write a build id, the one thing that ties a stripped program to
//! what lies beside it; elsewhere it writes none. Some compilers that link ask for one by themselves, LLVM's linker and
//! zig do not, so it is always said. How it is said depends on who hears it: a compiler hands on what stands after
//! `-Wl,`, and rustc tells a linker from a compiler by its name (The rustc book, "Codegen Options", `linker-flavor`).

use super::said::Said;
use super::{Linker, Toolchain, flags};
use crate::plan::Plan;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The flags for `plan`, but for those whose matter the user's own flags are about. `is_bare` tells whether the linker is
/// none that compiles, too.
pub fn kept(plan: &Plan, said: &Said<'_>, is_bare: impl FnOnce() -> bool) -> Vec<String> {
    let users = flags::said(plan, said);
    let has_debug = users.iter().any(|flag| flag == "-g" || flag.contains("debuginfo="));
    let mut ours = plan.symbols.flags();
    ours.retain(|flag| !(has_debug && flag.starts_with("-Cdebuginfo=")));
    if !users.iter().any(|flag| flag.contains("--build-id")) {
        let handed_on = if is_bare() { "" } else { "-Wl," };
        // a hash of what is linked: the same build has the same one
        let kind = if plan.symbols.is_debug_kept() { "sha1" } else { "none" };
        ours.push(format!("-Clink-arg={handed_on}--build-id={kind}"));
    }
    ours
}

/// Leaves it to the linkers whether they write a build id where one variable has the flags of all targets, and their
/// linkers would have to hear it in different words: a build id is a hash of the program, and no reason to fail.
pub fn agree<'a>(all: impl Iterator<Item = &'a mut Toolchain>) {
    let is_flags = |(name, _): &&mut (OsString, OsString)| *name == *flags::ENCODED;
    let mut told: Vec<_> = all.flat_map(|one| one.variables.iter_mut().filter(is_flags)).collect();
    let without: Vec<_> = told.iter().map(|(_, flags)| without_none(flags)).collect();
    let differ = told.windows(2).any(|pair| pair[0].1 != pair[1].1);
    if differ && without.windows(2).all(|pair| pair[0] == pair[1]) {
        told.iter_mut().zip(without).for_each(|((_, flags), without)| *flags = without);
    }
}

/// `flags`, words with the character U+001F between them, without that no build id is wanted.
fn without_none(flags: &OsStr) -> OsString {
    let flags = flags.to_string_lossy();
    let words = flags.split('\u{1f}').filter(|word| !word.ends_with("--build-id=none"));
    words.collect::<Vec<_>>().join("\u{1f}").into()
}

impl Linker {
    /// Whether it is a linker and nothing else.
    pub(super) fn is_bare(&self, plan: &Plan, said: &Said<'_>) -> bool {
        match self {
            Linker::Default => false,
            Linker::Lld(_) | Linker::Zig(..) => true,
            Linker::Users => is_bare(&flags::said(plan, said), configured(plan, said).as_deref()),
        }
    }
}

/// The linker that the configuration names.
fn configured(plan: &Plan, said: &Said<'_>) -> Option<String> {
    let triple = plan.target.triple();
    let in_line =
        |table: &toml::Table| Some(table.get("target")?.get(triple)?.get("linker")?.as_str()?.to_owned());
    let in_line = said.line.iter().rev().find_map(in_line);
    in_line.or_else(|| {
        let linker = said.config?.linker(triple).ok()??;
        Some(linker.to_string_lossy().into_owned())
    })
}

/// Whether rustc takes the linker for one that is no compiler: by what `flags` say, or else by its name.
fn is_bare(flags: &[String], configured: Option<&str>) -> bool {
    let value = |name: &str| {
        let of = |flag: &String| Some(flag.trim_start_matches("-C").strip_prefix(name)?.to_owned());
        flags.iter().rev().find_map(of)
    };
    if let Some(flavor) = value("linker-flavor=") {
        return !["gcc", "em"].contains(&flavor.as_str()) && !flavor.split('-').any(|part| part == "cc");
    }
    let linker = value("linker=");
    let Some(path) = linker.as_deref().or(configured) else { return false };
    let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
    // a version
    let stem = match stem.rsplit_once('-') {
        Some((name, version)) if version.chars().all(char::is_numeric) => name,
        _ => &stem,
    };
    matches!(stem, "ld" | "lld" | "rust-lld") || stem.ends_with("-ld") || stem.ends_with("-lld")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linker_is_told_from_a_compiler_as_rustc_does() {
        for bare in ["rust-lld", "/usr/bin/ld.lld", "ld", "aarch64-linux-gnu-ld", "/opt/ld.lld-20", "ld.mold"]
        {
            assert!(is_bare(&[], Some(bare)), "{bare}");
        }
        for compiler in ["cc", "/usr/bin/clang-19", "musl-gcc", "aarch64-linux-gnu-gcc", "wrapper.sh"] {
            assert!(!is_bare(&[], Some(compiler)), "{compiler}");
        }
        assert!(!is_bare(&[], None));
        let flags = |words: &[&str]| words.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        assert!(is_bare(&flags(&["-Clinker=rust-lld"]), Some("cc")));
        assert!(is_bare(&flags(&["-C", "linker=ld"]), None));
        assert!(is_bare(&flags(&["-Clinker-flavor=gnu-lld"]), Some("cc")));
        assert!(!is_bare(&flags(&["-Clinker-flavor=gnu-lld-cc"]), Some("ld")));
        assert!(!is_bare(&flags(&["-Clinker-flavor=gcc"]), Some("ld")));
    }
}

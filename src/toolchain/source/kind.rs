//! What kinds of the standard library are built from source: the one that rustup would install, and one for the smallest
//! programs.
//!
//! In the small one a panic is a trap and nothing else. There is a panic strategy for that, `immediate-abort`, which
//! wants to be the strategy of every crate in the program and is unstable: all of the user's crates would have to be
//! compiled with `RUSTC_BOOTSTRAP`, by which build scripts take the compiler for a nightly. So the library alone is told,
//! by the condition that its own source asks for (`cfg(panic = "immediate-abort")`, `core::panicking`), while its
//! strategy, like that of the program, is `abort`, which is stable. What a program's own crates have of panics is calls
//! of the library, and with fat LTO they vanish into it: for the starter the two ways give the same number of bytes.
//! Before Rust 1.92 a feature of the library did the same (rust-lang/rust#146317).
//!
//! Not used: `-Zlocation-detail=none`, which saved nothing more once panics say nothing, and `-Zfmt-debug=none`, by which
//! `{:?}` prints nothing, also where a program means it.

use std::fs;
use std::path::Path;
use toml::Table;

/// One or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As rustup has it.
    Usual,
    /// For bytes, and with panics that end the program without a word.
    Small,
}

/// The feature by which the library chooses the smaller of two algorithms.
const FOR_SIZE: &str = "optimize_for_size";
/// The feature by which a panic was a trap before there was a strategy for it.
const TRAPS: &str = "panic_immediate_abort";

impl Kind {
    /// The crates of the library that programs name: `proc_macro` is among them, since crates that use it in macros are
    /// also compiled for the target (`proc-macro2`).
    pub fn crates(self) -> &'static str {
        match self {
            Kind::Usual => "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro",
            Kind::Small => "-Zbuild-std=std,panic_abort,proc_macro",
        }
    }

    /// What cargo is told to build it from `source` in place of what the profile says.
    pub fn words(self, source: &Path) -> Vec<String> {
        if self == Kind::Usual {
            return Vec::new();
        }
        let known = features(source);
        let wanted = [FOR_SIZE, TRAPS].into_iter().filter(|name| known.contains_key(*name));
        // in place of the features `backtrace` and `panic-unwind`, which cargo asks for by itself
        let features = format!("-Zbuild-std-features={}", wanted.collect::<Vec<_>>().join(","));
        let profile = ["opt-level=\"z\"", "panic=\"abort\""];
        let profile = profile.map(|value| format!("--config=profile.needs-std.{value}"));
        [features].into_iter().chain(profile).collect()
    }

    /// What rustc is told.
    pub fn rustc(self, source: &Path) -> Vec<String> {
        if self == Kind::Usual {
            return Vec::new();
        }
        let mut flags = vec![UNWOUND.to_owned()];
        if !features(source).contains_key(TRAPS) {
            // that the condition is one of rustc's own is an error for everybody else
            let condition = ["--cfg=panic=\"immediate-abort\"", "-Aexplicit-builtin-cfgs-in-flags"];
            flags.extend(condition.map(str::to_owned));
        }
        flags
    }
}

/// What rustc is told of a program that nothing unwinds: tables for that are a tenth of it.
pub const UNWOUND: &str = "-Cforce-unwind-tables=no";

/// The features that cargo can ask of the library in `source`: those of the crate that stands for all of it.
fn features(source: &Path) -> Table {
    let of = |name: &str| {
        let text = fs::read_to_string(source.join(name).join("Cargo.toml")).ok()?;
        Some(text.parse::<Table>().ok()?.get("features")?.as_table()?.clone())
    };
    of("sysroot").or_else(|| of("std")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words for a library with these features.
    fn small(features: &str) -> (Vec<String>, Vec<String>) {
        let source = tempfile::tempdir().unwrap();
        fs::create_dir(source.path().join("sysroot")).unwrap();
        let text = format!("[package]\nname = \"sysroot\"\n[features]\n{features}\n");
        fs::write(source.path().join("sysroot/Cargo.toml"), text).unwrap();
        (Kind::Small.words(source.path()), Kind::Small.rustc(source.path()))
    }

    #[test]
    fn a_panic_is_a_trap_by_the_way_that_the_library_knows() {
        let (words, flags) = small("optimize_for_size = []\npanic_immediate_abort = []");
        assert_eq!(words[0], "-Zbuild-std-features=optimize_for_size,panic_immediate_abort");
        assert_eq!(flags, [UNWOUND]);
        let (words, flags) = small("optimize_for_size = []");
        assert_eq!(words[0], "-Zbuild-std-features=optimize_for_size");
        assert!(flags.contains(&"--cfg=panic=\"immediate-abort\"".to_owned()), "{flags:?}");
        let (words, _) = small("");
        assert_eq!(words[0], "-Zbuild-std-features=");
        assert!(words.contains(&"--config=profile.needs-std.panic=\"abort\"".to_owned()), "{words:?}");
    }

    #[test]
    fn the_usual_library_is_what_it_was() {
        let nowhere = Path::new("/nowhere");
        assert!(Kind::Usual.words(nowhere).is_empty() && Kind::Usual.rustc(nowhere).is_empty());
    }
}

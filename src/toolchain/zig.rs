//! Zig: one program that is a C and C++ compiler for every musl target, with the headers of musl and Linux in it.
//!
//! Only what build scripts compile is compiled by it. What links is LLVM's linker or the machine's `cc`, never `zig cc`:
//! the start files, the libc and the unwinder are those of Rust's target, and a program has one of each. cargo-zigbuild
//! is no library for this: it makes zig the linker, and would bring 21 packages that our tree of 66 lacks (0.24), for
//! what is three scripts here.

mod cxx;
mod libc;
mod link;
mod names;
mod wrappers;

use super::python;
use crate::cache::Cache;
use crate::config::env::Env;
use crate::plan::memo;
use crate::tool::Tool;
use std::path::PathBuf;

/// The oldest version that was tried: it builds what the newest does, and packages of Python and of distributions have
/// been at least that new since 2024.
const OLDEST: (u32, u32) = (0, 13);

/// What records of versions are called.
const RECORD: &str = "zig";

/// A zig that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zig {
    program: PathBuf,
    version: String,
}

impl Zig {
    /// `zig` on `PATH`, or the one in Python's package `ziglang`. What the same one has said before, as the `records` of a
    /// project have it, is not asked for again.
    pub fn find(env: &Env, records: &Cache) -> Option<Zig> {
        let on_path = Tool::find("zig", env.path()).and_then(|program| Zig::known(program, records));
        on_path.or_else(|| Zig::known(python::folder("ziglang", env, records)?.join("zig"), records))
    }

    /// The zig that `program` is, where it is new enough.
    fn known(program: PathBuf, records: &Cache) -> Option<Zig> {
        let key = memo::compiled(&program);
        if let Some(version) = key.as_ref().and_then(|key| records.get(RECORD, key)) {
            return Some(Zig { program, version });
        }
        let zig = Zig::at(program)?;
        if let Some(key) = key {
            records.put(RECORD, &key, &zig.version);
        }
        Some(zig)
    }

    fn at(program: PathBuf) -> Option<Zig> {
        let said = Tool::new(&program).arg("version").ask().ok()?;
        let version = String::from_utf8(said.stdout).ok()?.trim().to_owned();
        (said.status.success() && is_recent(&version)).then_some(Zig { program, version })
    }

    /// One that no test has to look for.
    #[cfg(test)]
    pub(super) fn fake(program: &std::path::Path, version: &str) -> Zig {
        Zig { program: program.to_owned(), version: version.to_owned() }
    }

    /// The program itself: no shell script, no Python.
    pub fn program(&self) -> &std::path::Path {
        &self.program
    }

    /// Its version, as it says it.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Whether `0.17.1` or `0.18.0-dev.12+3ab` is not older than [`OLDEST`].
fn is_recent(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse);
    matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn script(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn zig_is_found_on_path_and_in_python_and_not_when_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let env = Env::new([("PATH", at("bin"))], folder.path());
        assert_eq!(Zig::find(&env, &Cache::none()), None);

        script(&at("package dir/zig"), "echo 0.17.1");
        script(&at("bin/python3"), &format!("echo '{}'", at("package dir").display()));
        let python = Zig { program: at("package dir/zig"), version: "0.17.1".into() };
        assert_eq!(Zig::find(&env, &Cache::none()), Some(python.clone()));

        script(&at("bin/zig"), "echo 0.12.1");
        assert_eq!(Zig::find(&env, &Cache::none()), Some(python), "the one on PATH is too old");
        script(&at("bin/zig"), "echo 0.16.0-dev.7+abc");
        assert_eq!(Zig::find(&env, &Cache::none()).unwrap().program(), at("bin/zig"));
        script(&at("bin/zig"), "exit 1");
        script(&at("bin/python3"), "exit 1");
        assert_eq!(Zig::find(&env, &Cache::none()), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_recent("0.13.0") && is_recent("0.100.0") && is_recent("1.0.0-rc1"));
        assert!(!is_recent("0.9.1") && !is_recent("") && !is_recent("zig 0.17.1"));
    }
}

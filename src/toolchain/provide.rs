//! Native libraries, provided: what popular `-sys` crates look for on the system, built once into a shared cache.
//!
//! A crate that finds no library of the system when it is cross-compiled often builds a copy that it carries, and
//! needs nothing from us. For the others there is a row in [`ROWS`], which also says who needs none and why. What a
//! row hands over are variables that the crate documents and that are named after the target, so that build scripts
//! and macros, which are programs of the host, do not see them. The user's Cargo.toml stays as it is.

mod rows;
mod workshop;

pub use rows::ROWS;
pub use workshop::Workshop;

use crate::explain::Package;
use crate::image::platform::Target;
use crate::templates::Template;
use crate::tool::Tool;
use cargo_metadata::semver::Version;
use std::ffi::OsStr;
use std::path::Path;

/// A library that can be provided.
#[derive(Debug)]
pub struct Row {
    /// What people call the library.
    pub name: &'static str,
    /// The package that looks for it.
    pub package: &'static str,
    /// The first version of that package that understands the variables and accepts the library.
    since: Version,
    /// Features of that package with which it looks for nothing, or for something else.
    unless: &'static [&'static str],
    /// The package on crates.io that carries the sources.
    pub source: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The project that builds it.
    project: &'static [Template],
    /// The rows, by name, that are built before and whose variables it is built with.
    on: &'static [&'static str],
    /// The programs that this takes beside cargo and a C compiler.
    tools: &'static [&'static str],
    /// What is handed over: names and values, see [`fill`].
    variables: &'static [(&'static str, &'static str)],
    /// Variables by which a user says where the library is: with one of them, nothing is provided.
    users: &'static [&'static str],
    /// The lines for Cargo.toml with which the project would need nothing from us.
    pub fix: &'static [&'static str],
}

/// The rows that `packages` make necessary, each once, in the order of the table. Only packages that are built for
/// the target count.
pub fn wanted<'a>(packages: impl Iterator<Item = Package<'a>>) -> Vec<&'static Row> {
    let packages: Vec<_> = packages.collect();
    ROWS.iter().filter(|row| packages.iter().any(|seen| row.applies(seen))).collect()
}

impl Row {
    /// Whether `seen` looks for the library, in a version that takes the one of the row.
    pub fn applies(&self, seen: &Package) -> bool {
        seen.name == self.package
            && Version::parse(seen.version).is_ok_and(|version| version >= self.since)
            && !seen.has_any(self.unless)
    }

    /// Whether building the library takes make, which cannot work with paths that have blanks.
    pub fn takes_make(&self) -> bool {
        self.before().flat_map(|row| row.tools).chain(self.tools).any(|tool| *tool == "make")
    }

    /// The programs that are missing on `path` (a value of `PATH`) for building the library.
    pub fn missing_tools(&self, path: Option<&OsStr>) -> Vec<&'static str> {
        let all = self.before().flat_map(|row| row.tools).chain(self.tools);
        let mut missing: Vec<_> = all.copied().filter(|tool| Tool::find(tool, path).is_none()).collect();
        missing.dedup();
        missing
    }

    /// Whether one of the variables is set, according to `is_set`, by which a user says where the library is.
    pub fn is_set_by_user(&self, target: &Target, is_set: impl Fn(&str) -> bool) -> bool {
        self.users.iter().any(|name| is_set(&fill(name, target, Path::new(""))))
            || pkg_config_is_users(target, is_set)
    }

    /// The rows that this one is built on.
    fn before(&self) -> impl Iterator<Item = &'static Row> {
        ROWS.iter().filter(|row| self.on.contains(&row.name))
    }
}

/// Whether, according to `is_set`, the user has told the crate pkg-config that it works for `target` too.
pub fn pkg_config_is_users(target: &Target, is_set: impl Fn(&str) -> bool) -> bool {
    rows::PKG_CONFIG.iter().any(|name| is_set(&fill(name, target, Path::new(""))))
}

/// A name or value of the table with its blanks filled: `{triple}`, `{target}` (the triple with underscores),
/// `{TARGET}` (that in upper case) and `{folder}` (where the library is).
fn fill(text: &str, target: &Target, folder: &Path) -> String {
    let underscored = target.triple().replace(['-', '.'], "_");
    text.replace("{triple}", target.triple())
        .replace("{target}", &underscored)
        .replace("{TARGET}", &underscored.to_uppercase())
        .replace("{folder}", &folder.to_string_lossy())
}

#[cfg(test)]
mod tests;

//! Native libraries, provided: what popular `-sys` crates look for on the system, built once into a shared cache.
//!
//! A crate that finds no library of the system when it is cross-compiled often builds a copy that it carries, and
//! needs nothing from us. For the others there is a row in [`ROWS`], which also says who needs none and why. What a
//! row hands over are variables that the crate documents and that are named after the target, so that build scripts
//! and macros, which are programs of the host, do not see them. The user's Cargo.toml stays as it is.

mod rows;
mod workshop;

pub use rows::{JEMALLOC, MIMALLOC, ROWS};
pub use workshop::Workshop;

use crate::explain::Package;
use crate::explain::libraries::{Library, by_link, library_of};
use crate::image::platform::Target;
use crate::sbom::Provided;
use crate::templates::Template;
use crate::toolchain::tools;
use cargo_metadata::semver::Version;
use std::ffi::OsStr;
use std::path::Path;

/// A library that can be provided.
#[derive(Debug)]
pub struct Row {
    /// What people call the library.
    pub name: &'static str,
    /// What `-l` calls it: [`crate::explain::libraries`] knows the package that looks for it, and when.
    link: &'static str,
    /// The first version of that package that understands the variables and accepts the library.
    since: Version,
    /// The package on crates.io that carries the sources.
    pub source: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The licence of the library, as an SPDX expression.
    license: &'static str,
    /// The project that builds it.
    project: &'static [Template],
    /// The rows, by name, that are built before and whose variables it is built with.
    on: &'static [&'static str],
    /// The programs that this takes beside cargo and a C compiler.
    tools: &'static [&'static str],
    /// What the C compiler is told, behind what the user tells it.
    cflags: &'static str,
    /// Variables of the user's for one project that its source hears too, beside those that [`crate::explain::libraries`]
    /// knows.
    users: &'static [&'static str],
    /// What is handed over: names and values, see [`fill`].
    variables: &'static [(&'static str, &'static str)],
}

impl Row {
    /// Whether `seen` looks for the library, in a version that takes the one of the row.
    pub fn applies(&self, seen: &Package) -> bool {
        library_of(seen).is_some_and(|library| library.links.contains(&self.link))
            && Version::parse(seen.version).is_ok_and(|version| version >= self.since)
    }

    /// What `-l` calls it.
    pub fn link(&self) -> &'static str {
        self.link
    }

    /// The programs that building the library, and those before it, takes beside cargo and a C compiler.
    pub fn tools(&self) -> impl Iterator<Item = &'static str> {
        self.before().flat_map(|row| row.tools).chain(self.tools).copied()
    }

    /// Whether building the library takes make, which cannot work with paths that have blanks.
    pub fn takes_make(&self) -> bool {
        self.tools().any(|tool| tool == "make")
    }

    /// The programs on `path` (a value of `PATH`) with which the library cannot be built, and what is wrong with each.
    pub fn missing_tools(&self, path: Option<&OsStr>) -> Vec<(&'static str, &'static str)> {
        let lack = |tool| Some((tool, tools::lack(tool, path)?));
        let mut missing: Vec<_> = self.tools().filter_map(lack).collect();
        missing.dedup();
        missing
    }

    /// The library and those that it is built on, as a bill of materials names them; `by` are the numbers of the packages
    /// that are linked with it.
    pub fn provided(&'static self, by: &[usize]) -> Vec<Provided> {
        let provided = |row: &'static Row| Provided {
            name: row.name,
            package: row.source,
            version: row.version,
            license: row.license,
            by: by.to_vec(),
        };
        self.before().chain([self]).map(provided).collect()
    }

    /// Who looks for it, and what else is known of it.
    fn library(&self) -> Option<&'static Library> {
        by_link(self.link)
    }

    /// The rows that this one is built on.
    fn before(&self) -> impl Iterator<Item = &'static Row> + use<'_> {
        ROWS.iter().filter(|row| self.on.contains(&row.name))
    }
}

/// Whether the user has said where `library` is for `target`: one of its own variables is set, according to `is_set`, or
/// one of those that tell the crate pkg-config that it works for `target` too.
pub fn is_users(library: &Library, target: &Target, is_set: impl Fn(&str) -> bool) -> bool {
    library.users.iter().chain(rows::PKG_CONFIG).any(|name| is_set(&fill(name, target, Path::new(""))))
}

/// A name or value of the table with its blanks filled: `{triple}`, `{target}` (the triple with underscores),
/// `{TARGET}` (that in upper case) and `{folder}` (where the library is).
fn fill(text: &str, target: &Target, folder: &Path) -> String {
    let underscored = target.underscored();
    text.replace("{triple}", target.triple())
        .replace("{target}", &underscored)
        .replace("{TARGET}", &underscored.to_uppercase())
        .replace("{folder}", &folder.to_string_lossy())
}

#[cfg(test)]
mod tests;

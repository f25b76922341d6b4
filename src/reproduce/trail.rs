//! What the two builds were told and have written, side by side: variables of `env!`, and what build scripts leave.

use crate::compile::{Script, Trail, package_name};
use crate::error::Error;
use crate::interrupt;
use crate::plan;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most files of one build script that are compared; and of a file, the most bytes.
const FILES: usize = 10_000;
const SIZE: u64 = 64 << 20;

/// Variables that a machine or its user has, and another one has with another value.
const PERSONAL: [&str; 12] = [
    "HOME",
    "USER",
    "LOGNAME",
    "HOSTNAME",
    "PWD",
    "OLDPWD",
    "PATH",
    "SHELL",
    "TMPDIR",
    "TERM",
    "CARGO_HOME",
    "RUSTUP_HOME",
];

/// A variable that the two builds have read with different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The package whose code reads it.
    pub package: String,
    /// Its name.
    pub name: String,
    /// What it was in each of the two.
    pub values: [Option<String>; 2],
    /// Whether the package's own build script has set it.
    pub set: bool,
}

impl Variable {
    /// Whether its values are such as nobody should read in a log.
    pub fn is_secret(&self) -> bool {
        plan::is_secret(&self.name)
    }
}

/// What one package's build script has made different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The package.
    pub package: String,
    /// The files that differ, by their paths in the folder of what it writes, and where they are for each of the two.
    pub files: Vec<(String, [PathBuf; 2])>,
}

/// The variables that differ. `moved` is the folder of the second build, which package ids name.
pub fn variables(a: &Trail, b: &Trail, moved: &str) -> Vec<Variable> {
    let (one, other) = (a.variables(), b.variables());
    let mut by_name = BTreeMap::new();
    for ((package, crate_name, name), value) in &other {
        by_name.insert((at_home(&package.repr, moved), *crate_name, name.as_str()), value);
    }
    let mut found: Vec<Variable> = Vec::new();
    for ((package, crate_name, name), value) in &one {
        let Some(again) = by_name.get(&(package.repr.clone(), *crate_name, name.as_str())) else { continue };
        if value != *again {
            let set = |script: &Script| {
                script.package == **package && script.variables.iter().any(|(of, _)| of == name)
            };
            let variable = Variable {
                package: package_name(package).to_owned(),
                name: name.clone(),
                values: [value.clone(), (*again).clone()],
                set: a.scripts.iter().any(set),
            };
            if !found.contains(&variable) {
                found.push(variable);
            }
        }
    }
    found
}

/// The package, name and value of each variable that `env!` has read and that another machine has with another value.
pub fn personal(trail: &Trail) -> Vec<(String, String, String)> {
    let all = trail.variables().into_iter();
    let own = all.filter(|((.., name), _)| PERSONAL.contains(&name.as_str()));
    let own =
        own.filter_map(|((package, _, name), value)| Some((package_name(package).to_owned(), name, value?)));
    own.filter(|(.., value)| !value.is_empty()).collect()
}

/// What build scripts have written differently, in the order in which cargo told of them.
///
/// # Errors
/// A signal arrived. What cannot be read is not compared.
pub fn written(a: &Trail, b: &Trail, moved: &str) -> Result<Vec<Written>, Error> {
    let mut rest: Vec<&Script> = b.scripts.iter().collect();
    let mut found = Vec::new();
    for script in &a.scripts {
        let is_same = |other: &&Script| at_home(&other.package.repr, moved) == script.package.repr;
        let Some(at) = rest.iter().position(is_same) else { continue };
        let other = rest.remove(at);
        let mut files = Vec::new();
        for name in listing(&script.out_dir) {
            interrupt::check()?;
            let both = [script.out_dir.join(&name), other.out_dir.join(&name)];
            if !is_equal(&both[0], &both[1]).unwrap_or(true) {
                files.push((name.display().to_string(), both));
            }
        }
        if !files.is_empty() {
            found.push(Written { package: package_name(&script.package).to_owned(), files });
        }
    }
    Ok(found)
}

/// A package's id as it is for the first build.
fn at_home(id: &str, moved: &str) -> String {
    id.replace(moved, "")
}

/// The files below `folder`, sorted.
fn listing(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(kind) if kind.is_file() && files.len() < FILES => {
                    files.extend(entry.path().strip_prefix(folder).map(Path::to_owned));
                }
                _ => {}
            }
        }
    }
    files.sort();
    files
}

fn is_equal(a: &Path, b: &Path) -> io::Result<bool> {
    let sizes = (fs::metadata(a)?.len(), fs::metadata(b)?.len());
    if sizes.0 != sizes.1 {
        return Ok(false);
    }
    Ok(sizes.0 > SIZE || fs::read(a)? == fs::read(b)?)
}

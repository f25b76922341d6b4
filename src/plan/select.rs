//! Which packages and binaries a run is about, chosen by cargo's own rules.
//!
//! Without flags the rules are those of `cargo run`: the package of the current folder, or the default members of the
//! workspace, and there the one binary or the one that `default-run` names.

use crate::config::cargo::CargoFlags;
use crate::config::layers::nearest;
use crate::error::{Code, Error};
use cargo_metadata::{Metadata, Package, Target, TargetKind};
use std::collections::BTreeSet;
use std::path::Path;

/// A binary or an example of a package.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    /// The package.
    pub package: &'a Package,
    /// Its target, in cargo's sense of the word.
    pub target: &'a Target,
    /// Whether it is an example.
    pub example: bool,
}

impl Selected<'_> {
    /// The package as `cargo build -p` takes it, whatever the age of cargo.
    pub fn spec(&self) -> String {
        format!("{}@{}", self.package.name, self.package.version)
    }
}

/// The binaries that `flags` choose in the workspace; `manifest` is the manifest that cargo found.
pub fn select<'a>(
    metadata: &'a Metadata,
    flags: &CargoFlags,
    manifest: &Path,
) -> Result<Vec<Selected<'a>>, Error> {
    let packages = packages(metadata, flags, manifest)?;
    let mut selected = Vec::new();
    for name in &flags.bin {
        selected.extend(named(&packages, name, flags, false)?);
    }
    for name in &flags.example {
        selected.extend(named(&packages, name, flags, true)?);
    }
    if flags.bins {
        for package in &packages {
            selected.extend(bins(package, flags));
        }
    } else if selected.is_empty() && (flags.workspace || !flags.package.is_empty()) {
        for package in &packages {
            // of a whole workspace, the libraries are left out in silence; a package that was named is not
            if !flags.workspace || bins(package, flags).next().is_some() {
                selected.push(only(&[package], flags)?);
            }
        }
    } else if selected.is_empty() {
        selected.push(only(&packages, flags)?);
    }
    if selected.is_empty() {
        return Err(none(&packages, flags));
    }
    let mut seen = BTreeSet::new();
    selected.retain(|one| seen.insert((&one.package.id.repr, &one.target.name, one.example)));
    one_file_each(&selected)?;
    Ok(selected)
}

fn packages<'a>(
    metadata: &'a Metadata,
    flags: &CargoFlags,
    manifest: &Path,
) -> Result<Vec<&'a Package>, Error> {
    let members = metadata.workspace_packages();
    if flags.workspace {
        let out = |package: &&Package| !flags.exclude.iter().any(|spec| matches(package, spec));
        return Ok(members.into_iter().filter(out).collect());
    }
    if flags.package.is_empty() {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let here = real(manifest);
        let root = real(metadata.workspace_root.join("Cargo.toml").as_std_path());
        let own = members.iter().find(|package| real(package.manifest_path.as_std_path()) == here);
        return Ok(match own {
            Some(package) if here != root => vec![*package],
            _ => members.into_iter().filter(|p| metadata.workspace_default_members.contains(&p.id)).collect(),
        });
    }
    let mut chosen: Vec<&Package> = Vec::new();
    for spec in &flags.package {
        let found: Vec<_> = members.iter().filter(|package| matches(package, spec)).collect();
        if found.is_empty() {
            let names = members.iter().map(|package| package.name.as_str());
            let error = Error::new(Code::Selection, format!("no package `{spec}` in this workspace"))
                .at(metadata.workspace_root.join("Cargo.toml"));
            return Err(match nearest(spec, names.clone()) {
                Some(near) => error.help(format!("did you mean `-p {near}`?")),
                None => error.help(format!("the packages are {}", list(names))),
            });
        }
        chosen.extend(found);
    }
    chosen.dedup_by_key(|package| &package.id);
    Ok(chosen)
}

/// `NAME`, `NAME@VERSION` (or `:`), where a version may be cut short, a pattern, or the whole id with or without its
/// kind and fragment (The Cargo Book, "Package ID Specifications").
fn matches(package: &Package, spec: &str) -> bool {
    let id = package.id.repr.as_str();
    let address = id.split_once('+').map_or(id, |(_, address)| address);
    if spec == id || spec == address || Some(spec) == address.split_once('#').map(|(address, _)| address) {
        return true;
    }
    let (wanted, version) =
        spec.split_once(['@', ':']).map_or((spec, None), |(name, rest)| (name, Some(rest)));
    let is_version = |version: &str| {
        let whole = package.version.to_string();
        whole.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    like(wanted, package.name.as_str()) && version.is_none_or(is_version)
}

/// Whether `name` is like `pattern`, in which `*` stands for anything and `?` for one character.
fn like(pattern: &str, name: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = chars.as_str();
            name.char_indices().map(|(at, _)| &name[at..]).chain([""]).any(|tail| like(rest, tail))
        }
        Some(wanted) => {
            let mut others = name.chars();
            others.next().is_some_and(|c| wanted == '?' || wanted == c)
                && like(chars.as_str(), others.as_str())
        }
    }
}

fn named<'a>(
    packages: &[&'a Package],
    name: &str,
    flags: &CargoFlags,
    example: bool,
) -> Result<Vec<Selected<'a>>, Error> {
    let kind = if example { "example" } else { "bin" };
    let all = || packages.iter().flat_map(|package| targets(package, example));
    let found: Vec<_> = all().filter(|selected| like(name, &selected.target.name)).collect();
    if found.is_empty() {
        let names: Vec<_> = all().map(|selected| selected.target.name.as_str()).collect();
        let error = Error::new(Code::Selection, format!("no {kind} target `{name}` in {}", places(packages)));
        return Err(match nearest(name, names.iter().copied()) {
            Some(near) => error.help(format!("did you mean `--{kind} {near}`?")),
            None if names.is_empty() => error,
            None => error.help(format!("there are {}", list(names.into_iter()))),
        });
    }
    for selected in &found {
        let missing = missing_features(selected, flags);
        if !missing.is_empty() {
            let name = &selected.target.name;
            let what =
                format!("{kind} target `{name}` needs features that are not active: {}", missing.join(", "));
            return Err(Error::new(Code::Selection, what)
                .at(&selected.package.manifest_path)
                .help(format!("cargo scratch --{kind} {name} --features {}", missing.join(","))));
        }
    }
    Ok(found)
}

/// The one binary of `packages`, as `cargo run` would choose it.
fn only<'a>(packages: &[&'a Package], flags: &CargoFlags) -> Result<Selected<'a>, Error> {
    let candidates: Vec<_> = packages.iter().flat_map(|package| bins(package, flags)).collect();
    if let [one] = candidates[..] {
        return Ok(one);
    }
    if let [package] = packages
        && let Some(found) = default_of(package, &candidates)
    {
        return Ok(found);
    }
    if candidates.is_empty() {
        return Err(none(packages, flags));
    }
    let names = list(candidates.iter().map(|selected| selected.target.name.as_str()));
    let what = format!("several binaries in {}: {names}", places(packages));
    let error = Error::new(Code::Selection, what)
        .help(format!("cargo scratch --bin {}", candidates[0].target.name))
        .help("cargo scratch --bins     an image for each");
    Err(match packages {
        [package] => error.at(&package.manifest_path).help("or set `default-run` in [package]"),
        _ => error.help(format!("cargo scratch -p {}", candidates[0].package.name)),
    })
}

/// The one of `candidates`, the binaries of `package`, that `default-run` names.
pub(super) fn default_of<'a>(package: &Package, candidates: &[Selected<'a>]) -> Option<Selected<'a>> {
    let default = package.default_run.as_ref()?;
    candidates.iter().find(|selected| &selected.target.name == default).copied()
}

/// Says why there is nothing to build.
pub(super) fn none(packages: &[&Package], flags: &CargoFlags) -> Error {
    let mut error = Error::new(Code::Selection, format!("no binary to build in {}", places(packages)));
    if let [package] = packages {
        error = error.at(&package.manifest_path);
    }
    for package in packages {
        for selected in targets(package, false) {
            let missing = missing_features(&selected, flags).join(",");
            error = error.help(format!("cargo scratch --bin {} --features {missing}", selected.target.name));
        }
        let macros = package.targets.iter().any(|target| target.kind.contains(&TargetKind::ProcMacro));
        if macros || package.targets.iter().any(is_library) {
            let what = if macros { "a procedural macro" } else { "a library" };
            error = error.note(format!("`{}` is {what}; an image needs a program", package.name));
        }
        for selected in targets(package, true).take(3) {
            error = error.help(format!("cargo scratch --example {}", selected.target.name));
        }
    }
    error
}

/// The binaries whose features are active; cargo leaves the others out too.
pub(super) fn bins<'a>(package: &'a Package, flags: &CargoFlags) -> impl Iterator<Item = Selected<'a>> {
    targets(package, false).filter(|selected| missing_features(selected, flags).is_empty())
}

pub(super) fn targets(package: &Package, example: bool) -> impl Iterator<Item = Selected<'_>> {
    let kind = if example { TargetKind::Example } else { TargetKind::Bin };
    // an example may also be a library, which cannot start
    let program = |target: &&Target| target.crate_types.contains(&cargo_metadata::CrateType::Bin);
    let of_kind = move |target: &&Target| target.kind.contains(&kind);
    package.targets.iter().filter(of_kind).filter(program).map(move |target| Selected {
        package,
        target,
        example,
    })
}

fn is_library(target: &Target) -> bool {
    use TargetKind::{CDyLib, DyLib, Lib, RLib, StaticLib};
    target.kind.iter().any(|kind| matches!(kind, Lib | RLib | DyLib | CDyLib | StaticLib))
}

pub(super) fn missing_features(selected: &Selected<'_>, flags: &CargoFlags) -> Vec<String> {
    if flags.all_features || selected.target.required_features.is_empty() {
        return Vec::new();
    }
    let active = active_features(selected.package, flags);
    selected
        .target
        .required_features
        .iter()
        .filter(|feature| !active.contains(feature.as_str()))
        .cloned()
        .collect()
}

/// The features of `package` that the command line turns on, and all that they turn on in it.
fn active_features<'a>(package: &'a Package, flags: &'a CargoFlags) -> BTreeSet<&'a str> {
    let named = flags.features.iter().flat_map(|text| text.split([',', ' '])).filter_map(|feature| {
        match feature.split_once('/') {
            Some((name, feature)) => (name == package.name.as_str()).then_some(feature),
            None => Some(feature),
        }
    });
    let mut waiting: Vec<&str> = named.collect();
    if !flags.no_default_features {
        waiting.push("default");
    }
    let mut active = BTreeSet::new();
    while let Some(feature) = waiting.pop() {
        if active.insert(feature) {
            waiting.extend(package.features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    active
}

/// cargo would write two binaries of one name to the same path.
fn one_file_each(selected: &[Selected<'_>]) -> Result<(), Error> {
    for (at, one) in selected.iter().enumerate() {
        if let Some(other) = selected[..at].iter().find(|other| {
            other.target.name == one.target.name
                && other.package.id != one.package.id
                && other.example == one.example
        }) {
            let name = &one.target.name;
            let what = format!(
                "two binaries are called `{name}`: one of `{}`, one of `{}`",
                other.package.name, one.package.name
            );
            return Err(Error::new(Code::Selection, what)
                .note("cargo would build both to the same path")
                .help(format!("cargo scratch -p {} --bin {name}", one.package.name)));
        }
    }
    Ok(())
}

fn places(packages: &[&Package]) -> String {
    match packages {
        [] => "this workspace".into(),
        [package] => format!("package `{}`", package.name),
        _ => format!("the packages {}", list(packages.iter().map(|package| package.name.as_str()))),
    }
}

pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unique: BTreeSet<&str> = names.collect();
    unique.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

//! The program that a package's and a binary's name mean, where something else than the command line names it.

use super::select::{Selected, bins, default_of, list, missing_features, none, targets};
use crate::config::cargo::CargoFlags;
use crate::config::layers::nearest;
use crate::error::{Code, Error};
use crate::resolve::Program;
use cargo_metadata::{Metadata, Package};

/// The binary that `program` names in the workspace; without a binary's name, the only one of the package or the one
/// that its `default-run` says.
pub fn named<'a>(
    metadata: &'a Metadata,
    program: &Program,
    flags: &CargoFlags,
) -> Result<Selected<'a>, Error> {
    let members = metadata.workspace_packages();
    let Some(package) = members.iter().find(|package| *package.name == program.package) else {
        return Err(unknown_package(metadata, &members, program, flags));
    };
    let bins: Vec<_> = bins(package, flags).collect();
    let found = match (&program.bin, &bins[..]) {
        (Some(bin), _) => bins.iter().find(|selected| selected.target.name == *bin).copied(),
        (None, [one]) => Some(*one),
        (None, _) => default_of(package, &bins),
    };
    found.ok_or_else(|| match (&program.bin, &bins[..]) {
        (_, []) => none(&[*package], flags),
        (None, _) => several(package, &bins),
        (Some(bin), _) => unknown_binary(package, bin, &bins, flags),
    })
}

fn unknown_package(
    metadata: &Metadata,
    members: &[&Package],
    program: &Program,
    flags: &CargoFlags,
) -> Error {
    let name = &program.package;
    let names = || {
        members
            .iter()
            .filter(|package| bins(package, flags).next().is_some())
            .map(|package| package.name.as_str())
    };
    let error = Error::new(Code::Manifest, format!("no package `{name}` in this workspace"))
        .note(format!("the workspace is {}", metadata.workspace_root));
    // the name of a binary is the likeliest slip
    let owner =
        members.iter().find(|package| bins(package, flags).any(|selected| selected.target.name == *name));
    match (owner, nearest(name, names())) {
        (Some(owner), _) => error.help(format!("did you mean `scratch://{}/{name}`?", owner.name)),
        (None, Some(near)) => error.help(format!("did you mean `scratch://{near}`?")),
        (None, None) if names().next().is_some() => {
            error.help(format!("the packages with programs are {}", list(names())))
        }
        (None, None) => error.help("another workspace: --manifest-path PATH"),
    }
}

fn several(package: &Package, bins: &[Selected<'_>]) -> Error {
    let names = list(bins.iter().map(|selected| selected.target.name.as_str()));
    let mut error =
        Error::new(Code::Manifest, format!("several binaries in package `{}`: {names}", package.name));
    for selected in bins.iter().take(4) {
        error = error.help(format!("scratch://{}/{}", package.name, selected.target.name));
    }
    error.help(format!("or set `default-run` in {}", package.manifest_path))
}

fn unknown_binary(package: &Package, bin: &str, bins: &[Selected<'_>], flags: &CargoFlags) -> Error {
    if let Some(hidden) = targets(package, false).find(|selected| selected.target.name == bin) {
        let missing = missing_features(&hidden, flags);
        let what = format!("binary `{bin}` needs features that are not active: {}", missing.join(", "));
        return Error::new(Code::Manifest, what)
            .help(format!("cargo scratch resolve --features {} …", missing.join(",")));
    }
    let names = || bins.iter().map(|selected| selected.target.name.as_str());
    let error = Error::new(Code::Manifest, format!("no binary `{bin}` in package `{}`", package.name));
    match nearest(bin, names()) {
        Some(near) => error.help(format!("did you mean `scratch://{}/{near}`?", package.name)),
        None => error.help(format!("there are {}", list(names()))),
    }
}

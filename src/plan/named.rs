//! The program that a package's and a binary's name mean, where something else than the command line names it.

use super::select::{Selected, bins, default_of, list, missing_features, none, targets};
use crate::config::cargo::CargoFlags;
use crate::config::layers::nearest;
use crate::error::{Code, Error};
use crate::resolve::Program;
use cargo_metadata::{Metadata, Package};

/// The binaries that `programs` name in the workspace, each once, and for each program which of them it is. The error of
/// a program comes with its number.
pub fn named_all<'a>(
    metadata: &'a Metadata,
    programs: &[&Program],
    flags: &CargoFlags,
) -> Result<(Vec<Selected<'a>>, Vec<usize>), (usize, Error)> {
    let (mut selected, mut which): (Vec<Selected<'a>>, _) = (Vec::new(), Vec::new());
    for (number, program) in programs.iter().enumerate() {
        let one = named(metadata, program, flags).map_err(|error| (number, error))?;
        let same =
            |other: &Selected<'_>| other.package.id == one.package.id && other.target.name == one.target.name;
        let at = selected.iter().position(same);
        if at.is_none() {
            alone(&one, &selected).map_err(|error| (number, error))?;
            selected.push(one);
        }
        which.push(at.unwrap_or(selected.len() - 1));
    }
    Ok((selected, which))
}

/// `cargo build -p A -p B --bin NAME` builds every NAME that A and B have, to one path.
fn alone(one: &Selected<'_>, others: &[Selected<'_>]) -> Result<(), Error> {
    let has =
        |package: &Package, name: &str| targets(package, false).any(|selected| selected.target.name == name);
    for other in others.iter().filter(|other| other.package.id != one.package.id) {
        let (ours, theirs) = (&one.target.name, &other.target.name);
        let shared =
            [ours, theirs].into_iter().find(|name| has(one.package, name) && has(other.package, name));
        if let Some(name) = shared {
            let what = format!(
                "two binaries are called `{name}`: one of `{}`, one of `{}`",
                other.package.name, one.package.name
            );
            return Err(Error::new(Code::Manifest, what)
                .note("all programs are built by one cargo, which would build both to the same path")
                .help(format!(
                    "resolve the manifests that name `{}` in a run of their own",
                    one.package.name
                )));
        }
    }
    Ok(())
}

/// The binary that `program` names in the workspace; without a binary's name, the only one of the package or the one
/// that its `default-run` says.
fn named<'a>(metadata: &'a Metadata, program: &Program, flags: &CargoFlags) -> Result<Selected<'a>, Error> {
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

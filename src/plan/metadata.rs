//! cargo and the manifest that a run is about, and what the one says of the other.

use super::select::Selected;
use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::config::layers::{Layer, Resolved, resolve};
use crate::error::{Code, Error};
use crate::tool::Tool;
use cargo_metadata::Metadata;
use std::path::{Path, PathBuf};

/// `$CARGO`, which cargo sets for its subcommands, so that `cargo +nightly scratch` stays with nightly.
pub fn cargo(env: &Env) -> Result<PathBuf, Error> {
    env.get("CARGO").map(PathBuf::from).or_else(|| Tool::find("cargo", env.path())).ok_or_else(|| {
        Error::new(Code::Tool, "cargo is not on PATH")
            .help("install Rust: https://rust-lang.org/tools/install")
    })
}

/// The settings of each of `selected`: those of `nearer`, over the package's own, over the workspace's.
pub fn settings(
    metadata: &Metadata,
    selected: &[Selected<'_>],
    nearer: &[Layer],
) -> Result<Vec<Resolved>, Error> {
    let root = metadata.workspace_root.as_std_path().join("Cargo.toml");
    let outer = Layer::of_metadata("workspace.metadata.scratch", &metadata.workspace_metadata, &root)?;
    let of = |one: &Selected<'_>| {
        let manifest = one.package.manifest_path.as_std_path();
        let own = Layer::of_metadata("package.metadata.scratch", &one.package.metadata, manifest)?;
        resolve(&[nearer, &[own, outer.clone()]].concat())
    };
    selected.iter().map(of).collect()
}

/// The manifest that cargo would find: the one named, or the nearest above the current folder.
pub fn manifest(flags: &CargoFlags, env: &Env) -> Result<PathBuf, Error> {
    let found = match &flags.manifest_path {
        Some(path) => Some(env.folder().join(path)),
        None => env.folder().ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file()),
    };
    found.ok_or_else(|| {
        let what = format!("no Cargo.toml in `{}` or any folder above it", env.folder().display());
        Error::new(Code::Project, what)
            .help("go to a Rust project, or name its manifest: --manifest-path PATH")
            .help("or start a new one: cargo scratch new hello")
    })
}

/// What cargo says of the workspace of `manifest`; `scope` are more words for the question.
pub fn read_metadata(
    cargo: &Path,
    manifest: &Path,
    flags: &CargoFlags,
    scope: &[&str],
) -> Result<Metadata, Error> {
    let tool = Tool::new(cargo)
        .args(["metadata", "--format-version=1"])
        .args(scope)
        .arg("--manifest-path")
        .arg(manifest)
        .args(flags.common());
    let said = tool.read()?;
    if !said.status.success() {
        let mut error = Error::new(Code::Project, "cargo cannot read the project").at(manifest.display());
        for line in said.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).take(12) {
            error = error.note(line.trim_start_matches("error: "));
        }
        return Err(error);
    }
    serde_json::from_slice(&said.stdout).map_err(|reason| {
        Error::new(Code::Project, "cargo's metadata cannot be read")
            .at(manifest.display())
            .note(reason.to_string())
    })
}

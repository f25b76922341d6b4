//! What the packages of a build ask of a machine that has nothing but the workspace's folder: a compiler that is new
//! enough, and no file from elsewhere.

use super::profile::{Profile, Stripping};
use super::{Plan, read_metadata};
use crate::error::Error;
use cargo_metadata::semver::Version;
use std::path::{Path, PathBuf};

/// All packages, those of the user and those that they depend on.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The oldest Rust that the workspace says it builds with: the highest `rust-version` of its packages.
    pub minimum: Option<Version>,
    /// The dependency that says it needs a newer one than any other, and that version.
    pub newest: Option<(String, Version)>,
    /// Packages that lie outside of the workspace's folder, and where.
    pub outside: Vec<(String, PathBuf)>,
    /// Whether the workspace says how the binary is to be stripped.
    pub sets_strip: bool,
}

/// Asks cargo of every package that `plan` may build, those of build scripts included.
///
/// # Errors
/// cargo cannot resolve the workspace.
pub fn sources(plan: &Plan) -> Result<Sources, Error> {
    let filter = format!("--filter-platform={}", plan.target);
    let metadata = read_metadata(&plan.cargo, &plan.manifest, &plan.flags, &[&filter])?;
    let sets_strip = Profile::within(&plan.flags, &plan.workspace).strip() != Stripping::Unsaid;
    let mut sources = Sources { sets_strip, ..Sources::default() };
    for package in &metadata.packages {
        let version = package.rust_version.clone();
        if metadata.workspace_members.contains(&package.id) {
            sources.minimum = sources.minimum.max(version);
        } else if let Some(version) = version
            && sources.newest.as_ref().is_none_or(|(_, newest)| version > *newest)
        {
            sources.newest = Some((package.name.to_string(), version));
        }
        let manifest = package.manifest_path.as_std_path();
        if package.source.is_none() && !manifest.starts_with(&plan.workspace) {
            let folder = manifest.parent().unwrap_or(manifest).to_owned();
            sources.outside.push((package.name.to_string(), folder));
        }
    }
    let wanted = of_lock(&plan.workspace);
    if let Some(version) = wanted.filter(|version| sources.minimum.as_ref().is_some_and(|own| own < version))
        && sources.newest.as_ref().is_none_or(|(_, newest)| version > *newest)
    {
        sources.newest = Some(("Cargo.lock".to_owned(), version));
    }
    Ok(sources)
}

/// The first Rust whose cargo reads the Cargo.lock of `workspace`, where it is of a version that not all read (cargo's
/// changelog, 1.78: version 4).
fn of_lock(workspace: &Path) -> Option<Version> {
    let text = std::fs::read_to_string(workspace.join("Cargo.lock")).ok()?;
    let is_new = text.lines().any(|line| line.trim_end() == "version = 4");
    is_new.then(|| Version::new(1, 78, 0))
}

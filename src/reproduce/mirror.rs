//! Everything local that a build reads, once more in another folder: at a temporary one, under the same paths.
//!
//! Copied are the git work tree that the workspace is kept in, or else the workspace; the path dependencies outside of
//! it; and what cargo and rustup look for in the folders above. What is not local is the same for both builds: cargo's
//! home with the sources of registries, the toolchain, the tools.

use super::tree::{Copying, below, full};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::{Plans, Request, git, sources};
use crate::temporary;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What cargo and rustup look for in every folder above the current one (The Cargo Book, "Hierarchical structure"; The
/// rustup book, "The toolchain file").
const ABOVE: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// A copy of a project, which is removed with the value.
pub struct Mirror {
    /// Removes what is in `folder`.
    _guard: TempDir,
    folder: PathBuf,
    roots: Vec<PathBuf>,
    variables: Vec<(OsString, OsString)>,
    env: Env,
}

impl Mirror {
    /// Copies what `plans` build from.
    ///
    /// # Errors
    /// It cannot be read, or there is no room for it; or a signal arrived.
    pub fn of(plans: &Plans, env: &Env) -> Result<Self, Error> {
        let within = temporary::large();
        let guard = tempfile::Builder::new().prefix("cargo-scratch-").tempdir_in(&within);
        let guard = guard.map_err(|reason| full(&within, &reason))?;
        let folder = guard.path().canonicalize().map_err(|reason| full(guard.path(), &reason))?;
        let (roots, current) = (roots(plans, env)?, canonical(env.folder()));
        let without = without(plans, &folder, env);
        let copying = Copying { to: &folder, roots: &roots, without: &without };
        for root in &roots {
            copying.folder(root)?;
        }
        // what an image gets of what was built before
        for copy in plans.iter().flat_map(|plan| &plan.images).flat_map(|image| &image.copies) {
            let source = canonical(&copy.source);
            let is_left_out = without.iter().any(|left| source.starts_with(left));
            if is_left_out && roots.iter().any(|root| source.starts_with(root)) {
                if source.is_dir() { copying.folder(&source)? } else { copying.file(&source)? }
            }
        }
        above(&copying, &[&current, &canonical(&plans.first.workspace)], env)?;
        let mut mirror = Mirror { _guard: guard, folder, roots, variables: Vec::new(), env: Env::default() };
        let current = mirror.path(&current);
        fs::create_dir_all(&current).map_err(|reason| full(&current, &reason))?;
        mirror.variables = variables(env, &current, &mirror.target());
        mirror.env = env.moved(current, mirror.variables.clone());
        Ok(mirror)
    }

    /// The folder that stands for `/`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The environment of the second build, whose current folder is in the copy if that of the first is copied.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// What stands for `path`: its copy, or itself if it was not copied.
    pub fn path(&self, path: &Path) -> PathBuf {
        match self.roots.iter().any(|root| path.starts_with(root)) {
            true => below(&self.folder, path),
            false => path.to_owned(),
        }
    }

    /// `request`, made for the manifest at `manifest`, for the copy.
    pub fn request(&self, request: &Request, manifest: &Path) -> Request {
        let folder = manifest.parent().map(canonical).unwrap_or_default();
        let manifest = folder.join(manifest.file_name().unwrap_or(OsStr::new("Cargo.toml")));
        let mut request = request.clone();
        request.cargo.manifest_path = Some(self.path(&manifest));
        request.cargo.target_dir = Some(self.target());
        request
    }

    /// Where the second build happens.
    pub fn target(&self) -> PathBuf {
        self.folder.join("second").join("built")
    }

    /// What programs that the second build starts find changed in their environment: what a program may not depend on.
    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }
}

fn variables(env: &Env, current: &Path, target: &Path) -> Vec<(OsString, OsString)> {
    let locale = env.get("LC_ALL").and_then(OsStr::to_str).unwrap_or_default();
    let locale = if locale.starts_with("C.") { "en_US.UTF-8" } else { "C.UTF-8" };
    let mut variables = vec![
        ("LC_ALL", OsString::from(locale)),
        ("TZ", "Pacific/Kiritimati".into()),
        // a folder for intermediate results that builds share would have those of the first
        ("CARGO_BUILD_BUILD_DIR", target.into()),
    ];
    variables.extend(env.get("PWD").map(|_| ("PWD", current.into())));
    variables.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// What is not copied, wherever it lies: the copy itself, what is built, and what is the same for both builds.
fn without(plans: &Plans, folder: &Path, env: &Env) -> Vec<PathBuf> {
    let mut without = vec![folder.to_owned(), canonical(&plans.first.cache)];
    without.extend(plans.first.outputs.iter().map(|folder| canonical(folder)));
    without.extend([env.cargo_home(), env.rustup_home()].into_iter().flatten().map(|home| canonical(&home)));
    without
}

/// Copies what is looked for above the `folders`, unless the second build finds it by itself.
fn above(copying: &Copying<'_>, folders: &[&Path], env: &Env) -> Result<(), Error> {
    let cargo = env.cargo_home().map(|home| canonical(&home));
    let all: BTreeSet<_> = folders.iter().flat_map(|folder| folder.ancestors()).collect();
    for folder in all {
        let is_copied = copying.roots.iter().any(|root| folder.starts_with(root));
        let is_seen = copying.to.starts_with(folder) || cargo == Some(folder.join(".cargo"));
        if is_copied || is_seen {
            continue;
        }
        for file in ABOVE.iter().map(|name| folder.join(name)).filter(|file| file.is_file()) {
            copying.file(&file)?;
        }
    }
    Ok(())
}

/// The folders to copy, none within another.
fn roots(plans: &Plans, env: &Env) -> Result<Vec<PathBuf>, Error> {
    let workspace = canonical(&plans.first.workspace);
    let mut all = BTreeSet::from([kept(&workspace, env)]);
    for plan in plans.iter() {
        for (_, folder) in sources::sources(plan)?.outside {
            let folder = canonical(&folder);
            if !folder.starts_with(&workspace) {
                all.insert(kept(&workspace_of(&folder), env));
            }
        }
    }
    if let Some(root) = all.iter().find(|root| root.parent().is_none()) {
        let error =
            Error::new(Code::Project, "a project of the whole file system is not built a second time");
        return Err(error.at(root.display()).help("keep it in a folder of its own"));
    }
    let outer: Vec<_> = all
        .iter()
        .filter(|root| !all.iter().any(|other| other != *root && root.starts_with(other)))
        .cloned()
        .collect();
    Ok(outer)
}

/// The git work tree that `folder` is kept in, or itself.
fn kept(folder: &Path, env: &Env) -> PathBuf {
    let tracked = git::ask(folder, &["ls-files", "--error-unmatch", "--", "Cargo.toml"], env);
    let top = tracked.and_then(|_| git::ask(folder, &["rev-parse", "--show-toplevel"], env));
    let top = top.map(|top| canonical(Path::new(top.trim_end_matches('\n'))));
    top.filter(|top| folder.starts_with(top)).unwrap_or_else(|| folder.to_owned())
}

/// The root of the workspace that the package in `folder` may inherit from: cargo reads it with the package.
fn workspace_of(folder: &Path) -> PathBuf {
    let heads = |folder: &&Path| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("workspace"))
    };
    folder.ancestors().find(heads).unwrap_or(folder).to_owned()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

//! The source of a package: what git knows of it, before anything is built.

use crate::config::env::Env;
use crate::image::address::Address;
use crate::image::digest::is_hex;
use crate::plan::git;
use std::path::Path;

/// A package under git's control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The address of the repository, without anything secret; `None` where it is known on this machine alone.
    pub repository: Option<Address>,
    /// The commit that is checked out: 40 hexadecimal digits, or 64.
    pub commit: String,
    /// Whether files differ from it: tracked ones, or others that git is not told to ignore, as any can be compiled in.
    pub dirty: bool,
    /// The package's manifest, from the top of the repository.
    pub manifest: String,
}

impl Source {
    /// That of the package with the manifest at `manifest`. `None` without git, without a commit, or where git does not
    /// track the manifest: then nothing is said of the source.
    pub fn of(manifest: &Path, env: &Env) -> Option<Self> {
        let folder = manifest.parent()?;
        let ask = |words: &[&str]| git::ask(folder, words, env).map(|said| said.trim_end().to_owned());
        let tracked = ask(&[
            "-c",
            "core.quotePath=false",
            "ls-files",
            "--error-unmatch",
            "--full-name",
            "--",
            "Cargo.toml",
        ])?;
        let commit = ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        let dirty = !ask(&["status", "--porcelain", "--untracked-files=normal"])?.is_empty();
        let remote = ask(&["config", "--get", "remote.origin.url"]).or_else(|| {
            let all = ask(&["remote"])?;
            let only = Some(all).filter(|all| !all.is_empty() && !all.contains('\n'))?;
            ask(&["config", "--get", &format!("remote.{only}.url")])
        });
        Some(Source {
            repository: remote.as_deref().and_then(Address::of_remote),
            commit: Some(commit).filter(|commit| is_commit(commit))?,
            dirty,
            manifest: tracked,
        })
    }
}

/// Whether `text` is the name of a commit in full: SHA-1 or SHA-256, as in-toto's `gitCommit` has it.
pub fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && is_hex(text)
}

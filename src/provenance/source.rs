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
        let questions: [&[&str]; 4] = [
            &["-c", "core.quotePath=false", "ls-files", "--error-unmatch", "--full-name", "--", "Cargo.toml"],
            &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
            &["status", "--porcelain", "--untracked-files=normal"],
            &["config", "--null", "--get-regexp", r"^remote\..*\.url$"],
        ];
        let said = git::ask_all(folder, questions, env);
        let [tracked, commit, status, remotes] = said.map(|said| Some(said?.trim_end().to_owned()));
        let remote = remotes.as_deref().and_then(remote);
        let (tracked, commit, dirty) = (tracked?, commit?, !status?.is_empty());
        Some(Source {
            repository: remote.and_then(Address::of_remote),
            commit: Some(commit).filter(|commit| is_commit(commit))?,
            dirty,
            manifest: tracked,
        })
    }
}

/// The address of the remote that is called `origin`, or else of the only one, in what git says of all: names and values,
/// each with a NUL behind it.
fn remote(said: &str) -> Option<&str> {
    let all: Vec<_> = said.split('\0').filter_map(|one| one.split_once('\n')).collect();
    let origin = all.iter().rev().find(|(name, _)| *name == "remote.origin.url");
    let (first, _) = all.first()?;
    let only = || all.last().filter(|_| all.iter().all(|(name, _)| name == first));
    origin.or_else(only).map(|(_, address)| *address)
}

/// Whether `text` is the name of a commit in full: SHA-1 or SHA-256, as in-toto's `gitCommit` has it.
pub fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && is_hex(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remote_is_origin_or_the_only_one() {
        let said = |all: &[(&str, &str)]| {
            all.iter()
                .flat_map(|(name, address)| ["remote.", name, ".url\n", address, "\0"])
                .collect::<String>()
        };
        for (all, expected) in [
            (&[][..], None),
            (&[("up", "a")], Some("a")),
            (&[("up", "a"), ("up", "b")], Some("b")),
            (&[("up", "a"), ("down", "b")], None),
            (&[("up", "a"), ("origin", "b"), ("origin", "c")], Some("c")),
        ] {
            assert_eq!(remote(&said(all)), expected, "{all:?}");
        }
    }
}

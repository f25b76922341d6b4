//! What was compiled, by cargo's own messages: every package that is in the build, fresh or not, and where its manifest is.

use super::folders::Folders;
use super::package_name;
use cargo_metadata::{Artifact, PackageId, TargetKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The packages of a build.
#[derive(Clone, Debug, Default)]
pub struct Units(BTreeMap<PackageId, Unit>);

/// A package.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its manifest, where cargo ran.
    pub manifest: PathBuf,
    /// The targets that it was compiled for, this machine's own programs aside.
    pub targets: BTreeSet<String>,
}

impl Units {
    /// Hears that something was compiled, or had been before. A build script is compiled for packages that are not.
    pub(super) fn compiled(&mut self, artifact: &Artifact, folders: &Folders<'_>) {
        if artifact.target.kind.contains(&TargetKind::CustomBuild) {
            return;
        }
        let unit = self.0.entry(artifact.package_id.clone()).or_insert_with(|| Unit {
            manifest: artifact.manifest_path.clone().into(),
            targets: BTreeSet::new(),
        });
        unit.targets
            .extend(artifact.filenames.iter().filter_map(|path| folders.target_of(path)).map(str::to_owned));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&PackageId, &Unit)> {
        self.0.iter()
    }

    /// The package of this name and version; of several, the one from `source`, which is cargo-tree's word for it.
    pub fn find(&self, name: &str, version: &str, source: &str) -> Option<(&PackageId, &Unit)> {
        let named = |id: &PackageId| package_name(id) == name && package_version(id) == version;
        let all: Vec<_> = self.0.iter().filter(|(id, _)| named(id)).collect();
        match all[..] {
            [one] => Some(one),
            _ => all.into_iter().find(|(id, unit)| is_from(id, unit, source)),
        }
    }
}

/// Whether cargo-tree says `source` of this package: nothing for crates.io, else a folder, a repository with the first
/// digits of its commit, or a registry by its name.
fn is_from(id: &PackageId, unit: &Unit, source: &str) -> bool {
    let own = package_source(id);
    match source {
        "" => is_crates_io(own),
        path if path.starts_with('/') => unit.manifest.parent() == Some(Path::new(path)),
        url if url.contains("://") => {
            own.strip_prefix("git+") == Some(url.split('#').next().unwrap_or_default())
        }
        _ => own.contains("registry+") || own.starts_with("sparse+") && !is_crates_io(own),
    }
}

/// Whether packages from `source` are from crates.io, in either protocol of its index.
pub fn is_crates_io(source: &str) -> bool {
    source == "registry+https://github.com/rust-lang/crates.io-index"
        || source == "sparse+https://index.crates.io/"
}

/// The version in a package's id (see [`package_name`]).
pub fn package_version(id: &PackageId) -> &str {
    let id = id.repr.as_str();
    if let Some((_, rest)) = id.split_once(' ') {
        return rest.split(' ').next().unwrap_or_default();
    }
    let fragment = id.rsplit_once('#').map_or("", |(_, fragment)| fragment);
    fragment.split_once('@').map_or(fragment, |(_, version)| version)
}

/// The source in a package's id (see [`package_name`]): `KIND+ADDRESS`.
pub fn package_source(id: &PackageId) -> &str {
    let id = id.repr.as_str();
    match id.split_once(" (") {
        Some((_, source)) => {
            let source = source.strip_suffix(')').unwrap_or(source);
            source.split('#').next().unwrap_or_default()
        }
        None => id.rsplit_once('#').map_or(id, |(source, _)| source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(repr: &str) -> PackageId {
        PackageId { repr: repr.into() }
    }

    #[test]
    fn version_and_source_are_found_in_every_form_of_an_id() {
        for (text, version, source) in [
            ("registry+https://example.org/index#a@1.0.0", "1.0.0", "registry+https://example.org/index"),
            ("path+file:///a/hello#0.1.0", "0.1.0", "path+file:///a/hello"),
            ("git+https://example.org/a?branch=x#b@1.0.0", "1.0.0", "git+https://example.org/a?branch=x"),
            ("a 1.0.0 (git+https://example.org/a?tag=1#0123)", "1.0.0", "git+https://example.org/a?tag=1"),
            ("a 1.0.0 (path+file:///a b)", "1.0.0", "path+file:///a b"),
        ] {
            assert_eq!((package_version(&id(text)), package_source(&id(text))), (version, source), "{text}");
        }
    }

    #[test]
    fn of_two_packages_of_one_name_and_version_the_source_tells() {
        let mut units = Units::default();
        for (text, manifest) in [
            ("registry+https://github.com/rust-lang/crates.io-index#a@1.0.0", "/home/a-1.0.0/Cargo.toml"),
            ("git+https://example.org/a?branch=x#1.0.0", "/home/git/a/Cargo.toml"),
            ("path+file:///work/a#1.0.0", "/work/a/Cargo.toml"),
            ("sparse+https://registry.example.org/#b@1.0.0", "/home/b-1.0.0/Cargo.toml"),
        ] {
            units.0.insert(id(text), Unit { manifest: manifest.into(), targets: BTreeSet::new() });
        }
        let found = |name, source| units.find(name, "1.0.0", source).map(|(id, _)| id.repr.as_str());
        assert_eq!(found("a", "").unwrap(), "registry+https://github.com/rust-lang/crates.io-index#a@1.0.0");
        assert_eq!(
            found("a", "https://example.org/a?branch=x#01234567").unwrap(),
            "git+https://example.org/a?branch=x#1.0.0"
        );
        assert_eq!(found("a", "/work/a").unwrap(), "path+file:///work/a#1.0.0");
        assert!(found("b", "registry `own`").is_some(), "there is one only");
        assert_eq!(found("a", "/other/a"), None);
        assert_eq!(found("c", ""), None);
    }
}

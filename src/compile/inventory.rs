//! What was compiled into one program: the packages that the resolved graph leads to from the program's own, of which cargo
//! has said that it compiled them.
//!
//! The graph knows targets, features and which program a package is for, the messages know what was there to be compiled
//! and where its manifest is, Cargo.lock knows checksums and commits. Nothing is asked of cargo for this.

use super::lock::Lock;
use super::manifest::Manifests;
use super::units::{Unit, is_crates_io, package_source, package_version};
use super::{Artifacts, package_name};
use crate::image::address::Address;
use crate::plan::{Builder, ImagePlan, Plan};
use crate::sbom::{Inventory, Package, Source};
use cargo_metadata::PackageId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A package while it is being put together from several nodes of the graph: one for each set of its features.
struct Part<'a> {
    unit: &'a Unit,
    builds: bool,
    features: BTreeSet<String>,
    below: BTreeSet<&'a PackageId>,
}

/// The inventory of the program of `image`. `home` is cargo's on this machine.
pub fn inventory(image: &ImagePlan, plan: &Plan, artifacts: &Artifacts, home: Option<&Path>) -> Inventory {
    let related = plan.graph.is_known();
    let parts = if related { reached(image, plan, artifacts) } else { all(plan, artifacts) };
    let mut ids: Vec<&PackageId> = parts.keys().copied().collect();
    let key = |id: &PackageId| (package_name(id).to_owned(), package_version(id).to_owned(), id.repr.clone());
    ids.sort_by_cached_key(|id| key(id));
    let number: BTreeMap<_, _> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let lock = Lock::of(&plan.workspace);
    let mut manifests = Manifests::default();
    let package = |id: &&PackageId| {
        let part = &parts[*id];
        let (name, version, source) = (package_name(id), package_version(id), package_source(id));
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            source: self::source(id, &lock),
            checksum: lock.checksum(name, version, source),
            features: part.features.iter().cloned().collect(),
            builds: part.builds,
            dependencies: part
                .below
                .iter()
                .filter_map(|id| number.get(id).copied())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            about: manifests.about(&here(&part.unit.manifest, plan.builder.as_ref(), home)),
        }
    };
    Inventory {
        packages: ids.iter().map(package).collect(),
        root: number.get(&image.package).copied(),
        target: plan.target.triple().to_owned(),
        related,
        ..Inventory::default()
    }
}

fn reached<'a>(
    image: &ImagePlan,
    plan: &'a Plan,
    artifacts: &'a Artifacts,
) -> BTreeMap<&'a PackageId, Part<'a>> {
    let nodes = plan.graph.program(package_name(&image.package), image.example);
    let own = artifacts.units.iter().find(|(id, _)| **id == image.package);
    let found: BTreeMap<usize, (&PackageId, &Unit)> = nodes
        .iter()
        .filter_map(|(at, (node, _))| {
            Some((*at, artifacts.units.find(&node.name, &node.version, &node.source)?))
        })
        .collect();
    let mut parts: BTreeMap<&PackageId, Part<'_>> = BTreeMap::new();
    // those of the host last: what a package has in the program counts
    let mut ordered: Vec<_> = nodes.iter().collect();
    ordered.sort_by_key(|(at, (node, _))| (node.host, **at));
    for (at, (node, children)) in ordered {
        let Some(&(id, unit)) = found.get(at) else { continue };
        let part = parts.entry(id).or_insert_with(|| Part {
            unit,
            builds: node.host,
            features: BTreeSet::new(),
            below: BTreeSet::new(),
        });
        if part.builds == node.host {
            part.features.extend(node.features.iter().cloned());
        }
        part.below.extend(
            children
                .iter()
                .filter_map(|child| found.get(child))
                .map(|(id, _)| *id)
                .filter(|below| *below != id),
        );
    }
    // of a workspace whose packages depend on nothing there is no graph
    if let Some((id, unit)) = own {
        parts.entry(id).or_insert_with(|| alone(unit));
    }
    parts
}

/// All that was compiled for the target, where nobody knows for which program.
fn all<'a>(plan: &Plan, artifacts: &'a Artifacts) -> BTreeMap<&'a PackageId, Part<'a>> {
    let own = |id: &PackageId| plan.images.iter().any(|image| image.package == *id);
    let of = |unit: &Unit| unit.targets.contains(plan.target.triple());
    artifacts
        .units
        .iter()
        .filter(|(id, unit)| of(unit) || own(id))
        .map(|(id, unit)| (id, alone(unit)))
        .collect()
}

fn alone(unit: &Unit) -> Part<'_> {
    Part { unit, builds: false, features: BTreeSet::new(), below: BTreeSet::new() }
}

/// Where the package is from. An address on this machine is nobody's business.
fn source(id: &PackageId, lock: &Lock) -> Source {
    let source = package_source(id);
    if is_crates_io(source) {
        Source::CratesIo
    } else if let Some(url) = source.strip_prefix("git+") {
        // which branch was asked for is in the commit
        let commit = lock.commit(package_name(id), package_version(id), source).unwrap_or_default();
        Source::Git { url: Address::read(url), commit }
    } else if source.starts_with("registry+") || source.starts_with("sparse+") {
        Source::Registry(Address::of_index(source.strip_prefix("registry+").unwrap_or(source)))
    } else {
        Source::Local
    }
}

/// The manifest at `path` as this machine has it: a container has another home of cargo's.
fn here(path: &Path, builder: Option<&Builder>, home: Option<&Path>) -> PathBuf {
    let inside = builder.and_then(|builder| path.strip_prefix(builder.cargo_home()).ok());
    match (inside, home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::values::Engine;

    #[test]
    fn h2_a_source_has_no_credentials_and_no_folder_of_this_machine() {
        let of = |id: &str| source(&PackageId { repr: id.into() }, &Lock::default());
        let git = |url: &str| Source::Git { url: Address::read(url), commit: String::new() };
        for (id, expected) in [
            ("registry+https://github.com/rust-lang/crates.io-index#a@1.0.0", Source::CratesIo),
            ("sparse+https://index.crates.io/#a@1.0.0", Source::CratesIo),
            (
                "sparse+https://ada:tok@registry.example.org/#a@1.0.0",
                Source::Registry(Address::of_index("sparse+https://registry.example.org/")),
            ),
            (
                "registry+https://tok@example.org/i#a@1.0.0",
                Source::Registry(Address::read("https://example.org/i")),
            ),
            ("registry+file:///home/ada/index#a@1.0.0", Source::Registry(None)),
            ("git+https://ada:tok@example.org/a?token=tok&branch=x#a@1.0.0", git("https://example.org/a")),
            ("git+file:///home/ada/a#1.0.0", git("")),
            ("git+https://ada:to/k@example.org/a#1.0.0", git("")),
            (
                "sparse+https://example.org/i?token=tok#a@1.0.0",
                Source::Registry(Address::of_index("sparse+https://example.org/i")),
            ),
            ("path+file:///home/ada/a#1.0.0", Source::Local),
        ] {
            assert_eq!(of(id), expected, "{id}");
        }
    }

    #[test]
    fn a_manifest_in_a_container_is_found_in_cargos_home_on_this_machine() {
        let builder =
            Builder { engine: Engine::Docker, network: None, folder: "/work/target/scratch/builder".into() };
        let inside = builder.cargo_home().join("registry/src/index/a-1.0.0/Cargo.toml");
        let home = Some(Path::new("/home/ada/.cargo"));
        let found = here(&inside, Some(&builder), home);
        assert_eq!(found, Path::new("/home/ada/.cargo/registry/src/index/a-1.0.0/Cargo.toml"));
        let own = Path::new("/work/Cargo.toml");
        assert_eq!(here(own, Some(&builder), home), own);
        assert_eq!(here(&inside, None, home), inside);
    }
}

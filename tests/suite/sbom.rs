//! Bills of materials: they name what was compiled into the program and nothing else, others take them for valid, and
//! nothing of the machine is in them.

mod forms;
mod judges;
mod kinds;
pub mod real;

use crate::support::{Run, scratch};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-musl";

/// The two documents beside an archive `NAME.tar`.
struct Documents {
    cyclonedx: Value,
    spdx: Value,
}

impl Documents {
    #[track_caller]
    fn beside(archive: &Path) -> Self {
        let read = |ending: &str| {
            let path = archive.with_extension(ending);
            let text =
                fs::read_to_string(&path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()));
            serde_json::from_str(&text).unwrap()
        };
        Documents { cyclonedx: read("cdx.json"), spdx: read("spdx.json") }
    }

    /// The packages of cargo's, by name and version, in both documents.
    #[track_caller]
    fn packages(&self) -> BTreeSet<(String, String)> {
        let pair = |one: &Value, version: &str| {
            (one["name"].as_str().unwrap().to_owned(), one[version].as_str().unwrap().to_owned())
        };
        let is_cargos = |purl: &Value| purl.as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/"));
        let list = |value: &Value| value.as_array().unwrap().clone();
        let components = list(&self.cyclonedx["components"]);
        let components = components.iter().filter(|one| is_cargos(&one["purl"]) && !is_provided(one));
        let components: BTreeSet<_> = components.map(|one| pair(one, "version")).collect();
        let packages = list(&self.spdx["packages"]);
        let purl = |one: &Value| one["externalRefs"][0]["referenceLocator"].clone();
        let packages = packages.iter().filter(|one| {
            is_cargos(&purl(one)) && !one["SPDXID"].as_str().unwrap().starts_with("SPDXRef-Provided-")
        });
        let packages: BTreeSet<_> = packages.map(|one| pair(one, "versionInfo")).collect();
        assert_eq!(components, packages, "both forms name the same");
        components
    }

    /// The component `name` of the CycloneDX document.
    #[track_caller]
    fn component(&self, name: &str) -> &Value {
        let mut all = self.cyclonedx["components"].as_array().unwrap().iter();
        all.find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"))
    }
}

fn is_provided(component: &Value) -> bool {
    component["description"].as_str().is_some_and(|text| text.ends_with(", provided by cargo-scratch"))
}

/// What `cargo tree` has for a package of the workspace in `folder`, by name and version, with `words` beside the edges.
#[track_caller]
fn tree<S: AsRef<OsStr>>(
    folder: &Path,
    words: impl IntoIterator<Item = S>,
    environment: &[(&str, &str)],
) -> BTreeSet<(String, String)> {
    let mut cargo = Command::new("cargo");
    for (name, value) in scratch().get_envs() {
        match value {
            Some(value) => cargo.env(name, value),
            None => cargo.env_remove(name),
        };
    }
    cargo.envs(environment.iter().copied()).current_dir(folder);
    cargo.args(["tree", "--prefix=none", "--target", TARGET]).args(words);
    let run = Run::of(cargo);
    assert_eq!(run.status, 0, "{run:?}");
    let package = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    run.stdout.lines().filter_map(package).collect()
}

//! Projects that no test wrote: their bills of materials are what cargo has in their trees.

use super::{Documents, judges, tree};
use crate::support::{Archive, Project, Run, published, scratch, tool};
use crate::toolchain::executable;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Asserts that the documents beside `archive`, of the project in `folder`, name what `cargo tree` does and that scanners
/// find the same in the program.
#[track_caller]
pub fn equal_their_tree(archive: &Path, folder: &Path) {
    let documents = Documents::beside(archive);
    assert_eq!(documents.packages(), tree(folder, ["-e", "normal", "--locked"], &[]), "{}", folder.display());
    for component in documents.cyclonedx["components"].as_array().unwrap() {
        // no lock file has the checksum of what we provide
        let is_crates_ios = component["supplier"]["name"] == "crates.io" && !super::is_provided(component);
        let stated = component["licenses"].is_array() && component["hashes"].is_array();
        assert!(stated || !is_crates_ios, "{component}");
    }
}

/// Asserts that the documents beside `archive` name one library that was provided: `package`, under `license`.
#[track_caller]
pub fn name_what_was_provided(archive: &Path, package: &str, license: &str) {
    let documents = Documents::beside(archive);
    let components = documents.cyclonedx["components"].as_array().unwrap().iter();
    let provided: Vec<_> = components.filter(|one| super::is_provided(one)).collect();
    assert_eq!(provided.len(), 1, "{provided:?}");
    assert_eq!(provided[0]["name"], package);
    assert_eq!(provided[0]["licenses"][0]["expression"], license);
}

fn built(folder: &Path) -> PathBuf {
    let mut command = scratch();
    command.args(["--locked", "--profile", "dev"]).current_dir(folder);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    PathBuf::from(run.stdout.trim())
}

#[test]
fn needs_crates_io_needs_cyclonedx_needs_spdx_tools_needs_ntia_h5_macros_and_build_scripts_of_a_program_in_use()
 {
    let project = Project::empty();
    let folder = published(&project, "hexyl", "0.16.0");
    let archive = built(&folder);
    equal_their_tree(&archive, &folder);
    judges::cyclonedx(&archive);
    judges::spdx(&archive);
    judges::ntia(&archive);
    let documents = Documents::beside(&archive);
    assert_eq!(documents.component("clap_derive")["scope"], "excluded");
    assert_eq!(documents.component("clap_builder")["scope"], "required");
}

#[test]
fn needs_crates_io_needs_cargo_audit_h5_a_scanner_finds_a_package_in_the_program_of_the_image() {
    let project = Project::new("app", "[dependencies]\nitoa = \"1\"\nfnv = \"1\"\n");
    let archive = Archive::read(&project.build(["--profile", "dev"]));
    let program = project.file("unpacked", &archive.root()["app"].content);
    executable(&program);
    // the advisory of this test, in the form of RustSec's database
    project.file(
        "advisories/crates/fnv/RUSTSEC-2020-0001.md",
        "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"fnv\"\ndate = \"2020-01-01\"\n\n\
         [versions]\npatched = []\n```\n\n# Nothing is wrong\n\nThis is a test.\n",
    );
    let mut audit = tool("cargo-audit");
    audit
        .args(["audit", "--no-fetch", "--json", "--db"])
        .arg(project.path("advisories"))
        .arg("bin")
        .arg(&program);
    let run = Run::of(audit);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    assert_eq!(report["lockfile"]["dependency-count"], 3, "{run:?}");
    let found = report["vulnerabilities"]["list"].as_array().unwrap();
    let found: Vec<_> = found.iter().map(|one| one["package"]["name"].as_str().unwrap()).collect();
    assert_eq!(found, ["fnv"], "{run:?}");
}

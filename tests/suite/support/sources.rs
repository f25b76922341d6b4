//! Source code that no test wrote: crates as crates.io has them, and the small projects of `tests/fixtures/corpus`.

use super::project::{Project, tool};
use std::path::{Path, PathBuf};

/// The source of version `version` of the crate `name`, with its own lock file, copied into `project`.
#[track_caller]
pub fn published(project: &Project, name: &str, version: &str) -> PathBuf {
    let fetch = Project::new("fetch", &format!("[dependencies]\n{name} = \"={version}\"\n"));
    // a package without a library is no dependency, but cargo fetches it all the same
    let said = tool("cargo").args(["fetch", "--quiet"]).current_dir(fetch.path("")).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo"));
    let registries = std::fs::read_dir(home.join("registry/src")).unwrap();
    let source =
        registries.map(|r| r.unwrap().path().join(format!("{name}-{version}"))).find(|path| path.is_dir());
    copy(&source.expect("fetched"), project, name)
}

/// The project `name` of `tests/fixtures/corpus`, with its own lock file, copied into `project`.
#[track_caller]
pub fn fixture(project: &Project, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus").join(name);
    copy(&source, project, name)
}

#[track_caller]
fn copy(source: &Path, project: &Project, name: &str) -> PathBuf {
    let copied = project.path(name);
    let said = tool("cp").arg("-r").arg(source).arg(&copied).status().unwrap();
    assert!(said.success());
    copied
}

//! The list that is put into the program itself, where scanners find it: that of cargo-auditable, in its section `.dep-v0` (its
//! PARSING.md and cargo-auditable.schema.json).

use super::{Inventory, Package, Source};
use crate::error::{Code, Error};
use crate::image::json;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use std::io::Write;

/// The format in which macros are told apart from what is in the program.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct List<'a> {
    packages: Vec<Entry<'a>>,
    format: u32,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}

/// The content of the section for `inventory`: JSON, compressed with zlib.
///
/// # Errors
/// None that can be thought of: it is written to memory.
pub fn section(inventory: &Inventory) -> Result<Vec<u8>, Error> {
    let failed = |reason: std::io::Error| {
        Error::new(Code::Output, format!("the list of packages cannot be compressed: {reason}"))
    };
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json(&list(inventory))?).map_err(failed)?;
    encoder.finish().map_err(failed)
}

fn list(inventory: &Inventory) -> List<'_> {
    let entry = |(at, package)| entry(at, package, inventory.root);
    List { packages: inventory.packages.iter().enumerate().map(entry).collect(), format: FORMAT }
}

fn entry(at: usize, package: &Package, root: Option<usize>) -> Entry<'_> {
    Entry {
        name: &package.name,
        version: &package.version,
        source: match package.source {
            Source::CratesIo => "crates.io",
            Source::Registry(_) => "registry",
            Source::Git { .. } => "git",
            Source::Local => "local",
        },
        kind: package.builds.then_some("build"),
        // an example may use what uses its own package's library; readers refuse a circle
        dependencies: package.dependencies.iter().copied().filter(|&below| Some(below) != root).collect(),
        root: Some(at) == root,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;
    use flate2::read::ZlibDecoder;
    use serde_json::{Value, json};
    use std::io::Read;

    #[test]
    fn h5_scanners_read_packages_kinds_and_who_needs_whom() {
        let mut inventory = sample();
        inventory.packages[4].dependencies.push(0); // the library of an example's own package
        let mut text = String::new();
        ZlibDecoder::new(&section(&inventory).unwrap()[..]).read_to_string(&mut text).unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["format"], 1);
        assert_eq!(
            list["packages"],
            json!([
                {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [1, 2, 4], "root": true},
                {"name": "derive", "version": "1.0.0", "source": "crates.io", "kind": "build", "dependencies": [3]},
                {"name": "gitted", "version": "0.2.0", "source": "git"},
                {"name": "quote", "version": "1.0.0+x", "source": "crates.io", "kind": "build"},
                {"name": "sys_lib", "version": "2.0.0", "source": "registry"},
            ])
        );
    }

    #[test]
    fn where_the_programs_own_package_is_not_known_no_other_one_is_called_that() {
        let inventory = Inventory { root: None, ..sample() };
        assert!(list(&inventory).packages.iter().all(|entry| !entry.root));
    }
}

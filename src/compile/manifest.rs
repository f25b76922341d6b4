//! What manifests say of their packages. Those of registries are whole; others may take from their workspace's (The Cargo
//! Book, "Workspaces", "The `package` table").

use crate::error::one_line;
use crate::image::address::Address;
use crate::sbom::{About, License};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The line before what a manifest says of its package.
const PACKAGE: &str = "[package]\n";

/// The longest description that is told, in characters.
const LONGEST: usize = 1000;

/// Reads manifests; those of workspaces once.
#[derive(Debug, Default)]
pub struct Manifests(BTreeMap<PathBuf, Option<Table>>);

impl Manifests {
    /// What the manifest at `path` says; nothing where it cannot be read.
    pub fn about(&mut self, path: &Path) -> About {
        let Some(manifest) = read_package(path) else { return About::default() };
        let Some(package) = manifest.get("package").and_then(Value::as_table) else {
            return About::default();
        };
        let inherits = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
        let shared = match package.values().any(inherits) {
            true => self.workspace(path, &manifest).cloned(),
            false => None,
        };
        let value = |key: &str| match package.get(key) {
            Some(value) if inherits(value) => shared.as_ref()?.get(key),
            value => value,
        };
        let text = |key: &str| value(key).and_then(Value::as_str).map(short).filter(|text| !text.is_empty());
        let address = |key: &str| Address::read(value(key)?.as_str()?);
        let authors = value("authors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        About {
            license: License::stated(text("license").as_deref(), text("license-file").as_deref()),
            description: text("description"),
            authors: authors.iter().filter_map(Value::as_str).map(short).collect(),
            repository: address("repository"),
            homepage: address("homepage"),
        }
    }

    /// `[workspace.package]` of the workspace that the manifest at `path` is of.
    fn workspace(&mut self, path: &Path, manifest: &Table) -> Option<&Table> {
        let package_of = |table: &Table| {
            table
                .get("workspace")
                .map(|own| own.get("package").and_then(Value::as_table).cloned().unwrap_or_default())
        };
        let folder = path.parent()?;
        let named =
            manifest.get("package").and_then(|package| package.get("workspace")).and_then(Value::as_str);
        let roots: Vec<PathBuf> = match named {
            Some(root) => vec![folder.join(root)],
            None => folder.ancestors().map(Path::to_owned).collect(),
        };
        for root in roots {
            let known =
                self.0.entry(root.clone()).or_insert_with(|| package_of(&read(&root.join("Cargo.toml"))?));
            if known.is_some() {
                return self.0.get(&root)?.as_ref();
            }
        }
        None
    }
}

fn read(path: &Path) -> Option<Table> {
    fs::read_to_string(path).ok()?.parse().ok()
}

/// The manifest at `path`, with the table `package` at least. Those of registries have that in one piece and ten times as
/// much beside it, and a program is made of hundreds.
fn read_package(path: &Path) -> Option<Table> {
    let text = fs::read_to_string(path).ok()?;
    let piece = || {
        let start = if text.starts_with(PACKAGE) { 0 } else { text.find("\n[package]\n")? + 1 };
        let (before, rest) = (&text[..start], &text[start + PACKAGE.len()..]);
        if ["\"\"\"", "'''"].iter().any(|quote| before.contains(quote)) {
            return None; // the line may be one of a text
        }
        // a value may have a table of its own, anywhere: `[package.license]`
        let mut own = text.match_indices("\n[package.").map(|(at, mark)| &text[at + mark.len()..]);
        if own.any(|name| !name.starts_with("metadata")) {
            return None;
        }
        // another table, or a line of a text or a list, which is no TOML without its end
        let end = rest.find("\n[").map_or(text.len(), |end| start + PACKAGE.len() + end);
        text[start..end].parse().ok()
    };
    piece().or_else(|| text.parse().ok())
}

/// A value of a manifest may have several lines, and any length.
fn short(text: &str) -> String {
    one_line(text).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_takes_from_its_workspace_is_found_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        file(
            "Cargo.toml",
            "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nlicense = \"MIT/Apache-2.0\"\nauthors = [\"Ada\"]\n\
             repository = \"https://ada:secret@example.org/a\"\n",
        );
        let member = file(
            "deep/a/Cargo.toml",
            "[package]\nname = \"a\"\nlicense.workspace = true\nauthors = { workspace = true }\n\
             repository.workspace = true\nhomepage.workspace = true\ndescription = \"Two\\nlines\"\n",
        );
        let mut manifests = Manifests::default();
        let about = manifests.about(&member);
        assert_eq!(about.license, License::Expression("MIT OR Apache-2.0".into()));
        assert_eq!(
            (about.authors, about.repository),
            (vec!["Ada".to_owned()], Address::read("https://example.org/a"))
        );
        assert_eq!((about.description.as_deref(), about.homepage), (Some("Two lines"), None));

        let named = file(
            "b/Cargo.toml",
            "[package]\nname = \"b\"\nworkspace = \"../other\"\nlicense.workspace = true\n",
        );
        file("other/Cargo.toml", "[workspace]\n[workspace.package]\nlicense = \"ISC\"\n");
        assert_eq!(manifests.about(&named).license, License::Expression("ISC".into()));
        for (at, bad) in
            ["", "no toml [", "[package]\nlicense = 5\nauthors = 1\n", "[workspace]\n"].iter().enumerate()
        {
            let path = file(&format!("bad{at}/Cargo.toml"), bad);
            assert_eq!(manifests.about(&path), About::default(), "{bad}");
        }
        assert_eq!(manifests.about(Path::new("/nonexistent/Cargo.toml")), About::default());
    }

    #[test]
    fn what_stands_around_the_package_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        for text in [
            "# c\n[dependencies]\na = \"1\"\n\n[package]\nlicense = \"MIT\"\ndescription = \"d\"\n\n[lib]\npath = \"x\"\n",
            "[package]\nlicense = \"MIT\"\ndescription = \"d\"\n",
            "[package]\nkeywords = [\n\"a\",\n]\nlicense = \"MIT\"\ndescription = \"d\"\n[package.metadata.x]\ny = 1\n",
            // lines that begin like a table
            "[package]\nreadme = \"\"\"\n[lib]\n\"\"\"\nlicense = \"MIT\"\ndescription = \"d\"\n",
            "[package.metadata]\nx = \"\"\"\n[package]\n\"\"\"\n[ package ]\nlicense = \"MIT\"\ndescription = \"d\"\n",
            "[package]\r\nlicense = \"MIT\"\r\ndescription = \"d\"\r\n[lib]\r\n",
            "package = { license = \"MIT\", description = \"d\" }\n",
            "[package]\ndescription = \"d\"\n[lib]\n[package.license]\nworkspace = true\n[workspace.package]\nlicense = \"MIT\"\n",
            "package.license = \"MIT\"\npackage.description = \"d\"\n[lib]\n",
        ] {
            fs::write(&path, text).unwrap();
            let about = Manifests::default().about(&path);
            assert_eq!(about.license, License::Expression("MIT".into()), "{text}");
            assert_eq!(about.description.as_deref(), Some("d"), "{text}");
        }
    }
}

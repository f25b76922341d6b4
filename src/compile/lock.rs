//! What Cargo.lock says of packages beside their versions: the digest of an archive, the commit of a repository.

use crate::image::digest::is_hex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The packages of a lock file.
#[derive(Debug, Default, Deserialize)]
pub struct Lock {
    #[serde(default, rename = "package")]
    packages: Vec<Locked>,
    /// Checksums of the first form, under `checksum NAME VERSION (SOURCE)`.
    #[serde(default)]
    metadata: BTreeMap<String, toml::Value>,
}

/// A package.
#[derive(Debug, Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

impl Lock {
    /// The one beside the manifest of `workspace`; an empty one where there is none that can be read.
    pub fn of(workspace: &Path) -> Self {
        let text = fs::read_to_string(workspace.join("Cargo.lock")).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    /// The SHA-256 of the archive of a package from `source`, in hexadecimal.
    pub fn checksum(&self, name: &str, version: &str, source: &str) -> Option<String> {
        let locked = self.find(name, version, source)?;
        let first_form = || {
            let key = format!("checksum {name} {version} ({})", locked.source.as_deref()?);
            self.metadata.get(&key)?.as_str().map(str::to_owned)
        };
        let checksum = locked.checksum.clone().or_else(first_form)?;
        Some(checksum).filter(|checksum| checksum.len() == 64 && is_hex(checksum))
    }

    /// The commit of a package from the repository `source`.
    pub fn commit(&self, name: &str, version: &str, source: &str) -> Option<String> {
        let (_, commit) = self.find(name, version, source)?.source.as_deref()?.rsplit_once('#')?;
        Some(commit).filter(|commit| is_hex(commit)).map(str::to_owned)
    }

    fn find(&self, name: &str, version: &str, source: &str) -> Option<&Locked> {
        let of =
            |locked: &&Locked| locked.name == name && locked.version == version && locked.source.is_some();
        let from = |locked: &&Locked| {
            locked.source.as_deref().is_some_and(|own| own.split('#').next() == Some(source))
        };
        let kind = |source: &str| source.starts_with("git+");
        // cargo writes crates.io by one of its addresses, and escapes branches in its own way
        let like = |locked: &&Locked| locked.source.as_deref().is_some_and(|own| kind(own) == kind(source));
        let all = || self.packages.iter().filter(of);
        all().find(from).or_else(|| all().find(like))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_commits_are_found_by_name_version_and_source() {
        let hex = "0a".repeat(32);
        let text = format!(
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://r\"\n\
             checksum = \"{hex}\"\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
             source = \"git+https://g?branch=x#0123abc\"\n\n[[package]]\nname = \"own\"\nversion = \"1.0.0\"\n\n\
             [[package]]\nname = \"bad\"\nversion = \"1.0.0\"\nsource = \"registry+https://r\"\nchecksum = \"x\"\n"
        );
        let lock: Lock = toml::from_str(&text).unwrap();
        assert_eq!(lock.checksum("a", "1.0.0", "registry+https://r"), Some(hex.clone()));
        assert_eq!(lock.checksum("a", "1.0.0", "sparse+https://other"), Some(hex.clone()));
        assert_eq!(lock.checksum("a", "1.0.0", "git+https://g?branch=x"), None);
        assert_eq!(lock.commit("a", "1.0.0", "git+https://g?branch=x").as_deref(), Some("0123abc"));
        for name in ["own", "bad", "missing"] {
            assert_eq!(lock.checksum(name, "1.0.0", "registry+https://r"), None, "{name}");
        }

        let first = format!(
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://r\"\n\n[metadata]\n\
             \"checksum a 1.0.0 (registry+https://r)\" = \"{hex}\"\n"
        );
        let lock: Lock = toml::from_str(&first).unwrap();
        assert_eq!(lock.checksum("a", "1.0.0", "registry+https://r"), Some(hex));
        assert_eq!(Lock::of(Path::new("/nonexistent")).checksum("a", "1.0.0", ""), None);
    }
}

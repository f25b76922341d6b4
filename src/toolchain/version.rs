//! What rustc and cargo call themselves (`-vV`).

use crate::cache::Cache;
use crate::config::env::Env;
use crate::image::digest::is_hex;
use crate::plan::memo;
use crate::tool::Tool;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What records of it are called.
const RECORD: &str = "version";

/// A version, as it is told to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// `1.91.0`.
    pub release: String,
    /// The commit that it was built from, if it knows that: 40 hexadecimal digits.
    pub commit: Option<String>,
    /// The machines that it runs on, e.g. `x86_64-unknown-linux-gnu`.
    pub host: Option<String>,
}

impl Version {
    /// That of `program`; `None` where it does not tell. What it has told before, as the `records` of a project have it,
    /// is not asked for again.
    pub fn of(program: &Path, env: &Env, records: &Cache) -> Option<Self> {
        let key = memo::program(program, env);
        if let Some(version) = key.as_ref().and_then(|key| records.get(RECORD, key)) {
            return Some(version);
        }
        let said = Tool::new(program).arg("-vV").ask().ok()?;
        let version =
            said.status.success().then(|| Version::read(&String::from_utf8_lossy(&said.stdout)))??;
        if let Some(key) = key {
            records.put(RECORD, &key, &version);
        }
        Some(version)
    }

    fn read(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            values.next().map(str::trim).filter(|value| is_word(value)).map(str::to_owned)
        };
        Some(Version {
            release: value("release")?,
            commit: value("commit-hash").filter(|hash| hash.len() == 40 && is_hex(hash)),
            host: value("host"),
        })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_what_it_says_and_nothing_of_the_machine() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "rustc 1.91.0 (0123 2025-01-01) (/home/me)\nbinary: rustc\ncommit-hash: {hash}\nhost: x86_64-unknown-linux-gnu\n\
             release: 1.91.0\nLLVM version: 20.1.7\n"
        );
        let version = Version::read(&text).unwrap();
        assert_eq!((version.release.as_str(), version.commit.as_deref()), ("1.91.0", Some(hash)));
        assert_eq!(version.host.as_deref(), Some("x86_64-unknown-linux-gnu"));
        // what a distribution builds does not know its commit
        let text = "release: 1.85.0\ncommit-hash: unknown\nhost: /home/me\n";
        let version = Version::read(text).unwrap();
        assert_eq!((version.commit, version.host), (None, None));
        assert_eq!(Version::read("release: /home/me\n"), None);
        assert_eq!(Version::read(""), None);
    }
}

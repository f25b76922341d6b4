//! Which image of Rust a project is built in: what its toolchain file pins, else the oldest Rust that all packages
//! allow, else the newest stable one.

use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::plan::sources::Sources;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The official image (docker.io/library/rust), on the Debian that all its tags since Rust 1.70 have in common.
const IMAGE: &str = "docker.io/library/rust";

/// An image with Rust in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Its name.
    pub image: String,
    /// The image of the newest Rust on the same Debian: what is built in it runs in the other, whose Rust may be too old
    /// for the tools.
    pub installer: String,
    /// Why it is this one, in one line.
    pub why: String,
    /// The toolchain file, where the image does not have what it pins, and rustup has to bring it.
    pub pin: Option<&'static str>,
}

/// The image for the project in `workspace`; `base` is what the user names instead.
///
/// # Errors
/// A toolchain file that names no release.
pub fn release(workspace: &Path, sources: &Sources, base: Option<&str>) -> Result<Release, Error> {
    let pinned = pinned(workspace, base)?;
    let of = |tag: &str, why: String, pin| {
        let debian = debian(tag);
        let [image, installer] = [tag, "1"].map(|tag| format!("{IMAGE}:{tag}-slim-{debian}"));
        let [image, installer] = base.map_or([image, installer], |base| [base.to_owned(), base.to_owned()]);
        Ok(Release { image, installer, why, pin })
    };
    if let Some((file, channel)) = pinned {
        return match channel.as_str() {
            "stable" => of("1", format!("The newest stable Rust, as {file} says"), None),
            number if is_release(number) => of(number, format!("Rust {number}, as {file} says"), None),
            other => of("1", format!("For {file}, which asks for `{other}` (rustup brings it)"), Some(file)),
        };
    }
    let Some(minimum) = &sources.minimum else {
        return of("1", "The newest stable Rust: the project names no `rust-version`".to_owned(), None);
    };
    let number = |version: &cargo_metadata::semver::Version| match version.patch {
        0 => format!("{}.{}", version.major, version.minor),
        _ => version.to_string(),
    };
    match &sources.newest {
        Some((package, version)) if version > minimum => {
            let why = format!(
                "Rust {}, which `{package}` needs; the project's own is {}",
                number(version),
                number(minimum)
            );
            of(&number(version), why, None)
        }
        _ => of(&number(minimum), format!("Rust {}, the project's `rust-version`", number(minimum)), None),
    }
}

impl Release {
    /// The same with the digests that `digests` has of its images.
    pub fn pinned(&mut self, digests: &BTreeMap<String, Digest>) {
        for image in [&mut self.image, &mut self.installer] {
            if let Some(digest) = digests.get(image) {
                *image = format!("{image}@{digest}");
            }
        }
    }
}

fn debian(tag: &str) -> &'static str {
    let minor = tag.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_some_and(|minor| minor < 70) { "bullseye" } else { "bookworm" }
}

/// What rustup would find in `workspace`: the file's name and its channel (The rustup book, "The toolchain file").
fn pinned(workspace: &Path, base: Option<&str>) -> Result<Option<(&'static str, String)>, Error> {
    // a file above the workspace holds in its whole repository; further up, a machine has habits of its own
    let top = workspace.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    for folder in workspace.ancestors().take(top + 1) {
        let Some((file, channel)) = pinned_in(folder)? else { continue };
        if folder != workspace && channel != "stable" && !is_release(&channel) {
            // no container of the workspace sees it
            return match base {
                Some(_) => Ok(None),
                None => Err(Error::new(
                    Code::Project,
                    format!("`{file}` above the workspace asks for `{channel}`"),
                )
                .at(folder.join(file).display())
                .note("a container of the workspace does not see it, and no image has that toolchain")
                .help("put it into the workspace, or name an image with the toolchain: --base IMAGE")),
            };
        }
        return Ok(Some((file, channel)));
    }
    Ok(None)
}

/// The same in one folder.
fn pinned_in(workspace: &Path) -> Result<Option<(&'static str, String)>, Error> {
    for file in ["rust-toolchain", "rust-toolchain.toml"] {
        let path = workspace.join(file);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let table = text.parse::<toml::Table>();
        let channel = match table.as_ref().map(|table| table.get("toolchain")) {
            // the older file has one line, which is the channel
            Err(_) | Ok(None) if file == "rust-toolchain" && text.trim().lines().count() == 1 => {
                Some(text.trim())
            }
            Ok(Some(toolchain)) => toolchain.get("channel").and_then(toml::Value::as_str),
            _ => None,
        };
        return match channel {
            Some(channel) => Ok(Some((file, channel.to_owned()))),
            None if matches!(&table, Ok(table) if !has_path(table)) => Ok(None),
            None => Err(Error::new(Code::Project, format!("`{file}` names no release of Rust"))
                .at(path.display())
                .note("a container has none but those that rustup can bring")
                .help("set `channel` in it, or name an image with the toolchain: --base IMAGE")),
        };
    }
    Ok(None)
}

fn has_path(table: &toml::Table) -> bool {
    table.get("toolchain").is_some_and(|toolchain| toolchain.get("path").is_some())
}

/// `1.91` or `1.91.0`.
fn is_release(channel: &str) -> bool {
    let parts: Vec<_> = channel.split('.').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| {
            // `parse` alone would take a sign
            part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cargo_metadata::semver::Version;

    fn found(file: Option<(&str, &str)>, minimum: Option<&str>, newest: Option<&str>) -> Release {
        let folder = tempfile::tempdir().unwrap();
        if let Some((name, text)) = file {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let version = |text: &str| Version::parse(text).unwrap();
        let sources = Sources {
            minimum: minimum.map(version),
            newest: newest.map(|text| ("dep".to_owned(), version(text))),
            ..Sources::default()
        };
        release(folder.path(), &sources, None).unwrap()
    }

    #[test]
    fn a_pin_goes_before_the_oldest_version_and_that_before_the_newest() {
        let tag = |release: Release| release.image.rsplit_once(':').unwrap().1.to_owned();
        assert_eq!(tag(found(None, None, Some("1.99.0"))), "1-slim-bookworm");
        assert_eq!(tag(found(None, Some("1.91.0"), None)), "1.91-slim-bookworm");
        assert_eq!(tag(found(None, Some("1.75.0"), Some("1.85.1"))), "1.85.1-slim-bookworm");
        assert_eq!(tag(found(None, Some("1.60.0"), Some("1.56.0"))), "1.60-slim-bullseye");
        let file = "[toolchain]\nchannel = \"1.88.0\"\ncomponents = [\"clippy\"]\n";
        assert_eq!(
            tag(found(Some(("rust-toolchain.toml", file)), Some("1.91.0"), None)),
            "1.88.0-slim-bookworm"
        );
        assert_eq!(tag(found(Some(("rust-toolchain", "1.80\n")), None, None)), "1.80-slim-bookworm");
        let stable =
            found(Some(("rust-toolchain.toml", "[toolchain]\nchannel = 'stable'")), Some("1.70.0"), None);
        assert_eq!((stable.pin, tag(stable)), (None, "1-slim-bookworm".to_owned()));
        let nightly = found(Some(("rust-toolchain", "nightly-2026-01-01")), None, None);
        assert_eq!((nightly.pin, tag(nightly)), (Some("rust-toolchain"), "1-slim-bookworm".to_owned()));
        let only = found(Some(("rust-toolchain.toml", "[toolchain]\nprofile = 'minimal'")), None, None);
        assert_eq!(tag(only), "1-slim-bookworm");
    }

    #[test]
    fn tools_are_built_by_the_newest_rust_on_the_same_debian() {
        let old = found(None, Some("1.60.0"), None);
        assert_eq!(old.installer, format!("{IMAGE}:1-slim-bullseye"));
        let newest = found(None, None, None);
        assert_eq!(newest.installer, newest.image);
        let mut pinned = found(None, Some("1.91.0"), None);
        let digest = Digest::of(b"x");
        pinned.pinned(&BTreeMap::from([(pinned.installer.clone(), digest.clone())]));
        assert_eq!(pinned.installer, format!("{IMAGE}:1-slim-bookworm@{digest}"));
        assert_eq!(pinned.image, format!("{IMAGE}:1.91-slim-bookworm"));
    }

    #[test]
    fn a_toolchain_file_above_the_workspace_holds_as_far_as_its_repository_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, file) = (folder.path().join("a/b"), folder.path().join("rust-toolchain"));
        fs::create_dir_all(&workspace).unwrap();
        fs::write(&file, "1.88.0\n").unwrap();
        let of = |base| release(&workspace, &Sources::default(), base).map(|release| release.image);
        assert_eq!(of(None).unwrap(), format!("{IMAGE}:1-slim-bookworm"), "no repository has them both");
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(of(None).unwrap(), format!("{IMAGE}:1.88.0-slim-bookworm"));
        fs::write(&file, "nightly-2026-01-01\n").unwrap();
        assert!(of(None).unwrap_err().helps()[0].contains("--base"));
        assert_eq!(of(Some("mine:1")).unwrap(), "mine:1");
    }

    #[test]
    fn a_toolchain_of_this_machine_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rust-toolchain.toml"), "[toolchain]\npath = \"/opt/rust\"\n").unwrap();
        let error = release(folder.path(), &Sources::default(), None).unwrap_err();
        assert!(error.helps()[0].contains("--base"), "{error:?}");
    }
}

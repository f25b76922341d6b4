//! Bills of materials: what was compiled into a program, as documents that others read.
//!
//! An [`Inventory`] says it once; [`cyclonedx`] and [`spdx`] say it of the image that the program is in, and [`auditable`] in the
//! program itself. All three are pure and name nothing of the machine or the moment: the one time in them is the
//! image's own, their identities follow from their content, everything is sorted.
//!
//! Macros run while the compiler does, and are in no program. They are named all the same, as what has made it: by scope
//! `excluded`, as `BUILD_DEPENDENCY_OF` and with kind `build`, in the order of these forms. Build scripts and what they
//! use are not.

pub mod auditable;
pub mod cyclonedx;
mod identity;
mod license;
mod party;
mod purl;
pub mod spdx;

pub use license::License;

use crate::error::{Code, Error};
use crate::image::address::Address;
use crate::image::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was compiled into one program.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The packages, sorted by name, version and source.
    pub packages: Vec<Package>,
    /// The number of the program's own package in these, if it is known.
    pub root: Option<usize>,
    /// The triple that they were compiled for.
    pub target: String,
    /// Whether it is known who depends on whom. Where not, all packages are named that were compiled for the target.
    pub related: bool,
    /// The compiler that has left its name in the program, and so the standard library.
    pub compiler: Option<Compiler>,
    /// The native libraries that were provided.
    pub provided: Vec<Provided>,
}

/// A package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is from.
    pub source: Source,
    /// The SHA-256 of its archive, in hexadecimal, where it comes in one.
    pub checksum: Option<String>,
    /// The features that are active in it, sorted.
    pub features: Vec<String>,
    /// Whether it runs while the program is compiled and is not in it: a macro, or what a macro uses.
    pub builds: bool,
    /// The numbers of the packages that it depends on, sorted.
    pub dependencies: Vec<usize>,
    /// What its manifest says.
    pub about: About,
}

/// Where a package is from. An address that is not for everybody is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// crates.io.
    CratesIo,
    /// Another registry, by the address of its index.
    Registry(Option<Address>),
    /// A repository.
    Git {
        /// Its address.
        url: Option<Address>,
        /// The commit; empty where it is not known.
        commit: String,
    },
    /// The user's own files.
    #[default]
    Local,
}

/// What a manifest says of its package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its licence.
    pub license: License,
    /// In a few words what it is.
    pub description: Option<String>,
    /// Who wrote it, each as `NAME <MAIL>`.
    pub authors: Vec<String>,
    /// Where its sources are kept.
    pub repository: Option<Address>,
    /// Its site.
    pub homepage: Option<Address>,
}

/// A compiler, which comes with the one standard library that it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiler {
    /// Its version: `1.95.0`, `1.97.0-nightly`.
    pub version: String,
    /// The commit of Rust's repository that it is of, or its first digits.
    pub commit: Option<String>,
}

/// A native library that was built from the sources that a package carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// What people call it.
    pub name: &'static str,
    /// The package.
    pub package: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// The licence of the library.
    pub license: &'static str,
    /// The numbers of the packages that were linked with it.
    pub by: Vec<usize>,
}

/// The image that a program is in.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The program's name.
    pub bin: &'a str,
    /// The digest of the image's manifest.
    pub manifest: &'a Digest,
    /// Its architecture, in OCI's words.
    pub architecture: &'static str,
    /// The one time in it, as RFC 3339 has it.
    pub created: &'a str,
}

impl Inventory {
    /// The program's own package.
    fn root(&self) -> Option<&Package> {
        self.packages.get(self.root?)
    }
}

impl Compiler {
    /// The name of a release of Rust in the database of vulnerabilities of NIST; none for what is between releases.
    fn cpe(&self) -> Option<String> {
        let release = self.version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        release.then(|| format!("cpe:2.3:a:rust-lang:rust:{}:*:*:*:*:*:*:*", self.version))
    }
}

/// `document` as a file: people read it, too.
fn text(document: &Value) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|reason| Error::new(Code::Output, format!("not JSON: {reason}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// This tool, which the documents name as their author: its name and version.
const TOOL: (&str, &str) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));

/// Those who make Rust.
const RUST: Rust = Rust {
    supplier: "The Rust Project",
    license: "MIT OR Apache-2.0",
    repository: "https://github.com/rust-lang/rust",
};

struct Rust {
    supplier: &'static str,
    license: &'static str,
    repository: &'static str,
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_a_name_among_vulnerabilities_and_a_nightly_has_none() {
        let of = |version: &str| Compiler { version: version.into(), commit: None }.cpe();
        assert_eq!(of("1.95.0").as_deref(), Some("cpe:2.3:a:rust-lang:rust:1.95.0:*:*:*:*:*:*:*"));
        assert_eq!(of("1.97.0-nightly"), None);
    }
}

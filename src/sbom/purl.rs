//! Package URLs (ECMA-427): the names by which scanners know a package.

use super::{Package, Provided, Source, Subject};
use crate::image::reference::Reference;

/// That of a package of cargo's. One from elsewhere than crates.io says where, but never which folder.
pub fn package(package: &Package) -> String {
    let plain = cargo(&package.name, &package.version);
    match &package.source {
        Source::CratesIo | Source::Local | Source::Registry(None) | Source::Git { url: None, .. } => plain,
        Source::Registry(Some(url)) => format!("{plain}?repository_url={}", encoded(&url.to_string())),
        Source::Git { url: Some(url), commit } => {
            format!("{plain}?vcs_url={}", encoded(&vcs(&url.to_string(), commit)))
        }
    }
}

/// That of the package that carries a library.
pub fn provided(library: &Provided) -> String {
    cargo(library.package, library.version)
}

/// That of the standard library of this version of Rust.
pub fn std(version: &str) -> String {
    format!("pkg:github/rust-lang/rust@{}#library/std", encoded(version))
}

/// That of an image.
pub fn image(subject: &Subject<'_>) -> String {
    let name = Reference::slug(subject.bin).unwrap_or_else(|| "image".into());
    format!("pkg:oci/{}@{}?arch={}", encoded(&name), subject.manifest, subject.architecture)
}

/// A repository and a commit of it, as package URLs and SPDX have it (SPDX 2.3, 7.7).
pub fn vcs(url: &str, commit: &str) -> String {
    let at = if commit.is_empty() { String::new() } else { format!("@{commit}") };
    match url.starts_with("git://") {
        true => format!("{url}{at}"),
        false => format!("git+{url}{at}"),
    }
}

fn cargo(name: &str, version: &str) -> String {
    format!("pkg:cargo/{}@{}", encoded(name), encoded(version))
}

/// `text` with all that is not plain as `%XX` (ECMA-427, 5.4); colons and slashes stay.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::address::Address;

    #[test]
    fn a_package_is_named_by_where_it_is_from() {
        let of = |version: &str, source: Source| {
            package(&Package { name: "toml_x".into(), version: version.into(), source, ..Package::default() })
        };
        assert_eq!(of("1.0.0", Source::CratesIo), "pkg:cargo/toml_x@1.0.0");
        assert_eq!(of("1.0.0+spec-1.1.0", Source::Local), "pkg:cargo/toml_x@1.0.0%2Bspec-1.1.0");
        assert_eq!(
            of("1.0.0", Source::Registry(Address::of_index("sparse+https://example.org/index/"))),
            "pkg:cargo/toml_x@1.0.0?repository_url=sparse%2Bhttps://example.org/index/"
        );
        let git = Source::Git { url: Address::read("https://example.org/a=b.git"), commit: "0123".into() };
        let expected = "pkg:cargo/toml_x@1.0.0?vcs_url=git%2Bhttps://example.org/a%3Db.git%400123";
        assert_eq!(of("1.0.0", git), expected);
        assert_eq!(vcs("git://example.org/a", ""), "git://example.org/a");
    }
}

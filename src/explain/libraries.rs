//! Which packages look for a library of the system, and what puts the library into the program instead.
//!
//! A system's library is of little use here: it is built for glibc, or has no static form, and the crate
//! `pkg-config` refuses to name it to a build for another target at all. So each row says which feature makes the
//! package build its own, or what to tell where none does.

mod buildable;
mod system;

use super::Package;
use buildable::BUILDABLE;
use system::SYSTEM;

/// A native library and the packages that link it.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The packages that look for it; empty for the libraries that come with a compiler.
    pub packages: &'static [&'static str],
    /// What people call it.
    pub name: &'static str,
    /// What `-l` calls it and the libraries that come with it.
    pub links: &'static [&'static str],
    /// The features with which it is looked for; empty: in every case.
    pub only_with: &'static [&'static str],
    /// The features of the packages with any of which nothing is looked for.
    pub unless: &'static [&'static str],
    /// The one of them to turn on, where that alone does it.
    pub own: Option<&'static str>,
    /// Crates that pass [`Library::own`] on, and what they call it; the best known first.
    pub through: &'static [(&'static str, &'static str)],
    /// Whether the default features have to go, because they ask for the system's.
    pub bare: bool,
    /// Whether the package builds its own by itself where it finds none.
    pub falls_back: bool,
    /// Variables by which a user says where it is; `{TARGET}` is the triple in capitals and underscores.
    pub users: &'static [&'static str],
    /// What else can be done, in a full sentence without the full stop.
    pub advice: &'static str,
}

/// What rows have unless they say something else: looked for in every case, with no way to build its own.
const ROW: Library = Library {
    packages: &[],
    name: "",
    links: &[],
    only_with: &[],
    unless: &[],
    own: None,
    through: &[],
    bare: false,
    falls_back: false,
    users: &[],
    advice: "",
};

impl Library {
    /// The line for Cargo.toml that puts the library into the program, with the version that `packages` (the
    /// resolved graph) already holds, so that cargo unites the features and resolves nothing anew.
    ///
    /// `None` where no feature does it, or where no package of the row is in the graph.
    pub fn line(&self, packages: &[Package]) -> Option<String> {
        let own = self.own?;
        let named = |name: &str| packages.iter().find(|package| package.name == name);
        let passing = self.through.iter().find_map(|(name, feature)| Some((named(name)?, *feature)));
        let direct = || self.packages.iter().find_map(|name| Some((named(name)?, own)));
        let (package, feature) = passing.or_else(direct)?;
        // what follows `+` says which version of the library is inside, and is no part of a requirement
        let version = package.version.split('+').next().unwrap_or_default();
        let bare = if self.bare { "default-features = false, " } else { "" };
        Some(format!("{} = {{ version = \"{version}\", {bare}features = [\"{feature}\"] }}", package.name))
    }

    /// Whether `package` looks for the library with the features that it has.
    fn is_sought_by(&self, package: &Package) -> bool {
        self.packages.contains(&package.name)
            && !package.has_any(self.unless)
            && (self.only_with.is_empty() || package.has_any(self.only_with))
    }
}

/// The library of the system without which `package` does not build, or `None` if it builds its own: by a feature
/// that is active, or by itself when it finds none.
pub fn library_of(package: &Package) -> Option<&'static Library> {
    libraries().find(|library| !library.falls_back && library.is_sought_by(package))
}

/// The library that a program needs under `name`, which is that of a file (`libssl.so.3`) or what `-l` has (`ssl`).
pub fn by_link(name: &str) -> Option<&'static Library> {
    let stem = name.split(".so").next().unwrap_or_default();
    let stem = if stem.len() < name.len() { stem.strip_prefix("lib").unwrap_or(stem) } else { stem };
    // Alpine names musl `libc.musl-x86_64.so.1`, and its loader `ld-musl-x86_64.so.1`
    let stem = if stem.starts_with("c.musl-") || stem.starts_with("ld-") { "c" } else { stem };
    libraries().find(|library| library.links.contains(&stem))
}

/// Every row of both tables.
fn libraries() -> impl Iterator<Item = &'static Library> {
    BUILDABLE.iter().chain(SYSTEM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::example::{Owned, package};

    fn sought(package: &Owned) -> Option<&'static str> {
        library_of(&package.get()).map(|library| library.name)
    }

    #[test]
    fn openssl_is_sought_unless_it_is_vendored() {
        assert_eq!(sought(&package("openssl-sys", "", "cc pkg-config")), Some("OpenSSL"));
        assert_eq!(sought(&package("openssl-sys", "vendored", "cc openssl-src")), None);
        assert_eq!(sought(&package("openssl-sys", "aws-lc", "cc")), None);
    }

    #[test]
    fn sqlite_is_sought_unless_it_is_bundled() {
        assert_eq!(sought(&package("libsqlite3-sys", "default", "pkg-config")), Some("SQLite"));
        assert_eq!(sought(&package("libsqlite3-sys", "bundled", "cc")), None);
        assert_eq!(sought(&package("libsqlite3-sys", "bundled sqlcipher", "cc")), Some("SQLCipher"));
        assert_eq!(sought(&package("libsqlite3-sys", "bundled bundled-sqlcipher sqlcipher", "cc")), None);
        assert_eq!(sought(&package("libsqlite3-sys", "loadable_extension", "pkg-config")), None);
    }

    #[test]
    fn a_library_that_a_package_builds_by_itself_is_no_obstacle() {
        let names =
            ["libz-sys", "bzip2-sys", "lzma-sys", "liblzma-sys", "libgit2-sys", "libssh2-sys", "curl-sys"];
        for name in names {
            assert_eq!(sought(&package(name, "default", "cc pkg-config")), None, "{name}");
        }
        assert_eq!(sought(&package("rdkafka-sys", "libz", "pkg-config")), None);
        assert_eq!(sought(&package("rdkafka-sys", "dynamic-linking", "pkg-config")), Some("librdkafka"));
        assert_eq!(sought(&package("fuser", "", "")), None);
        assert_eq!(sought(&package("fuser", "libfuse", "pkg-config")), Some("FUSE"));
    }

    #[test]
    fn what_the_target_rules_out_is_known_with_what_allows_it() {
        let gmp = package("gmp-mpfr-sys", "mpfr", "");
        let line = library_of(&gmp.get()).unwrap().line(&[gmp.get()]).unwrap();
        assert_eq!(line, r#"gmp-mpfr-sys = { version = "1.2.3", features = ["force-cross"] }"#);
        assert_eq!(sought(&package("gmp-mpfr-sys", "mpfr force-cross", "")), None);
        assert_eq!(sought(&package("pyo3-ffi", "default", "pyo3-build-config")), Some("Python"));
        assert_eq!(sought(&package("pyo3-ffi", "extension-module", "pyo3-build-config")), None);
    }

    #[test]
    fn the_line_has_the_version_of_the_graph_and_the_crate_that_people_know() {
        let library = by_link("libssl.so.3").unwrap();
        let (sys, safe, tls) =
            (package("openssl-sys", "", "cc"), package("openssl", "", ""), package("native-tls", "", ""));
        let line = library.line(&[sys.get(), tls.get(), safe.get()]).unwrap();
        assert_eq!(line, r#"openssl = { version = "1.2.3", features = ["vendored"] }"#);
        let line = library.line(&[sys.get()]).unwrap();
        assert_eq!(line, r#"openssl-sys = { version = "1.2.3", features = ["vendored"] }"#);
        assert_eq!(library.line(&[]), None);
    }

    #[test]
    fn the_line_is_a_requirement_that_cargo_reads() {
        let owned = package("duckdb", "", "");
        let duckdb = Package { version: "1.20000.1+duckdb.2", ..owned.get() };
        let line = by_link("duckdb").unwrap().line(&[duckdb]).unwrap();
        assert_eq!(line, r#"duckdb = { version = "1.20000.1", features = ["bundled"] }"#);
        let hid = package("hidapi", "default linux-static-hidraw", "cc");
        let line = library_of(&hid.get()).unwrap().line(&[hid.get()]).unwrap();
        assert!(line.contains("default-features = false"), "only one back end may be chosen: {line}");
        line.parse::<toml::Table>().unwrap();
    }

    #[test]
    fn what_a_loader_misses_is_named() {
        for (file, name) in [
            ("libssl.so.3", "OpenSSL"),
            ("libcrypto.so.1.1", "OpenSSL"),
            ("libsqlite3.so.0", "SQLite"),
            ("libpq.so.5", "PostgreSQL's client library"),
            ("libz.so.1", "zlib"),
            ("libgcc_s.so.1", "the unwinder of GCC"),
            ("libstdc++.so.6", "the C++ library of GCC"),
            ("libc.so.6", "the C library"),
            ("libc.musl-x86_64.so.1", "the C library"),
            ("ld-linux-x86-64.so.2", "the C library"),
            ("libm.so.6", "the C library"),
            ("libdbus-1.so.3", "D-Bus"),
            ("libudev.so.1", "udev"),
            ("libasound.so.2", "ALSA"),
            ("ssl", "OpenSSL"),
        ] {
            assert_eq!(by_link(file).map(|library| library.name), Some(name), "{file}");
        }
        for file in ["", "lib", ".so", "libsomething.so.1", "libssl"] {
            assert!(by_link(file).is_none(), "{file}");
        }
    }

    #[test]
    fn where_no_static_form_is_known_there_is_advice_and_no_line() {
        for (name, build) in
            [("libudev-sys", "pkg-config"), ("alsa-sys", "cc pkg-config"), ("gtk4-sys", "system-deps")]
        {
            let owned = package(name, "", build);
            let library = library_of(&owned.get()).unwrap();
            assert_eq!(library.line(&[owned.get()]), None);
            assert!(library.advice.len() > 30, "{name}");
        }
    }

    #[test]
    fn rows_are_sound() {
        let mut links = std::collections::BTreeSet::new();
        for library in libraries() {
            assert!(!library.links.is_empty() || !library.packages.is_empty(), "{}", library.name);
            assert!(
                library.links.iter().all(|link| links.insert(*link)),
                "{}: a link has two rows",
                library.name
            );
            assert!(library.own.is_some() || !library.advice.is_empty(), "{} helps nobody", library.name);
            assert!(library.through.is_empty() || library.own.is_some(), "{}", library.name);
            assert!(library.own.is_none_or(|own| library.unless.contains(&own)), "{}", library.name);
            assert!(!library.advice.ends_with('.'), "{}", library.name);
        }
    }
}

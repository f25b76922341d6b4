//! The crates: popular programs at pinned versions, and small projects for the libraries that keep people from musl.

/// A crate and what is expected of it.
#[derive(Debug)]
pub struct Row {
    /// The name of the package, or of the folder in `tests/fixtures/corpus`.
    pub name: &'static str,
    /// The version on crates.io; none for a project of ours.
    pub version: Option<&'static str>,
    /// A package that today's Rust does not compile in the version of the lock file, and the version that it does.
    pub update: Option<(&'static str, &'static str)>,
    /// What is said beyond `cargo scratch --locked`: only the choice that the crate leaves to its user.
    pub words: &'static [&'static str],
    /// What its program is started with.
    pub arguments: &'static [&'static str],
    /// How that ends.
    pub expected: Expected,
}

/// What is expected of a row.
#[derive(Debug)]
pub enum Expected {
    /// The program says these words and ends well.
    Says(&'static str),
    /// The program answers `GET /` on its port 8080 with these words.
    Serves(&'static str),
    /// There is no program, and the diagnosis says all of these words.
    #[allow(dead_code, reason = "every crate of today builds")]
    Refused(&'static [&'static str]),
}

const VERSION: &[&str] = &["--version"];

/// A program of crates.io that tells its version.
const fn published(name: &'static str, version: &'static str, says: &'static str) -> Row {
    let expected = Expected::Says(says);
    Row { name, version: Some(version), update: None, words: &[], arguments: VERSION, expected }
}

/// One of its several binaries.
const fn binary(row: Row, words: &'static [&'static str]) -> Row {
    Row { words, ..row }
}

/// A project of ours, whose program shows that the library works.
const fn fixture(name: &'static str, says: &'static str) -> Row {
    Row { version: None, arguments: &[], ..published(name, "", says) }
}

/// All rows, in the order in which they run.
pub const ROWS: &[Row] = &[
    published("ripgrep", "14.1.1", "ripgrep 14.1.1"),
    published("fd-find", "10.5.0", "fd 10.5.0"),
    published("sd", "1.0.0", "sd 1.0.0"),
    published("hyperfine", "1.20.0", "hyperfine 1.20.0"),
    published("just", "1.59.0", "just 1.59.0"),
    published("tokei", "15.0.0", "tokei 15.0.0"),
    published("xh", "0.25.3", "xh 0.25.3"),
    Row {
        arguments: &["--port", "8080", "/"],
        expected: Expected::Serves("miniserve"),
        ..published("miniserve", "0.35.0", "")
    },
    published("bat", "0.26.1", "bat 0.26.1"),
    published("zoxide", "0.10.0", "zoxide 0.10.0"),
    binary(published("git-cliff", "2.14.2", "git-cliff 2.14.2"), &["--bin", "git-cliff"]),
    // its default features are SQLite, PostgreSQL, MySQL and the system's OpenSSL
    binary(published("sqlx-cli", "0.9.0", "sqlx-cli 0.9.0"), &["--bin", "sqlx"]),
    Row { update: Some(("traitobject", "0.1.1")), ..published("websocat", "1.14.0", "websocat 1.14.0") },
    fixture("rustls-ring", "hello over TLS, TLSv1_3"),
    fixture("rustls-aws-lc", "hello over TLS, TLSv1_3"),
    fixture("openssl", "hello over TLS, TLSv1.3, OpenSSL 3."),
    fixture("openssl-vendored", "hello over TLS, TLSv1.3, OpenSSL 3."),
    fixture("sqlite", "sum 42, sqlite 3."),
    fixture("zstd", "60000 bytes in less than 100: true"),
    fixture("rdkafka", "in flight 0"),
    fixture("jemalloc", "4 threads, all allocated: true"),
    fixture("mimalloc", "4 threads, all allocated: true"),
    fixture("cxx-streams", "caught 13"),
];

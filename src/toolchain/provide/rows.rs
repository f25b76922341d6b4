//! The table of libraries: a row each, and beside it the crates that need none.

use super::Row;
use crate::templates::{LIBPQ, OPENSSL, SQLITE};
use cargo_metadata::semver::Version;

/// The libraries.
///
/// Read in the build scripts of the versions named, for a target that is not the host, where `pkg-config` refuses:
///
/// | crate | without the system's library | row |
/// |---|---|---|
/// | openssl-sys 0.9.118 | fails, but with feature `vendored` | yes |
/// | libsqlite3-sys 0.38.2 | fails to link, but with feature `bundled` | yes |
/// | pq-sys 0.7.8 | fails to link, but with feature `bundled` | yes |
/// | libz-sys 1.1.31 | builds its own, as the C compiler finds no `-lz` for the target | needs none |
/// | libz-ng-sys 1.1.32 | never looks; builds its own, with cmake | needs none |
/// | zstd-sys 2.1.3 | never looks, but with feature `pkg-config`, and then fails | needs none |
/// | bzip2-sys 0.1.13, lzma-sys 0.1.20, liblzma-sys 0.4.9 | build their own | need none |
/// | libgit2-sys 0.18.8, curl-sys 0.4.91 | build their own, on the OpenSSL of the row | need none |
/// | libssh2-sys 0.3.4 | never looks; builds its own, on the OpenSSL of the row | needs none |
/// | rdkafka-sys 4.10.0 | never looks; builds its own | needs none |
/// | mysqlclient-sys 0.5.2 | fails | none can help |
///
/// rdkafka-sys runs a `configure` that knows no variable for one target; it is told the target's compiler by `CC` itself
/// (`compiler::plain`).
///
/// libmysqlclient is C++: who links it needs the runtime library of the C++ compiler too, which mysqlclient-sys does
/// not ask for; 0.2.5 has no variable for one target either. This was read, not tried.
pub const ROWS: &[Row] = &[
    Row {
        name: "OpenSSL",
        link: "ssl",
        since: Version::new(0, 9, 64), // takes OpenSSL 3; 4 is taken by far fewer versions
        source: "openssl-src",
        version: "300.6.1",
        license: "Apache-2.0",
        project: OPENSSL,
        on: &[],
        tools: &["perl", "make"],
        cflags: "",
        users: &[],
        variables: &[("{TARGET}_OPENSSL_DIR", "{folder}"), ("{TARGET}_OPENSSL_STATIC", "1")],
    },
    Row {
        name: "SQLite",
        link: "sqlite3",
        since: Version::new(0, 22, 2),
        source: "libsqlite3-sys",
        version: "0.38.2",
        license: "blessing",
        project: SQLITE,
        on: &[],
        tools: &[],
        cflags: "",
        users: &[],
        // SQLITE3_LIB_DIR has no form for one target, and the macros of sqlx link SQLite on the host
        variables: &[("PKG_CONFIG_{target}", "{folder}/bin/pkg-config")],
    },
    Row {
        name: "libpq",
        link: "pq",
        since: Version::new(0, 4, 7),
        source: "pq-src",
        version: "0.3.14",
        license: "PostgreSQL",
        project: LIBPQ,
        on: &["OpenSSL"],
        tools: &[],
        cflags: "",
        users: &[],
        variables: &[("PQ_LIB_DIR_{TARGET}", "{folder}/lib"), ("PQ_LIB_STATIC_{TARGET}", "1")],
    },
];

/// An allocator, which no package looks for: a flag asks for it.
///
/// It counts bits by a builtin of the compiler's, which is a call of libgcc where a processor may lack an instruction for
/// it: gcc's for amd64, unless it is told `-mpopcnt`, and for most others. No libgcc is linked, and not every standard
/// library has the function in its place (a distribution's has none, nor has one that was built from source). So it is
/// told its own way of counting, which runs on every processor; clang and zig, which write that out by themselves, are
/// told the same.
pub static MIMALLOC: Row = Row {
    name: "mimalloc",
    link: "mimalloc",
    since: Version::new(0, 0, 0),
    source: "libmimalloc-sys",
    version: "0.1.49",
    license: "MIT",
    project: crate::templates::MIMALLOC,
    on: &[],
    tools: &[],
    cflags: "-D__builtin_popcountl=_mi_popcount_generic",
    users: &[],
    variables: &[],
};

/// Another, by `configure` and make. That adds debug information by itself, with the folders of the machine.
pub static JEMALLOC: Row = Row {
    name: "jemalloc",
    link: "jemalloc",
    since: Version::new(0, 0, 0),
    source: "tikv-jemalloc-sys",
    version: "0.7.1",
    license: "BSD-2-Clause",
    project: crate::templates::JEMALLOC,
    on: &[],
    tools: &["make"],
    cflags: "-g0",
    users: &["JEMALLOC_OVERRIDE", "{TARGET}_JEMALLOC_OVERRIDE", "{TARGET}_JEMALLOC_SYS_WITH_MALLOC_CONF"],
    variables: &[],
};

/// What the crate pkg-config takes for a sign that it works for the target too (its documentation, "Cross-compilation").
pub const PKG_CONFIG: &[&str] = &[
    "PKG_CONFIG_ALLOW_CROSS_{triple}",
    "PKG_CONFIG_ALLOW_CROSS_{target}",
    "TARGET_PKG_CONFIG_ALLOW_CROSS",
    "PKG_CONFIG_ALLOW_CROSS",
    "PKG_CONFIG_SYSROOT_DIR_{triple}",
    "PKG_CONFIG_SYSROOT_DIR_{target}",
    "TARGET_PKG_CONFIG_SYSROOT_DIR",
    "PKG_CONFIG_SYSROOT_DIR",
    "PKG_CONFIG_{triple}",
    "PKG_CONFIG_{target}",
    "TARGET_PKG_CONFIG",
    "PKG_CONFIG",
];

//! Which package has which need, and which package answers it. Within a need the strongest reason comes first.
//!
//! The packages are those at the bottom: `reqwest`, `octocrab` and `sentry` reach the system's certificates through
//! `rustls-platform-verifier`, `rustls-native-certs` or `openssl-probe`, so only these need a row.

use super::Need::{
    self, Allocator, CThreads, Certificates, LocalTime, Resolver, Signals, TemporaryFiles, ZoneInfo,
};
use super::Package;

/// A package that has a need, or that takes care of one.
pub struct Row {
    pub need: Need,
    pub package: &'static str,
    /// With one of these features; empty: in every case.
    pub with: &'static [&'static str],
    /// With none of these.
    pub without: &'static [&'static str],
    /// The end of "found because `package` …"; empty where it takes care.
    pub because: &'static str,
}

impl Row {
    /// Whether `package` is the one that the row is about.
    pub fn fits(&self, package: &Package) -> bool {
        package.name == self.package
            && (self.with.is_empty() || package.has_any(self.with))
            && !package.has_any(self.without)
    }
}

const fn row(need: Need, package: &'static str, with: &'static [&'static str], because: &'static str) -> Row {
    Row { need, package, with, without: &[], because }
}

const fn answer(need: Need, package: &'static str) -> Row {
    row(need, package, &[], "")
}

const RESOLVES: &str = "looks up hosts with getaddrinfo, and no resolver in Rust is in the graph";
const SERVES: &str = "has a server, and nothing in the graph handles signals for sure";
const STARTS: &str = "starts threads in C with the stack that the C library gives them";

/// The needs of packages.
pub const ROWS: &[Row] = &[
    // rustls-platform-verifier 0.7 refuses to make a client from an empty store; it is the default of reqwest 0.13
    row(
        Certificates,
        "rustls-platform-verifier",
        &[],
        "trusts what the system trusts, and makes no client where that is nothing",
    ),
    row(
        Certificates,
        "rustls-native-certs",
        &[],
        "loads the system's certificates (SSL_CERT_FILE, SSL_CERT_DIR)",
    ),
    row(
        Certificates,
        "native-tls",
        &[],
        "uses OpenSSL with the system's certificates (SSL_CERT_FILE, SSL_CERT_DIR)",
    ),
    row(
        Certificates,
        "curl",
        &["ssl"],
        "uses OpenSSL with the system's certificates (SSL_CERT_FILE, SSL_CERT_DIR)",
    ),
    // librdkafka 2.12 probes the usual paths by itself when it is linked statically
    row(
        Certificates,
        "rdkafka-sys",
        &["ssl", "ssl-vendored"],
        "looks for the system's certificates in the usual places",
    ),
    row(Certificates, "openssl-probe", &[], "looks for the system's certificates in the usual places"),
    // weakest: a server with OpenSSL needs none; OpenSSL's own default, /usr/local/ssl, is in no image
    row(Certificates, "openssl", &[], "reads SSL_CERT_FILE when a client asks for its default paths"),
    // a name that is not found is an error to the program, so the files are packed: 598 of them
    row(ZoneInfo, "tzfile", &[], "reads zones by name from /usr/share/zoneinfo"),
    Row {
        need: ZoneInfo,
        package: "jiff",
        with: &["tzdb-zoneinfo"],
        // `tzdb-bundle-platform`, which is on by default, carries the zones on Windows and the web only
        without: &["tzdb-bundle-always"],
        because: "reads zones by name from /usr/share/zoneinfo, and `tzdb-bundle-always` is not on",
    },
    // chrono's `clock` is on by default and most programs take `Utc::now()` from it; without any file local time is
    // UTC, as in most containers, and only who sets TZ to a name expects more: that alone is no reason to pack
    row(
        LocalTime,
        "chrono",
        &["clock"],
        "knows local time from TZ, /etc/localtime and /usr/share/zoneinfo, else takes UTC",
    ),
    row(
        LocalTime,
        "time",
        &["local-offset"],
        "asks the C library for local time, which musl knows from TZ and /etc/localtime",
    ),
    row(Resolver, "hyper-util", &["client-legacy"], RESOLVES),
    row(Resolver, "ureq", &[], RESOLVES),
    row(Resolver, "curl", &[], RESOLVES),
    row(Resolver, "rdkafka-sys", &[], RESOLVES),
    row(Resolver, "tokio-postgres", &[], RESOLVES),
    row(Resolver, "mysql_async", &[], RESOLVES),
    row(Resolver, "redis", &[], RESOLVES),
    row(Allocator, "rayon-core", &[], "works on all processors at once, and no allocator is in the graph"),
    row(
        Allocator,
        "tokio",
        &["rt-multi-thread"],
        "has a thread for each processor, and no allocator is in the graph",
    ),
    // std::thread of C++ in RocksDB and DuckDB, pthread_create without attributes in librdkafka and ZeroMQ
    row(CThreads, "librocksdb-sys", &[], STARTS),
    row(CThreads, "rdkafka-sys", &[], STARTS),
    row(CThreads, "libduckdb-sys", &[], STARTS),
    row(CThreads, "zmq-sys", &[], STARTS),
    row(Signals, "hyper", &["server"], SERVES),
    row(Signals, "hyper-util", &["server", "server-auto"], SERVES),
    row(Signals, "actix-http", &[], SERVES),
    row(Signals, "tiny_http", &[], SERVES),
    row(TemporaryFiles, "tempfile", &[], "makes files in /tmp, or where TMPDIR says"),
];

/// What takes care of needs.
pub const ANSWERS: &[Row] = &[
    answer(Resolver, "hickory-resolver"),
    answer(Resolver, "trust-dns-resolver"),
    answer(Allocator, "mimalloc"),
    answer(Allocator, "tikv-jemallocator"),
    answer(Allocator, "jemallocator"),
    answer(Allocator, "snmalloc-rs"),
    answer(Allocator, "dlmalloc"),
    answer(Allocator, "rpmalloc"),
    answer(Signals, "signal-hook"),
    // without it ctrlc handles SIGINT alone, and `docker stop` sends SIGTERM
    row(Signals, "ctrlc", &["termination"], ""),
    // these handle SIGTERM unless they are told not to
    answer(Signals, "actix-server"),
    answer(Signals, "rocket"),
    // `full` brings `signal` whether or not the program has a use for it, so it proves nothing
    Row { without: &["full"], ..row(Signals, "tokio", &["signal"], "") },
];

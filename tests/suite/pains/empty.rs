//! What a program misses once it runs in an empty image: told before it is built, with what changes it.

use crate::support::Fake;
use serde_json::Value;

/// The dependencies of a program, the need that they have, and what is told of it.
const CASES: &[(&str, &str, &[&str])] = &[
    ("chrono v0.4.42|clock", "local-time", &["not packed: the time is UTC", "--zoneinfo", "--env TZ=NAME"]),
    ("hyper-util v0.1.17|client-legacy", "resolver", &["`ndots`", "mDNS", "`hickory-dns`"]),
    ("rayon-core v1.13.0|", "allocator", &["one lock for all threads", "mimalloc", "more memory", "450 MB"]),
    ("librocksdb-sys v0.17.3|", "c-threads", &["128 KiB of stack", "-zstack-size="]),
    ("hyper v1.7.0|server", "signals", &["`docker stop` takes 10 s", "handle SIGTERM", "--init"]),
    ("tempfile v3.23.0|", "temporary-files", &["packed: /tmp", "--tmpfs /tmp"]),
    ("jiff v0.2.15|tzdb-zoneinfo", "zone-info", &["packed: ", "/usr/share/zoneinfo", "`tzdb-bundle-always`"]),
    (
        "openssl-probe v0.1.6|",
        "certificates",
        &["every TLS connection is refused", "packed: Mozilla's roots"],
    ),
];

#[test]
fn what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it() {
    let fake = Fake::new("hello", "[dependencies]\nsomething = \"1\"\n");
    for (package, need, words) in CASES {
        fake.tree(&format!("hello v0.1.0 (/hello)|\n`-- middle v1.0.0|\n    `-- {package}\n"));
        let run = fake.scratch(["doctor"]);
        let line = format!("\n  {need:<16} found because ");
        assert_eq!(run.stdout.matches(" found because ").count(), 1, "{run:?}");
        assert!(run.stdout.contains(&line), "{need}: {run:?}");
        let way = format!("hello → middle → {}\n", package.split(' ').next().unwrap());
        for word in words.iter().copied().chain([&*way]) {
            assert!(run.stdout.contains(word), "{need}: no {word:?} in {}", run.stdout);
        }
        let run = fake.scratch(["doctor", "--message-format=json"]);
        let told: Value = serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(told["images"][0]["needs"][0]["need"], **need);
    }
    assert!(fake.builds().is_empty(), "nothing is built for it");
}

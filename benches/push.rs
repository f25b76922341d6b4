//! `make bench`: what pushing costs, against `skopeo copy` of the same layout, in the same run.
//!
//! ```text
//! cargo bench --locked --bench push -- [MIB]
//! ```
//!
//! The image has one file that does not compress, of 1 GiB unless another size is said, in a layer that is not
//! compressed. Every push is to an empty `docker-registry` on this machine. Ours is timed from the line `Pushing` to
//! the end of the process, so that packing is not in it; the memory is that of the whole process, packing and all.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, and ends where it fails"
)]

#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use support::distribution::{Distribution, Door};
use support::{Fake, through, tool};

const RUNS: usize = 5;
const IMAGE: &str = "bench/image:1";

fn main() {
    // cargo adds a word of its own, `--bench`
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mib: usize = words.next().map_or(1024, |word| word.parse().expect("a number of MiB"));
    let fake = Fake::new("bench", "");
    noise(&fake.path("data"), mib);
    println!("cargo scratch push, {RUNS} runs each, medians; an image of {mib} MiB to an empty registry\n");
    println!("{:<44} {:>9} {:>9} {:>7}", "what", "ours", "theirs", "ratio");

    // the first ones are not counted: they fill the page cache
    let pair = |_| (ours(&fake), theirs(&fake));
    pair(0);
    let pairs: Vec<(Cost, Cost)> = (0..RUNS).map(pair).collect();
    for (what, of, unit) in [
        ("the push : skopeo copy", (|cost: &Cost| cost.seconds * 1e3) as fn(&Cost) -> f64, "ms "),
        ("peak memory : skopeo copy", |cost| cost.kib / 1024.0, "MiB"),
    ] {
        let (ours, theirs) = pairs.iter().map(|(ours, theirs)| (of(ours), of(theirs))).unzip();
        let ratios = pairs.iter().map(|(ours, theirs)| of(ours) / of(theirs)).collect();
        println!(
            "{what:<44} {:>5.0} {unit} {:>5.0} {unit} {:>7.2}",
            median(ours),
            median(theirs),
            median(ratios)
        );
    }
}

/// What one push took.
struct Cost {
    seconds: f64,
    kib: f64,
}

/// Builds, packs into a layout, and pushes; only the last is timed.
fn ours(fake: &Fake) -> Cost {
    let registry = Distribution::start(Door::Open);
    let name = registry.name(IMAGE);
    let words = ["push", &name, "--compression=none", "--copy=data:/data", "-o", "oci-dir=layout"];
    cost(&fake.command(words), &registry, Some("Pushing "))
}

/// Copies the layout of [`ours`] as it is; else skopeo would compress it.
fn theirs(fake: &Fake) -> Cost {
    let registry = Distribution::start(Door::Open);
    let mut command = tool("skopeo");
    command.args(["copy", "--insecure-policy", "--preserve-digests", "--dest-tls-verify=false"]);
    command.arg(format!("oci:{}:1", fake.path("layout").display()));
    command.arg(format!("docker://{}", registry.name(IMAGE)));
    cost(&command, &registry, None)
}

/// Runs `command` under GNU time; the clock starts with it, or with the line of standard error that has `first`.
fn cost(command: &Command, registry: &Distribution, first: Option<&str>) -> Cost {
    let mut timed = through(tool("time"), ["-f", "%M"], command);
    let mut child = timed.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut start, mut last) = (first.is_none().then(Instant::now), String::new());
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        last = line.unwrap();
        if start.is_none() && first.is_some_and(|first| last.contains(first)) {
            start = Some(Instant::now());
        }
    }
    assert!(child.wait().unwrap().success(), "{command:?}: {last}");
    let seconds = start.expect("it has started").elapsed().as_secs_f64();
    assert!(registry.asked().iter().any(|asked| asked.method == "PUT"), "it was pushed");
    Cost { seconds, kib: last.trim().parse().expect("what time says") }
}

/// Bytes that do not compress.
fn noise(path: &Path, mib: usize) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..mib << 17 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

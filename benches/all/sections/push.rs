//! Pushing, against `skopeo copy` of the same layout.
//!
//! The image has one file of 1 GiB that does not compress, in a layer that is not compressed. Every push is to an empty
//! `docker-registry` on this machine. Ours is timed from the line `Pushing` to the end of the process, so that packing
//! is not in it; the memory is that of the whole process, packing and all.

use super::Scale;
use super::measure::{Measured, is_there};
use super::table::{Row, Table};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, through, tool};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const IMAGE: &str = "bench/image:1";
const WHAT: [&str; 2] = ["cargo scratch push", "skopeo copy"];

pub fn push(scale: &Scale, table: &mut Table) {
    let mib = if scale.is_smoke { 1 } else { 1024 };
    table.heading(format!("An image of {mib} MiB goes to an empty registry"));
    if let Some(missing) = ["skopeo", "docker-registry", "time"].iter().find(|name| !is_there(name)) {
        WHAT.iter().for_each(|what| table.push(Row::absent(*what, &format!("not here: no {missing}"))));
        return;
    }
    let fake = Fake::new("bench", "");
    noise(&fake.path("data"), mib);
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    for number in 0..=scale.runs {
        for (run, measured) in [(pushed as fn(&Fake) -> (f64, f64), &mut ours), (copied, &mut theirs)] {
            let (wall, peak) = run(&fake);
            measured.peak = Some(peak);
            // the first ones are not counted: they fill the page cache
            if number > 0 {
                measured.wall.push(wall);
            }
        }
    }
    table.push(Row::of(WHAT[0], &ours));
    table.push(Row::of(WHAT[1], &theirs).compared(theirs.ratio_to(&ours)));
}

/// Builds, packs into a layout, and pushes; only the last is timed.
fn pushed(fake: &Fake) -> (f64, f64) {
    let registry = Distribution::start(Door::Open);
    let name = registry.name(IMAGE);
    let words = ["push", &name, "--compression=none", "--copy=data:/data", "-o", "oci-dir=layout"];
    cost(&fake.command(words), &registry, Some("Pushing "))
}

/// Copies the layout of [`pushed`] as it is; else skopeo would compress it.
fn copied(fake: &Fake) -> (f64, f64) {
    let registry = Distribution::start(Door::Open);
    let mut command = tool("skopeo");
    command.args(["copy", "--insecure-policy", "--preserve-digests", "--dest-tls-verify=false"]);
    command.arg(format!("oci:{}:1", fake.path("layout").display()));
    command.arg(format!("docker://{}", registry.name(IMAGE)));
    cost(&command, &registry, None)
}

/// Runs `command` under GNU time: its milliseconds and its KiB. The clock starts with it, or with the line of standard
/// error that has `first`.
fn cost(command: &Command, registry: &Distribution, first: Option<&str>) -> (f64, f64) {
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
    let wall = start.expect("it has started").elapsed().as_secs_f64() * 1e3;
    assert!(registry.asked().iter().any(|asked| asked.method == "PUT"), "it was pushed");
    (wall, last.trim().parse().expect("what time says"))
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

//! `make bench`: how long it takes until a program in an image has run, against the engines with the same image, in the
//! same run.
//!
//! The program prints a line and ends. Ours reads the image's archive each time, proves it, and unpacks it; the engines
//! have it loaded already. The floor is a sandbox without an image: `unshare` into the same namespaces and a `chroot` to
//! the program.

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

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use support::{Fake, tool};

const RUNS: usize = 15;
/// What the program prints.
const SAID: &str = "hello\n";

fn main() {
    let bench = Bench::new();
    println!("cargo scratch run --image, {RUNS} runs each, medians; from the command to its end\n");
    println!("{:<44} {:>9} {:>9} {:>7}", "what", "ours", "theirs", "ratio");
    bench.row("the sandbox : docker run", bench.docker());
    bench.row("the sandbox : podman run", bench.podman());
    bench.row("the sandbox : bwrap", bench.bubblewrap());
    bench.row("the sandbox : unshare + chroot", bench.unshare());
}

struct Bench {
    fake: Fake,
    name: String,
}

impl Bench {
    fn new() -> Self {
        let fake = Fake::new("bench", "");
        let name = format!("bench-run-{}:1", std::process::id());
        let bench = Bench { fake, name };
        assert_eq!(bench.fake.scratch(["-q", "-o", "image.tar", "-t", &bench.name]).status, 0);
        fs::create_dir(bench.fake.path("root")).unwrap();
        fs::copy(bench.fake.program(), bench.fake.path("root/bench")).unwrap();
        let places = ["graph", "run"].map(|name| bench.fake.path(name).display().to_string());
        let storage =
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = {:?}\nrunroot = {:?}\n", places[0], places[1]);
        bench.fake.file("storage.conf", storage);
        bench
    }

    fn ours(&self) -> Command {
        self.fake.command(["run", "--quiet", "--image", "image.tar"])
    }

    fn docker(&self) -> Option<Command> {
        let _ = tool("docker").args(["image", "rm", &self.name]).output();
        succeeds(tool("docker").args(["load", "-i"]).arg(self.fake.path("image.tar")))?;
        let mut run = tool("docker");
        run.args(["run", "--rm", "--network=none", &self.name]);
        Some(run)
    }

    fn podman(&self) -> Option<Command> {
        let podman = || {
            let mut podman = Command::new("podman");
            podman.env("CONTAINERS_STORAGE_CONF", self.fake.path("storage.conf"));
            podman
        };
        succeeds(podman().args(["load", "-i"]).arg(self.fake.path("image.tar")))?;
        let mut run = podman();
        // the limits are for machines that may not raise them
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
        run.args(["--runtime", "runc", "run", "--rm", "--network=none"]).args(limits).arg(&self.name);
        Some(run)
    }

    fn bubblewrap(&self) -> Option<Command> {
        let mut run = Command::new("bwrap");
        run.args(["--unshare-all", "--die-with-parent", "--ro-bind"]).arg(self.fake.path("root"));
        run.args(["/", "/bench"]);
        is_there("bwrap").then_some(run)
    }

    fn unshare(&self) -> Option<Command> {
        let mut run = Command::new("unshare");
        run.args(["--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts", "--fork", "--root"]);
        run.arg(self.fake.path("root")).arg("/bench");
        is_there("unshare").then_some(run)
    }

    /// Prints the medians of both, and of their ratios in turn.
    fn row(&self, what: &str, theirs: Option<Command>) {
        let Some(mut theirs) = theirs else {
            println!("{what:<44} not here");
            return;
        };
        let mut pair = |_| (seconds(&mut self.ours()), seconds(&mut theirs));
        // the first ones are not counted: they fill caches
        pair(0);
        let pairs: Vec<(f64, f64)> = (0..RUNS).map(pair).collect();
        let ratios = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (ours, theirs) = (median(ours) * 1e3, median(theirs) * 1e3);
        println!("{what:<44} {ours:>6.1} ms {theirs:>6.1} ms {:>7.2}", median(ratios));
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = tool("docker").args(["image", "rm", &self.name]).output();
    }
}

/// The time that `command` takes, which runs the program.
fn seconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let time = start.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said == SAID, "{command:?}: {output:?}");
    time
}

fn succeeds(command: &mut Command) -> Option<()> {
    command.output().is_ok_and(|output| output.status.success()).then_some(())
}

fn is_there(name: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .any(|folder| Path::new(&folder).join(name).is_file())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

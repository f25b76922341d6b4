//! `make bench`: what packing costs, as ratios against commands that everybody has, in the same run.
//!
//! The program that is packed is made here: a sound static ELF file of 150 MB whose content does not compress. cargo
//! and rustc are stood in for by scripts that answer at once, so that what is measured is our own work alone.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench prints, and ends where it fails"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 7;
const SIZE: usize = 150_000_000;

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bench = Bench::new(folder.path());
    println!("cargo scratch, {RUNS} runs each, medians; {SIZE} bytes of program, warm page cache\n");
    println!("{:<44} {:>9} {:>9} {:>7}", "what", "ours", "theirs", "ratio");

    let program = bench.program.display().to_string();
    let copy = bench.folder.join("copy").display().to_string();
    let floor = |digest: &str| format!("cp {program} {copy} && {digest} {program} >/dev/null");
    bench.row("uncompressed : cp + openssl sha256", &["--compression=none"], &floor("openssl dgst -sha256"));
    bench.row("uncompressed : cp + sha256sum", &["--compression=none"], &floor("sha256sum"));
    bench.row("gzip:6 : gzip -6", &["--compression=gzip"], &format!("gzip -6 -c {program} > {copy}"));
    bench.row("gzip:1 : gzip -1", &["--compression=gzip:1"], &format!("gzip -1 -c {program} > {copy}"));

    for compression in ["none", "gzip"] {
        println!("{:<44} {:>9}", format!("peak memory, {compression}"), bench.memory(compression));
    }
    println!();
    no_op(&bench);
}

/// A build with nothing to do against cargo's own.
fn no_op(bench: &Bench) {
    let project = bench.folder.join("starter");
    let folder = Path::new(env!("CARGO_BIN_EXE_cargo-scratch")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let Some(toolchain) = toolchain() else {
        println!("no toolchain with a musl standard library: no-op build left out");
        return;
    };
    let run = |line: &str, folder: &Path| {
        let mut command = shell(line);
        for name in ["CARGO", "RUSTC"] {
            command.env_remove(name);
        }
        command.env("PATH", &path).env("RUSTUP_TOOLCHAIN", &toolchain).current_dir(folder);
        seconds(command)
    };
    run("cargo scratch new starter", bench.folder);
    let ours = "cargo scratch";
    let theirs = "cargo build --release --target x86_64-unknown-linux-musl";
    run(ours, &project);
    let mut pairs: Vec<(f64, f64)> =
        (0..3 * RUNS).map(|_| (run(ours, &project), run(theirs, &project))).collect();
    let mut beyond: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours - theirs).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ours, mut others): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    println!(
        "{:<44} {:>6.0} ms {:>6.0} ms   beyond cargo: {:.0} ms",
        "nothing to do : cargo build, starter project",
        ours[ours.len() / 2] * 1e3,
        median(&mut others) * 1e3,
        median(&mut beyond) * 1e3
    );
}

struct Bench<'a> {
    folder: &'a Path,
    program: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(folder: &'a Path) -> Self {
        let program = folder.join("program");
        fs::write(&program, elf(SIZE)).unwrap();
        fs::create_dir(folder.join("src")).unwrap();
        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        fs::write(
            folder.join("Cargo.toml"),
            "[package]\nname = \"bench\"\nedition = \"2024\"\n[workspace]\n",
        )
        .unwrap();
        let metadata = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(folder)
            .output()
            .unwrap()
            .stdout;
        let parsed: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
        let package = &parsed["packages"][0];
        let message = serde_json::json!({
            "reason": "compiler-artifact", "package_id": package["id"], "manifest_path": package["manifest_path"],
            "target": package["targets"][0], "features": [], "filenames": [program], "executable": program, "fresh": true,
            "profile": {"opt_level": "3", "debuginfo": 0, "debug_assertions": false, "overflow_checks": false, "test": false},
        });
        fs::write(folder.join("metadata.json"), metadata).unwrap();
        fs::write(folder.join("message.json"), format!("{message}\n")).unwrap();
        let library = folder.join("lib");
        fs::create_dir(&library).unwrap();
        fs::write(library.join("libstd-bench.rlib"), "").unwrap();
        let at = folder.display();
        script(
            folder,
            "cargo",
            &format!("case $1 in metadata) cat {at}/metadata.json;; *) cat {at}/message.json;; esac"),
        );
        script(folder, "rustc", &format!("echo {at}; echo {}", library.display()));
        Bench { folder, program }
    }

    fn ours(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-scratch"));
        command.arg("build").args(words).current_dir(self.folder);
        command.env("CARGO", self.folder.join("cargo")).env("RUSTC", self.folder.join("rustc"));
        command
    }

    fn row(&self, what: &str, words: &[&str], theirs: &str) {
        let pair = |_| (seconds(self.ours(words)), seconds(shell(theirs)));
        pair(0);
        let pairs: Vec<(f64, f64)> = (0..RUNS).map(pair).collect();
        let mut ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
        let (mut ours, mut others): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (ours, others) = (median(&mut ours), median(&mut others));
        println!("{what:<44} {:>6.0} ms {:>6.0} ms {:>7.2}", ours * 1e3, others * 1e3, median(&mut ratios));
    }

    /// The most memory that one run held, by GNU time.
    fn memory(&self, compression: &str) -> String {
        let inner = self.ours(&[&format!("--compression={compression}")]);
        let mut command = Command::new("time");
        command.args(["-f", "%M"]).arg(inner.get_program()).args(inner.get_args()).current_dir(self.folder);
        inner.get_envs().for_each(|(name, value)| {
            command.env(name, value.unwrap_or_default());
        });
        match command.stdout(Stdio::null()).output() {
            Err(_) => "no `time`".into(),
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stderr).into_owned();
                let kib: f64 = text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap();
                format!("{:.1} MiB", kib / 1024.0)
            }
        }
    }
}

/// An x86_64 program of one executable segment: a header, `exit(0)`, and noise.
fn elf(size: usize) -> Vec<u8> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut push = |value: u64, width: usize| bytes.extend_from_slice(&value.to_le_bytes()[..width]);
    let base = 0x40_0000_u64;
    for (value, width) in [
        (2, 2),
        (62, 2),
        (1, 4),
        (base + 120, 8),
        (64, 8),
        (0, 8),
        (0, 4),
        (64, 2),
        (56, 2),
        (1, 2),
        (64, 2),
        (0, 2),
        (0, 2),
    ] {
        push(value, width);
    }
    for (value, width) in
        [(1, 4), (5, 4), (0, 8), (base, 8), (base, 8), (size as u64, 8), (size as u64, 8), (0x1000, 8)]
    {
        push(value, width);
    }
    bytes.extend_from_slice(&[0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]); // xor edi, edi; mov eax, 60; syscall
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn script(folder: &Path, name: &str, body: &str) {
    let path = folder.join(name);
    fs::File::create(&path).unwrap().write_all(format!("#!/bin/sh\n{body}\n").as_bytes()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

fn seconds(mut command: Command) -> f64 {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let time = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    time
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The first of rustup's toolchains that has the library for musl.
fn toolchain() -> Option<String> {
    let said = Command::new("rustup").args(["toolchain", "list"]).output().ok()?;
    let list = String::from_utf8_lossy(&said.stdout).into_owned();
    let has = |name: &&str| {
        let ask = ["--print=target-libdir", "--target=x86_64-unknown-linux-musl"];
        let said = Command::new("rustc").env("RUSTUP_TOOLCHAIN", name).args(ask).output();
        said.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir())
    };
    list.lines().filter_map(|line| line.split_whitespace().next()).find(has).map(str::to_owned)
}

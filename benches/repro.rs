//! `make repro`: the same commit gives the same bytes, whatever else varies; a table of it, made now.
//!
//! Two projects are built by the real cargo: once as they are, then once for each row, in a new folder with an empty
//! target folder, and everything that the build has written beside the image is compared with the first byte by byte.
//! Rows about git have a first build of their own: the commit is in the image.
//!
//! The compilers are no row: another one is another input, as the provenance of the image says. So all builds find the
//! same ones on a `PATH` of the toolchain and the system alone.
//!
//! `OTHER` may name the path of another build of cargo-scratch itself, as one for musl.
//!
//! `cargo bench --bench repro -- WORD…` builds the rows whose names have one of the words; one that is the name of a
//! project builds that project alone.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, and ends where it fails"
)]

#[path = "repro/projects.rs"]
mod projects;
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/suite/support/mod.rs"]
mod support;
#[path = "repro/variations.rs"]
mod variations;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use support::{scratch, sha256};
use variations::{ALL, Variation};

/// The projects, by the heads of their columns.
const PROJECTS: [&str; 2] = ["starter", "parts"];
/// The build of every row: an archive, and whatever goes with it.
const BUILD: [&str; 3] = ["build", "--offline", "--locked"];
/// What it writes, sorted.
const WRITTEN: [&str; 4] = ["image.cdx.json", "image.intoto.json", "image.spdx.json", "image.tar"];
/// A build that takes longer hangs, in seconds.
const LIMIT: &str = "180";

fn main() -> ExitCode {
    let words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let (projects, words): (Vec<_>, Vec<_>) = words.partition(|word| PROJECTS.contains(&word.as_str()));
    let projects: Vec<_> = PROJECTS
        .into_iter()
        .filter(|project| projects.is_empty() || projects.iter().any(|one| one == project))
        .collect();
    let wanted =
        |row: &&Variation| words.is_empty() || words.iter().any(|word| row.what.contains(word.as_str()));
    let folder = tempfile::Builder::new().prefix("cargo-scratch-repro-").tempdir_in("/var/tmp").unwrap();
    let bench = Bench::new(folder.path(), &projects);
    println!("differing bytes of all that is written, against a first build of the same sources\n");
    let columns =
        |cells: &[String]| cells.iter().fold(String::new(), |line, cell| format!("{line} {cell:>9}"));
    let heads: Vec<_> = projects.iter().map(ToString::to_string).collect();
    println!("{:<50} {} {:>8}", "what varies", columns(&heads), "seconds");
    let (mut rows, mut builds, mut differing) = (0, 0, 0);
    for (number, row) in ALL.iter().enumerate().filter(|(_, row)| wanted(row)) {
        if !has(row.needs) {
            println!("{:<50} left out: no {}", row.what, row.needs);
            continue;
        }
        let start = Instant::now();
        let counts: Vec<_> = projects.iter().map(|project| bench.row(number, row, project)).collect();
        (rows, builds, differing) = (rows + 1, builds + counts.len(), differing + counts.iter().sum::<u64>());
        let seconds = start.elapsed().as_secs_f64();
        let cells: Vec<_> = counts.iter().map(ToString::to_string).collect();
        println!("{:<50} {} {seconds:>8.1}", row.what, columns(&cells));
    }
    println!("\n{rows} variations, {builds} builds, {differing} differing bytes");
    for ((project, git), files) in &bench.first {
        let image = files.get("image.tar").map_or_else(String::new, |bytes| sha256(bytes));
        println!("{project}{}: {} files, {image}", if *git { " in git" } else { "" }, files.len());
    }
    if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a build has written, by name.
type Files = BTreeMap<String, Vec<u8>>;

struct Bench {
    folder: PathBuf,
    sysroot: String,
    first: BTreeMap<(&'static str, bool), Files>,
}

impl Bench {
    /// Makes all projects in `folder`, fetches what they depend on, and builds each of `projects` once.
    fn new(folder: &Path, projects: &[&'static str]) -> Self {
        let mut bench = Bench { folder: folder.to_owned(), sysroot: sysroot(), first: BTreeMap::new() };
        fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        // for every user, wherever the program itself lies
        fs::copy(env!("CARGO_BIN_EXE_cargo-scratch"), bench.program()).unwrap();
        let sources = folder.join("sources");
        fs::create_dir(&sources).unwrap();
        let new = bench.command(&sources).args(["new", "starter"]).output().unwrap();
        assert!(new.status.success(), "{new:?}");
        projects::parts(&sources.join("parts"));
        for project in PROJECTS {
            let project = sources.join(project);
            // what has a git of its own is none of the rows without
            let _ = fs::remove_dir_all(project.join(".git"));
            let mut fetch = Command::new("cargo");
            fetch.args(["fetch", "--quiet"]).env("CARGO_HOME", folder.join("cargo")).current_dir(&project);
            assert!(fetch.status().unwrap().success(), "cargo fetch: {}", project.display());
        }
        for &project in projects {
            for git in [false, true].into_iter().filter(|git| !git || has("git")) {
                let first = Variation { what: "the first build", needs: "", script: r#""$@""#, git };
                let files = bench.build(&format!("first-{git}"), &first, project);
                bench.first.insert((project, git), files.expect("the first build"));
            }
        }
        bench
    }

    fn program(&self) -> PathBuf {
        self.folder.join("cargo-scratch")
    }

    /// How many bytes differ; as many as there are where the build fails.
    fn row(&self, number: usize, row: &Variation, project: &'static str) -> u64 {
        let first = &self.first[&(project, row.git)];
        let files = self.build(&number.to_string(), row, project).unwrap_or_default();
        let names = first.keys().chain(files.keys().filter(|name| !first.contains_key(*name)));
        let none = Vec::new();
        let count =
            |name: &String| differing(first.get(name).unwrap_or(&none), files.get(name).unwrap_or(&none));
        names.map(count).sum()
    }

    /// Builds a copy of `project` as `row` has it, and reads what was written.
    fn build(&self, name: &str, row: &Variation, project: &str) -> Option<Files> {
        let folder = self.folder.join(format!("{project}-{name}"));
        let (copy, out) = (folder.join("project"), folder.join("out"));
        fs::create_dir_all(&out).unwrap();
        fs::set_permissions(&out, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        run(Command::new("cp").arg("-a").arg(self.folder.join("sources").join(project)).arg(&copy));
        if row.git {
            commit(&copy);
        }
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", LIMIT, "sh", "-ec", row.script, "sh"])
            .arg(self.program())
            .args(BUILD);
        command.arg("-o").arg(out.join("image.tar")).args(["--compression", "gzip"]).current_dir(&copy);
        for (name, value) in self.command(&copy).get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("W", &folder).env("SYSROOT", &self.sysroot);
        let said = command.stdin(Stdio::null()).output().unwrap();
        if !said.status.success() {
            println!("{project}, {}: {}\n{}", row.what, said.status, String::from_utf8_lossy(&said.stderr));
            return None;
        }
        let written = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap());
        let read = |entry: fs::DirEntry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())
        };
        let files: Files = written.map(read).collect();
        // documents say no more of a machine than the image does, and are compared like it
        assert!(files.keys().eq(&WRITTEN), "{}: {:?}", row.what, files.keys());
        fs::remove_dir_all(folder).unwrap();
        Some(files)
    }

    /// `cargo-scratch` as the tests call it, with the sources of the dependencies and no network.
    fn command(&self, folder: &Path) -> Command {
        let usual = scratch();
        let mut command = Command::new(self.program());
        for (name, value) in usual.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("CARGO_HOME", self.folder.join("cargo")).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.env("PATH", format!("{0}/bin:/usr/local/bin:/usr/bin:/bin", self.sysroot));
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("LD_LIBRARY_PATH").current_dir(folder);
        command
    }
}

/// Makes a commit of all in `folder` that is the same each time, from a repository that the provenance names.
fn commit(folder: &Path) {
    let remote = ["remote", "add", "origin", "https://example.org/a"];
    for words in
        [&["init", "-q", "-b", "main"][..], &["add", "--all"], &["commit", "-q", "-m", "all"], &remote]
    {
        let mut git = Command::new("git");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.org");
            git.env(format!("GIT_{who}_DATE"), "2020-01-01T00:00:00Z");
        }
        run(git.args(words).current_dir(folder));
    }
}

/// The sysroot of the toolchain that the tests use.
fn sysroot() -> String {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]);
    for (name, value) in scratch().get_envs().filter_map(|(name, value)| Some((name, value?))) {
        rustc.env(name, value);
    }
    String::from_utf8(rustc.output().unwrap().stdout).unwrap().trim().to_owned()
}

fn differing(a: &[u8], b: &[u8]) -> u64 {
    let shared = a.iter().zip(b).filter(|(a, b)| a != b).count();
    (shared + a.len().abs_diff(b.len())) as u64
}

fn has(tool: &str) -> bool {
    match tool {
        "" => true,
        "root" => rustix::process::getuid().is_root(),
        "$OTHER" => std::env::var_os("OTHER").is_some(),
        tool => Command::new("sh")
            .args(["-c", "command -v \"$0\"", tool])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()),
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

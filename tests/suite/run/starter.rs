//! A new project on a machine without any container engine.

use super::{Going, gone};
use crate::support::{Fake, Project, Run, built, scratch, through, tool};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Less than the time after which a program is killed, and more than any machine needs.
const SOON: Duration = Duration::from_secs(5);

/// A `PATH` of all that is on ours but container engines.
struct Bare(TempDir);

impl Bare {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        for program in std::env::split_paths(&std::env::var_os("PATH").unwrap()).flat_map(programs) {
            let name = program.file_name().unwrap();
            if !["docker", "podman", "nerdctl", "buildah", "ctr", "runc", "crun"]
                .iter()
                .any(|engine| name == *engine)
            {
                let _ = symlink(&program, folder.path().join(name)); // the first of a name counts
            }
        }
        Bare(folder)
    }

    fn path(&self) -> OsString {
        self.0.path().into()
    }
}

fn programs(folder: PathBuf) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Runs `command`, which starts a server, asks it, stops it with SIGINT, and sees that nothing is left of it.
#[track_caller]
fn serves_and_stops(command: Command, folder: &Path) {
    let mounts = || {
        let text = fs::read_to_string("/proc/self/mounts").unwrap();
        text.lines().filter(|line| line.contains(folder.to_str().unwrap())).count()
    };
    let before = mounts();
    let mut going = Going::start(command);
    let started = going.line();
    let Some(port) = started.strip_prefix("Started, serving at ") else {
        panic!("{started:?}: {:?}", going.end())
    };
    assert!(get(port.parse().unwrap()).contains("Hello World from Rust"));
    let family = going.family();
    assert!(family.len() >= 2, "a keeper and the program: {family:?}");
    let start = Instant::now();
    going.send(Signal::INT);
    let run = going.end();
    assert!(start.elapsed() < SOON, "{:?}: {run:?}", start.elapsed());
    assert!(run.status == 0 && !run.stderr.contains("warning"), "{run:?}");
    gone(&family);
    assert_eq!(mounts(), before);
}

/// What the server at `port` answers.
pub fn get(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn i2_a_new_project_serves_and_stops_without_any_engine() {
    let (bare, outer) = (Bare::new(), Project::empty());
    let on_bare = |words: &[&str], folder: &str| {
        let mut command = scratch();
        command.args(words).env("PATH", bare.path()).current_dir(outer.path(folder));
        command
    };
    let made = Run::of(on_bare(&["scratch", "new", "x"], ""));
    assert_eq!(made.status, 0, "{made:?}");
    let before = outer.listing();
    serves_and_stops(on_bare(&["scratch", "run", "--env", "PORT=0"], "x"), &outer.path(""));
    let left: Vec<_> = outer.listing().into_iter().filter(|path| !path.starts_with("x/target")).collect();
    assert_eq!(left, before);
    // what cannot be run in the sandbox has nowhere to go, and all three reasons are told
    let mut command = on_bare(&["scratch", "run", "--engine", "docker"], "x");
    command.env_remove("DOCKER_HOST");
    Run::of(command).refused(6, &["error[engine]", "`docker` is not on PATH", "--engine builtin"]);
}

#[test]
fn needs_setpriv_i2_an_ordinary_user_runs_it_too() {
    let fake = Fake::new("x", "");
    fs::copy(built("starter", Some(STARTER)), fake.program()).unwrap();
    let mut chown = tool("chown");
    chown.args(["-R", "65534:65534"]).arg(fake.path(""));
    assert_eq!(Run::of(chown).status, 0);
    let mut command = fake.command(["run", "--env", "PORT=0"]);
    let bare = Bare::new();
    let folders = [fake.tools().to_owned(), bare.path().into()];
    command
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("HOME", fake.path(""))
        .env_remove("XDG_RUNTIME_DIR");
    let somebody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    serves_and_stops(through(tool("setpriv"), somebody, &command), &fake.path(""));
}

/// The program that `new` writes.
pub const STARTER: &str = include_str!("../../../templates/starter/main.rs");

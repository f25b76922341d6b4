//! A build that fails: cargo's own words reach the terminal as they are, and below them stands what they mean.

use super::executable;
use crate::support::{Fake, Project, Run, through, tool};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A project whose cargo fails to build in a way of its own.
struct Failing {
    project: Fake,
    tools: Project,
}

impl Failing {
    /// `body` is what its `cargo build` does, as a shell script; `$here` is a folder for its files.
    fn new(body: &str) -> Self {
        let failing = Failing { project: Fake::new("hello", ""), tools: Project::empty() };
        let plain = failing.project.command([""; 0]);
        let answers = plain.get_envs().find(|(name, _)| *name == "CARGO").unwrap().1.unwrap();
        let (answers, here) = (answers.display(), failing.tools.path(""));
        let here = here.display();
        let script = format!(
            "#!/bin/sh\nhere='{here}'\ncase $1 in build) printf '%s\\n' \"$@\" > $here/words;; *) exec '{answers}' \
             \"$@\";; esac\n{body}\n"
        );
        executable(&failing.tools.file("cargo", script));
        failing
    }

    /// One that prints `said` on standard error and fails as cargo does.
    fn saying(said: &[u8]) -> Self {
        let failing = Failing::new("cat $here/said >&2; exit 101");
        failing.tools.file("said", said);
        failing
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.command(words);
        command.env("CARGO", self.tools.path("cargo")).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    /// The words that cargo was called with, a line each.
    fn words(&self) -> String {
        fs::read_to_string(self.tools.path("words")).unwrap()
    }
}

const NO_COMPILER: &str = "   Compiling zstd-sys v2.1.3\nerror: failed to run custom build command for `zstd-sys \
                           v2.1.3`\n\nCaused by:\n  process didn't exit successfully: `build-script-build` (exit \
                           status: 1)\n  --- stderr\n  error occurred in cc-rs: failed to find tool \
                           \"x86_64-linux-musl-gcc\": No such file or directory (os error 2)\n";

#[test]
fn the_reason_stands_below_what_cargo_says_itself() {
    let mut noise: Vec<u8> = (0..10 << 20_u32).map(|at| if at % 90 == 0 { b'\n' } else { b'x' }).collect();
    noise.extend_from_slice(NO_COMPILER.as_bytes());
    let colored = NO_COMPILER.replace("error: ", "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: ");
    let latin = [&b"caf\xe9 \xff\n"[..], NO_COMPILER.as_bytes()].concat();
    for said in
        [NO_COMPILER.as_bytes(), NO_COMPILER.trim_end().as_bytes(), colored.as_bytes(), &latin, &noise]
    {
        let run = Failing::saying(said).command(&["build"]).stdin(Stdio::null()).output().unwrap();
        assert_eq!((run.status.code(), run.stdout.as_slice()), (Some(101), &b""[..]));
        assert!(run.stderr.starts_with(said), "not a byte of cargo's is changed");
        let ours = String::from_utf8(run.stderr[said.len()..].to_vec()).unwrap();
        assert!(
            ours.starts_with("error[cargo]: cargo did not build the project (exit status 101)\n"),
            "{ours}"
        );
        let note = "note: `zstd-sys` cannot be built: there is no C compiler for x86_64-unknown-linux-musl";
        assert!(
            ours.contains(note) && ours.contains("help: C and C++, any target:  pip install ziglang"),
            "{ours}"
        );
    }
}

#[test]
fn a_failure_of_the_users_own_is_left_to_cargo() {
    let said =
        "error[E0425]: cannot find function `nope` in this scope\n\nerror: could not compile `hello`\n";
    let run = Run::of(Failing::saying(said.as_bytes()).command(&["build"]));
    run.refused(101, &[said, "error[cargo]"]);
    assert!(!run.stderr.contains("help:") && !run.stderr.contains("cannot be built"), "{run:?}");
}

#[test]
fn the_reason_is_in_json_too() {
    let run = Run::of(Failing::saying(NO_COMPILER.as_bytes()).command(&["--message-format", "json"]));
    let error: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.status, &error["code"], &error["exit"]), (101, &"cargo".into(), &101.into()));
    assert!(error.to_string().contains("pip install ziglang"), "{error}");
}

/// Runs the words after it with standard error on a terminal of 91 columns, and prints what arrives there.
const TERMINAL: &str = "
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 91, 0, 0))
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
os.close(theirs)
while True:
    try:
        piece = os.read(ours, 65536)
    except OSError:
        break
    if not piece:
        break
    sys.stdout.buffer.write(piece)
sys.exit(child.wait())
";

fn on_terminal(mut command: Command) -> Run {
    command.env("TERM", "xterm").env_remove("CI");
    Run::of(through(tool("python3"), ["-c", TERMINAL], &command))
}

#[test]
fn needs_python3_cargo_is_told_of_the_terminal_that_it_cannot_see() {
    const WIDTH: &str = "term.progress.width=91";
    let failing = Failing::saying(NO_COMPILER.as_bytes());
    let words = |command: Command| {
        let run = on_terminal(command);
        assert_eq!(run.status, 101, "{run:?}");
        assert!(!run.stdout.contains(WIDTH), "what the user can paste is not cluttered: {run:?}");
        failing.words()
    };
    let plain = words(failing.command(&["build"]));
    assert!(plain.contains("--color=always\n") && plain.contains(WIDTH), "{plain}");
    let never = words(failing.command(&["build", "--color", "never"]));
    assert!(
        never.contains("--color=never\n") && !never.contains("=always") && never.contains(WIDTH),
        "{never}"
    );
    let mut command = failing.command(&["build"]);
    command.env("NO_COLOR", "1").env("CARGO_TERM_PROGRESS_WIDTH", "50");
    let users = words(command);
    assert!(!users.contains("--color") && !users.contains("term.progress"), "{users}");
    let flags = ["--config", "term.color='never'", "--config", "term.progress.width=50"];
    let flags = words(failing.command(&flags));
    assert!(!flags.contains("--color") && !flags.contains(WIDTH), "{flags}");

    Run::of(failing.command(&["build"])).refused(101, &["error[cargo]"]);
    let piped = failing.words();
    assert!(!piped.contains("--color") && !piped.contains("term.progress"), "without a terminal: {piped}");
}

#[test]
fn needs_python3_the_real_cargo_draws_its_progress_in_colour() {
    let project = Project::new("hello", "build = \"build.rs\"\n");
    project.file("build.rs", "fn main() { std::thread::sleep(std::time::Duration::from_millis(1500)); }\n");
    let shown = on_terminal(project.command(["build"]));
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.contains("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m hello"), "{shown:?}");
    assert!(shown.stdout.contains("Building") && shown.stdout.contains(" [") && shown.stdout.contains('\r'));
    project.file("build.rs", "fn main() { std::thread::sleep(std::time::Duration::from_millis(1501)); }\n");
    let mut dumb = project.command(["build"]);
    dumb.env("CI", "true");
    let dumb = Run::of(through(tool("python3"), ["-c", TERMINAL], &dumb));
    assert!(dumb.status == 0 && !dumb.stdout.contains("Building"), "cargo's own rule: {dumb:?}");
}

#[test]
fn a_process_that_the_build_leaves_behind_does_not_keep_us() {
    let failing = Failing::new("sleep 300 & echo $! > $here/pid; echo 'error: last words' >&2; exit 101");
    let start = Instant::now();
    Run::of(failing.command(&["build"])).refused(101, &["error: last words\n", "error[cargo]"]);
    let pid = fs::read_to_string(failing.tools.path("pid")).unwrap();
    kill_process(Pid::from_raw(pid.trim().parse().unwrap()).unwrap(), Signal::KILL).expect("it still ran");
    assert!(start.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_signal_ends_a_build_that_is_watched() {
    let failing = Failing::new("echo waiting >&2; sleep 300 & echo $! > $here/pid; wait");
    let mut child = failing.command(&["build"]).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut word = [0; 8];
    stderr.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"waiting\n", "it arrives while cargo runs");
    let pid: PathBuf = failing.tools.path("pid");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(&pid).is_ok_and(|text| !text.is_empty()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code().unwrap_or_else(|| -status.signal().unwrap()), 143);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("interrupted") && !rest.contains("cargo did not build"), "{rest}");
    let sleeper = fs::read_to_string(pid).unwrap();
    let stat = || fs::read_to_string(format!("/proc/{}/stat", sleeper.trim())).unwrap_or_default();
    let gone = || stat().is_empty() || stat().contains(") Z ");
    while !gone() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10)); // on a busy machine its death takes a while
    }
    assert!(gone(), "what it started is gone: {}", stat());
}

#[test]
fn a_standard_error_that_nobody_reads_stops_nothing() {
    let failing = Failing::new("head -c 1000000 /dev/zero >&2 || exit 9; exec \"$answers\" \"$@\"");
    let answers = failing.project.command([""; 0]);
    let answers = answers.get_envs().find(|(name, _)| *name == "CARGO").unwrap().1.unwrap().to_owned();
    let mut command = failing.command(&["build"]);
    command.env("answers", answers).stderr(Stdio::piped()).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(failing.project.path("target/scratch/hello.tar").is_file());
}

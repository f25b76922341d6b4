//! Cargo projects in temporary folders, and the program run in them as a user would.

use super::schema;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;

/// A project that lives as long as the value.
pub struct Project {
    folder: TempDir,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Self {
        Project { folder: tempfile::Builder::new().prefix("scratch-test-").tempdir().unwrap() }
    }

    /// A package `name` whose program prints its own name; `metadata` is added to its manifest.
    pub fn new(name: &str, metadata: &str) -> Self {
        let project = Project::empty();
        project.file(
            "Cargo.toml",
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{metadata}"),
        );
        project.file("src/main.rs", "fn main() { println!(\"{}\", env!(\"CARGO_BIN_NAME\")); }\n");
        project
    }

    /// Writes a file, with the folders above it.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The absolute path of `path`; an empty one is the folder itself.
    pub fn path(&self, path: &str) -> PathBuf {
        // the folder of temporary files may be reached through a link
        let folder = self.folder.path().canonicalize().unwrap();
        if path.is_empty() { folder } else { folder.join(path) }
    }

    /// Runs `cargo-scratch` here with a toolchain that has a musl standard library.
    pub fn scratch<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Run {
        Run::of(self.command(words))
    }

    /// The command of [`Project::scratch`], to be changed before it runs.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = scratch();
        command.args(words).current_dir(self.path(""));
        command
    }

    /// Builds with `words` and returns the one path that it prints.
    pub fn build<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> PathBuf {
        let run = self.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        let lines: Vec<_> = run.stdout.lines().collect();
        let [path] = lines[..] else { panic!("not one line: {run:?}") };
        PathBuf::from(path)
    }

    /// Writes Cargo.lock, as a project that is committed has it.
    pub fn lock(&self) {
        let run = Run::of({
            let mut command = Command::new("cargo");
            command.args(["generate-lockfile", "--offline", "--quiet"]).current_dir(self.path(""));
            command
        });
        assert_eq!(run.status, 0, "{run:?}");
    }

    /// Everything below the folder but `target`, to see that nothing was left.
    pub fn listing(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut waiting = vec![self.path("")];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let relative = path.strip_prefix(self.path("")).unwrap().to_string_lossy().into_owned();
                if relative == "target" || relative == "Cargo.lock" {
                    continue;
                }
                if path.is_dir() && !path.is_symlink() {
                    waiting.push(path.clone());
                }
                all.push(relative);
            }
        }
        all.sort();
        all
    }
}

impl Run {
    /// Runs `command` to its end. What it prints for programs must be as the schema has it, whatever the test is about.
    #[track_caller]
    pub fn of(mut command: Command) -> Self {
        let run = Run::from(command.stdin(Stdio::null()).output().unwrap());
        if schema::governs(&command) {
            schema::objects(&run.stdout);
        }
        run
    }

    /// Asserts that the run failed with `status` and an error in our own form that says all of `words`.
    #[track_caller]
    pub fn refused(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.stdout.is_empty(), "standard output is for results: {self:?}");
        assert!(self.stderr.contains("error["), "no error of ours: {self:?}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains("backtrace"), "{self:?}");
        for c in self.stderr.chars() {
            assert!(c == '\n' || !c.is_control(), "control character {c:?}: {self:?}");
        }
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {}", self.stderr);
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        Run {
            status: output.status.code().or(output.status.signal().map(|signal| -signal)).unwrap(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `cargo-scratch` with the environment of a user whose toolchain has a musl standard library.
pub fn scratch() -> Command {
    scratch_for("x86_64-unknown-linux-musl")
}

/// `cargo-scratch` with the environment of a user whose toolchain has the standard library for `target`.
pub fn scratch_for(target: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-scratch"));
    // cargo and the test runner set variables for their children that a user's shell does not have
    for (name, _) in std::env::vars_os() {
        let name_ = name.to_string_lossy();
        if name_ == "CARGO"
            || name_.starts_with("CARGO_") && name_ != "CARGO_HOME"
            || name_ == "RUST_BACKTRACE"
            || name_ == "RUSTFLAGS"
        {
            command.env_remove(&name);
        }
    }
    command.env_remove("SOURCE_DATE_EPOCH").env("RUSTUP_TOOLCHAIN", toolchain(target));
    command
}

/// A program that must be on `PATH`; a test that asks for it says so in its name.
#[track_caller]
pub fn tool(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    Command::new(found.unwrap_or_else(|| panic!("`{name}` is not on PATH; .ci/setup installs it")))
}

/// What git says in `folder`; it hears nothing of this machine's own settings.
#[track_caller]
pub fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = tool("git");
    git.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(words);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let said = git.output().unwrap();
    assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// The first toolchain that has the standard library for `target`: the current one where it does.
fn toolchain(target: &str) -> String {
    static FOUND: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().unwrap();
    found.entry(target.to_owned()).or_insert_with(|| first_with(target)).clone()
}

fn first_with(target: &str) -> String {
    let said = Command::new("rustup").args(["toolchain", "list"]).output().expect("rustup");
    let list = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut lines: Vec<&str> = list.lines().collect();
    lines.sort_by_key(|line| !line.contains("active"));
    let mut names = lines.iter().filter_map(|line| line.split_whitespace().next());
    let found = names.find(|name| has_std(name, target));
    found.unwrap_or_else(|| panic!("no toolchain has a std for {target}: .ci/setup")).to_owned()
}

fn has_std(toolchain: &str, target: &str) -> bool {
    let said = Command::new("rustc")
        .env("RUSTUP_TOOLCHAIN", toolchain)
        .args(["--print=target-libdir", "--target", target])
        .output()
        .expect("rustc");
    let folder = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let files = std::fs::read_dir(Path::new(&folder)).into_iter().flatten().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).any(|name| name.starts_with("libstd-"))
}

//! Projects whose cargo and rustc are scripts with prepared answers, so that a run takes milliseconds.

use super::image::sha256;
use super::project::{Project, Run, scratch};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const TARGET: &str = "x86_64-unknown-linux-musl";
/// What several can be built for, and their `e_machine`.
const TARGETS: [(&str, u16); 3] =
    [(TARGET, 62), ("aarch64-unknown-linux-musl", 183), ("riscv64gc-unknown-linux-musl", 243)];

/// A [`Project`] that is "built" by handing out a static program that was built once.
pub struct Fake {
    project: Project,
    tools: TempDir,
}

impl Fake {
    /// As [`Project::new`].
    pub fn new(name: &str, metadata: &str) -> Self {
        Fake::of(Project::new(name, metadata))
    }

    /// One whose images have no documents about them, and are made anew each time: for tests of how often a thing is done,
    /// or of what is left of it.
    pub fn bare(name: &str) -> Self {
        Fake::new(
            name,
            "[package.metadata.scratch]\nsbom = [\"none\"]\nprovenance = false\nno-cache = true\n",
        )
    }

    /// A fake for `project`, all of whose binaries are the one program; asks the real cargo for its metadata.
    pub fn of(project: Project) -> Self {
        let said = cargo(&project.path(""), ["metadata", "--no-deps", "--format-version=1", "--offline"]);
        let metadata: Value = serde_json::from_slice(&said).unwrap();
        let fake =
            Fake { project, tools: tempfile::Builder::new().prefix("scratch-tools-").tempdir().unwrap() };
        // other users may run these, whatever the umask
        fs::set_permissions(fake.tools.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| fake.tools.path().join(name);
        fs::copy(static_program(), fake.program()).unwrap();
        let message = |package: &Value, target: &Value| {
            json!({
                "reason": "compiler-artifact",
                "package_id": package["id"],
                "manifest_path": package["manifest_path"],
                "target": target,
                "profile": {
                    "opt_level": "3", "debuginfo": 0, "debug_assertions": false,
                    "overflow_checks": false, "test": false,
                },
                "features": [],
                "filenames": [fake.program()],
                "executable": fake.program(),
                "fresh": true,
            })
        };
        let list = |value: &Value| value.as_array().unwrap().clone();
        let mut messages = Vec::new();
        for package in list(&metadata["packages"]) {
            let targets = list(&package["targets"]);
            messages.extend(targets.iter().filter(|t| t["kind"][0] == "bin").map(|t| message(&package, t)));
        }
        fs::write(at("metadata.json"), metadata.to_string()).unwrap();
        fs::write(at("build.json"), lines(&messages)).unwrap();
        fake.for_several_targets(&messages);
        fs::create_dir(at("lib")).unwrap();
        fs::write(at("lib/libstd-0.rlib"), "").unwrap();
        fs::write(at("log"), "").unwrap();
        let here = fake.tools.path().display().to_string();
        // a run by another user cannot write here, and need not
        let log =
            "[ -w $here/log ] && echo \"$*\" >> $here/log && env > $here/variables.$(wc -l < $here/log)";
        let answers = "metadata) exec cat $here/metadata.json;; -vV) printf 'release: 1.91.0\\n'; exit;; tree) exec cat $here/tree;; fetch) exit 0;; \
                       build) case \"$*\" in \
                           *--target=*--target=*|*--target=aarch64-*) for word; do case $word in \
                               --target=*) cat \"$here/${word#--target=}/build.json\" || exit;; esac; done; exit;; \
                           *) exec cat $here/build.json;; esac;;";
        script(&at("cargo"), &format!("here={here}\n{log}\ncase $1 in {answers} esac"));
        script(
            &at("rustc"),
            &format!("case $1 in --print=sysroot) echo {here}; echo {here}/lib; exit;; esac"),
        );
        fake
    }

    /// What a build for several targets says: each has a program in a folder with its name. Those for other machines
    /// than this one are what they are by their header alone, and do not run.
    fn for_several_targets(&self, messages: &[Value]) {
        for (triple, machine) in TARGETS {
            let folder = self.tools.path().join(triple);
            fs::create_dir(&folder).unwrap();
            let mut program = fs::read(self.program()).unwrap();
            program[18..20].copy_from_slice(&machine.to_le_bytes()); // e_machine
            fs::write(folder.join("program"), program).unwrap();
            let mut messages = messages.to_vec();
            for message in &mut messages {
                message["executable"] = folder.join("program").to_str().unwrap().into();
            }
            fs::write(folder.join("build.json"), lines(&messages)).unwrap();
        }
    }

    /// The program that "cargo builds".
    pub fn program(&self) -> PathBuf {
        self.tools.path().join("program")
    }

    /// The folder of its cargo and rustc.
    pub fn tools(&self) -> &Path {
        self.tools.path()
    }

    /// What `cargo tree` draws from now on, in the form that the program asks for. It asks only where the manifest has
    /// a dependency, and where nothing is prepared cargo cannot tell.
    pub fn tree(&self, text: &str) {
        fs::write(self.tools.path().join("tree"), text).unwrap();
    }

    /// The builds that cargo was asked for, as [`Fake::calls`] has them.
    pub fn builds(&self) -> Vec<(String, BTreeMap<String, String>)> {
        self.calls("build")
    }

    /// The calls of cargo with this verb, one after the other: its words, and its variables.
    pub fn calls(&self, verb: &str) -> Vec<(String, BTreeMap<String, String>)> {
        let read = |name: &str| fs::read_to_string(self.tools.path().join(name)).unwrap();
        let log = read("log");
        let calls = log.lines().enumerate().filter(|(_, line)| line.split(' ').next() == Some(verb));
        let build = |(at, words): (usize, &str)| {
            let text = read(&format!("variables.{}", at + 1));
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            (words.to_owned(), pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        };
        calls.map(build).collect()
    }

    /// The command of a run, to be changed before it runs.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.project.command(words);
        let old = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.path().to_owned()).chain(std::env::split_paths(&old));
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command.env("CARGO", self.tools.path().join("cargo"));
        command
    }

    /// Runs `cargo-scratch` to its end.
    pub fn scratch<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Run {
        Run::of(self.command(words))
    }

    /// Builds with `words` into `out.tar` of the project, without compression, and returns its path.
    #[track_caller]
    pub fn pack(&self, words: &[&str]) -> PathBuf {
        let run = self.scratch(PLAIN.iter().chain(words));
        assert_eq!(run.status, 0, "{}", run.stderr);
        self.project.path("out.tar")
    }
}

/// The words of [`Fake::pack`]: with no compression, what is in an image is in the bytes of the archive.
pub const PLAIN: [&str; 4] = ["-o", "out.tar", "--compression", "none"];

impl Deref for Fake {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

/// `command` as the last words of another program's command line, in the same folder and environment.
pub fn through<S: AsRef<OsStr>>(
    mut program: Command,
    words: impl IntoIterator<Item = S>,
    command: &Command,
) -> Command {
    program.args(words).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => program.env(name, value),
            None => program.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        program.current_dir(folder);
    }
    program
}

/// A static program, built by the real cargo once for all tests.
pub fn static_program() -> PathBuf {
    built("hello", None)
}

/// The static program `name` of this one source, or of a new project's, built by the real cargo once for all tests.
pub fn built(name: &str, main: Option<&str>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).unwrap();
    let environment = scratch();
    let toolchain = environment.get_envs().find(|(name, _)| *name == "RUSTUP_TOOLCHAIN").and_then(|(_, v)| v);
    let source = sha256(main.unwrap_or_default().as_bytes());
    let mut file = OsString::from(format!("static-{name}-{}-", &source[7..15]));
    file.push(toolchain.unwrap());
    let program = folder.join(file);
    // tests are processes of their own
    let lock = File::create(program.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !program.exists() {
        let project = Project::new(name, "");
        main.iter().for_each(|main| drop(project.file("src/main.rs", main)));
        cargo(&project.path(""), ["build", "--release", "--offline", "--target", TARGET]);
        let new = program.with_extension("new");
        fs::copy(project.path(&format!("target/{TARGET}/release/{name}")), &new).unwrap();
        fs::rename(new, &program).unwrap();
    }
    program
}

/// What the real cargo says in `folder`, with the toolchain that the tests use.
fn cargo<const N: usize>(folder: &Path, words: [&str; N]) -> Vec<u8> {
    let mut command = Command::new("cargo");
    for (name, value) in scratch().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = command.args(words).current_dir(folder).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    said.stdout
}

fn lines(messages: &[Value]) -> String {
    messages.iter().map(|message| message.to_string() + "\n").collect()
}

fn script(path: &Path, body: &str) {
    let text = format!(
        "#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\n{body}\necho \"no answer prepared for: $0 $*\" >&2\nexit 99\n"
    );
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `command` for a user who has nothing of this machine's own: no credentials, no proxies, no certificates.
pub fn alone(mut command: Command, fake: &Fake) -> Command {
    for name in
        ["DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "SSL_CERT_FILE"]
    {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env("HOME", fake.path("home"));
    // nothing is linked here: any linker will do for the other platform
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    command
}

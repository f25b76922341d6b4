//! A machine that has nothing but what a test gives it, and a project whose dependencies are drawn by the test.

use super::executable;
use crate::support::{Fake, Project, Run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// A program that compiles C by way of two packages.
pub const RING: &str = "\
hello v0.1.0 (/hello)|
`-- tls v0.2.0|default
    `-- ring v0.17.14|default
        [build-dependencies]
        `-- cc v1.2.0|
";

/// A program that compiles C++.
pub const ROCKSDB: &str = "\
hello v0.1.0 (/hello)|
`-- librocksdb-sys v0.17.3+10.4.2|static
    [build-dependencies]
    |-- bindgen v0.72.1|
    `-- cc v1.2.0|
";

/// The machine and the project.
pub struct Bare {
    pub project: Fake,
    folder: Project,
}

impl Bare {
    /// `tree` is what cargo draws of the project's dependencies; the machine can link.
    pub fn new(tree: &str) -> Self {
        let project = Fake::new("hello", "[dependencies]\nsomething = \"1\"\n");
        project.tree(tree);
        let bare = Bare { project, folder: Project::empty() };
        bare.scripts(&["cc", "ld.lld"]);
        bare
    }

    /// Puts programs on `PATH` that are content with everything.
    pub fn scripts(&self, names: &[&str]) {
        names.iter().for_each(|name| drop(self.script(name, "exit 0")));
    }

    /// Puts a program on `PATH`, and tells where it is.
    pub fn script(&self, name: &str, body: &str) -> String {
        let path =
            self.folder.file(&format!("bin/{name}"), format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n"));
        executable(&path);
        path.display().to_string()
    }

    /// Puts a zig of this version on `PATH`, or into the folder `place`, and tells where it is.
    pub fn zig(&self, place: &str, version: &str) -> String {
        let headers =
            "#include <...> search starts here:\\n /zig/include\\n /zig/musl\\nEnd of search list.\\n";
        let body = format!("case $1 in version) echo {version};; *) printf '{headers}' >&2;; esac");
        self.script(&format!("{place}zig"), &body)
    }

    /// A path in the user's home.
    pub fn home(&self, path: &str) -> PathBuf {
        self.folder.path("home").join(path)
    }

    /// The command of a run, to be changed before it runs: with no variable of this process. Whether this machine has
    /// libclang is not to matter.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.command(words);
        let path = std::env::join_paths([&self.folder.path("bin"), self.project.tools()]).unwrap();
        command.env_clear().env("PATH", path).env("HOME", self.home(""));
        command.env("LIBCLANG_PATH", "/usr/lib");
        command.env("CARGO", self.project.tools().join("cargo"));
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, words: &[&str]) -> Run {
        Run::of(self.command(words))
    }

    /// The plan of a run with these words and variables.
    #[track_caller]
    pub fn plan(&self, words: &[&str], variables: &[(&str, &str)]) -> Value {
        let mut command = self.command(&[words, &["--dry-run", "--message-format=json"]].concat());
        command.envs(variables.iter().copied());
        let before = self.project.builds();
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(self.project.builds(), before, "a dry run builds nothing");
        // warnings come before it
        serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
    }

    /// The variables that cargo has when it builds, in a run with these words and variables.
    #[track_caller]
    pub fn handed(&self, words: &[&str], variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut command = self.command(words);
        command.envs(variables.iter().copied());
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        self.project.builds().pop().unwrap().1
    }
}

/// What each of `names` is among `variables`, in this order.
pub fn of<'a>(variables: &'a BTreeMap<String, String>, names: &[&str]) -> Vec<Option<&'a str>> {
    names.iter().map(|name| variables.get(*name).map(String::as_str)).collect()
}

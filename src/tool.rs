//! Other programs: the only place that starts one.
//!
//! A [`Tool`] is a command line that can be shown as a shell would take it, and run in two ways: with its output
//! live on the terminal ([`Tool::run`], [`Tool::watch`]) or read in full ([`Tool::read`]). Beside that a stage of the
//! sandbox is started with streams of its own ([`Tool::spawn`]), and becomes the program that it was for
//! ([`Tool::replace`]).

pub mod live;
mod process;
mod run;
mod shown;

pub use process::Process;
pub use run::Said;
pub use shown::has_secret;

use crate::error::{Code, Error};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Variables that hold credentials. No tool needs them from us, and build scripts and macros are anybody's code.
const SECRETS: [&str; 1] = ["DOCKER_AUTH_CONFIG"];

/// A program, its arguments, what is added to its environment, and its folder.
#[derive(Clone, Debug)]
pub struct Tool {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    env_removed: Vec<OsString>,
    env_alone: bool,
    name: Option<OsString>,
    folder: Option<PathBuf>,
    input: Input,
    steadfast: bool,
    apart: bool,
}

/// What a tool reads on its standard input.
#[derive(Clone, Debug)]
enum Input {
    Nothing,
    Ours,
    Text(Arc<[u8]>),
    File(Arc<File>),
}

impl Tool {
    /// The program at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (args, env, env_removed) = (Vec::new(), Vec::new(), Vec::new());
        let (name, folder, input) = (None, None, Input::Nothing);
        let (env_alone, steadfast, apart) = (false, false, false);
        Tool {
            program: path.into(),
            args,
            env,
            env_removed,
            env_alone,
            name,
            folder,
            input,
            steadfast,
            apart,
        }
    }

    /// The program `name` on `PATH` (a value, so that no stage reads the environment), if it is there.
    pub fn find(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
        which::which_in_global(name, path).ok()?.next()
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// One more variable of its environment, over the one of this process.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// A variable that it must not see, whatever the environment says.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.env_removed.push(name.into());
        self
    }

    /// Nothing of the environment of this process: only what it is given.
    #[must_use]
    pub fn env_alone(mut self) -> Self {
        self.env_alone = true;
        self
    }

    /// What it sees as its own name (`argv[0]`), if that is not its path.
    #[must_use]
    pub fn name(mut self, name: impl Into<OsString>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The folder to run in.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// What it reads on its standard input: a short text, which a pipe holds whole.
    #[must_use]
    pub fn text(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Text(text.into().into());
        self
    }

    /// The same: a file, from where it is open at.
    #[must_use]
    pub fn file(mut self, file: File) -> Self {
        self.input = Input::File(Arc::new(file));
        self
    }

    /// The same: what this process reads on its own.
    #[must_use]
    pub fn our_input(mut self) -> Self {
        self.input = Input::Ours;
        self
    }

    /// Lets no signal stop it, neither one that has arrived nor one that the terminal sends: for what puts things in
    /// order, and is bounded in time.
    #[must_use]
    pub fn steadfast(mut self) -> Self {
        self.steadfast = true;
        self.apart()
    }

    /// Runs in a group of its own: what the terminal sends does not reach it, and it cannot read from the terminal.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts it with `input` and `output` as its standard input and output, and nothing else. The caller waits.
    ///
    /// # Errors
    /// The system's.
    pub fn spawn(&self, input: OwnedFd, output: Option<OwnedFd>) -> io::Result<Child> {
        let output = output.map_or_else(Stdio::null, Stdio::from);
        self.command().stdin(input).stdout(output).stderr(Stdio::null()).spawn()
    }

    /// Makes this process it. Returns only if that fails.
    pub fn replace(&self) -> io::Error {
        self.command().exec()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        if self.env_alone {
            command.env_clear();
        }
        for name in SECRETS {
            command.env_remove(name);
        }
        for name in &self.env_removed {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if self.apart {
            command.process_group(0);
        }
        command
    }

    fn start(&self, command: &mut Command) -> Result<Child, Error> {
        let failed = |reason: io::Error| {
            Error::io(Code::Tool, "start", &self.program, &reason).note(format!("the command was: {self}"))
        };
        let input = match &self.input {
            Input::Nothing => Stdio::null(),
            Input::Ours => Stdio::inherit(),
            Input::File(file) => file.try_clone().map_err(failed)?.into(),
            Input::Text(text) => {
                let (read, mut write) = io::pipe().map_err(failed)?;
                write.write_all(text).map_err(failed)?;
                read.into()
            }
        };
        command.stdin(input).spawn().map_err(failed)
    }

    fn failed(&self, reason: &io::Error) -> Error {
        Error::io(Code::Tool, "follow", &self.program, reason).note(format!("the command was: {self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_variable_is_not_seen() {
        let ask = Tool::new("/bin/sh").args(["-c", "echo \"${CARGO_MANIFEST_DIR-none}\""]);
        assert_ne!(ask.read().unwrap().stdout, b"none\n"); // cargo sets it for tests
        let ask = ask.env_remove("CARGO_MANIFEST_DIR").env("B", "b");
        assert_eq!(ask.read().unwrap().stdout, b"none\n");
        assert!(ask.to_string().starts_with("env -u CARGO_MANIFEST_DIR B=b /bin/sh -c "), "{ask}");
    }

    #[test]
    fn a_tool_reads_what_it_is_given() {
        let cat = Tool::new("/bin/cat");
        assert_eq!(cat.clone().text("words").read().unwrap().stdout, b"words");
        assert_eq!(cat.read().unwrap().stdout, b"");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"all of it").unwrap();
        io::Seek::rewind(&mut file).unwrap();
        assert_eq!(Tool::new("/bin/cat").file(file).read().unwrap().stdout, b"all of it");
    }

    #[test]
    fn b9_a_missing_program_is_named() {
        let error = Tool::new("/nonexistent/tool").run().unwrap_err();
        assert!(error.what().contains("/nonexistent/tool"), "{error}");
        assert_eq!(error.exit_status(), 3);
    }
}

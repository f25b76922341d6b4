//! Other programs: the only place that starts one.
//!
//! A [`Tool`] is a command line that can be shown as a shell would take it, and run in two ways: with its output
//! live on the terminal ([`Tool::run`], [`Tool::watch`]) or read in full ([`Tool::read`]). Beside that a stage of the
//! sandbox is started with streams of its own ([`Tool::spawn`]), and becomes the program that it was for
//! ([`Tool::replace`]).

pub mod live;
mod process;
mod shown;

pub use process::Process;
pub use shown::has_secret;

use crate::error::{Code, Error};
use crate::interrupt;
use live::Pipe;
use rustix::process::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// What a tool may say before the rest is dropped: bytes of standard output, then of standard error.
const STDOUT_LIMIT: u64 = 256 << 20;
const STDERR_LIMIT: u64 = 64 << 10;
/// For how long a tool may think about its version: seconds go by where Python starts from a cold disk.
const PATIENCE: Duration = Duration::from_secs(20);
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

/// A tool that ran to its end, with all that it said.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, as far as it is text.
    pub stderr: String,
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

    /// Runs it with its output live on standard error: standard output belongs to the result alone.
    pub fn run(&self) -> Result<ExitStatus, Error> {
        let mut command = self.command();
        let mut child = self.start(command.stdout(io::stderr()))?;
        let status = interrupt::wait(&mut child, true);
        interrupt::check()?;
        status.map_err(|reason| self.failed(&reason))
    }

    /// Runs it with standard error live, and hands each line of its standard output to `each`. Returns how it ended
    /// and the last that it said on standard error ([`live::TAIL_LIMIT`] bytes), as far as it is text.
    pub fn watch(&self, mut each: impl FnMut(&[u8])) -> Result<(ExitStatus, String), Error> {
        let (end, running) = io::pipe().map_err(|reason| self.failed(&reason))?;
        let mut command = self.command();
        let mut child = self.start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let watched = thread::scope(|scope| -> io::Result<_> {
            // waiting beside the reading, so that a signal is handed on while the tool is silent
            let waiting = scope.spawn(|| {
                let status = interrupt::wait(&mut child, true);
                drop(running);
                status
            });
            let copying = err.map(|err| scope.spawn(|| live::copy(Pipe::new(err, &end), io::stderr())));
            if let Some(out) = out {
                live::lines(BufReader::with_capacity(64 << 10, Pipe::new(out, &end)), &mut each)?;
            }
            let tail = copying.and_then(|copying| copying.join().ok()).unwrap_or_else(|| Ok(Vec::new()))?;
            let status = waiting.join().unwrap_or_else(|_| Err(io::Error::other("lost sight of it")))?;
            Ok((status, String::from_utf8_lossy(&tail).into_owned()))
        });
        interrupt::check()?;
        watched.map_err(|reason| self.failed(&reason))
    }

    /// Runs it and reads all that it says.
    pub fn read(&self) -> Result<Said, Error> {
        self.read_within(Duration::MAX, STDOUT_LIMIT)
    }

    /// The same for a question that a tool in order answers at once; one that is out of order is ended after a while.
    pub fn ask(&self) -> Result<Said, Error> {
        self.read_within(PATIENCE, STDOUT_LIMIT)
    }

    /// The same with limits of the caller's: to its time, and to the bytes of its standard output that are kept.
    /// What it leaves behind with its output open, such as an agent, is not waited for.
    pub fn read_within(&self, limit: Duration, bytes: u64) -> Result<Said, Error> {
        self.follow(Stdio::piped(), limit, bytes)
    }

    /// Runs it with its standard output in `file`, for as long as it takes, and reads what it says beside that.
    pub fn read_into(&self, file: File) -> Result<Said, Error> {
        self.follow(file.into(), Duration::MAX, 0)
    }

    fn follow(&self, output: Stdio, limit: Duration, bytes: u64) -> Result<Said, Error> {
        let (closing, running) = io::pipe().map_err(|reason| self.failed(&reason))?;
        let mut command = self.command();
        let mut child = self.start(command.stdout(output).stderr(Stdio::piped()))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let pid = Pid::from_child(&child);
        let (ended, end) = mpsc::channel::<()>();
        let said = thread::scope(|scope| -> io::Result<Said> {
            let errors = err.map(|err| Pipe::new(err, &closing));
            let errors = scope.spawn(|| read_bounded(errors, STDERR_LIMIT));
            let waiting = scope.spawn(|| {
                let status = interrupt::wait(&mut child, !self.steadfast);
                drop((ended, running));
                status
            });
            scope.spawn(move || {
                if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    interrupt::end(pid);
                }
            });
            let stdout = read_bounded(out.map(|out| Pipe::new(out, &closing)), bytes)?;
            let stderr = errors.join().unwrap_or_else(|_| Ok(Vec::new()))?;
            let status = waiting.join().unwrap_or_else(|_| Err(io::Error::other("lost sight of it")))?;
            Ok(Said { status, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
        });
        if !self.steadfast {
            interrupt::check()?;
        }
        said.map_err(|reason| self.failed(&reason))
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

fn read_bounded(stream: Option<impl Read>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(limit).read_to_end(&mut bytes)?;
        io::copy(&mut stream, &mut io::sink())?; // a tool whose pipe closes early would die of it
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted() {
        let tool = Tool::new("/bin/echo").arg("--config").args(["a b", "it's", "", "x=1"]);
        assert_eq!(tool.to_string(), r"/bin/echo --config 'a b' 'it'\''s' '' x=1");
        let tool = Tool::new("/bin/echo").env("CC_x", "zig cc").arg("a");
        assert_eq!(tool.to_string(), "CC_x='zig cc' /bin/echo a");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let config = ["registries.mine.token = \"abc\"", "--config=registry.secret-key='abc'", "a.tokens=x"];
        let tool = Tool::new("cargo").args(config).env("API_TOKEN", "abc").env("PATH", "/bin");
        let shown = "API_TOKEN=… PATH=/bin cargo 'registries.mine.token =…' '--config=registry.secret-key=…' a.tokens=x";
        assert_eq!(tool.to_string(), shown);
    }

    #[test]
    fn a_removed_variable_is_not_seen() {
        let ask = Tool::new("/bin/sh").args(["-c", "echo \"${CARGO_MANIFEST_DIR-none}\""]);
        assert_ne!(ask.read().unwrap().stdout, b"none\n"); // cargo sets it for tests
        let ask = ask.env_remove("CARGO_MANIFEST_DIR").env("B", "b");
        assert_eq!(ask.read().unwrap().stdout, b"none\n");
        assert!(ask.to_string().starts_with("env -u CARGO_MANIFEST_DIR B=b /bin/sh -c "), "{ask}");
    }

    #[test]
    fn what_a_tool_says_is_read_apart() {
        let said = Tool::new("/bin/sh").args(["-c", "echo out; echo err >&2; exit 3"]).read().unwrap();
        assert_eq!((said.stdout.as_slice(), said.stderr.as_str()), (&b"out\n"[..], "err\n"));
        assert_eq!(said.status.code(), Some(3));
    }

    #[test]
    fn what_a_tool_writes_goes_into_a_file_and_its_words_are_kept() {
        let mut file = tempfile::tempfile().unwrap();
        let tool = Tool::new("/bin/sh").args(["-c", "echo archive; echo word >&2; exit 3"]);
        let said = tool.read_into(file.try_clone().unwrap()).unwrap();
        assert_eq!((said.status.code(), said.stderr.as_str()), (Some(3), "word\n"));
        let mut text = String::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "archive\n");
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
    fn a_tool_that_does_not_answer_is_ended_with_all_below_it() {
        let tool = Tool::new("/bin/sh").args(["-c", "echo out; sleep 600; echo late"]);
        let said = tool.read_within(Duration::from_millis(200), 16).unwrap();
        assert!(!said.status.success() && said.stdout == b"out\n", "{said:?}");
        assert!(Tool::new("/bin/true").ask().unwrap().status.success());
    }

    #[test]
    fn what_a_tool_leaves_behind_is_not_waited_for() {
        let tool = Tool::new("/bin/sh").args(["-c", "sleep 600 & echo $!"]);
        let said = tool.read_within(Duration::from_mins(5), 100).unwrap();
        assert!(said.status.success());
        let left: i32 = String::from_utf8(said.stdout).unwrap().trim().parse().unwrap();
        let left = Pid::from_raw(left).unwrap();
        rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
    }

    #[test]
    fn a_tool_is_watched_line_by_line_and_its_last_words_kept() {
        let mut lines = Vec::new();
        let tool = Tool::new("/bin/sh").args(["-c", "echo one; echo two; echo 'last words' >&2; exit 3"]);
        let (status, tail) = tool.watch(|line| lines.push(line.to_vec())).unwrap();
        assert_eq!((status.code(), tail.as_str()), (Some(3), "last words\n"));
        assert_eq!(lines, [b"one".to_vec(), b"two".to_vec()]);
    }

    #[test]
    fn b9_a_missing_program_is_named() {
        let error = Tool::new("/nonexistent/tool").run().unwrap_err();
        assert!(error.what().contains("/nonexistent/tool"), "{error}");
        assert_eq!(error.exit_status(), 3);
    }
}

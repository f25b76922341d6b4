//! A tool from its start to its end: live on the terminal, line by line, or read in full.

use super::Tool;
use super::live::{self, Pipe};
use crate::error::Error;
use crate::interrupt;
use rustix::process::Pid;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// What a tool may say before the rest is dropped: bytes of standard output, then of standard error.
const STDOUT_LIMIT: u64 = 256 << 20;
const STDERR_LIMIT: u64 = 64 << 10;
/// For how long a tool may think about its version: seconds go by where Python starts from a cold disk.
const PATIENCE: Duration = Duration::from_secs(20);
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
    pub fn watch(&self, each: impl FnMut(&[u8])) -> Result<(ExitStatus, String), Error> {
        self.watch_into(io::stderr(), each)
    }

    /// The same with nothing live.
    pub fn watch_silent(&self, each: impl FnMut(&[u8])) -> Result<(ExitStatus, String), Error> {
        self.watch_into(io::sink(), each)
    }

    fn watch_into(
        &self,
        shown: impl io::Write + Send,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(ExitStatus, String), Error> {
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
            let copying = err.map(|err| scope.spawn(|| live::copy(Pipe::new(err, &end), shown)));
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
}

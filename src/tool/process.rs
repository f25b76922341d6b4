//! A tool that runs beside us for as long as somebody holds it: the client of an engine, with a program behind it.

use super::Tool;
use crate::error::Error;
use crate::interrupt;
use rustix::process::{Pid, Signal};
use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Duration;

/// A tool that was begun. It is ended when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Closes when it has ended.
    running: PipeReader,
    status: Option<ExitStatus>,
}

impl Tool {
    /// Begins it. Its output and errors go to `output`, or to where ours go.
    pub fn begin(&self, output: Option<(File, File)>) -> Result<Process, Error> {
        let mut command = self.command();
        if let Some((out, err)) = output {
            command.stdout(out).stderr(err);
        }
        let (running, end) = io::pipe().map_err(|reason| self.failed(&reason))?;
        let child = self.start(&mut command)?;
        let pid = Pid::from_child(&child);
        thread::spawn(move || {
            interrupt::await_end(pid);
            drop(end);
        });
        Ok(Process { child, running, status: None })
    }
}

impl Process {
    /// Sends it `signal`, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        if self.status.is_none() {
            let _ = rustix::process::kill_process(Pid::from_child(&self.child), signal);
        }
    }

    /// How it ended, if it does within `limit`.
    ///
    /// # Errors
    /// The system's, or a signal arrived.
    pub fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        if self.status.is_none() && interrupt::readable_within(self.running.as_fd(), limit)? {
            self.status = self.child.wait().ok();
        }
        Ok(self.status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_waited_for_and_ends_with_its_holder() {
        let mut short = Tool::new("/bin/sh").args(["-c", "exit 7"]).apart().begin(None).unwrap();
        let status = short.wait_within(Duration::from_mins(1)).unwrap().unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(short.wait_within(Duration::ZERO).unwrap(), Some(status));

        let mut long = Tool::new("/bin/sleep").arg("600").apart().begin(None).unwrap();
        assert_eq!(long.wait_within(Duration::from_millis(20)).unwrap(), None);
        let pid = Pid::from_child(&long.child);
        drop(long);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }
}

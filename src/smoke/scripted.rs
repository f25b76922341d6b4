//! A program that is none: it does what a test says.

use super::Subject;
use crate::error::{Code, Error};
use crate::runtime::Program;
use rustix::process::Signal;
use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

/// One that runs on, has no port open, and of which it cannot be told what it handles.
#[derive(Default)]
pub struct Scripted {
    /// How it has ended already.
    pub ended: Option<ExitStatus>,
    /// Whether it is a container that its engine cannot start.
    pub unstartable: bool,
    /// How it ends when a signal reaches it.
    pub on_signal: Option<ExitStatus>,
    /// Whether it has a handler.
    pub handles: Option<bool>,
    /// Whether it installs one after it was looked at for the first time.
    pub late_handler: bool,
    /// Where its ports are.
    pub address: Option<SocketAddr>,
    /// Whether only its inside reaches them.
    pub is_private: bool,
    /// How many connections are refused before the first is taken.
    pub refusals: Cell<u32>,
    /// The signals that it was sent.
    pub signals: Cell<u32>,
    /// Whether it was killed.
    pub killed: Cell<bool>,
    /// How often it was looked at.
    pub looks: Cell<u32>,
}

impl Scripted {
    fn hears(&self) -> bool {
        self.handles != Some(false) || self.late_handler && self.looks.get() > 1
    }
}

impl Program for Scripted {
    fn signal(&self, _: Signal) {
        self.signals.set(self.signals.get() + 1);
    }

    fn handles(&self, _: Signal) -> Option<bool> {
        self.looks.set(self.looks.get() + 1);
        self.handles.map(|handles| handles || self.hears())
    }

    fn kill(&self) {
        self.killed.set(true);
    }

    fn wait_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Error> {
        if self.unstartable {
            return Err(Error::new(Code::Engine, "Podman could not start the program"));
        }
        let reached = self.signals.get() > u32::from(self.late_handler) && self.hears();
        match self.ended.or(self.on_signal.filter(|_| reached)) {
            None => thread::sleep(limit),
            ended => return Ok(ended),
        }
        Ok(None)
    }
}

impl Subject for Scripted {
    fn engine(&self) -> &'static str {
        "builtin"
    }

    fn connect(&self, _: u16) -> io::Result<TcpStream> {
        match (self.refusals.get(), self.address) {
            (0, Some(address)) => TcpStream::connect(address),
            (left, _) => {
                self.refusals.set(left.saturating_sub(1));
                Err(io::ErrorKind::ConnectionRefused.into())
            }
        }
    }

    fn is_private(&self, _: u16) -> bool {
        self.is_private
    }
}

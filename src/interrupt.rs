//! Signals: SIGINT, SIGTERM and SIGHUP end the run in order, with children stopped and temporary files removed.
//!
//! A signal sets a flag that the packing loops ask ([`check`]) and is handed on to the running child, because
//! `kill PID` reaches only this process, not cargo below it.

use crate::error::Error;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

static RECEIVED: AtomicI32 = AtomicI32::new(0);
static CHILDREN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Starts listening. Called once, by `main`, before the first child.
///
/// # Errors
/// The system's refusal to install a handler.
pub fn listen() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(signal, Ordering::SeqCst);
            let Some(signal) = Signal::from_named_raw(signal) else { continue };
            for &child in lock().iter() {
                // the child may have ended by itself meanwhile; it is not reaped before it leaves the list
                let _ = rustix::process::kill_process(child, signal);
            }
        }
    })?;
    Ok(())
}

/// An error as soon as a signal has arrived.
pub fn check() -> Result<(), Error> {
    match RECEIVED.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Error::interrupted(signal)),
    }
}

/// Waits for `child` and hands signals on to it meanwhile.
///
/// # Errors
/// The system's, from `waitid`.
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let pid = Pid::from_child(child);
    lock().push(pid);
    if RECEIVED.load(Ordering::SeqCst) != 0 {
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    // NOWAIT leaves the child a zombie, so its number cannot be given to another process while it is on the list
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
    lock().retain(|&other| other != pid);
    child.wait()
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

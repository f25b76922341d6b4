//! Signals: SIGINT, SIGTERM, SIGHUP and SIGQUIT end the run in order, with children stopped and temporary files removed.
//!
//! A signal sets a flag that the packing loops ask ([`check`]) and is handed on to the running child and all below
//! it, because `kill PID` reaches only this process, and cargo would leave its compilers and build scripts running. A
//! process group of their own would do that too, but keep cargo's git and ssh from asking for a passphrase.

use crate::error::Error;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io, thread};

/// What ends a run in order.
const SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

static RECEIVED: AtomicI32 = AtomicI32::new(0);
static CHILDREN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Starts listening. Called once, by `main`, before the first child.
///
/// # Errors
/// The system's refusal to install a handler.
pub fn listen() -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new(SIGNALS)?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(signal, Ordering::SeqCst);
            let Some(signal) = Signal::from_named_raw(signal) else { continue };
            lock().iter().for_each(|&child| tell(child, signal));
        }
    })?;
    Ok(())
}

/// Ends `child` and all below it, if somebody still waits for it.
pub fn end(child: Pid) {
    if let Some(&child) = lock().iter().find(|&&other| other == child) {
        tell(child, Signal::KILL);
    }
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
    let status = child.wait()?;
    // a terminal signals the whole group, and the child may have died of it before our own signal is seen
    if let Some(signal) = status.signal().filter(|signal| SIGNALS.contains(signal)) {
        let _ = RECEIVED.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    }
    Ok(status)
}

/// Sends `signal` to a child on the list, which may have ended by itself; it is not reaped before it leaves the list.
fn tell(child: Pid, signal: Signal) {
    for pid in std::iter::once(child).chain(descendants(child)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// The processes below `root`, where the system is Linux and tells them (proc(5), `/proc/pid/stat`).
fn descendants(root: Pid) -> Vec<Pid> {
    let pid = |text: &str| Pid::from_raw(text.parse().ok()?);
    let parent = |pid: Pid| -> Option<Pid> {
        let status = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
        // the second field is a name in parentheses that may hold anything, the fourth is the parent
        let status = String::from_utf8_lossy(&status);
        Pid::from_raw(status.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?)
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| pid(entry.file_name().to_str()?));
    let mut rest: Vec<_> = all.filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&above) = family.get(next) {
        family.extend(rest.extract_if(.., |(_, parent)| *parent == above).map(|(pid, _)| pid));
        next += 1;
    }
    family.split_off(1)
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Signals: SIGINT, SIGTERM, SIGHUP and SIGQUIT end the run in order, with children stopped and temporary files removed.
//!
//! A signal sets a flag that the packing loops ask ([`check`]) and is handed on to the running child and all below
//! it, because `kill PID` reaches only this process, and cargo would leave its compilers and build scripts running. A
//! process group of their own would do that too, but keep cargo's git and ssh from asking for a passphrase.
//!
//! Whoever runs a program of the user's takes the signal ([`take`]) and decides what it means; waiting for anything
//! else ends at once when one arrives ([`readable_within`]).

use crate::error::{Code, Error};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// What ends a run in order.
const SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

static RECEIVED: AtomicI32 = AtomicI32::new(0);
/// The children that are waited for, and whether they are told.
static CHILDREN: Mutex<Vec<(Pid, bool)>> = Mutex::new(Vec::new());
/// Holds a byte for as long as a signal has arrived that nobody took.
static ALARM: OnceLock<(PipeReader, PipeWriter)> = OnceLock::new();

/// Starts listening. Called once, by `main`, before the first child.
///
/// # Errors
/// The system's refusal to install a handler.
pub fn listen() -> io::Result<()> {
    let alarm = io::pipe()?;
    ALARM.get_or_init(|| alarm);
    let mut signals = signal_hook::iterator::Signals::new(SIGNALS)?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            arrived(signal);
            let Some(signal) = Signal::from_named_raw(signal) else { continue };
            lock().iter().filter(|(_, told)| *told).for_each(|&(child, _)| tell(child, signal));
        }
    })?;
    Ok(())
}

/// Ends `child` and all below it, if somebody still waits for it.
pub fn end(child: Pid) {
    if let Some(&(child, _)) = lock().iter().find(|(other, _)| *other == child) {
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

/// The signal that has arrived, which from now on is as if it had not: whoever takes it does with it what it asks for.
pub fn take() -> Option<Signal> {
    let signal = RECEIVED.swap(0, Ordering::SeqCst);
    if signal == 0 {
        return None;
    }
    if let Some((alarm, _)) = ALARM.get() {
        let _ = (&*alarm).read(&mut [0]);
    }
    Signal::from_named_raw(signal)
}

/// Whether `stream` can be read, or has ended, within `limit`.
///
/// # Errors
/// The system's, or a signal has arrived.
pub fn readable_within(stream: BorrowedFd<'_>, limit: Duration) -> Result<bool, Error> {
    let end = Instant::now().checked_add(limit);
    loop {
        check()?;
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        // what does not fit is for ever
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let alarm = ALARM.get().map_or(stream, |(reader, _)| reader.as_fd());
        let mut both =
            [PollFd::from_borrowed_fd(stream, PollFlags::IN), PollFd::from_borrowed_fd(alarm, PollFlags::IN)];
        match poll(&mut both, timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) if !both[0].revents().is_empty() => return Ok(true),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(reason) => {
                return Err(Error::new(Code::Tool, "could not wait for a program").note(reason.to_string()));
            }
        }
    }
}

/// Waits for `child`, and hands signals on to it meanwhile if it is to be `told`; one that puts things in order is not.
///
/// # Errors
/// The system's, from `waitid`.
pub fn wait(child: &mut Child, told: bool) -> io::Result<ExitStatus> {
    let pid = Pid::from_child(child);
    lock().push((pid, told));
    // it arrived before the child was on the list, and the child may have started others by now
    if told && RECEIVED.load(Ordering::SeqCst) != 0 {
        tell(pid, Signal::TERM);
    }
    await_end(pid);
    lock().retain(|(other, _)| *other != pid);
    let status = child.wait()?;
    // a terminal signals the whole group, and the child may have died of it before our own signal is seen
    let ours = status.signal().filter(|signal| told && SIGNALS.contains(signal));
    if ours.is_some_and(|signal| {
        RECEIVED.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }) {
        ring();
    }
    Ok(status)
}

/// Waits until the child `pid` has ended, and leaves it a zombie, so that its number cannot be given to another process
/// before its parent asks for its status.
pub fn await_end(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
}

fn arrived(signal: i32) {
    if RECEIVED.swap(signal, Ordering::SeqCst) == 0 {
        ring();
    }
}

fn ring() {
    if let Some((_, alarm)) = ALARM.get() {
        let _ = (&*alarm).write(&[0]);
    }
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

fn lock() -> std::sync::MutexGuard<'static, Vec<(Pid, bool)>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

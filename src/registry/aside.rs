//! Work that blocks in the network runs aside, so that Ctrl-C ends the run at once.

use crate::error::{Code, Error};
use crate::interrupt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How often signals are looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Does `work` in a thread of its own and waits for it, or for a signal.
///
/// After a signal the thread is left behind: it may be waiting for a registry that never answers. It holds nothing
/// that must be put in order, prints nothing, and ends with the process.
///
/// # Errors
/// Those of the work, or a signal.
pub fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let failed = |reason: String| Error::new(Code::Registry, format!("could not start a thread: {reason}"));
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("registry".to_owned())
        // nobody may be waiting any more
        .spawn(move || drop(sender.send(work())))
        .map_err(|reason| failed(reason.to_string()))?;
    loop {
        interrupt::check()?;
        match receiver.recv_timeout(LOOK) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(failed("it ended early".to_owned())),
        }
    }
}

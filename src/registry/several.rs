//! Blobs on their way, several at a time.

use super::session::Session;
use crate::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many blobs are on their way at a time: enough to fill a line while one waits for an answer, and what docker
/// and containerd do too.
const AT_ONCE: usize = 4;

/// Does `work` with each of `waiting`, the last first. The first error stops the others before their next request in
/// `session`.
///
/// # Errors
/// The first one of the work.
pub fn several<T: Send>(
    session: &Session,
    waiting: Vec<T>,
    work: impl Fn(T) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let hands = waiting.len().min(AT_ONCE);
    let (waiting, outcome) = (Mutex::new(waiting), Mutex::new(Ok(())));
    let work = || {
        loop {
            let Some(next) = lock(&waiting).pop() else { return };
            let Err(error) = work(next) else { continue };
            let mut outcome = lock(&outcome);
            if outcome.is_ok() {
                *outcome = Err(error);
                lock(&waiting).clear();
                session.stop();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..hands {
            // one thread fewer is only slower
            let _ = thread::Builder::new().name("blob".to_owned()).spawn_scoped(scope, work);
        }
        work();
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What `mutex` holds, whatever has become of who held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

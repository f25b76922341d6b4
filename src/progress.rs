//! How far a step is: what a stage counts while it works, for whoever watches.
//!
//! A stage gets a [`Progress`] with the values that it works on, says what it [begins](Progress::begin), and adds what it
//! has done. Where nobody watches, that is nothing; else it is one atomic addition for each piece. Who draws it, and
//! when, is [`crate::ui`]'s alone.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is being done, and how much of it is done; the default is what nobody watches. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Progress(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    step: Mutex<Option<Step>>,
    done: AtomicU64,
    /// Called when a step begins, and when it has ended.
    began: fn(),
    ended: fn(),
}

#[derive(Debug)]
struct Step {
    verb: &'static str,
    total: u64,
    /// The file that is read by somebody else: how far its position has moved is what is done.
    read: Option<File>,
    begun: Instant,
}

/// A step as it is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is done: `Packing`.
    pub verb: &'static str,
    /// How much is done, in bytes.
    pub done: u64,
    /// How much there is to do, in bytes; 0 where only time tells.
    pub total: u64,
    /// How long it has been going on.
    pub time: Duration,
}

/// A step that is going on; it ends with the value.
#[must_use]
#[derive(Debug)]
pub struct Doing(Progress);

impl Progress {
    /// One that is watched by who is called when a step begins, and when it has ended.
    pub fn watched(began: fn(), ended: fn()) -> Self {
        Progress(Some(Arc::new(Shared { step: Mutex::new(None), done: AtomicU64::new(0), began, ended })))
    }

    /// Begins a step of `total` bytes; of 0 where they are not known.
    pub fn begin(&self, verb: &'static str, total: u64) -> Doing {
        self.start(verb, total, None)
    }

    /// Begins a step in which another program reads `total` bytes of `file` from where it stands.
    pub fn begin_reading(&self, verb: &'static str, total: u64, file: &File) -> Doing {
        // without a second handle there is only the time to show
        self.start(verb, total, self.0.as_ref().and_then(|_| file.try_clone().ok()))
    }

    /// So many bytes more are done.
    pub fn add(&self, bytes: u64) {
        if let Some(shared) = &self.0 {
            shared.done.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// `out`, with what is written to it as what is done.
    pub fn counting<W: Write>(&self, out: W) -> Counting<'_, W> {
        Counting { progress: self, out }
    }

    /// What there is to see now.
    pub fn seen(&self) -> Option<Seen> {
        let shared = self.0.as_ref()?;
        let step = shared.step();
        let Step { verb, total, read, begun } = step.as_ref()?;
        let position = read.as_ref().and_then(|file| rustix::fs::tell(file).ok());
        let done = position.unwrap_or_else(|| shared.done.load(Ordering::Relaxed));
        let total = if read.is_some() && position.is_none() { 0 } else { *total };
        // what is sent again after a cut is counted again
        let done = if total == 0 { done } else { done.min(total) };
        Some(Seen { verb, done, total, time: begun.elapsed() })
    }

    fn start(&self, verb: &'static str, total: u64, read: Option<File>) -> Doing {
        if let Some(shared) = &self.0 {
            shared.done.store(0, Ordering::Relaxed);
            *shared.step() = Some(Step { verb, total, read, begun: Instant::now() });
            (shared.began)();
        }
        Doing(self.clone())
    }
}

impl Shared {
    fn step(&self) -> MutexGuard<'_, Option<Step>> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        if let Some(shared) = &self.0.0 {
            *shared.step() = None;
            (shared.ended)();
        }
    }
}

/// Counts what passes.
#[derive(Debug)]
pub struct Counting<'a, W> {
    progress: &'a Progress,
    out: W,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.progress.add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_step_is_seen_while_it_goes_on_and_only_then() {
        let progress = Progress::watched(|| {}, || {});
        assert_eq!(progress.seen(), None);
        let doing = progress.begin("Packing", 10);
        progress.clone().counting(Vec::new()).write_all(b"abcd").unwrap();
        let seen = progress.seen().unwrap();
        assert_eq!((seen.verb, seen.done, seen.total), ("Packing", 4, 10));
        progress.add(100);
        assert_eq!(progress.seen().unwrap().done, 10, "never more than all");
        drop(doing);
        assert_eq!(progress.seen(), None);
        let _next = progress.begin("Pushing", 0);
        assert_eq!(progress.seen().unwrap().done, 0, "each counts for itself");
    }

    #[test]
    fn what_somebody_else_reads_is_seen_by_where_the_file_stands() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 100]).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let progress = Progress::watched(|| {}, || {});
        let _doing = progress.begin_reading("Loading", 100, &file);
        file.read_exact(&mut [0; 40]).unwrap();
        assert_eq!(progress.seen().unwrap().done, 40);
    }

    #[test]
    fn nobody_sees_what_nobody_watches() {
        let progress = Progress::default();
        let _doing = progress.begin("Packing", 10);
        progress.add(1);
        assert_eq!(progress.seen(), None);
    }
}

//! Hashing and writing at once: what is written here is hashed by one thread and written on by another.
//!
//! Reading, hashing and writing a layer take about the same time each, and none of them needs the others' core. The
//! bytes are copied once, into buffers that go from hand to hand and come back, so that memory stays at a few of them.
//! Content that fits into the first buffer is done with on the calling thread: most layers are a few kilobytes. So is all
//! of it where the system has no thread to give.

use super::digest::{Digest, Hashing};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// The size of a buffer, in bytes: large enough that handing it on costs nothing beside hashing it.
const BUFFER: usize = 128 << 10;
/// The buffers that may wait before a thread. One more is in each hand.
const WAITING: usize = 2;

/// Hashes what is written to it, and writes it to `W`, each on a thread of its own.
///
/// All is written only after [`finish`](Self::finish). An error of the writer below is that of a later write, or of the
/// end. Dropped before its end, it waits for its threads: nobody writes afterwards.
pub struct Overlapped<W> {
    /// What is being filled.
    buffer: Vec<u8>,
    state: State<W>,
}

enum State<W> {
    /// Nothing has left the first buffer.
    Small(W),
    Large(Threads<W>),
    /// Without threads.
    Alone(Hashing<W>),
    Failed,
}

struct Threads<W> {
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    hash: JoinHandle<Hashing<io::Sink>>,
    write: JoinHandle<io::Result<W>>,
}

impl<W: Write + Send + 'static> Overlapped<W> {
    /// Nothing written yet.
    pub fn new(inner: W) -> Self {
        Overlapped { buffer: Vec::new(), state: State::Small(inner) }
    }

    /// The digest and the size of all that was written, and the writer below, which is not flushed.
    ///
    /// # Errors
    /// Any error of the writer below.
    pub fn finish(mut self) -> io::Result<(Digest, u64, W)> {
        let rest = std::mem::take(&mut self.buffer);
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Small(inner) => {
                let mut hashing = Hashing::new(inner);
                hashing.write_all(&rest)?;
                Ok(hashing.finish())
            }
            State::Alone(mut hashing) => {
                hashing.write_all(&rest)?;
                Ok(hashing.finish())
            }
            State::Large(threads) => {
                // if it cannot be sent, the thread that should have it knows why
                let _ = threads.full.send(rest);
                threads.join()
            }
            State::Failed => Err(lost()),
        }
    }

    /// Sends the full buffer on its way, and takes an empty one.
    fn turn_over(&mut self) -> io::Result<()> {
        let state = match std::mem::replace(&mut self.state, State::Failed) {
            State::Small(inner) => Threads::start(inner),
            state => state,
        };
        let threads = match state {
            State::Large(threads) => threads,
            State::Alone(mut hashing) => {
                hashing.write_all(&self.buffer)?;
                self.buffer.clear();
                self.state = State::Alone(hashing);
                return Ok(());
            }
            State::Small(_) | State::Failed => return Err(lost()),
        };
        let full = std::mem::take(&mut self.buffer);
        let empty = threads.full.send(full).ok().and_then(|()| threads.empty.recv().ok());
        let Some(empty) = empty else {
            return Err(threads.join().err().unwrap_or_else(lost));
        };
        self.buffer = empty;
        self.state = State::Large(threads);
        Ok(())
    }
}

impl<W: Write + Send + 'static> Threads<W> {
    fn start(inner: W) -> State<W> {
        let (full, to_hash) = sync_channel::<Vec<u8>>(WAITING);
        let (hashed, to_write) = sync_channel::<Vec<u8>>(WAITING);
        let (written, empty) = sync_channel(2 * WAITING + 2);
        for _ in 0..=2 * WAITING {
            let _ = written.send(Vec::new()); // there is room for all
        }
        let hash = move || {
            let mut hashing = Hashing::new(io::sink());
            for buffer in to_hash {
                let _ = hashing.write_all(&buffer); // a sink takes everything
                if hashed.send(buffer).is_err() {
                    break; // the writer has failed, and says so
                }
            }
            hashing
        };
        // handed over once both are there: a thread that does not start would take it along
        let (hand, given) = sync_channel::<W>(1);
        let write = move || {
            let mut inner = given.recv().map_err(|_| lost())?;
            for mut buffer in to_write {
                inner.write_all(&buffer)?;
                buffer.clear();
                let _ = written.send(buffer); // nobody needs another
            }
            Ok(inner)
        };
        let thread = |name: &str| Builder::new().name(name.to_owned());
        let Ok(hash) = thread("hash").spawn(hash) else { return State::Alone(Hashing::new(inner)) };
        // without this one the other has nothing to wait for
        let Ok(write) = thread("write").spawn(write) else { return State::Alone(Hashing::new(inner)) };
        match hand.send(inner) {
            Ok(()) => State::Large(Threads { full, empty, hash, write }),
            Err(returned) => State::Alone(Hashing::new(returned.0)),
        }
    }
}

impl<W> Threads<W> {
    /// Waits for both.
    fn join(self) -> io::Result<(Digest, u64, W)> {
        drop(self.full);
        let (hashed, written) = (self.hash.join(), self.write.join());
        let inner = written.map_err(|_| lost())??;
        let (digest, size, _) = hashed.map_err(|_| lost())?.finish();
        Ok((digest, size, inner))
    }
}

impl<W: Write + Send + 'static> Write for Overlapped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= BUFFER {
            self.turn_over()?;
        }
        let room = BUFFER.saturating_sub(self.buffer.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// Does nothing: what waits is on its way.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W> Drop for Overlapped<W> {
    fn drop(&mut self) {
        if let State::Large(threads) = std::mem::replace(&mut self.state, State::Failed) {
            let _ = threads.join(); // whoever drops it has an error of its own to tell
        }
    }
}

fn lost() -> io::Error {
    io::Error::other("an earlier write failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    #[test]
    fn all_comes_out_in_order_with_its_digest_whatever_the_pieces() {
        for size in [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER, 20 * BUFFER + 7] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            for piece in [1000, BUFFER, 3 * BUFFER] {
                let mut out = Overlapped::new(Vec::new());
                bytes.chunks(piece).for_each(|chunk| out.write_all(chunk).unwrap());
                let (digest, count, written) = out.finish().unwrap();
                assert!(written == bytes, "{size} in pieces of {piece}");
                assert_eq!((digest, count), (Digest::of(&bytes), size as u64));
            }
        }
    }

    #[test]
    fn without_threads_all_comes_out_the_same() {
        let bytes: Vec<u8> = (0..5 * BUFFER + 7).map(|n| (n % 251) as u8).collect();
        let mut out = Overlapped { buffer: Vec::new(), state: State::Alone(Hashing::new(Vec::new())) };
        bytes.chunks(1000).for_each(|chunk| out.write_all(chunk).unwrap());
        let (digest, count, written) = out.finish().unwrap();
        assert!(written == bytes);
        assert_eq!((digest, count), (Digest::of(&bytes), bytes.len() as u64));
        let full = Full(Arc::new(AtomicUsize::new(2)));
        let mut out = Overlapped { buffer: Vec::new(), state: State::Alone(Hashing::new(full)) };
        let error = out.write_all(&bytes).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(out.finish().is_err());
    }

    /// Takes some writes and then no more.
    struct Full(Arc<AtomicUsize>);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
                Ok(_) => Ok(bytes.len()),
                Err(_) => Err(io::ErrorKind::StorageFull.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn d1_the_writers_own_error_is_told_wherever_it_comes() {
        for room in 0..12 {
            let mut out = Overlapped::new(Full(Arc::new(AtomicUsize::new(room))));
            let written = out.write_all(&vec![7; 12 * BUFFER]);
            let ended = out.finish().map(drop);
            let first = written.err().or(ended.err()).expect("it is full");
            assert_eq!(first.kind(), io::ErrorKind::StorageFull, "after {room} buffers: {first}");
        }
        let mut small = Overlapped::new(Full(Arc::default()));
        small.write_all(b"x").unwrap();
        assert_eq!(small.finish().map(drop).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    /// Writes slowly into something shared.
    #[derive(Clone)]
    struct Slow(Arc<Mutex<usize>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::sleep(std::time::Duration::from_millis(5));
            *self.0.lock().unwrap() += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn c9_nobody_writes_after_it_is_dropped() {
        let slow = Slow(Arc::default());
        let mut out = Overlapped::new(slow.clone());
        out.write_all(&vec![7; 6 * BUFFER]).unwrap();
        drop(out);
        let then = *slow.0.lock().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert_eq!(*slow.0.lock().unwrap(), then);
        assert_eq!(Arc::strong_count(&slow.0), 1, "the thread is gone");
    }
}

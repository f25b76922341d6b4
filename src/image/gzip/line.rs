//! A line of blocks that are compressed at once and leave in the order they came.
//!
//! Each block gets a thread of its own, and the handle of the thread is both
//! the place in the line and the way back for the block. A thread lives for
//! some ten milliseconds and costs some ten microseconds to start, so there is
//! nothing to gain from keeping it, and much to leave out: no queues, no
//! locks, no state in which two sides could wait for each other. Where the system
//! gives no thread, a block is compressed by whoever brings it.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, JoinHandle};

use super::block::{Block, Place};

/// The blocks under compression, the oldest first.
pub struct Line {
    running: VecDeque<Entered>,
    width: usize,
}

/// A block on its way.
enum Entered {
    /// On a thread of its own.
    Running(JoinHandle<io::Result<Block>>),
    /// Compressed already, where the system had no thread to give.
    Done(io::Result<Block>),
}

impl Line {
    /// An empty line for `width` blocks at once, at least 1.
    pub fn new(width: usize) -> Self {
        Self { running: VecDeque::new(), width: width.max(1) }
    }

    /// Whether a block has to leave before another should enter.
    pub fn is_full(&self) -> bool {
        self.running.len() >= self.width
    }

    /// Starts to compress `block`, as one that is not the last; without a thread for it, it is done on return.
    pub fn enter(&mut self, block: Block) {
        // it is handed over once there is somebody to take it: a thread that does not start would take it along
        let (hand, given) = sync_channel::<Block>(1);
        let work = move || given.recv().map_err(io::Error::other).and_then(compressed);
        let entered = match Builder::new().name("gzip".to_owned()).spawn(work) {
            Err(_) => Entered::Done(compressed(block)),
            Ok(thread) => match hand.send(block) {
                Ok(()) => Entered::Running(thread),
                Err(returned) => Entered::Done(compressed(returned.0)),
            },
        };
        self.running.push_back(entered);
    }

    /// Waits for the oldest block; `None` if the line is empty.
    ///
    /// # Errors
    ///
    /// If the block could not be compressed.
    pub fn leave(&mut self) -> io::Result<Option<Block>> {
        let Some(oldest) = self.running.pop_front() else {
            return Ok(None);
        };
        let result = match oldest {
            Entered::Running(thread) => thread.join(),
            Entered::Done(result) => Ok(result),
        };
        result.unwrap_or_else(|_| Err(io::Error::other("a gzip thread panicked"))).map(Some)
    }
}

fn compressed(mut block: Block) -> io::Result<Block> {
    block.compress(Place::Inner).map(|()| block)
}

/// No thread outlives the line, even if its result is of no use any more. This
/// takes no longer than one block does.
impl Drop for Line {
    fn drop(&mut self) {
        for entered in self.running.drain(..) {
            if let Entered::Running(thread) = entered {
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libdeflater::CompressionLvl;

    #[test]
    fn blocks_leave_in_the_order_they_came() {
        let mut line = Line::new(3);
        // The first takes by far the longest.
        for (len, level) in [(Block::SIZE, 12), (10, 1), (1, 1)] {
            assert!(!line.is_full());
            let mut block = Block::new(CompressionLvl::new(level).unwrap());
            block.fill(&b"some text ".repeat(Block::SIZE / 10)[..len.min(Block::SIZE - 10)]);
            line.enter(block);
        }
        assert!(line.is_full());
        let mut lengths = Vec::new();
        while let Some(block) = line.leave().unwrap() {
            assert!(!block.packed().is_empty());
            lengths.push(block.raw().len());
        }
        assert_eq!(lengths, [Block::SIZE - 10, 10, 1]);
    }

    #[test]
    fn a_block_without_a_thread_leaves_in_its_turn() {
        let block = |content: &[u8]| {
            let mut block = Block::new(CompressionLvl::new(6).unwrap());
            block.fill(content);
            block
        };
        let (mut line, mut other) = (Line::new(2), Line::new(2));
        line.enter(block(b"first"));
        line.running.push_back(Entered::Done(compressed(block(b"second"))));
        other.enter(block(b"first"));
        other.enter(block(b"second"));
        assert!(line.is_full());
        while let Some(left) = line.leave().unwrap() {
            assert_eq!(left.packed(), other.leave().unwrap().unwrap().packed());
        }
        assert!(other.leave().unwrap().is_none());
    }

    #[test]
    fn a_line_dropped_while_at_work_waits_for_it() {
        let mut line = Line::new(0);
        let mut block = Block::new(CompressionLvl::new(9).unwrap());
        block.fill(&vec![0; Block::SIZE]);
        line.enter(block);
        assert!(line.is_full());
        drop(line);
    }
}

//! A line of blocks that are compressed at once and leave in the order they came.
//!
//! Each block gets a thread of its own, and the handle of the thread is both
//! the place in the line and the way back for the block. A thread lives for
//! some ten milliseconds and costs some ten microseconds to start, so there is
//! nothing to gain from keeping it, and much to leave out: no channels, no
//! locks, no state in which two sides could wait for each other.

use std::collections::VecDeque;
use std::io;
use std::thread::{Builder, JoinHandle};

use super::block::{Block, Place};

/// The blocks under compression, the oldest first.
pub struct Line {
    running: VecDeque<JoinHandle<io::Result<Block>>>,
    width: usize,
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

    /// Starts to compress `block`, as one that is not the last.
    ///
    /// # Errors
    ///
    /// If the system refuses another thread. The block is lost then.
    pub fn enter(&mut self, mut block: Block) -> io::Result<()> {
        let work = move || block.compress(Place::Inner).map(|()| block);
        let handle = Builder::new().name("gzip".to_owned()).spawn(work)?;
        self.running.push_back(handle);
        Ok(())
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
        let result = oldest.join();
        result.unwrap_or_else(|_| Err(io::Error::other("a gzip thread panicked"))).map(Some)
    }
}

/// No thread outlives the line, even if its result is of no use any more. This
/// takes no longer than one block does.
impl Drop for Line {
    fn drop(&mut self) {
        for handle in self.running.drain(..) {
            let _ = handle.join();
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
            line.enter(block).unwrap();
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
    fn a_line_dropped_while_at_work_waits_for_it() {
        let mut line = Line::new(0);
        let mut block = Block::new(CompressionLvl::new(9).unwrap());
        block.fill(&vec![0; Block::SIZE]);
        line.enter(block).unwrap();
        assert!(line.is_full());
        drop(line);
    }
}

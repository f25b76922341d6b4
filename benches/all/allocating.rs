//! Eight threads that allocate: most blocks are small and some are not, some grow, and others' threads free every eighth.
//!
//! Its word is how many blocks each thread takes. It prints a sum of what was in them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

const THREADS: usize = 8;
/// The blocks that a thread holds at a time.
const HELD: usize = 1000;
/// The most blocks that are on their way to a thread: so memory does not hang on which thread is faster.
const SENT: usize = 100;

fn main() {
    let count = std::env::args().nth(1).and_then(|word| word.parse().ok()).expect("a number of blocks");
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| sync_channel(SENT)).unzip();
    let threads: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(number, receiver)| {
            let next = senders[(number + 1) % THREADS].clone();
            thread::spawn(move || work(number as u64, count, &next, &receiver))
        })
        .collect();
    let sum: u64 = threads.into_iter().map(|thread| thread.join().expect("it ends")).sum();
    println!("{sum}");
}

fn work(number: u64, count: usize, next: &SyncSender<Vec<u8>>, receiver: &Receiver<Vec<u8>>) -> u64 {
    let mut random = 0x9E37_79B9_7F4A_7C15 ^ (number << 32);
    let mut held: Vec<Vec<u8>> = vec![Vec::new(); HELD];
    let mut sum = 0;
    for turn in 0..count {
        // xorshift64
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut block = vec![turn as u8; size(random)];
        if turn % 16 == 0 {
            block.extend_from_slice(&[1; 100]);
        }
        sum += u64::from(block[block.len() / 2]);
        let old = std::mem::replace(&mut held[(random >> 40) as usize % HELD], block);
        if turn % 8 == 0 {
            // where the other has not kept up, it is freed here
            let _ = next.try_send(old);
            while receiver.try_recv().is_ok() {}
        }
    }
    sum
}

/// Of 64 blocks, one has up to 32 KiB, seven have up to 2 KiB, and the others up to 256 bytes.
fn size(random: u64) -> usize {
    let below = match random % 64 {
        0 => 32 << 10,
        1..=7 => 2 << 10,
        _ => 256,
    };
    1 + (random >> 8) as usize % below
}

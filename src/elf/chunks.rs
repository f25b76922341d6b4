//! Reads all bytes in order, a bounded chunk at a time: the one loop for whatever is packed.

use super::ReadAt;
use std::io;

/// The most bytes handed on at once: large enough that system calls cost nothing beside hashing.
const CHUNK: usize = 128 << 10;

/// Hands on all of `bytes`, first to last, each chunk with its offset.
///
/// # Errors
///
/// What `unreadable` makes of a failed read, or the error of `each`, which is not called again after it.
pub fn chunks<R: ReadAt + ?Sized, E>(
    bytes: &R,
    unreadable: impl Fn(io::Error) -> E,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let size = bytes.size().map_err(&unreadable)?;
    let mut buffer = vec![0; usize::try_from(size).map_or(CHUNK, |size| size.min(CHUNK))];
    let mut at = 0;
    while at < size {
        let length = usize::try_from(size.saturating_sub(at)).map_or(CHUNK, |rest| rest.min(CHUNK));
        let Some(chunk) = buffer.get_mut(..length) else { break };
        bytes.read_exact_at(chunk, at).map_err(&unreadable)?;
        each(at, chunk)?;
        at = at.saturating_add(length as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_once_and_in_order() {
        for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut all = Vec::new();
            let each = |at: u64, chunk: &[u8]| -> io::Result<()> {
                assert!(at == all.len() as u64 && chunk.len() <= CHUNK);
                all.extend_from_slice(chunk);
                Ok(())
            };
            chunks(&bytes[..], |reason| reason, each).unwrap();
            assert!(all == bytes, "{size} bytes");
        }
    }
}

//! Looks through all bytes, a bounded window at a time, for what may lie across two of them.

use super::ReadAt;
use std::io;

/// The bytes that every window has of its own.
pub const WINDOW: usize = 1 << 20;

/// Gives `look` windows of `bytes` with the offset of each, first to last, until it has found something. A window ends
/// with the first `overlap` bytes of the next one: what starts at [`WINDOW`] or behind it belongs to that one, too.
///
/// # Errors
///
/// A failed read, or the error of `look`.
pub fn search<R: ReadAt + ?Sized, T>(
    bytes: &R,
    overlap: usize,
    mut look: impl FnMut(u64, &[u8]) -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let size = bytes.size()?;
    let most = WINDOW.saturating_add(overlap);
    let mut buffer = vec![0; usize::try_from(size).map_or(most, |size| size.min(most))];
    let mut at = 0;
    while at < size {
        let length = usize::try_from(size.saturating_sub(at)).map_or(most, |rest| rest.min(most));
        let Some(window) = buffer.get_mut(..length) else { break };
        bytes.read_exact_at(window, at)?;
        if let Some(found) = look(at, window)? {
            return Ok(Some(found));
        }
        at = at.saturating_add(WINDOW as u64);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_across_two_windows_is_seen_whole_and_the_search_ends_with_it() {
        for at in [0, WINDOW - 4, WINDOW - 1, WINDOW, 2 * WINDOW - 1] {
            let mut bytes = vec![0; 3 * WINDOW];
            bytes[at..at + 5].copy_from_slice(b"mark!");
            let mut windows = 0;
            let look = |start: u64, window: &[u8]| {
                windows += 1;
                assert!(window.len() <= WINDOW + 5);
                let found = window.windows(5).position(|five| five == b"mark!");
                Ok(found.map(|found| start + found as u64))
            };
            assert_eq!(search(&bytes[..], 5, look).unwrap(), Some(at as u64));
            assert!(windows <= at / WINDOW + 1, "the rest is not read");
        }
        let nothing = |_: u64, _: &[u8]| Ok(None::<()>);
        assert_eq!(search(&b""[..], 5, nothing).unwrap(), None);
        assert!(search(&b"x"[..], 5, |_, _| Err::<Option<()>, _>(io::Error::other("no"))).is_err());
    }
}

//! Traces: what a program's bytes tell beside what they do. Which C library is in it, and whose folders it names.
//!
//! Stripping leaves the paths of sources in panic messages, and with them the name of whoever built the program.

use crate::elf::ReadAt;
use memchr::memmem::Finder;
use std::io;

/// The most bytes that are looked at at once.
const CHUNK: usize = 1 << 20;
/// The longest path that is shown, and so the overlap of two chunks, in bytes.
const LONGEST: usize = 256;

/// musl's `strerror(0)`, which every Rust program for musl carries with the rest of the table.
const MUSL: &[u8] = b"No error information\0";
/// Starts of paths in people's homes and in cargo's and rustup's folders wherever those are.
const BUILD_PATHS: [&[u8]; 5] =
    [b"/home/", b"/root/", b"/Users/", b"/.cargo/registry/src/", b"/rustup/toolchains/"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// The text of musl's error table is there.
    pub musl: bool,
    /// How many times a path of the machine that built it appears.
    pub build_paths: u64,
    /// The first of them.
    pub first: Option<String>,
}

/// Looks through all of `bytes`.
///
/// # Errors
/// A failed read.
pub fn traces<R: ReadAt + ?Sized>(bytes: &R) -> io::Result<Traces> {
    let size = bytes.size()?;
    let musl = Finder::new(MUSL);
    let paths = BUILD_PATHS.map(Finder::new);
    let mut found = Traces::default();
    let mut buffer = vec![0; CHUNK + LONGEST];
    let mut start = 0;
    while start < size {
        let length = usize::try_from(size - start).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        let window = &mut buffer[..length];
        bytes.read_exact_at(window, start)?;
        let window = &*window;
        found.musl |= musl.find(window).is_some();
        for finder in &paths {
            // what starts in the overlap belongs to the next window
            for at in finder.find_iter(window).filter(|at| *at < CHUNK) {
                found.build_paths += 1;
                if found.first.is_none() {
                    found.first = Some(path_around(window, at));
                }
            }
        }
        start += CHUNK as u64;
    }
    Ok(found)
}

/// The path that goes through `at`. Rust's strings have no end mark, so it ends where its characters do.
fn path_around(window: &[u8], at: usize) -> String {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@~".contains(byte);
    let before = window[..at].iter().rev().take(LONGEST / 2).take_while(|byte| fits(byte)).count();
    let after = window[at..].iter().take(LONGEST / 2).take_while(|byte| fits(byte)).count();
    let text = String::from_utf8_lossy(&window[at - before..at + after]);
    // the end of a source file is where a path of interest ends
    text.find(".rs").map_or_else(|| text.clone().into_owned(), |end| text[..end + 3].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_paths_are_found_wherever_chunks_end() {
        for at in [0, 5, CHUNK - 10, CHUNK - 1, CHUNK, CHUNK + LONGEST, 2 * CHUNK] {
            let mut bytes = vec![0; 3 * CHUNK];
            let path = b"/home/canary/src/main.rs";
            bytes[at..at + path.len()].copy_from_slice(path);
            let found = traces(&bytes[..]).unwrap();
            assert_eq!((found.build_paths, found.musl), (1, false), "at {at}");
            assert_eq!(found.first.as_deref(), Some("/home/canary/src/main.rs"), "at {at}");
        }
    }

    #[test]
    fn musl_is_told_by_its_error_table() {
        assert!(traces(&[b"xx", MUSL].concat()[..]).unwrap().musl);
        assert_eq!(traces(&b""[..]).unwrap(), Traces::default());
    }
}

//! Traces: what a program's bytes tell beside what they do. Which C library is in it, and whose folders it names.
//!
//! Stripping leaves the paths of sources in panic messages, and with them the name of whoever built the program.

use crate::elf::{ReadAt, WINDOW, search};
use memchr::memmem::Finder;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

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
    let musl = Finder::new(MUSL);
    let paths = BUILD_PATHS.map(Finder::new);
    let mut found = Traces::default();
    search(bytes, LONGEST, |_, window| {
        found.musl |= musl.find(window).is_some();
        for finder in &paths {
            // what starts in the overlap belongs to the next window
            for at in finder.find_iter(window).filter(|at| *at < WINDOW) {
                found.build_paths += 1;
                if found.first.is_none() {
                    found.first = Some(path_around(window, at));
                }
            }
        }
        Ok(None::<()>)
    })?;
    Ok(found)
}

/// Looks for a path that lies in one of some folders, in bytes that come one piece after the other.
pub struct Lookout {
    finders: Vec<Finder<'static>>,
    /// The end of what has come, and in front of it what the path in it may start with.
    window: Vec<u8>,
    found: Option<String>,
}

impl Lookout {
    /// For paths in `folders`.
    pub fn new(folders: &[PathBuf]) -> Self {
        let inside = |folder: &PathBuf| [folder.as_os_str().as_bytes(), b"/"].concat();
        let needles = folders.iter().map(inside).filter(|needle| needle.len() <= LONGEST);
        let finders = needles.map(|needle| Finder::new(&needle).into_owned()).collect();
        Lookout { finders, window: Vec::new(), found: None }
    }

    /// Takes the next piece.
    pub fn see(&mut self, piece: &[u8]) {
        if self.found.is_none() && !self.finders.is_empty() {
            self.window.extend_from_slice(piece);
            // what starts near the end is seen whole with the next piece
            self.look(self.window.len().saturating_sub(LONGEST));
            self.window.drain(..self.window.len().saturating_sub(2 * LONGEST));
        }
    }

    /// The first one.
    pub fn found(mut self) -> Option<String> {
        self.look(self.window.len());
        self.found
    }

    fn look(&mut self, end: usize) {
        let first = self.finders.iter().filter_map(|finder| finder.find(&self.window)).min();
        if let Some(at) = first.filter(|at| self.found.is_none() && *at < end) {
            self.found = Some(path_around(&self.window, at));
        }
    }
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
        for at in [0, 5, WINDOW - 10, WINDOW - 1, WINDOW, WINDOW + LONGEST, 2 * WINDOW] {
            let mut bytes = vec![0; 3 * WINDOW];
            let path = b"/home/canary/src/main.rs";
            bytes[at..at + path.len()].copy_from_slice(path);
            let found = traces(&bytes[..]).unwrap();
            assert_eq!((found.build_paths, found.musl), (1, false), "at {at}");
            assert_eq!(found.first.as_deref(), Some("/home/canary/src/main.rs"), "at {at}");
        }
    }

    #[test]
    fn h1_a_path_in_a_folder_is_found_and_one_beside_it_is_not() {
        let folders = ["/home/me/w".into(), "/else".into()];
        let named = |text: &str| {
            let found = |size: usize| {
                let mut lookout = Lookout::new(&folders);
                text.as_bytes().chunks(size).for_each(|piece| lookout.see(piece));
                lookout.found()
            };
            let whole = found(usize::MAX);
            for size in [1, 7, 100] {
                assert_eq!(found(size), whole, "{text} in pieces of {size}");
            }
            whole
        };
        assert_eq!(named("x\0/else/a.txt\0").as_deref(), Some("/else/a.txt"));
        assert_eq!(named("/home/me/w/src/main.rs"), Some("/home/me/w/src/main.rs".into()));
        assert_eq!(named("/home/me/worse /home/me/w /elsewhere/"), None);
        let (blank, rest) = ("\0".repeat(3 * LONGEST), "\0".repeat(3 * LONGEST));
        for blanks in (0..2 * LONGEST).step_by(61) {
            let text = format!("{blank}{}/else/a/{}.rs{rest}", &blank[..blanks], "b".repeat(60));
            let found = named(&text).unwrap();
            assert!(found.starts_with("/else/a/") && found.ends_with("b.rs"), "{found} after {blanks}");
        }
    }

    #[test]
    fn musl_is_told_by_its_error_table() {
        assert!(traces(&[b"xx", MUSL].concat()[..]).unwrap().musl);
        assert_eq!(traces(&b""[..]).unwrap(), Traces::default());
    }
}

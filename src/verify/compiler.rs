//! Which Rust a program is made of, by what it says itself: `rustc` leaves its version in `.comment`, and the standard
//! library the commit that it was built at in the paths of its sources, `/rustc/COMMIT/library/…`.
//!
//! That is true of what was compiled in a container too, and costs no question.

use crate::elf::{self, ReadAt, search};
use crate::image::digest::is_hex;
use crate::sbom::Compiler;
use memchr::memmem::Finder;

/// The most that is read of the section, in bytes; a line for each compiler and linker.
const LIMIT: u64 = 64 << 10;
/// Before a commit.
const PATH: &str = "/rustc/";
/// The digits of a commit.
const DIGITS: usize = 40;

/// The compiler of the program `bytes`, if it says one.
pub fn compiler<R: ReadAt + ?Sized>(bytes: &R) -> Option<Compiler> {
    let sections = elf::sections(bytes).ok()?;
    let section = sections.iter().find(|section| section.name == ".comment")?;
    let size = section.file_size().min(LIMIT);
    let mut text = vec![0; usize::try_from(size).ok()?];
    bytes.read_exact_at(&mut text, section.offset).ok()?;
    let mut said =
        text.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok()).filter_map(said);
    let (version, short) = said.next()?;
    let commit = short.map(|short| whole(bytes, &short).unwrap_or(short));
    Some(Compiler { version, commit })
}

/// `rustc version VERSION (COMMIT DATE)…`; a compiler that was not built from a repository has no commit.
fn said(line: &str) -> Option<(String, Option<String>)> {
    let mut words = line.strip_prefix("rustc version ")?.split(' ');
    let version = words.next()?.to_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    let commit = words.next().and_then(|word| word.strip_prefix('(')).filter(|word| is_commit(word));
    let fits = version.starts_with(|first: char| first.is_ascii_digit()) && version.chars().all(plain);
    fits.then(|| (version, commit.map(str::to_owned)))
}

fn is_commit(text: &str) -> bool {
    (7..=DIGITS).contains(&text.len()) && is_hex(text)
}

/// All digits of the commit that starts with `short`.
fn whole<R: ReadAt + ?Sized>(bytes: &R, short: &str) -> Option<String> {
    let mark = format!("{PATH}{short}");
    let finder = Finder::new(&mark);
    let commit = |window: &[u8], at: usize| {
        let digits = window.get(at + PATH.len()..at + PATH.len() + DIGITS)?;
        std::str::from_utf8(digits).ok().filter(|text| is_hex(text)).map(str::to_owned)
    };
    let look = |_, window: &[u8]| Ok(finder.find_iter(window).find_map(|at| commit(window, at)));
    search(bytes, PATH.len() + DIGITS, look).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::WINDOW;

    #[test]
    fn what_compilers_leave_is_told_apart() {
        let of =
            |line| said(line).map(|(version, commit)| format!("{version} {}", commit.unwrap_or_default()));
        assert_eq!(of("rustc version 1.95.0 (59807616e 2026-04-14)").unwrap(), "1.95.0 59807616e");
        assert_eq!(
            of("rustc version 1.85.0 (4d91de4e4 2025-02-17) (built from a source tarball)").unwrap(),
            "1.85.0 4d91de4e4"
        );
        assert_eq!(
            of("rustc version 1.97.0-nightly (0123abcde 2026-05-01)").unwrap(),
            "1.97.0-nightly 0123abcde"
        );
        assert_eq!(of("rustc version 1.95.0-dev").unwrap(), "1.95.0-dev ");
        for other in [
            "GCC: (GNU) 9.4.0",
            "Linker: LLD 22.1.2",
            "rustc version ",
            "rustc version x",
            "rustc version 1\u{1b}b",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(compiler(&b"no ELF"[..]), None);
    }

    #[test]
    fn the_commit_is_completed_wherever_chunks_end() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for at in [0, WINDOW - 20, WINDOW, WINDOW + 30] {
            let mut bytes = vec![b'/'; 2 * WINDOW];
            let path = format!("/rustc/{commit}/library");
            bytes[at..at + path.len()].copy_from_slice(path.as_bytes());
            assert_eq!(whole(&bytes[..], "0123456").as_deref(), Some(commit), "at {at}");
            assert_eq!(whole(&bytes[..], "abcdef0"), None);
        }
    }
}

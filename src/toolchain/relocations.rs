//! Relocations in a few bytes, where bytes matter: the start code of a program that may be loaded at any address adds
//! that address to every pointer in its data. A table that takes 24 bytes for each of them can be written as a map that
//! takes hardly more than a bit (ELF gABI, "Relative Relocation Table").
//!
//! The start code is musl's, which reads such a map since version 1.2.4; with an older one the program would end before
//! its first line. So the linker is asked for it only where the C library that is linked is known, by its own word.

use super::{Linker, flags, said::Said};
use crate::plan::Plan;
use crate::regular::RegularFile;
use crate::size::Library;
use std::path::Path;

/// The first musl whose start code reads a map (its release notes, "1.2.4").
const FIRST: [u32; 3] = [1, 2, 4];

/// A C library is not larger than this, in bytes.
const LIMIT: u64 = 64 << 20;

/// What rustc is told for `plan`, which `linker` links with one of `archives`.
pub fn packed(
    plan: &Plan,
    linker: Option<&Linker>,
    archives: &[Library],
    said: &Said<'_>,
) -> Option<&'static str> {
    let flag = match linker? {
        Linker::Lld(_) | Linker::Zig(..) => "-Clink-arg=--pack-dyn-relocs=relr",
        Linker::Default => "-Clink-arg=-Wl,-z,pack-relative-relocs",
        Linker::Users => return None,
    };
    let is_wanted = plan.optimize.is_small() && plan.target.is_musl();
    let is_said = flags::said(plan, said).iter().any(|flag| is_of_libraries(flag));
    let library = || archives.iter().find(|one| one.path.file_name().is_some_and(|name| name == "libc.a"));
    (is_wanted && !is_said && reads_maps(&library()?.path)).then_some(flag)
}

/// Whether a flag of the compiler's is about such relocations, or may have another C library linked than the one that comes
/// with the standard library: nothing in a program tells which one it has.
fn is_of_libraries(flag: &str) -> bool {
    flag.starts_with("-L") || ["link-arg", "link-self-contained"].iter().any(|word| flag.contains(word))
}

/// Whether the start code of musl's `libc.a` at `path` reads a map.
fn reads_maps(path: &Path) -> bool {
    let read = || RegularFile::open(path, true).ok()?.bytes(LIMIT).ok()?;
    read().and_then(|bytes| version(&bytes)).is_some_and(|version| version >= FIRST)
}

/// The version that musl's own object `version.lo` holds, as a text by itself.
fn version(archive: &[u8]) -> Option<[u32; 3]> {
    let starts = memchr::memmem::find_iter(archive, b"\x001.").map(|at| at + 1);
    let mut texts = starts.filter_map(|at| triple(archive.get(at..)?.split(|byte| *byte == 0).next()?));
    texts.next()
}

/// `1.2.5`.
fn triple(text: &[u8]) -> Option<[u32; 3]> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() < 16)?;
    let numbers: Vec<u32> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_tells_its_version_by_a_text_of_its_own() {
        let of = |text: &str| version(text.as_bytes());
        assert_eq!(of("!<arch>\nversion.lo\0\x7fELF\0\x001.2.5\0GCC: 12.2.0"), Some([1, 2, 5]));
        assert_eq!(of("a\x001.2\0b1.2.5\0c\x001.2.3 or so\0"), None);
        assert!(version(b"\x001.2.3\0").unwrap() < FIRST && version(b"\x001.10.0\0").unwrap() > FIRST);
        assert_eq!(of(""), None);
    }

    #[test]
    fn flags_that_may_choose_another_library_are_known() {
        for flag in [
            "-L",
            "-Lnative=/musl",
            "-Clink-self-contained=no",
            "link-args=-L/musl",
            "-Clink-arg=-zpack-relative-relocs",
        ] {
            assert!(is_of_libraries(flag), "{flag}");
        }
        assert!(!is_of_libraries("-Ctarget-cpu=native") && !is_of_libraries("--cfg=x"));
    }

    #[test]
    fn what_is_no_library_reads_nothing() {
        assert!(!reads_maps(Path::new("/nowhere/libc.a")) && !reads_maps(Path::new("/")));
    }
}

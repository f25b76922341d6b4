//! Reads ELF files: what they ask of the kernel, what they carry, what `strip` would leave, what a debugger needs of the
//! rest, and what they are with one more section.
//!
//! The reader is total: any bytes give facts or a reason, in bounded time and
//! memory, and it never panics. It holds no opinion: whether a file that has an
//! interpreter may be packed is for others to say.
//!
//! Two kinds of answer are kept apart. [`read`] consults what the kernel and a
//! dynamic loader consult, and a proof may rest on it. [`sections`] and
//! [`report()`] consult the section headers, which nothing that runs ever reads.
//!
//! Sources: the System V ABI's generic part (ELF gABI), and Linux
//! `fs/binfmt_elf.c` for what the kernel makes of it.

mod addition;
mod bytes;
mod chunks;
mod dynamic;
mod error;
mod facts;
mod header;
mod interpreter;
mod keep;
mod layout;
mod names;
mod notes;
mod pieces;
mod relocations;
mod report;
mod rewrite;
mod search;
mod sections;
mod segments;
mod strip;
mod symbols;
mod twin;
mod view;

#[cfg(test)]
mod added;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod stripped;
#[cfg(test)]
mod twins;

pub use addition::add;
pub use bytes::ReadAt;
pub use chunks::chunks;
pub use error::{Error, Malformed, Part};
pub use facts::{Facts, Kind, Relro, read};
use layout::Layout;
pub use layout::{Class, Data};
pub use pieces::{Piece, Rewritten};
pub use relocations::{Relocation, relocation_size, relocations};
pub use report::{Report, report};
pub use search::{WINDOW, search};
pub use sections::{DEP_V0, SHT_RELR, Section, sections};
pub use strip::{Strip, strip};
pub use symbols::{Symbol, SymbolKind, Symbols};
pub use twin::twin;
pub use view::View;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// What bounded time means. Without optimisation, next to other tests, only
    /// what grows faster than its input is told from what does not.
    const BOUND: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5000 } else { 50 });

    fn this_program() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    /// Asks everything there is to ask; only the time it takes is judged.
    fn ask_all(bytes: &[u8]) {
        let start = Instant::now();
        let _ = read(bytes);
        let _ = report(bytes);
        let plans =
            [strip(bytes, Strip::Debug), strip(bytes, Strip::All), twin(bytes), add(bytes, ".new", b"new")];
        for plan in plans {
            let Ok(Some(rewritten)) = plan else { continue };
            let view = View::new(bytes, &rewritten);
            let mut len = 0;
            let each = |_: u64, chunk: &[u8]| -> Result<(), std::io::Error> {
                len += chunk.len() as u64;
                Ok(())
            };
            chunks(&view, |reason| reason, each).unwrap();
            assert_eq!(len, rewritten.size());
            let _ = read(&view);
        }
        assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    }

    #[test]
    fn a_slice_and_a_file_give_the_same_facts() {
        let path = std::env::current_exe().unwrap();
        let facts = read(&std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(facts, read(this_program().as_slice()).unwrap());
        assert!(facts.entry_is_executable && facts.loads > 0);
    }

    #[test]
    fn a_program_cut_within_a_segment_has_no_facts() {
        let whole = this_program();
        for len in 0..4096 {
            assert!(read(&whole[..len]).is_err(), "cut to {len} bytes");
            let _ = report(&whole[..len]);
        }
    }

    #[test]
    fn the_largest_header_table_is_read_in_bounded_time() {
        for p_type in [segments::PT_LOAD, segments::PT_NOTE] {
            let mut entries = vec![(1, 1); 3000];
            entries.extend([(5, sample::Sample::STRTAB), (0, 0)]);
            let mut sample = sample::Sample::default().dynamic(&entries);
            let segment = sample::segment(p_type, 4, 0, sample::Sample::SIZE);
            sample.segments.resize(65_534, segment);
            let raw = sample.bytes();
            let start = Instant::now();
            assert!(read(raw.as_slice()).is_ok());
            let _ = report(raw.as_slice());
            assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn random_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            ask_all(&bytes);
        }

        #[test]
        fn random_bytes_after_a_magic_are_answered(
            class in 0..4_u8,
            data in 0..4_u8,
            bytes in prop::collection::vec(any::<u8>(), 0..2048),
        ) {
            ask_all(&[b"\x7fELF".as_slice(), &[class, data, 1], &bytes].concat());
        }

        #[test]
        fn random_patches_of_a_header_are_answered(
            patches in prop::collection::vec((0..2048_usize, any::<u8>()), 1..8),
        ) {
            let mut bytes = sample::Sample::rich();
            let tail = bytes.len() - 1024;
            for (at, byte) in patches {
                // Headers are at both ends: of segments at the start, of sections at the end.
                let at = if at < 1024 { at } else { tail + at - 1024 };
                bytes[at] = byte;
            }
            ask_all(&bytes);
        }

        #[test]
        fn random_small_fields_of_a_header_are_answered(
            at in 0..512_usize,
            byte in 0..16_u8,
            from_end in any::<bool>(),
        ) {
            let mut bytes = sample::Sample::rich();
            let at = if from_end { bytes.len() - 1 - at } else { at };
            bytes[at] = byte;
            ask_all(&bytes);
        }
    }
}

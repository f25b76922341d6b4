//! Reads from the dynamic section what a dynamic loader would be told to do.

use super::layout::Layout;
use super::segments::{PT_DYNAMIC, Segment, Segments};
use super::{Error, Malformed, Part, ReadAt};

// Tags and flags (ELF gABI, "Dynamic Section"; `DT_FLAGS_1`: glibc `elf/elf.h`).
const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_BIND_NOW: u64 = 24;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS: u64 = 30;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_BIND_NOW: u64 = 8;
const DF_1_NOW: u64 = 1;
const DF_1_PIE: u64 = 0x0800_0000;

/// Far above any real table: the largest have a few hundred libraries, 16 bytes each.
const MAX_TABLE: u64 = 1 << 20;

/// Names beyond these add nothing: one is enough to know that a file needs others.
const MAX_NAMES: usize = 1024;
const MAX_NAME: u64 = 4096;
const MAX_NAME_BYTES: usize = 1 << 20;

/// What the dynamic section says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<String>,
    pub(super) soname: Option<String>,
    pub(super) runpath: Option<String>,
    pub(super) pie: bool,
    pub(super) bind_now: bool,
}

/// The dynamic section, if there is one.
pub(super) fn read<R: ReadAt + ?Sized>(
    bytes: &R,
    layout: Layout,
    segments: &Segments,
) -> Result<Option<Dynamic>, Error> {
    let Some(segment) = segments.only(PT_DYNAMIC, "PT_DYNAMIC")? else {
        return Ok(None);
    };
    check(&segment, segments)?;
    let raw = Part::Dynamic.read(bytes, segment.p_offset, segment.p_filesz)?;
    let entries = entries(layout, &raw).ok_or(Malformed::Dynamic("does not end in DT_NULL"))?;
    Ok(Some(summary(bytes, segments, &entries)))
}

/// Refuses a table that is not the one a loader would read.
///
/// A loader finds the table by its address, a reader of files by its offset.
/// Unless both lead to the same bytes, what is read here says nothing about
/// what would happen.
fn check(segment: &Segment, segments: &Segments) -> Result<(), Malformed> {
    if segment.p_filesz > MAX_TABLE {
        return Err(Malformed::Dynamic("is larger than 1 MiB"));
    }
    if segment.p_filesz == 0 || segment.p_filesz < segment.p_memsz {
        return Err(Malformed::Dynamic("is not in the file"));
    }
    let Some((offset, available)) = segments.file_range(segment.p_vaddr) else {
        return Err(Malformed::Dynamic("is not loaded from the file"));
    };
    if offset != segment.p_offset || available < segment.p_filesz {
        return Err(Malformed::Dynamic("is not what is loaded at its address"));
    }
    Ok(())
}

/// The entries before `DT_NULL`; `None` if there is no `DT_NULL`, as a loader
/// would then read on past the table.
fn entries(layout: Layout, raw: &[u8]) -> Option<Vec<(u64, u64)>> {
    let mut entries = Vec::new();
    for entry in raw.chunks_exact(layout.dynamic_entry_size().into()) {
        let mut fields = layout.fields(entry);
        let (d_tag, d_val) = (fields.wide()?, fields.wide()?);
        if d_tag == DT_NULL {
            return Some(entries);
        }
        entries.push((d_tag, d_val));
    }
    None
}

fn summary<R: ReadAt + ?Sized>(bytes: &R, segments: &Segments, entries: &[(u64, u64)]) -> Dynamic {
    // Where a tag repeats the loader keeps the last one, DT_NEEDED excepted.
    let last = |tag| entries.iter().rev().find(|(d_tag, _)| *d_tag == tag);
    let value = |tag| last(tag).map(|(_, d_val)| *d_val);
    let flags = value(DT_FLAGS).unwrap_or(0);
    let flags_1 = value(DT_FLAGS_1).unwrap_or(0);
    let strtab = value(DT_STRTAB).and_then(|address| segments.file_range(address));
    let name = |offset| name(bytes, strtab, offset).unwrap_or_else(|| "?".to_owned());

    let mut needed: Vec<String> = Vec::new();
    let mut collected = 0_usize;
    for (_, offset) in entries.iter().filter(|(d_tag, _)| *d_tag == DT_NEEDED) {
        if needed.len() >= MAX_NAMES || collected >= MAX_NAME_BYTES {
            break;
        }
        let name = name(*offset);
        collected = collected.saturating_add(name.len());
        needed.push(name);
    }

    Dynamic {
        needed,
        soname: value(DT_SONAME).map(name),
        runpath: value(DT_RUNPATH).or_else(|| value(DT_RPATH)).map(name),
        pie: flags_1 & DF_1_PIE != 0,
        bind_now: flags & DF_BIND_NOW != 0 || flags_1 & DF_1_NOW != 0 || last(DT_BIND_NOW).is_some(),
    }
}

/// One string of the dynamic string table; `None` if it cannot be read whole.
fn name<R: ReadAt + ?Sized>(bytes: &R, strtab: Option<(u64, u64)>, at: u64) -> Option<String> {
    let (offset, available) = strtab?;
    let len = available.checked_sub(at)?.min(MAX_NAME);
    let raw = Part::Dynamic.read(bytes, offset.checked_add(at)?, len).ok()?;
    let end = raw.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(raw.get(..end)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::super::{Facts, read as facts};
    use super::*;

    fn of(entries: &[(u64, u64)]) -> Facts {
        facts(Sample::default().dynamic(entries).bytes().as_slice()).unwrap()
    }

    #[test]
    fn names_and_flags_are_read_in_every_layout() {
        for sample in Sample::every_layout() {
            let at = Sample::LIBC;
            let sample = sample.dynamic(&[
                (DT_NEEDED, at),
                (DT_NEEDED, at + 3),
                (DT_STRTAB, Sample::STRTAB),
                (DT_FLAGS_1, DF_1_PIE),
                (DT_RUNPATH, at),
                (DT_NULL, 0),
                (DT_FLAGS, DF_BIND_NOW),
            ]);
            let facts = facts(sample.bytes().as_slice()).unwrap();
            assert_eq!(facts.needed, ["libc.so.6", "c.so.6"]);
            assert_eq!(facts.runpath.as_deref(), Some("libc.so.6"));
            assert_eq!(facts.soname, None);
            assert!(facts.dynamic && facts.pie && !facts.bind_now);
        }
    }

    #[test]
    fn each_of_three_ways_to_bind_now_counts() {
        for entry in [(DT_BIND_NOW, 0), (DT_FLAGS, 8), (DT_FLAGS_1, 1)] {
            assert!(of(&[entry, (DT_NULL, 0)]).bind_now);
        }
        assert!(!of(&[(DT_FLAGS, 7), (DT_FLAGS_1, !1), (DT_NULL, 0)]).bind_now);
    }

    #[test]
    fn a_needed_file_counts_even_if_its_name_cannot_be_read() {
        let strtab = (DT_STRTAB, Sample::STRTAB);
        assert_eq!(of(&[(DT_NEEDED, 0), (DT_NULL, 0)]).needed, ["?"]);
        for entry in [(DT_NEEDED, u64::MAX), (DT_NEEDED, Sample::SIZE)] {
            assert_eq!(of(&[entry, strtab, (DT_NULL, 0)]).needed, ["?"]);
        }
        let astray = (DT_STRTAB, 1);
        assert_eq!(of(&[(DT_NEEDED, 0), astray, (DT_NULL, 0)]).needed, ["?"]);
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let mut many = vec![(DT_NEEDED, 0); 3000];
        many.push((DT_NULL, 0));
        assert_eq!(of(&many).needed.len(), MAX_NAMES);
    }

    #[test]
    fn a_table_a_loader_would_not_read_is_refused() {
        let why = |change: &dyn Fn(&mut Segment)| {
            let mut sample = Sample::default().dynamic(&[(DT_NULL, 0)]);
            change(sample.segments.last_mut().unwrap());
            facts(sample.bytes().as_slice()).unwrap_err().to_string()
        };
        assert!(why(&|s| s.p_filesz = 0).ends_with("is not in the file"));
        assert!(why(&|s| s.p_memsz += 1).ends_with("is not in the file"));
        assert!(why(&|s| s.p_vaddr = 1).ends_with("is not loaded from the file"));
        assert!(why(&|s| s.p_vaddr += 16).ends_with("is not what is loaded at its address"));
        assert!(why(&|s| s.p_filesz = 8).ends_with("is not in the file"));
        assert!(why(&|s| (s.p_filesz, s.p_memsz) = (8, 8)).ends_with("does not end in DT_NULL"));
    }
}

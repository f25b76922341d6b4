//! Reads notes, the records a linker leaves about a program.

use super::layout::Layout;

/// `NT_GNU_ABI_TAG`: which system a glibc program was linked for.
const NT_GNU_ABI_TAG: u32 = 1;

/// `NT_GNU_BUILD_ID`: what identifies one build.
const NT_GNU_BUILD_ID: u32 = 3;

/// A longer one is no hash: the usual one has 20 bytes.
const MAX_BUILD_ID: usize = 64;

/// What the notes of owner `GNU` say (Linux Standard Base, "ABI note tag"; GNU ld, `--build-id`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    pub(super) build_id: Option<String>,
    pub(super) glibc_abi_tag: bool,
}

impl Notes {
    /// Adds what the notes in one segment or section say.
    ///
    /// Stops quietly at a note that does not end: notes inform, they prove nothing.
    pub(super) fn add(&mut self, layout: Layout, raw: &[u8], align: u64) {
        // gABI, "Note Section", as toolchains read it: entries are padded to 4
        // bytes in both classes, and to 8 only where the alignment says so.
        let align = if align == 8 { 8 } else { 4 };
        let mut rest = raw;
        while let Some((note, after)) = next(layout, rest, align) {
            self.note(&note);
            rest = after;
        }
    }

    fn note(&mut self, note: &Note<'_>) {
        if note.owner != b"GNU\0" {
            return;
        }
        match note.kind {
            NT_GNU_ABI_TAG => self.glibc_abi_tag = true,
            NT_GNU_BUILD_ID if (1..=MAX_BUILD_ID).contains(&note.desc.len()) => {
                let hex = note.desc.iter().map(|byte| format!("{byte:02x}"));
                self.build_id.get_or_insert_with(|| hex.collect());
            }
            _ => {}
        }
    }
}

/// `Elf32_Nhdr` or `Elf64_Nhdr`, which are the same, and what follows it.
struct Note<'a> {
    kind: u32,
    owner: &'a [u8],
    desc: &'a [u8],
}

fn next(layout: Layout, raw: &[u8], align: usize) -> Option<(Note<'_>, &[u8])> {
    let mut fields = layout.fields(raw);
    let n_namesz = usize::try_from(fields.word()?).ok()?;
    let n_descsz = usize::try_from(fields.word()?).ok()?;
    let n_type = fields.word()?;
    let owner_end = n_namesz.checked_add(12)?;
    let desc_start = owner_end.checked_next_multiple_of(align)?;
    let desc_end = desc_start.checked_add(n_descsz)?;
    let note = Note { kind: n_type, owner: raw.get(12..owner_end)?, desc: raw.get(desc_start..desc_end)? };
    // The last note need not be padded.
    let after = raw.get(desc_end.checked_next_multiple_of(align)?..);
    Some((note, after.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::{Class, Data};
    use super::*;

    const LAYOUT: Layout = Layout { class: Class::Elf64, data: Data::Big };

    fn note(owner: &[u8], kind: u32, desc: &[u8], align: usize) -> Vec<u8> {
        let mut record = LAYOUT.record();
        record.word(owner.len() as u32);
        record.word(desc.len() as u32);
        record.word(kind);
        let mut raw = record.finish();
        for part in [owner, desc] {
            raw.extend_from_slice(part);
            raw.resize(raw.len().next_multiple_of(align), 0);
        }
        raw
    }

    fn notes(raw: &[u8], align: u64) -> Notes {
        let mut notes = Notes::default();
        notes.add(LAYOUT, raw, align);
        notes
    }

    #[test]
    fn notes_of_gnu_are_found_among_others() {
        for align in [4, 8] {
            let raw = [
                note(b"Go\0", 3, b"not this", align),
                note(b"GNU\0", 1, &[0; 16], align),
                note(b"GNU\0", 3, b"\x01\xab\xff", align),
                note(b"GNU\0", 3, b"second", align),
            ]
            .concat();
            let notes = notes(&raw, align as u64);
            assert_eq!(notes.build_id.as_deref(), Some("01abff"));
            assert!(notes.glibc_abi_tag);
        }
    }

    #[test]
    fn a_cut_note_says_nothing() {
        let raw = note(b"GNU\0", 3, b"\x01\xab", 4);
        assert_eq!(notes(&raw[..18], 4).build_id.as_deref(), Some("01ab"));
        for len in 0..18 {
            assert_eq!(notes(&raw[..len], 4), Notes::default());
        }
        let huge = [0xff; 64];
        assert_eq!(notes(&huge, 4), Notes::default());
    }
}

//! Tests that each file the reader must refuse is refused, and for the right reason.

use super::sample::{Sample, segment};
use super::segments::{PT_GNU_STACK, PT_LOAD, PT_NOTE, Segment};
use super::{Error, Malformed, Part, read};

fn why(raw: &[u8]) -> Malformed {
    match read(raw) {
        Err(Error::Malformed(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// The reason a 64-bit little-endian file is refused with these bytes at this offset.
fn patched(at: usize, bytes: &[u8]) -> Malformed {
    let mut raw = Sample::default().bytes();
    raw[at..at + bytes.len()].copy_from_slice(bytes);
    why(&raw)
}

/// The reason a file is refused whose one `PT_LOAD` is changed; the same in every layout.
fn changed(change: impl Fn(&mut Segment)) -> Malformed {
    let reasons: Vec<Malformed> = Sample::every_layout()
        .map(|mut sample| {
            change(&mut sample.segments[0]);
            why(&sample.bytes())
        })
        .collect();
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    reasons[0]
}

fn with(added: Segment) -> Result<(), String> {
    let mut sample = Sample::default();
    sample.segments.push(added);
    match read(sample.bytes().as_slice()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn an_identification_of_no_known_kind() {
    assert_eq!(why(b"#!/bin/sh\n"), Malformed::NotElf);
    assert_eq!(why(b""), Malformed::NotElf);
    assert_eq!(patched(0, b"\x7fELG"), Malformed::NotElf);
    assert_eq!(patched(4, &[0]), Malformed::Class(0));
    assert_eq!(patched(4, &[3]), Malformed::Class(3));
    assert_eq!(patched(5, &[0]), Malformed::Data(0));
    assert_eq!(patched(5, &[3]), Malformed::Data(3));
    assert_eq!(patched(6, &[0]), Malformed::Version(0));
    assert_eq!(patched(20, &[2]), Malformed::Version(2));
    assert_eq!(patched(23, &[1]), Malformed::Version(0x0100_0001));
}

#[test]
fn a_header_of_another_size() {
    let (field, expected) = ("e_ehsize", 64);
    for value in [0, 52, 65] {
        let why = patched(52, &[u8::try_from(value).unwrap(), 0]);
        let reason = Malformed::HeaderSize { field, value, expected };
        assert_eq!(why, reason);
    }
    let (field, expected) = ("e_phentsize", 56);
    for value in [0, 32, 57, 112] {
        let why = patched(54, &[u8::try_from(value).unwrap(), 0]);
        let reason = Malformed::HeaderSize { field, value, expected };
        assert_eq!(why, reason);
    }
}

#[test]
fn no_segments_or_a_count_kept_elsewhere() {
    assert_eq!(patched(56, &[0, 0]), Malformed::ProgramHeaderCount(0));
    let uncounted = patched(56, &[0xff, 0xff]);
    assert_eq!(uncounted, Malformed::ProgramHeaderCount(0xffff));
}

#[test]
fn a_header_table_outside_the_file() {
    let (part, size) = (Part::ProgramHeaders, Sample::SIZE);
    let end = 64 + 0xfffe * 56;
    let reason = Malformed::Truncated { part, end, size };
    assert_eq!(patched(56, &[0xfe, 0xff]), reason);
    let overflow = Malformed::EndOverflows(part);
    assert_eq!(patched(32, &[0xff; 8]), overflow);
}

#[test]
fn a_segment_outside_the_file() {
    let truncated =
        Malformed::Truncated { part: Part::Segment(0), end: Sample::SIZE + 1, size: Sample::SIZE };
    let longer = |s: &mut Segment| (s.p_filesz, s.p_memsz) = (Sample::SIZE + 1, Sample::SIZE + 1);
    assert_eq!(changed(longer), truncated);
    let mut later = segment(PT_NOTE, 4, Sample::SIZE - 8, 9);
    assert!(with(later).unwrap_err().starts_with("truncated: segment 1"));
    (later.p_offset, later.p_filesz) = (u64::MAX, 2);
    let beyond = "segment 1 ends beyond the largest offset";
    assert_eq!(with(later).unwrap_err(), beyond);
    later.p_filesz = 0;
    assert_eq!(with(later), Ok(()), "no bytes are nowhere");
}

#[test]
fn a_segment_beyond_the_address_space() {
    let mut stack = segment(PT_GNU_STACK, 6, 0, 0);
    (stack.p_vaddr, stack.p_memsz) = (u64::MAX, 1);
    let beyond = "segment 1 ends beyond the address space";
    assert_eq!(with(stack).unwrap_err(), beyond);
    let past_32_bits = |s: &mut Segment| s.p_vaddr = 0xffff_f000;
    let mut sample = Sample::default();
    past_32_bits(&mut sample.segments[0]);
    assert!(read(sample.bytes().as_slice()).is_ok());
    sample.class = super::Class::Elf32;
    assert_eq!(why(&sample.bytes()), Malformed::AddressOverflows(0));
}

#[test]
fn a_segment_larger_in_the_file_than_in_memory() {
    let smaller = |s: &mut Segment| s.p_memsz -= 1;
    assert_eq!(changed(smaller), Malformed::FileLargerThanMemory(0));
}

#[test]
fn a_segment_not_aligned_as_it_says() {
    let misaligned = Malformed::Misaligned(0);
    assert_eq!(changed(|s| s.p_align = 3), misaligned);
    assert_eq!(changed(|s| s.p_align = 0x1001), misaligned);
    assert_eq!(changed(|s| s.p_vaddr += 1), misaligned);
    for unaligned in [0, 1] {
        let mut odd = segment(PT_LOAD, 4, 8, 8);
        // the kernel maps pages all the same
        (odd.p_vaddr, odd.p_align) = (Sample::BASE + 1, unaligned);
        assert!(with(odd).is_err());
        odd.p_vaddr = Sample::BASE + odd.p_offset % 4096;
        assert_eq!(with(odd), Ok(()));
    }
}

#[test]
fn loads_that_descend() {
    let mut below = segment(PT_LOAD, 4, 0, 8);
    assert_eq!(with(below), Ok(()), "an overlap is no descent");
    below.p_vaddr -= 4096;
    let reason = "segment 1 is loaded below the one before it";
    assert_eq!(with(below).unwrap_err(), reason);
}

#[test]
fn a_second_or_an_endless_dynamic_section() {
    let mut sample = Sample::default().dynamic(&[(0, 0)]);
    sample.segments.push(sample.segments[1]);
    assert_eq!(why(&sample.bytes()), Malformed::Repeated("PT_DYNAMIC"));

    let mut sample = Sample::default().dynamic(&[(1, 1)]);
    let endless = Malformed::Dynamic("does not end in DT_NULL");
    assert_eq!(why(&sample.bytes()), endless);

    let mut raw = sample.bytes();
    raw.resize((1 << 20) + 0x8000, 0);
    for s in &mut sample.segments {
        (s.p_filesz, s.p_memsz) = ((1 << 20) + 16, (1 << 20) + 16);
    }
    let header = sample.bytes();
    raw[..0x1000].copy_from_slice(&header[..0x1000]);
    assert_eq!(why(&raw), Malformed::Dynamic("is larger than 1 MiB"));
}

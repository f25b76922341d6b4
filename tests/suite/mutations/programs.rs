//! Faults of the program itself: what the kernel would refuse, or start and end at once.

use super::editor::Change;
use super::record::Record;
use super::{PROGRAM, Row, row};
use cargo_scratch::content::Rule;

/// Changes the bytes of the program.
fn patched(records: &mut [Record], change: impl FnOnce(&mut Vec<u8>)) {
    let program = records.iter_mut().find(|record| record.name() == "hello").unwrap();
    let mut bytes = program.body.clone();
    change(&mut bytes);
    program.fill(bytes);
}

/// Makes a dynamic program of it: `PT_GNU_STACK` becomes `PT_INTERP`, with a path at the end of the file.
fn dynamic(elf: &mut Vec<u8>, loader: &str) {
    let number = |at: usize| u16::from_le_bytes([elf[at], elf[at + 1]]);
    let (count, size) = (usize::from(number(56)), usize::from(number(54)));
    let table = usize::try_from(u64::from_le_bytes(elf[32..40].try_into().unwrap())).unwrap();
    let mut headers = (0..count).map(|n| table + n * size);
    let stack = headers.find(|at| elf[*at..*at + 4] == [0x51, 0xe5, 0x74, 0x64]).unwrap();
    let (offset, length) = (elf.len() as u64, loader.len() as u64 + 1);
    elf[stack..stack + 4].copy_from_slice(&3_u32.to_le_bytes());
    for (field, value) in [(8, offset), (16, offset), (24, offset), (32, length), (40, length)] {
        elf[stack + field..stack + field + 8].copy_from_slice(&value.to_le_bytes());
    }
    elf.extend_from_slice(loader.as_bytes());
    elf.push(0);
}

pub const ROWS: &[Row] = &[
    row(
        "a program for another machine",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[18] = 243)),
        Rule::Program,
        "riscv64",
    ),
    row(
        "a program of 32 bits",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[4] = 1)),
        Rule::Program,
        "/hello",
    ),
    row(
        "a program in another byte order",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[5] = 2)),
        Rule::Program,
        "/hello",
    ),
    row(
        "a program for another system",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[7] = 9)),
        Rule::Program,
        "another operating system",
    ),
    row(
        "a program that is an object file",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[16] = 1)),
        Rule::Program,
        "object file",
    ),
    row(
        "a program that is cut short",
        Change::Entries(PROGRAM, |all| patched(all, cut_short)),
        Rule::Program,
        "damaged",
    ),
    row(
        "a program that is a header alone",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf.truncate(64))),
        Rule::Program,
        "damaged",
    ),
    row(
        "a program without segments",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[56..58].fill(0))),
        Rule::Program,
        "/hello",
    ),
    row(
        "a program whose first instruction is nowhere",
        Change::Entries(PROGRAM, |all| patched(all, |elf| elf[24..32].fill(0x11))),
        Rule::Program,
        "entry point",
    ),
    row(
        "a program whose loader is not in the image",
        Change::Entries(PROGRAM, |all| {
            patched(all, |elf| dynamic(elf, "/lib64/ld-linux-x86-64.so.2"));
        }),
        Rule::Program,
        "no such file or directory",
    ),
    row(
        "a program whose loader is no program",
        Change::Entries(PROGRAM, |all| {
            patched(all, |elf| dynamic(elf, "/data/file"));
        }),
        Rule::Program,
        "/data/file",
    ),
];

/// Takes away the last byte of the first segment, and all behind it.
fn cut_short(elf: &mut Vec<u8>) {
    let number = |at: usize| u64::from_le_bytes(elf[at..at + 8].try_into().unwrap());
    let end = number(64 + 8) + number(64 + 32); // p_offset and p_filesz
    elf.truncate(usize::try_from(end).unwrap() - 1);
}

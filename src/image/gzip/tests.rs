//! Checks the member as a whole, against other readers of the format.
//!
//! The compressed bytes themselves are not pinned: they may change with a new
//! libdeflate. What must hold is that they read back everywhere as one member
//! and that nothing but content, level and block size shows in them.

use std::fs;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

/// Contents of every kind, each at a length of the caller's choice.
fn content(kind: usize, len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 24
    };
    let mut data = Vec::with_capacity(len + 64);
    while data.len() < len {
        let n = random();
        match kind {
            0 => data.extend([0; 64]),
            1 => data.extend(n.to_le_bytes()),
            2 => data.extend(format!("entry {} of {}\n", n % 97, n % 10_007).bytes()),
            // Like machine code: few opcodes, scattered operands.
            _ => data.extend([0x48, 0x8b, (n % 8) as u8, 0xe8, n as u8, (n >> 9) as u8, 0, 0]),
        }
    }
    data.truncate(len);
    data
}

/// Writes `data` in pieces of the given sizes, over and over.
fn member(data: &[u8], level: u8, workers: usize, chunks: &[usize]) -> Vec<u8> {
    let mut writer = GzipWriter::with_workers(Vec::new(), level, workers).unwrap();
    let mut rest = data;
    for chunk in chunks.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*chunk).clamp(1, rest.len()));
        writer.write_all(piece).unwrap();
        rest = after;
    }
    writer.finish().unwrap()
}

/// Reads the only member of `bytes` and insists that nothing follows it.
fn read_back(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = flate2::bufread::GzDecoder::new(bytes);
    let mut data = Vec::new();
    decoder.read_to_end(&mut data).unwrap();
    assert!(decoder.into_inner().is_empty());
    data
}

const WHOLE: [usize; 1] = [usize::MAX];
const LENGTHS: [usize; 7] = [0, 1, 40_000, Block::SIZE - 1, Block::SIZE, Block::SIZE + 1, 5 * Block::SIZE];

#[test]
fn every_kind_and_length_reads_back() {
    for kind in 0..4 {
        for len in LENGTHS {
            let data = content(kind, len);
            assert!(read_back(&member(&data, 6, 2, &WHOLE)) == data, "kind {kind}, {len} bytes");
        }
    }
}

#[test]
fn every_level_reads_back_and_is_the_same_on_any_number_of_threads() {
    let data = [2, 3, 0, 2].map(|kind| content(kind, Block::SIZE * 9 / 16)).concat();
    for level in 1..=12 {
        // A single worker uses its compressors again, four start with new ones.
        let bytes = member(&data, level, 1, &WHOLE);
        assert!(member(&data, level, 4, &WHOLE) == bytes, "level {level}");
        assert!(read_back(&bytes) == data, "level {level}");
    }
    for level in [0, 13, 255] {
        let error = GzipWriter::new(Vec::new(), level).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}

#[test]
fn header_and_trailer_are_as_rfc_1952_has_them() {
    let framed = |data: &[u8]| {
        let bytes = member(data, 6, 1, &WHOLE);
        let (head, tail) = (bytes[..10].to_vec(), bytes[bytes.len() - 8..].to_vec());
        (head, tail)
    };
    let head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".to_vec();
    assert_eq!(framed(b""), (head.clone(), vec![0; 8]));
    // The check value of CRC-32 is cbf43926.
    let tail = [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0].to_vec();
    assert_eq!(framed(b"123456789"), (head, tail));
}

#[test]
fn other_readers_accept_the_member() {
    let data = content(3, 3 * Block::SIZE + 12_345);
    let path = std::env::temp_dir().join(format!("member-{}.gz", std::process::id()));
    fs::write(&path, member(&data, 6, 2, &WHOLE)).unwrap();
    let python = "import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())";
    let readers: [(&[&str], &[u8]); 3] =
        [(&["gzip", "-t"], b""), (&["gunzip", "-c"], &data), (&["python3", "-c", python], &data)];
    for (reader, expected) in readers {
        let mut command = Command::new(reader[0]);
        command.args(&reader[1..]).arg(&path).stderr(Stdio::inherit());
        // A machine may lack any of them.
        if let Ok(output) = command.output() {
            assert!(output.status.success() && output.stdout == expected, "{reader:?}");
        }
    }
    fs::remove_file(&path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn neither_pieces_nor_threads_show_in_the_bytes(
        kind in 0..4_usize,
        len in prop::sample::select(&LENGTHS[2..]),
        chunks in prop::collection::vec(prop_oneof![1..5_000_usize, 1..3 * Block::SIZE], 1..6),
        workers in 1..=4_usize,
    ) {
        let data = content(kind, len);
        let plain = member(&data, 1, 1, &WHOLE);
        prop_assert!(member(&data, 1, workers, &chunks) == plain);
    }
}

/// Takes some bytes and then fails, once only.
struct Failing {
    room: usize,
    failures: usize,
}

impl Write for Failing {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.room == 0 && !data.is_empty() {
            self.failures += 1;
            assert_eq!(self.failures, 1, "written to after a failure");
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no room"));
        }
        let taken = data.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_below_is_returned_wherever_it_strikes() {
    let data = content(1, 4 * Block::SIZE + 1);
    let total = member(&data, 1, 1, &WHOLE).len();
    for room in [0, 9, 10, 11, Block::SIZE, 3 * Block::SIZE, total - 9, total - 8, total - 1] {
        for workers in [1, 3] {
            let inner = Failing { room, failures: 0 };
            let result = GzipWriter::with_workers(inner, 1, workers).and_then(|mut writer| {
                let written = writer.write_all(&data);
                let Err(error) = written else { return writer.finish() };
                assert!(writer.write(b"more").is_err());
                assert!(writer.finish().is_err());
                Err(error)
            });
            let kind = result.err().map(|error| error.kind());
            assert_eq!(kind, Some(io::ErrorKind::StorageFull), "{room} bytes, {workers} workers");
        }
    }
}

#[test]
fn one_block_needs_no_thread() {
    let mut writer = GzipWriter::with_workers(Vec::new(), 6, 4).unwrap();
    writer.write_all(&content(0, Block::SIZE)).unwrap();
    assert!(writer.line.leave().unwrap().is_none());
    writer.write_all(&[0]).unwrap();
    assert!(writer.line.leave().unwrap().is_some());
}

#[test]
fn a_writer_dropped_at_any_point_just_ends() {
    for len in LENGTHS {
        for workers in 1..=3 {
            let mut writer = GzipWriter::with_workers(Vec::new(), 1, workers).unwrap();
            writer.write_all(&content(1, len)).unwrap();
            writer.flush().unwrap();
            drop(writer);
        }
    }
}

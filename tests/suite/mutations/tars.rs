//! Faults of one layer's tar: structure, paths, types.

use super::editor::Change;
use super::record::Record;
use super::{FILES, Row, row};
use cargo_scratch::content::Rule;

/// Renames `data/file`.
fn renamed(records: &mut [Record], name: &[u8]) {
    records.iter_mut().find(|record| record.name() == "data/file").unwrap().rename(name);
}

/// Puts a pax header before `data/file`.
fn extended(records: &mut Vec<Record>, header: Record) {
    let at = records.iter().position(|record| record.name() == "data/file").unwrap();
    records.insert(at, header);
}

fn header(records: &mut [Record]) -> &mut Record {
    records.iter_mut().find(|record| record.name() == "data/file").unwrap()
}

pub const ROWS: &[Row] = &[
    row("a path goes up", Change::Entries(FILES, |all| renamed(all, b"../evil")), Rule::Path, "../evil"),
    row(
        "a path goes up in its middle",
        Change::Entries(FILES, |all| renamed(all, b"data/../evil")),
        Rule::Path,
        "data/../evil",
    ),
    row(
        "a path is absolute",
        Change::Entries(FILES, |all| renamed(all, b"/etc/evil")),
        Rule::Path,
        "/etc/evil",
    ),
    row(
        "a path has an empty name in it",
        Change::Entries(FILES, |all| renamed(all, b"data//file")),
        Rule::Path,
        "data//file",
    ),
    row(
        "a path has a dot in its middle",
        Change::Entries(FILES, |all| renamed(all, b"data/./file")),
        Rule::Path,
        "data/./file",
    ),
    row(
        "a path is no UTF-8",
        Change::Entries(FILES, |all| renamed(all, b"data/\xff\xfe")),
        Rule::Path,
        "layer 2",
    ),
    row("a path is empty", Change::Entries(FILES, |all| renamed(all, b"")), Rule::Path, "layer 2"),
    row(
        "a path has a NUL",
        Change::Entries(FILES, |all| extended(all, Record::pax(&[("path", "data/fi\0le")]))),
        Rule::Tar,
        "path",
    ),
    row(
        "a name has 256 bytes",
        Change::Entries(FILES, |all| {
            extended(all, Record::pax(&[("path", &format!("data/{}", "n".repeat(256)))]));
        }),
        Rule::Path,
        "nnnn",
    ),
    row(
        "a path is there twice",
        Change::Entries(FILES, |all| {
            let again = header(all).clone();
            all.push(again);
        }),
        Rule::Duplicate,
        "data/file",
    ),
    row(
        "a path is there twice, once with a dot before it",
        Change::Entries(FILES, |all| {
            let mut again = header(all).clone();
            again.rename(b"./data/file");
            all.push(again);
        }),
        Rule::Duplicate,
        "data/file",
    ),
    row(
        "a file is a folder too",
        Change::Entries(FILES, |all| all.push(Record::folder("data/file/"))),
        Rule::Duplicate,
        "data/file",
    ),
    row(
        "a folder is a link too",
        Change::Entries(FILES, |all| all.push(Record::symlink("data/sub", "/etc"))),
        Rule::Duplicate,
        "data/sub",
    ),
    row(
        "a path is deleted and made in one layer",
        Change::Entries(FILES, |all| all.push(Record::file("data/.wh.file", ""))),
        Rule::Whiteout,
        "file",
    ),
    row(
        "a whiteout of no name",
        Change::Entries(FILES, |all| all.push(Record::file("data/.wh.", ""))),
        Rule::Whiteout,
        ".wh.",
    ),
    row(
        "a whiteout that is a folder",
        Change::Entries(FILES, |all| all.push(Record::folder("data/.wh.sub2/"))),
        Rule::Whiteout,
        ".wh.sub2",
    ),
    row(
        "a whiteout with something in it",
        Change::Entries(FILES, |all| all.push(Record::file("data/.wh.x", "content"))),
        Rule::Whiteout,
        ".wh.x",
    ),
    row(
        "a whiteout of a whiteout",
        Change::Entries(FILES, |all| all.push(Record::file("data/.wh..wh.x", ""))),
        Rule::Whiteout,
        ".wh.",
    ),
    row(
        "a device for characters",
        Change::Entries(FILES, |all| all.push(Record::of(b'3', "data/null", "", 0o666, b""))),
        Rule::Entry,
        "data/null",
    ),
    row(
        "a device for blocks",
        Change::Entries(FILES, |all| all.push(Record::of(b'4', "data/disk", "", 0o660, b""))),
        Rule::Entry,
        "data/disk",
    ),
    row(
        "a pipe",
        Change::Entries(FILES, |all| all.push(Record::of(b'6', "data/pipe", "", 0o644, b""))),
        Rule::Entry,
        "data/pipe",
    ),
    row(
        "a type that nobody knows",
        Change::Entries(FILES, |all| all.push(Record::of(b'Z', "data/what", "", 0o644, b""))),
        Rule::Tar,
        "`Z`",
    ),
    row(
        "a link to nowhere at all",
        Change::Entries(FILES, |all| all.push(Record::symlink("data/empty", ""))),
        Rule::Path,
        "data/empty",
    ),
    row("a checksum is another", Change::Tar(FILES, |tar| tar[148] ^= 1), Rule::Tar, "layer 2"),
    row(
        "a number has a letter in it",
        Change::Entries(FILES, |all| header(all).edit(|header| header[124] = b'x')),
        Rule::Tar,
        "`size`",
    ),
    row(
        "a number has a digit that is not octal",
        Change::Entries(FILES, |all| header(all).edit(|header| header[106] = b'9')),
        Rule::Tar,
        "`mode`",
    ),
    row(
        "a size is below zero in base 256",
        Change::Entries(FILES, |all| header(all).edit(|header| header[124..136].fill(0xff))),
        Rule::Tar,
        "negative size",
    ),
    row(
        "a size is beyond all numbers in base 256",
        Change::Entries(FILES, |all| {
            header(all).edit(|header| {
                header[124..136].fill(0x7f);
                header[124] = 0x80;
            });
        }),
        Rule::Tar,
        "63 bits",
    ),
    row(
        "pax has another size than its entry",
        Change::Entries(FILES, |all| extended(all, Record::pax(&[("size", "1")]))),
        Rule::Tar,
        "pax",
    ),
    row(
        "pax has a size that is no number",
        Change::Entries(FILES, |all| extended(all, Record::pax(&[("size", "1e3")]))),
        Rule::Tar,
        "size",
    ),
    row(
        "pax has a path twice",
        Change::Entries(FILES, |all| extended(all, Record::pax(&[("path", "data/a"), ("path", "data/b")]))),
        Rule::Tar,
        "path",
    ),
    row(
        "a record of pax has another length",
        Change::Entries(FILES, |all| {
            extended(all, Record::of(b'x', "pax-header", "", 0o644, b"99 path=data/other\n"));
        }),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "two headers of pax before one entry",
        Change::Entries(FILES, |all| {
            extended(all, Record::pax(&[("path", "data/a")]));
            extended(all, Record::pax(&[("path", "data/b")]));
        }),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "a header of pax before nothing",
        Change::Entries(FILES, |all| all.push(Record::pax(&[("path", "data/a")]))),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "a path for all entries",
        Change::Entries(FILES, |all| {
            let mut global = Record::pax(&[("path", "data/all")]);
            global.edit(|header| header[156] = b'g');
            all.insert(0, global);
        }),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "a sparse file of GNU's",
        Change::Entries(FILES, |all| header(all).edit(|header| header[156] = b'S')),
        Rule::Tar,
        "sparse",
    ),
    row(
        "a sparse file of pax",
        Change::Entries(FILES, |all| {
            extended(all, Record::pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")]));
        }),
        Rule::Tar,
        "GNU.sparse.major",
    ),
    row(
        "a folder with something in it",
        Change::Entries(FILES, |all| all.push(Record::of(b'5', "data/full/", "", 0o755, b"x"))),
        Rule::Tar,
        "content",
    ),
    row(
        "a tar ends in an entry",
        Change::Tar(FILES, |tar| tar.truncate(tar.len() - 1024 - 100)),
        Rule::Tar,
        "layer 2",
    ),
    row("a tar has no end", Change::Tar(FILES, |tar| tar.truncate(tar.len() - 1024)), Rule::Tar, "layer 2"),
    row(
        "a tar has half an end",
        Change::Tar(FILES, |tar| tar.truncate(tar.len() - 512)),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "a tar goes on behind its end",
        Change::Tar(FILES, |tar| tar.extend_from_slice(&[b'x'; 512])),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "a tar is no whole number of blocks",
        Change::Tar(FILES, |tar| tar.extend_from_slice(&[0; 100])),
        Rule::Tar,
        "layer 2",
    ),
    row(
        "an entry behind a block of zeros",
        Change::Tar(FILES, |tar| {
            let at = tar.len() - 1024;
            let mut hidden = super::record::tar(&[Record::file("data/hidden", "x")]);
            hidden.splice(0..0, [0; 512]);
            tar.splice(at.., hidden);
        }),
        Rule::Tar,
        "layer 2",
    ),
];

//! Faults of compressed layers: what one reader unpacks and another does not.

use super::editor::{Change, gzip};
use super::{Base, FILES, Row, row};
use cargo_scratch::content::Rule;

fn is_gzip(base: &Base) -> bool {
    base.compression == "gzip"
}

fn is_zstd(base: &Base) -> bool {
    base.compression == "zstd"
}

pub const ROWS: &[Row] = &[
    row(
        "a second gzip member with nothing in it",
        Change::Blob(FILES, |blob| blob.extend(gzip(b""))),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "a second gzip member with more of the tar",
        Change::Blob(FILES, |blob| blob.extend(gzip(&[0; 512]))),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "bytes after gzip's end",
        Change::Blob(FILES, |blob| blob.extend(b"more")),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "zeros after gzip's end",
        Change::Blob(FILES, |blob| blob.extend([0; 512])),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "gzip's checksum is another",
        Change::Blob(FILES, |blob| {
            let at = blob.len() - 8;
            blob[at] ^= 1;
        }),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "gzip's length is another",
        Change::Blob(FILES, |blob| {
            let at = blob.len() - 4;
            blob[at] ^= 1;
        }),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "gzip ends too early",
        Change::Blob(FILES, |blob| blob.truncate(blob.len() - 9)),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row(
        "gzip's flags are of the future",
        Change::Blob(FILES, |blob| blob[3] |= 0x80),
        Rule::Compression,
        "layer 2",
    )
    .of(is_gzip),
    row("gzip's method is none", Change::Blob(FILES, |blob| blob[2] = 7), Rule::Compression, "layer 2")
        .of(is_gzip),
    row(
        "bytes after zstd's end",
        Change::Blob(FILES, |blob| blob.extend(b"more")),
        Rule::Compression,
        "layer 2",
    )
    .of(is_zstd),
    row(
        "zstd ends too early",
        Change::Blob(FILES, |blob| blob.truncate(blob.len() - 1)),
        Rule::Compression,
        "layer 2",
    )
    .of(is_zstd),
    row(
        "a block of zstd is of no kind",
        Change::Blob(FILES, |blob| {
            let at = blob.len() / 2;
            blob.truncate(at);
            blob.extend([0xff; 64]);
        }),
        Rule::Compression,
        "layer 2",
    )
    .of(is_zstd),
];

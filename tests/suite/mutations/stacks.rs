//! Faults between layers: what one takes for granted of those below.

use super::editor::Change;
use super::record::Record;
use super::{BOTTOM, FILES, PROGRAM, Row, row};
use cargo_scratch::content::Rule;

pub const ROWS: &[Row] = &[
    row(
        "a whiteout of nothing",
        Change::Image(|image| image.push(vec![Record::file(".wh.nothing", "")])),
        Rule::Whiteout,
        ".wh.nothing",
    ),
    row(
        "a whiteout of what another layer has deleted",
        Change::Image(|image| {
            image.push(vec![Record::file("data/.wh.file", "")]);
            image.push(vec![Record::file("data/.wh.file", "")]);
        }),
        Rule::Whiteout,
        "layer 5",
    ),
    row(
        "a whiteout in the lowest layer",
        Change::Entries(BOTTOM, |all| all.push(Record::file(".wh.hello", ""))),
        Rule::Whiteout,
        "layer 1",
    ),
    row(
        "a file in a folder that no layer has",
        Change::Entries(PROGRAM, |all| all.push(Record::file("opt/app/file", "x"))),
        Rule::Parent,
        "opt/app",
    ),
    row(
        "a file in a folder that was deleted",
        Change::Image(|image| {
            image.push(vec![Record::file(".wh.data", "")]);
            image.push(vec![Record::file("data/new", "x")]);
        }),
        Rule::Parent,
        "data/new",
    ),
    row(
        "a file below a file",
        Change::Entries(PROGRAM, |all| all.push(Record::file("data/file/below", "x"))),
        Rule::Parent,
        "data/file/below",
    ),
    row(
        "a file below a link of a lower layer",
        Change::Entries(PROGRAM, |all| all.push(Record::file("data/link/file", "x"))),
        Rule::Parent,
        "data/link",
    ),
    row(
        "a file below a link of its own layer",
        Change::Entries(FILES, |all| all.push(Record::file("data/link/file", "x"))),
        Rule::Parent,
        "data/link",
    ),
    row(
        "a folder of a lower layer becomes a file with children",
        Change::Image(|image| {
            image.push(vec![Record::file("data", "x"), Record::file("data/child", "x")]);
        }),
        Rule::Parent,
        "data/child",
    ),
    row(
        "a hard link to nothing",
        Change::Entries(FILES, |all| all.push(Record::hardlink("data/hard", "data/nothing"))),
        Rule::Link,
        "data/nothing",
    ),
    row(
        "a hard link before its file",
        Change::Entries(FILES, |all| all.insert(1, Record::hardlink("data/aaa", "data/file"))),
        Rule::Link,
        "comes only after",
    ),
    row(
        "a hard link to a folder",
        Change::Entries(FILES, |all| all.push(Record::hardlink("data/hard", "data/sub"))),
        Rule::Link,
        "folder",
    ),
    row(
        "a hard link to a file that was deleted",
        Change::Image(|image| {
            image.push(vec![Record::file("data/.wh.file", "")]);
            image.push(vec![Record::hardlink("data/hard", "data/file")]);
        }),
        Rule::Link,
        "layer 5",
    ),
];

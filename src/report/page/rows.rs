//! The rows of the page's tables, in words and in numbers to sort by.

use super::{percent, shown};
use crate::report::size::File;
use crate::report::{Measured, growth, size};
use crate::size::{Kind, Owner, Part, Sizes};
use serde::Serialize;

/// The most rows of a table.
const MOST: usize = 500;

/// The most functions, and the most files of a layer.
const LARGEST: usize = 50;

/// A number of bytes.
#[derive(Debug, Serialize)]
pub struct Bytes {
    /// To sort by.
    value: i64,
    /// As people say it.
    text: String,
}

/// Something that has bytes.
#[derive(Debug, Serialize)]
pub struct Row {
    name: String,
    kind: &'static str,
    size: Bytes,
    /// How many of a hundred, in words and to draw.
    share: String,
    percent: f64,
    /// What it is besides, in a word or two.
    more: String,
}

/// An owner of bytes.
#[derive(Debug, Serialize)]
pub struct OwnerRow {
    #[serde(flatten)]
    row: Row,
    code: Bytes,
    data: Bytes,
    tables: Bytes,
    /// Since the time before, where there was one.
    change: Option<Bytes>,
}

/// A list that may not be all there is.
#[derive(Debug, Serialize)]
pub struct Table<T> {
    rows: Vec<T>,
    /// How many are left out, and their bytes.
    left: Option<(usize, String)>,
}

/// An image.
#[derive(Debug, Serialize)]
pub struct Image {
    name: String,
    platform: String,
    size: Bytes,
    program: Row,
    /// Of the program since the time before, where there was one.
    change: Option<Bytes>,
    /// What the bytes are, in one line.
    kinds: Vec<Row>,
    owners: Table<OwnerRow>,
    functions: Table<Row>,
    sections: Table<Row>,
    layers: Vec<(Row, Table<Row>)>,
}

impl Image {
    /// The tables of `measured`.
    pub fn of(measured: &Measured<'_>) -> Self {
        let (sizes, total) = (&measured.sizes, measured.total());
        let before = measured.before.as_ref();
        Image {
            name: shown(measured.bin),
            platform: measured.platform.clone(),
            size: total.into(),
            program: Row::new(&measured.program, "program", sizes.total, total),
            change: before.map(|before| change(before.total, sizes.total)),
            kinds: kinds(measured),
            owners: owners(sizes, before),
            functions: functions(sizes),
            sections: Table::of(
                &sizes.sections,
                MOST,
                |(name, bytes)| Row::new(name, "", *bytes, sizes.total),
                |(_, bytes)| *bytes,
            ),
            layers: measured.layers.iter().map(|(name, files)| layer(name, files, total)).collect(),
        }
    }
}

impl From<u64> for Bytes {
    fn from(bytes: u64) -> Self {
        Bytes { value: i64::try_from(bytes).unwrap_or(i64::MAX), text: size(bytes) }
    }
}

impl Row {
    fn new(name: &str, kind: &'static str, bytes: u64, whole: u64) -> Self {
        let percent = percent(bytes, whole);
        let share = match bytes {
            1.. if percent < 0.1 => "< 0.1 %".to_owned(),
            _ => format!("{percent:.1} %"),
        };
        Row { name: shown(name), kind, size: bytes.into(), share, percent, more: String::new() }
    }
}

impl<T> Table<T> {
    /// A row for each of the first `most` of `things`, and the bytes of the others.
    fn of<A>(things: &[A], most: usize, row: impl FnMut(&A) -> T, bytes: impl Fn(&A) -> u64) -> Self {
        let (told, left) = things.split_at(most.min(things.len()));
        let sum = || size(left.iter().map(bytes).sum());
        let left = (!left.is_empty()).then(|| (left.len(), sum()));
        Table { rows: told.iter().map(row).collect(), left }
    }
}

/// The bytes of each kind: those in the program, then the other files.
fn kinds(measured: &Measured<'_>) -> Vec<Row> {
    let total = measured.total();
    let of = |kind| measured.sizes.owners.iter().filter(|o| o.kind == kind).map(Owner::size).sum::<u64>();
    let others = total.saturating_sub(measured.sizes.total);
    [
        ("Crates", Kind::Crate.word(), of(Kind::Crate)),
        ("Standard library", Kind::Std.word(), of(Kind::Std)),
        ("Native code", Kind::Native.word(), of(Kind::Native)),
        ("Without an owner", Kind::Unknown.word(), of(Kind::Unknown)),
        ("Other files", "file", others),
    ]
    .into_iter()
    .filter(|(_, _, bytes)| *bytes > 0)
    .map(|(name, kind, bytes)| Row::new(name, kind, bytes, total))
    .collect()
}

/// Every owner, and those that were there the time before and are gone.
fn owners(sizes: &Sizes, before: Option<&Sizes>) -> Table<OwnerRow> {
    let old = before.map(Sizes::of_owners).unwrap_or_default();
    let row = |owner: &Owner| OwnerRow {
        change: before.map(|_| {
            let was = old.get(&(owner.kind, owner.name.as_str()));
            change(was.copied().unwrap_or_default(), owner.size())
        }),
        row: Row::new(&owner.name, owner.kind.word(), owner.size(), sizes.total),
        code: owner.code.into(),
        data: owner.data.into(),
        tables: owner.tables.into(),
    };
    let mut table = Table::of(&sizes.owners, MOST, row, Owner::size);
    let now = sizes.of_owners();
    let gone = old.into_iter().filter(|(owner, _)| !now.contains_key(owner));
    table.rows.extend(gone.take(MOST).map(|((kind, name), was)| OwnerRow {
        row: Row { more: "gone".to_owned(), ..Row::new(name, kind.word(), 0, sizes.total) },
        code: 0.into(),
        data: 0.into(),
        tables: 0.into(),
        change: Some(change(was, 0)),
    }));
    table
}

/// The largest functions of all owners.
fn functions(sizes: &Sizes) -> Table<Row> {
    let row = |(owner, part): &(&Owner, &Part)| {
        let more = match part.count {
            0 | 1 => shown(&owner.name),
            count => format!("{}, {count} instances", shown(&owner.name)),
        };
        Row { more, ..Row::new(&part.name, owner.kind.word(), part.size, sizes.total) }
    };
    Table::of(&sizes.parts(), LARGEST, row, |(_, part)| part.size)
}

fn layer(name: &str, files: &[File], total: u64) -> (Row, Table<Row>) {
    let mut sorted: Vec<&File> = files.iter().collect();
    sorted.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let row = |(path, bytes): &&File| Row::new(path, "file", *bytes, total);
    let bytes = files.iter().map(|(_, bytes)| bytes).sum();
    (Row::new(name, "layer", bytes, total), Table::of(&sorted, LARGEST, row, |(_, bytes)| *bytes))
}

fn change(before: u64, now: u64) -> Bytes {
    let bytes = i128::from(now) - i128::from(before);
    let text = if bytes == 0 { "same".to_owned() } else { growth(bytes) };
    Bytes { value: i64::try_from(bytes).unwrap_or(i64::MAX), text }
}

//! This program itself: how long `cargo install` takes from nothing, and how large it is.

use super::Scale;
use super::inputs;
use super::measure::size;
use super::rebuild::course;
use super::table::{Bar, Row, Table};
use std::path::Path;

/// What the installed program may have: it is counted here, where a release is built, and nowhere else.
const BYTES: f64 = 11e6;
const INSTALL: &str =
    r#"cargo install --quiet --locked --offline --path . --root "$WORK/root" --target-dir "$WORK/target""#;

pub fn tool(scale: &Scale, table: &mut Table) {
    table.heading("This program itself");
    let folder = if scale.is_smoke { inputs::starter() } else { env!("CARGO_MANIFEST_DIR").into() };
    let course = course(Path::new(&folder));
    let (wall, cpu) = course.times(INSTALL).unwrap();
    let row = Row {
        what: "cargo install, downloaded already, one run".into(),
        wall: Some(wall),
        cpu: Some(cpu),
        bytes: Some(size(&course.work().join("root/bin"))),
        ..Row::default()
    };
    table.push(row.held_to(Bar::Bytes(BYTES)));
}

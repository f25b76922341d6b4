//! The image of the starter project, uncompressed as it is loaded: by default, and by what it is optimised for.

use super::Scale;
use super::inputs;
use super::measure::size;
use super::rebuild::course;
use super::table::{Bar, Row, Table};

/// What is said, and the bytes that it may have.
const ROWS: [(&str, f64); 3] = [
    ("cargo scratch", 500e3),
    ("cargo scratch --optimize size", 420e3),
    ("cargo scratch --optimize tiny", 90e3),
];

pub fn image(_: &Scale, table: &mut Table) {
    table.heading("The image of the starter project, not compressed");
    let course = course(&inputs::starter());
    let mut default = None;
    for (what, limit) in ROWS {
        let words = what.strip_prefix("cargo scratch").unwrap_or_default();
        let more = if words.is_empty() { "" } else { "--no-compare" };
        let script = format!(
            r#""$SCRATCH" build --quiet{words} {more} --compression none --offline -o "$WORK/ours.tar""#
        );
        let built = course.said(&script).map(|_| size(&course.work().join("ours.tar")));
        table.push(match built {
            Ok(bytes) if default == Some(bytes) => {
                Row::absent(what, "not there yet: the image is that of the default")
            }
            Ok(bytes) => Row::counted(what, bytes).held_to(Bar::Bytes(limit)),
            Err(why) if default.is_none() => panic!("{why}"),
            Err(why) => Row::absent(what, &why),
        });
        default = default.or_else(|| Some(size(&course.work().join("ours.tar"))));
    }
}

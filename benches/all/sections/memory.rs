//! Memory: the most that our process holds while an image of 1 GiB is made.
//!
//! The image has one file beside a small program: real code over and over, up to its size and with no holes.

use super::inputs::Input;
use super::measure::{Contestant, Course};
use super::table::{Bar, Table};
use super::{Scale, alone};
use crate::support::Fake;
use std::fs::{self, File};
use std::io::Write;

const OURS: &[Contestant] = &[
    Contestant::new(
        "cargo scratch --compression none",
        &["time"],
        r#""$SCRATCH" build --quiet --copy data:/data --compression none -o "$WORK/ours.tar""#,
    )
    .writes("ours.tar")
    .after(r#"rm -rf "$WORK/ours.tar" target/scratch"#),
    Contestant::new(
        "cargo scratch --compression gzip",
        &["time"],
        r#""$SCRATCH" build --quiet --copy data:/data --compression gzip -o "$WORK/ours.tar""#,
    )
    .writes("ours.tar")
    .after(r#"rm -rf "$WORK/ours.tar" target/scratch"#),
    Contestant::new(
        "cargo scratch --compression zstd",
        &["time"],
        r#""$SCRATCH" build --quiet --copy data:/data --compression zstd -o oci-archive="$WORK/ours.tar""#,
    )
    .writes("ours.tar")
    .after(r#"rm -rf "$WORK/ours.tar" target/scratch"#),
];

pub fn memory(scale: &Scale, table: &mut Table) {
    let fake = Fake::bare("bench");
    let size = if scale.is_smoke { 1 << 20 } else { 1 << 30 };
    let code = fs::read(if scale.is_smoke { fake.program() } else { Input::Code.program() }).unwrap();
    let mut data = File::create(fake.path("data")).unwrap();
    let mut left = size;
    while left > 0 {
        let part = &code[..left.min(code.len())];
        data.write_all(part).unwrap();
        left -= part.len();
    }
    table.heading(format!("An image of {} MiB: the most memory of our process", size >> 20));
    let bars: &[Bar] = if scale.is_smoke { &[] } else { &[Bar::Peak(16.0)] };
    alone(&Course::of(&fake.command([""; 0])), OURS, 1, bars, table);
}

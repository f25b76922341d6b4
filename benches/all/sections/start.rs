//! Start-up: what answers at once.

use super::measure::{Contestant, Course};
use super::table::{Bar, Table};
use super::{Scale, alone};
use crate::support::Fake;

const OURS: &[Contestant] = &[
    Contestant::new("cargo scratch --help", &[], r#""$SCRATCH" --help"#),
    Contestant::new("cargo scratch verify of the starter's size", &[], r#""$SCRATCH" verify out.tar"#),
    Contestant::new("cargo scratch completions bash", &[], r#""$SCRATCH" completions bash"#),
];

pub fn start(scale: &Scale, table: &mut Table) {
    let fake = Fake::bare("bench");
    if !scale.is_smoke {
        std::fs::copy(super::inputs::Input::Starter.program(), fake.program()).unwrap();
    }
    fake.pack(&[]);
    table.heading("From start to end");
    let bars: &[Bar] = if scale.is_smoke { &[] } else { &[Bar::Milliseconds(10.0)] };
    alone(&Course::of(&fake.command([""; 0])), OURS, scale.more(5), bars, table);
}

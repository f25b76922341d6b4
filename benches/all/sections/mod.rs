//! The sections of the table.

mod allocator;
mod image;
mod inputs;
mod measure;
mod memory;
mod packing;
mod platforms;
mod push;
mod rebuild;
mod run;
mod start;
mod table;
mod tool;

use measure::{Contestant, Course};
use table::Bar;

pub use table::{Row, Table};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Counted runs of each contestant.
    pub runs: usize,
    /// Whether everything is small, to see that it runs.
    pub is_smoke: bool,
}

impl Scale {
    /// What the figures are from.
    #[allow(dead_code, reason = "the tests use the other")]
    pub fn full() -> Self {
        Scale { runs: 5, is_smoke: false }
    }

    /// Everything once, with the smallest there is.
    #[allow(dead_code, reason = "the bench uses the other")]
    pub fn smoke() -> Self {
        Scale { runs: 1, is_smoke: true }
    }
}

impl Scale {
    /// More runs of what is quick.
    fn more(self, times: usize) -> usize {
        if self.is_smoke { self.runs } else { times * self.runs }
    }
}

/// A part of the table that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub name: &'static str,
    pub measure: fn(&Scale, &mut Table),
}

/// All sections, in the order in which they run.
pub const ALL: &[Section] = &[
    Section { name: "pack-0.5", measure: packing::starter },
    Section { name: "pack-30", measure: packing::code },
    Section { name: "pack-150", measure: packing::debug },
    Section { name: "rebuild", measure: rebuild::rebuild },
    Section { name: "platforms", measure: platforms::platforms },
    Section { name: "memory", measure: memory::memory },
    Section { name: "image", measure: image::image },
    Section { name: "start", measure: start::start },
    Section { name: "push", measure: push::push },
    Section { name: "run", measure: run::run },
    Section { name: "allocator", measure: allocator::allocator },
    Section { name: "tool", measure: tool::tool },
];

/// Has all compete, the first of whom is ours, and adds their rows.
///
/// # Panics
/// Ours fails.
fn compete(
    course: &Course,
    contestants: &[Contestant],
    runs: usize,
    bars: fn(&str) -> &'static [Bar],
    table: &mut Table,
) {
    let outcomes = course.race(contestants, runs);
    let ours = outcomes[0].as_ref().unwrap_or_else(|why| panic!("{}: {why}", contestants[0].what));
    for (number, (one, outcome)) in contestants.iter().zip(&outcomes).enumerate() {
        let row = match outcome {
            Err(why) => Row::absent(one.what, why),
            Ok(measured) if number == 0 => Row::of(one.what, measured),
            Ok(measured) => {
                let row = Row::of(one.what, measured).compared(measured.ratio_to(ours));
                bars(one.what).iter().fold(row, |row, bar| row.held_to(*bar))
            }
        };
        table.push(row);
    }
}

/// Measures what is ours alone, each held to the same bars.
///
/// # Panics
/// One fails.
fn alone(course: &Course, ours: &[Contestant], runs: usize, bars: &[Bar], table: &mut Table) {
    for (one, outcome) in ours.iter().zip(course.race(ours, runs)) {
        let measured = outcome.unwrap_or_else(|why| panic!("{}: {why}", one.what));
        table.push(bars.iter().fold(Row::of(one.what, &measured), |row, bar| row.held_to(*bar)));
    }
}

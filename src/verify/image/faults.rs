//! The faults of an image: each once, and of a hostile one no more than anybody reads.

use crate::content::{Fault, Rule};
use crate::error::bounded;
use std::collections::HashSet;

/// What is kept of them; the rest is counted.
const KEPT: usize = 1000;

/// Broken rules in the order in which they were found.
#[derive(Debug, Default)]
pub struct Faults {
    kept: Vec<Fault>,
    places: HashSet<(&'static str, String)>,
    more: usize,
}

impl Faults {
    /// One more, unless the same rule is broken at the same place already.
    pub fn add(&mut self, rule: Rule, place: impl Into<String>, why: impl Into<String>) {
        self.push(Fault::new(rule, place, why));
    }

    /// Those that are kept, in the order in which they were found.
    pub fn kept(&self) -> &[Fault] {
        &self.kept
    }

    /// The number of those that were found beyond.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.len() + self.more
    }

    fn push(&mut self, fault: Fault) {
        // a document may hold a value of megabytes
        let fault = Fault::new(fault.rule, bounded(&fault.place), bounded(&fault.why));
        if self.kept.len() >= KEPT {
            self.more += 1;
        } else if self.places.insert((fault.rule.word(), fault.place.clone())) {
            self.kept.push(fault);
        }
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h8_a_flood_of_faults_is_counted_and_not_kept() {
        let mut faults = Faults::default();
        assert!(faults.is_empty());
        for n in 0..5000 {
            faults.add(Rule::Path, format!("layer 1: {n}"), "why");
            faults.add(Rule::Path, "layer 1: 0", "again");
        }
        assert_eq!(faults.kept().len(), KEPT);
        assert!(faults.len() >= 5000 && faults.more() == faults.len() - KEPT);
        assert_eq!(faults.kept()[1].place, "layer 1: 1");
        let mut faults = Faults::default();
        faults.add(Rule::Document, "x", "y".repeat(1 << 20));
        assert!(faults.kept()[0].why.len() < 2000);
    }
}

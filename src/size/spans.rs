//! The map of a program's code and data: who is where.

use super::ledger::{Area, Ledger};
use super::named::Named;
use super::{CODE, DATA, Who};
use crate::elf::Section;

/// Less than this behind a function is what aligns the next one.
const PADDING: u64 = 64;

/// From here on, in bytes, a constant without a name is told of by itself.
const LARGE: u64 = 4096;

/// A range of addresses with one owner.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its first address.
    pub start: u64,
    /// Behind its last.
    pub end: u64,
    /// What it is.
    pub area: Area,
    /// Whom it belongs to, where that is known.
    pub who: Option<Who>,
    /// What it is called, where it has a name.
    pub name: Option<String>,
}

/// All of them, by address; they do not overlap.
#[derive(Debug, Default)]
pub struct Spans {
    all: Vec<Span>,
}

impl Spans {
    /// The spans of `sections`, each with its number, whose places are `named`.
    pub fn of<'a>(sections: impl Iterator<Item = (usize, &'a Section)>, named: &[Named]) -> Self {
        let mut spans = Spans::default();
        for (number, section) in sections {
            let first = named.partition_point(|place| place.section < number);
            let behind = named.partition_point(|place| place.section <= number);
            spans.section(section, &named[first..behind]);
        }
        spans.all.sort_by_key(|span| span.start);
        spans
    }

    fn section(&mut self, section: &Section, places: &[Named]) {
        let (area, end) = (Area::of(section), section.address.saturating_add(section.file_size()));
        let mut at = section.address;
        let mut next = places.iter().map(|place| place.start).peekable();
        for place in places {
            let until = match place.size {
                // assemblers say no sizes; in data, a label without one is a mark
                0 if area == Area::Code => {
                    while next.next_if(|start| *start <= place.start).is_some() {}
                    next.peek().copied().unwrap_or(end)
                }
                size => place.start.saturating_add(size),
            };
            let (from, until) = (place.start.max(at), until.min(end));
            if from >= until {
                continue; // another name of the same
            }
            self.gap(at, from, area);
            let name = place.who.is_some().then(|| place.text.clone());
            self.all.push(Span { start: from, end: until, area, who: place.who.clone(), name });
            at = until;
        }
        self.gap(at, end, area);
    }

    /// What lies between two named places.
    fn gap(&mut self, start: u64, end: u64, area: Area) {
        if start >= end {
            return;
        }
        match self.all.last_mut() {
            Some(before) if area == Area::Code && before.end == start && end - start < PADDING => {
                before.end = end;
            }
            _ => self.all.push(Span { start, end, area, who: None, name: None }),
        }
    }

    /// The index of the span at `address`.
    pub fn at(&self, address: u64) -> Option<usize> {
        let index = self.all.partition_point(|span| span.start <= address).checked_sub(1)?;
        (address < self.all[index].end).then_some(index)
    }

    /// Those that begin from `start` up to `end`.
    pub fn within(&self, start: u64, end: u64) -> &[Span] {
        let at = |address: u64| self.all.partition_point(|span| span.start < address);
        self.all.get(at(start)..at(end)).unwrap_or_default()
    }

    /// The owner of what is at `address`.
    pub fn owner(&self, address: u64) -> Option<&Who> {
        self.get(self.at(address)?).who.as_ref()
    }

    /// The span of this index.
    pub fn get(&self, index: usize) -> &Span {
        &self.all[index]
    }

    /// Gives the span of this index to `who`.
    pub fn give(&mut self, index: usize, who: Who) {
        self.all[index].who = Some(who);
    }

    /// Cuts spans of data that belong to nobody where one of the sorted `targets` is: a constant begins there.
    pub fn cut(&mut self, targets: &[u64]) {
        let mut cut = Vec::with_capacity(self.all.len() + targets.len());
        for span in self.all.drain(..) {
            let mut start = span.start;
            if span.who.is_none() && span.area == Area::Data {
                let first = targets.partition_point(|target| *target <= span.start);
                for &target in targets[first..].iter().take_while(|target| **target < span.end) {
                    if target > start {
                        cut.push(Span { start, end: target, ..span.clone() });
                        start = target;
                    }
                }
            }
            cut.push(Span { start, ..span });
        }
        self.all = cut;
    }

    /// Enters all of them.
    pub fn enter(&self, ledger: &mut Ledger) {
        for span in &self.all {
            let nobody = if span.area == Area::Code { &CODE } else { &DATA };
            let (who, size) = (span.who.as_ref().unwrap_or(nobody), span.end - span.start);
            match &span.name {
                Some(name) => ledger.add_part(who, span.area, size, name),
                None if span.who.is_some() && span.area == Area::Data && size >= LARGE => {
                    ledger.add_part(who, span.area, size, "(constant)");
                }
                None => ledger.add(who, span.area, size),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spans of a section of `size` bytes as (start, end, owner).
    fn spans(flags: u64, size: u64, places: &[(&str, u64, u64)]) -> Vec<(u64, u64, String)> {
        let named: Vec<_> =
            places.iter().map(|(name, start, size)| Named::of(name, *start, *size, 0)).collect();
        let section = Section::loaded(flags, 0x1000, size);
        let spans = Spans::of([(0, &section)].into_iter(), &named);
        let shown = |span: &Span| (span.start, span.end, span.name.clone().unwrap_or_default());
        spans.all.iter().map(shown).collect()
    }

    fn owned(rows: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
        rows.iter().map(|(start, end, name)| (*start, *end, (*name).to_owned())).collect()
    }

    #[test]
    fn padding_belongs_to_what_it_follows_and_more_than_that_to_nobody() {
        let found = spans(6, 0x100, &[("a", 0x1000, 10), ("b", 0x1010, 16), ("c", 0x1080, 8)]);
        let expected =
            [(0x1000, 0x1010, "a"), (0x1010, 0x1020, "b"), (0x1020, 0x1080, ""), (0x1080, 0x1088, "c")];
        assert_eq!(found[..4], owned(&expected)[..]);
        assert_eq!(found.iter().map(|(start, end, _)| end - start).sum::<u64>(), 0x100);
    }

    #[test]
    fn names_of_one_place_share_nothing_and_a_label_of_assembly_lasts_to_the_next() {
        let found = spans(
            6,
            0x40,
            &[("a", 0x1000, 16), ("alias", 0x1000, 16), ("inner", 0x1004, 4), ("label", 0x1010, 0)],
        );
        assert_eq!(found, owned(&[(0x1000, 0x1010, "a"), (0x1010, 0x1040, "label")]));
        // in data a label holds nothing
        assert_eq!(spans(2, 0x40, &[("mark", 0x1010, 0)]), owned(&[(0x1000, 0x1040, "")]));
    }

    #[test]
    fn a_name_that_says_it_is_longer_than_its_section_ends_with_it() {
        assert_eq!(spans(6, 0x10, &[("a", 0x1008, u64::MAX)]).last().unwrap().1, 0x1010);
    }
}

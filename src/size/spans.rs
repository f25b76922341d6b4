//! The map of a program's code and data: who is where.

use super::ledger::{Area, Ledger};
use super::named::Named;
use super::{CODE, DATA, Who};
use crate::elf::Section;

/// Less than this behind a function is what aligns the next one.
const PADDING: u64 = 64;

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
        for (index, place) in places.iter().enumerate() {
            let next = places[index + 1..].iter().map(|next| next.start).find(|next| *next > place.start);
            let until = match place.size {
                // assemblers say no sizes; in data, a label without one is a mark
                0 if area == Area::Code => next.unwrap_or(end),
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
                None => ledger.add(who, span.area, size),
            }
        }
    }
}

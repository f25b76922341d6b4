//! Constants without a name, given to whoever mentions them.
//!
//! Where an address is mentioned, a constant begins, and it ends where the next one does. It belongs to the crate whose
//! code mentions it most often; and what its pointers lead to (the strings of a table, the methods' names of a trait
//! object) belongs to the same.

use super::Who;
use super::ledger::Area;
use super::mentions::mentions;
use super::pointers::Pointer;
use super::spans::Spans;
use crate::elf::Section;
use std::collections::BTreeMap;

/// How often each has mentioned a constant.
type Votes = BTreeMap<usize, BTreeMap<Who, usize>>;

/// Gives the constants of `image` to their owners.
pub fn adopt(image: &[(&Section, Vec<u8>)], machine: u16, pointers: &[Pointer], spans: &mut Spans) {
    let is_free = |spans: &Spans, address: u64| {
        spans
            .at(address)
            .map(|at| spans.get(at))
            .is_some_and(|span| span.area == Area::Data && span.who.is_none())
    };
    let mut said = Vec::new();
    for (section, bytes) in image.iter().filter(|(section, _)| Area::of(section) == Area::Code) {
        // one function at a time: no register is known where one begins
        for function in spans.within(section.address, section.address.saturating_add(section.size)) {
            let range = [function.start, function.end].map(|at| usize::try_from(at - section.address));
            let [Ok(start), Ok(end)] = range else { continue };
            mentions(machine, bytes.get(start..end).unwrap_or_default(), function.start, &mut |mention| {
                if is_free(spans, mention.to) {
                    said.push(mention);
                }
            });
        }
    }
    let mut targets: Vec<u64> = said.iter().map(|mention| mention.to).collect();
    targets.extend(pointers.iter().map(|pointer| pointer.to).filter(|to| is_free(spans, *to)));
    targets.sort_unstable();
    targets.dedup();
    spans.cut(&targets);

    let mut votes = Votes::new();
    for mention in &said {
        vote(&mut votes, spans, mention.from, mention.to);
    }
    for pointer in pointers {
        vote(&mut votes, spans, pointer.at, pointer.to);
    }
    // what has an owner now may lead to more
    while !votes.is_empty() {
        let elected = std::mem::take(&mut votes);
        let elected: Vec<_> = elected.into_iter().filter_map(|(span, by)| Some((span, most(by)?))).collect();
        for (span, who) in &elected {
            spans.give(*span, who.clone());
        }
        for (span, _) in &elected {
            let span = spans.get(*span);
            let (first, end) = (pointers.partition_point(|one| one.at < span.start), span.end);
            for pointer in pointers[first..].iter().take_while(|one| one.at < end) {
                vote(&mut votes, spans, pointer.at, pointer.to);
            }
        }
    }
}

/// What is at `from` speaks for its owner about what is at `to`.
fn vote(votes: &mut Votes, spans: &Spans, from: u64, to: u64) {
    let Some(at) = spans.at(to).filter(|at| spans.get(*at).who.is_none()) else { return };
    if let Some(who) = spans.owner(from).filter(|_| spans.get(at).area == Area::Data) {
        *votes.entry(at).or_default().entry(who.clone()).or_default() += 1;
    }
}

/// Who has the most votes; of equals, a crate before the standard library, and then by name.
fn most(by: BTreeMap<Who, usize>) -> Option<Who> {
    by.into_iter().rev().max_by_key(|(_, votes)| *votes).map(|(who, _)| who)
}

#[cfg(test)]
mod tests {
    use super::super::named::Named;
    use super::*;

    /// `lea rdi, [rip + …]` at `from`, behind a byte of the instruction before, that leads to `to`.
    fn lea(from: u64, to: u64) -> [u8; 8] {
        let distance = i32::try_from(to.cast_signed() - (from + 8).cast_signed()).unwrap();
        let [a, b, c, d] = distance.to_le_bytes();
        [0x90, 0x48, 0x8d, 0x3d, a, b, c, d]
    }

    #[test]
    fn a_constant_is_its_mentioners_up_to_the_next_one_and_what_it_leads_to_is_too() {
        // two functions; constants at 0x2000 (a's), 0x2010 (b's, and once a's), 0x2018 (nobody's code, but a pointer of b's)
        let code =
            [lea(0x1000, 0x2000), lea(0x1008, 0x2010), lea(0x1010, 0x2010), lea(0x1018, 0x2010)].concat();
        let (text, data) = (Section::loaded(6, 0x1000, 32), Section::loaded(2, 0x2000, 0x30));
        let places = [Named::of("a", 0x1000, 16, 0), Named::of("b", 0x1010, 16, 0)];
        let mut spans = Spans::of([(0, &text), (1, &data)].into_iter(), &places);
        let image = [(&text, code), (&data, vec![0; 0x30])];
        let pointers = [Pointer { at: 0x2010, to: 0x2018 }, Pointer { at: 0x2018, to: 0x2028 }];
        adopt(&image, 62, &pointers, &mut spans);
        let owner = |address| match spans.owner(address) {
            Some(Who::Crate(name)) => name.clone(),
            other => format!("{other:?}"),
        };
        let owners = [0x2000, 0x200f, 0x2010, 0x2018, 0x2027, 0x2028, 0x202f].map(owner);
        assert_eq!(owners, ["a", "a", "b", "b", "b", "b", "b"]);
    }

    #[test]
    fn what_nobody_mentions_stays_without_an_owner() {
        let data = Section::loaded(2, 0x2000, 0x10);
        let mut spans = Spans::of([(0, &data)].into_iter(), &[]);
        adopt(&[(&data, vec![0; 0x10])], 62, &[Pointer { at: 0x9000, to: 0x2008 }], &mut spans);
        assert_eq!((spans.owner(0x2000), spans.owner(0x2008)), (None, None));
    }
}

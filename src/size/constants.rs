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
        mentions(machine, bytes, section.address, &mut |mention| {
            if is_free(spans, mention.to) {
                said.push(mention);
            }
        });
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

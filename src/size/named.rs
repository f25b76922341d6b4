//! The named places of a program, each with its owner.

use super::Who;
use super::libraries::{self, Library};
use super::name;
use crate::elf::{Symbol, SymbolKind, Symbols};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the build that made a program.
pub struct Known<'a> {
    /// The packages of its crates by the names that rustc knows them by, as `md5` of `md-5`.
    pub crates: &'a BTreeMap<String, String>,
    /// What C could come from, in the order of the linker's preference.
    pub libraries: &'a [Library],
    /// Whether the first of two packages depends on the second.
    pub depends: &'a dyn Fn(&str, &str) -> bool,
}

impl Known<'_> {
    /// Who has written what bears this name. What is no crate of the build is of the standard library, or in it.
    fn author(&self, name: &name::Name) -> Who {
        let ours: Vec<_> = name.crates.iter().filter(|one| self.crates.contains_key(*one)).collect();
        match ours[..] {
            [] => Who::Std,
            [one] => Who::Crate(one.clone()),
            // an `impl` stands where both are known
            [of, trait_, ..] => {
                let package = |name: &String| self.crates.get(name).map_or("", String::as_str);
                let sees = (self.depends)(package(trait_), package(of));
                Who::Crate(if sees { trait_.clone() } else { of.clone() })
            }
        }
    }
}

/// A place with a name.
#[derive(Debug)]
pub struct Named {
    /// Its first address.
    pub start: u64,
    /// Its size; 0 if nobody said it.
    pub size: u64,
    /// Its section.
    pub section: usize,
    /// Who has written it; `None` for constants that the compiler has named.
    pub who: Option<Who>,
    /// Its name for people.
    pub text: String,
    /// Whether the name is not one of Rust's.
    foreign: bool,
}

#[cfg(test)]
impl Named {
    /// What the crate `name` has there.
    pub fn of(name: &str, start: u64, size: u64, section: usize) -> Self {
        let who = Some(Who::Crate(name.into()));
        Named { start, size, section, who, text: name.into(), foreign: false }
    }
}

/// The named places of `symbols`, by address, the larger one first.
pub fn symbols(symbols: &Symbols, known: &Known<'_>) -> Vec<Named> {
    let mut foreign: BTreeSet<&[u8]> = BTreeSet::new();
    let mut places: Vec<(Symbol<'_>, Option<name::Name>)> = Vec::new();
    // what the linker makes for the unwinder is of no object
    let is_made = |symbol: &Symbol<'_>| symbol.name.starts_with(b"DW.ref.");
    for symbol in symbols.iter().filter(|symbol| is_place(symbol) && !is_made(symbol)) {
        let name = std::str::from_utf8(symbol.name).ok().and_then(name::read);
        if name.is_none() && !is_anonymous(symbol.name) {
            foreign.insert(symbol.name);
        }
        places.push((symbol, name));
    }
    // those that are seen by other objects only are local in a program, and all the same in the archive's index
    let owners = libraries::owners(&foreign, known.libraries);
    let mut named: Vec<_> = places
        .into_iter()
        .map(|(symbol, name)| {
            let foreign = name.is_none();
            let text = || String::from_utf8_lossy(symbol.name).into_owned();
            let (who, text) = match name {
                Some(name) => (Some(known.author(&name)), name.text),
                None if is_anonymous(symbol.name) => (None, text()),
                None => (Some(owners.get(symbol.name).cloned().unwrap_or(OTHER)), text()),
            };
            Named {
                start: symbol.address,
                size: symbol.size,
                section: symbol.section.into(),
                who,
                text,
                foreign,
            }
        })
        .collect();
    named.sort_by(|a, b| (a.section, a.start).cmp(&(b.section, b.start)).then_with(|| b.size.cmp(&a.size)));
    neighbours(&mut named);
    named
}

/// C of which no archive tells.
const OTHER: Who = Who::Unknown("other C");

/// Gives what no archive knows to the owner of what lies before it, if that is C too: the functions of an object that
/// only it can see lie beside those that all can.
fn neighbours(named: &mut [Named]) {
    let mut before: Option<(usize, Who)> = None;
    for place in named {
        match &place.who {
            Some(OTHER) => {
                if let Some((_, who)) = before.as_ref().filter(|(section, _)| *section == place.section) {
                    place.who = Some(who.clone());
                }
            }
            Some(who) if place.foreign => before = Some((place.section, who.clone())),
            Some(_) => before = None,
            None => {}
        }
    }
}

/// Labels have no size; in data they mark places and hold nothing.
fn is_place(symbol: &Symbol<'_>) -> bool {
    match symbol.kind {
        SymbolKind::Function => true,
        SymbolKind::Data => symbol.size > 0,
        // `__` marks the ends of sections, `$` the kind of instructions that follow (AAELF64, "Mapping symbols")
        SymbolKind::Label => {
            symbol.size > 0 || !(symbol.name.starts_with(b"__") || symbol.name.starts_with(b"$"))
        }
    }
}

/// What LLVM calls constants that have no name in the source.
fn is_anonymous(name: &[u8]) -> bool {
    [&b"anon."[..], b".L", b"__unnamed_", b"switch.table", b"str."]
        .iter()
        .any(|start| name.starts_with(start))
}

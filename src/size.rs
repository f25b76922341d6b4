//! Where the bytes of a program go: to which crate, and to which of its functions.
//!
//! Every byte of the program as it is packed has one owner. Code and named data belong to the crate that their symbol
//! names (`name`), or to the library that defines it (`libraries`). What has no name of its own follows what has
//! one: a table for unwinding and a relocation belong to what they are about, a constant to the code that mentions it
//! (`mentions`). Nothing of this needs debug information; it needs the symbols, so the program is read before they
//! are taken out, and counted after.

mod constants;
mod ledger;
mod libraries;
mod mentions;
mod name;
mod named;
mod pointers;
pub mod record;
mod spans;
mod unwinding;

pub use libraries::Library;
pub use named::Known;

use crate::elf::{self, Facts, ReadAt, Section, Symbols};
use ledger::{Area, Ledger};
use serde::{Deserialize, Serialize};
use spans::Spans;
use std::collections::BTreeMap;

/// A program in an image, byte by byte: the sizes of `owners` add up to `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The bytes of the program as it is in the image.
    pub total: u64,
    /// Its sections, largest first: what the file holds of them.
    pub sections: Vec<(String, u64)>,
    /// Who they belong to, largest first.
    pub owners: Vec<Owner>,
}

impl Sizes {
    /// The functions and named data of all owners, largest first.
    pub fn parts(&self) -> Vec<(&Owner, &Part)> {
        let each = self.owners.iter().flat_map(|owner| owner.parts.iter().map(move |part| (owner, part)));
        let mut parts: Vec<_> = each.collect();
        parts.sort_by(|(_, a), (_, b)| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        parts
    }

    /// The bytes of each owner.
    pub fn of_owners(&self) -> BTreeMap<(Kind, &str), u64> {
        self.owners.iter().map(|owner| ((owner.kind, owner.name.as_str()), owner.size())).collect()
    }
}

/// A crate, a native library, or what belongs to nobody by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The crate's name as in Rust (`serde_json`), a library's, or what it is that has no owner.
    pub name: String,
    /// What sort it is.
    pub kind: Kind,
    /// Bytes of machine code.
    pub code: u64,
    /// Bytes of constants and variables.
    pub data: u64,
    /// Bytes that describe the rest: tables for unwinding, relocations, headers.
    pub tables: u64,
    /// Its functions and named data, largest first.
    pub parts: Vec<Part>,
}

impl Owner {
    /// All its bytes.
    pub fn size(&self) -> u64 {
        self.code + self.data + self.tables
    }
}

/// What an owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A crate of the project or one that it depends on.
    Crate,
    /// The standard library, with the crates in it.
    Std,
    /// Compiled C that no crate brings: musl, start files.
    Native,
    /// Bytes that no name tells the owner of.
    Unknown,
}

impl Kind {
    /// The word for it in JSON and in the page.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Crate => "crate",
            Kind::Std => "std",
            Kind::Native => "native",
            Kind::Unknown => "unknown",
        }
    }
}

/// A function, or named data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its demangled name, without the compiler's hash.
    pub name: String,
    /// Its bytes: those of all that have this name.
    pub size: u64,
    /// How many have this name: instances of one generic function.
    pub count: usize,
}

/// Whom bytes belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A crate of the build.
    Crate(String),
    /// The standard library.
    Std,
    /// A library of C.
    Native(String),
    /// Nobody, and what it is.
    Unknown(&'static str),
}

/// Code that has no symbol.
const CODE: Who = Who::Unknown("code without a name");
/// Data that nothing mentions in a way that could be seen.
const DATA: Who = Who::Unknown("data without an owner");
/// What the format itself takes.
const FORMAT: Who = Who::Unknown("headers and padding");
/// What is not loaded: symbols and debug information, where the profile keeps them.
const NOT_LOADED: Who = Who::Unknown("symbols and debug information");
/// What says which packages the program has, where it is not loaded.
const PACKAGES: Who = Who::Unknown("list of its packages");

/// Measures `program`, which has its symbols; `packed` is what is in the image of it, and `known` what is known of the
/// build.
///
/// # Errors
/// It cannot be read, or is no sound ELF file.
pub fn measure<R, P>(program: &R, packed: &P, known: &Known<'_>) -> Result<Sizes, elf::Error>
where
    R: ReadAt + ?Sized,
    P: ReadAt + ?Sized,
{
    let (total, kept) = (packed.size()?, elf::sections(packed)?);
    let mut ledger = Ledger::default();
    with_owners(program, known, |image, facts, spans| {
        spans.enter(&mut ledger);
        unwinding::share(image, facts, spans, &mut ledger);
        for (section, bytes) in image.iter().filter(|(section, _)| Area::of(section) == Area::Tables) {
            pointers::share(section, bytes, facts, spans, &mut ledger);
        }
    })?;
    let not_loaded = kept.iter().filter(|section| !section.is_alloc() && is_for_people(&section.name));
    ledger.add(&NOT_LOADED, Area::Tables, not_loaded.map(Section::file_size).sum());
    let listed = kept.iter().filter(|section| !section.is_alloc() && section.name == elf::DEP_V0);
    ledger.add(&PACKAGES, Area::Tables, listed.map(Section::file_size).sum());
    Ok(ledger.close(total, sections(&kept)))
}

/// Who owns what `program` has at `address`, and the name of the function or of the data there; `None` for what nobody
/// is known to own.
///
/// # Errors
/// It cannot be read, or is no sound ELF file.
pub fn owner_at<R: ReadAt + ?Sized>(
    program: &R,
    known: &Known<'_>,
    address: u64,
) -> Result<Option<(Who, Option<String>)>, elf::Error> {
    with_owners(program, known, |_, _, spans| {
        let span = spans.get(spans.at(address)?);
        Some((span.who.clone()?, span.name.clone()))
    })
}

/// Gives `each` the loaded sections of `program`, what its headers say, and who is where.
fn with_owners<R: ReadAt + ?Sized, T>(
    program: &R,
    known: &Known<'_>,
    each: impl FnOnce(&[(&Section, Vec<u8>)], &Facts, &Spans) -> T,
) -> Result<T, elf::Error> {
    let (all, facts) = (elf::sections(program)?, elf::read(program)?);
    // sections of a sound program share no bytes; those of another could ask for any amount of memory
    let held: u128 = all.iter().map(|section| u128::from(section.file_size())).sum();
    if held > u128::from(program.size()?) {
        return Err(elf::Malformed::TooLarge.into());
    }
    let loaded = all.iter().enumerate().filter(|(_, section)| section.is_alloc() && section.file_size() > 0);
    let image: Vec<_> = loaded
        .clone()
        .map(|(_, section)| Ok((section, content(program, section)?)))
        .collect::<Result<_, elf::Error>>()?;

    let symbols = Symbols::read(program)?;
    let named = named::symbols(&symbols, known);
    let mut spans = Spans::of(loaded.filter(|(_, section)| Area::of(section) != Area::Tables), &named);
    let pointers = pointers::pointers(&image, &facts);
    constants::adopt(&image, facts.machine, &pointers, &mut spans);
    Ok(each(&image, &facts, &spans))
}

/// The rows of the report: what a section has in the file, largest first.
fn sections(all: &[Section]) -> Vec<(String, u64)> {
    let held = all.iter().filter(|section| section.file_size() > 0);
    let mut held: Vec<_> = held.map(|section| (section.name.clone(), section.file_size())).collect();
    held.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    held
}

fn is_for_people(name: &str) -> bool {
    [".debug", ".zdebug", ".symtab", ".strtab"].iter().any(|start| name.starts_with(start))
}

fn content<R: ReadAt + ?Sized>(program: &R, section: &Section) -> Result<Vec<u8>, elf::Error> {
    // the section was found inside the file
    let mut bytes = vec![0; usize::try_from(section.file_size()).map_err(|_| elf::Malformed::TooLarge)?];
    program.read_exact_at(&mut bytes, section.offset)?;
    Ok(bytes)
}

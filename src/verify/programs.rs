//! All programs of an image, looked at as their layers pass by: what `verify` would say of each as a file.

use super::auditable::{Package, packages};
use super::passing::Kept;
use super::traces::{Traces, traces};
use super::{Refusal, judge};
use crate::content::{Entry, Kind, Tree};
use crate::elf::{self, Facts, Report};
use crate::error::Error;
use std::collections::BTreeMap;
use std::io::Read;

/// How many programs are kept; a whole distribution has some thousands.
const KEPT: usize = 4096;
/// How much of one is kept: sections and names of libraries, the largest or first of them.
const LISTED: usize = 64;
/// The packages that are kept of all programs together; one has some hundreds.
const PACKAGES: usize = 64 << 10;

/// A program.
#[derive(Debug)]
pub struct Program {
    /// The layer that it comes from, counted from 0 at the bottom.
    layer: usize,
    /// Its size in bytes.
    pub size: u64,
    /// What it is, or why it is no sound ELF file.
    pub told: Result<Box<Told>, String>,
}

/// What a program is.
#[derive(Debug)]
pub struct Told {
    /// What its headers say.
    pub facts: Facts,
    /// What its sections say.
    pub report: Option<Report>,
    /// What its bytes tell.
    pub traces: Traces,
    /// What speaks against its being static.
    pub refusals: Vec<Refusal>,
    /// What cargo-auditable has noted in it.
    pub packages: Option<Vec<Package>>,
}

/// The programs of an image.
#[derive(Debug, Default)]
pub struct Programs {
    all: BTreeMap<String, Program>,
    packages: usize,
    more: usize,
}

impl Programs {
    /// Looks at the content of `entry` in `layer`; what is no program is passed over.
    ///
    /// # Errors
    /// No room for a temporary file.
    pub fn look(&mut self, layer: usize, entry: &Entry, content: &mut dyn Read) -> Result<(), Error> {
        // what stood here in a layer below is gone
        self.all.remove(&entry.path);
        if entry.mode & 0o111 == 0 {
            return Ok(());
        }
        let mut head = Vec::new();
        if content.take(4).read_to_end(&mut head).is_err() || head != b"\x7fELF" {
            return Ok(());
        }
        if self.all.len() >= KEPT {
            self.more += 1;
            return Ok(());
        }
        // what is damaged is the fault of its layer, and no program
        let Some((_, kept)) = Kept::of(entry.size, &mut head.as_slice().chain(content))? else {
            return Ok(());
        };
        let told = tell(&kept);
        if let Some(mut told) = told.transpose() {
            if let Ok(told) = &mut told {
                self.bound(told);
            }
            self.all.insert(entry.path.clone(), Program { layer, size: entry.size, told });
        }
        Ok(())
    }

    /// Forgets those that `tree`, all layers together, does not have.
    pub fn keep(&mut self, tree: &Tree) {
        let stays = |path: &String, program: &mut Program| {
            tree.nodes
                .get(path)
                .is_some_and(|node| node.layer == program.layer && node.entry.kind == Kind::File)
        };
        self.all.retain(stays);
    }

    /// Those that are kept, by path without the slash at its start.
    pub fn all(&self) -> &BTreeMap<String, Program> {
        &self.all
    }

    /// The number of those that were passed over, because there are too many.
    pub fn more(&self) -> usize {
        self.more
    }

    fn bound(&mut self, told: &mut Told) {
        told.facts.needed.truncate(LISTED);
        if let Some(report) = &mut told.report {
            report.sections.truncate(LISTED);
        }
        if let Some(packages) = &mut told.packages {
            packages.truncate(PACKAGES - self.packages);
            self.packages += packages.len();
        }
    }
}

/// What `bytes` are; nothing if they are only ever loaded or linked by others.
fn tell(bytes: &Kept) -> Result<Option<Box<Told>>, String> {
    if bytes.is_object() {
        return Ok(None);
    }
    let facts = elf::read(bytes).map_err(|why| why.to_string())?;
    if facts.interpreter.is_none() && facts.soname.is_some() {
        return Ok(None);
    }
    Ok(Some(Box::new(Told {
        report: elf::report(bytes).ok(),
        traces: traces(bytes).map_err(|reason| reason.to_string())?,
        refusals: judge(&facts, None),
        packages: packages(bytes),
        facts,
    })))
}

//! Whether a program can run in its image: static, or dynamic with its loader and all its libraries beside it.

use super::Faults;
use super::contents::{Content, Elf};
use super::libraries;
use super::seen::Seen;
use super::settings::normal;
use crate::content::{Entry, Rule};
use crate::elf::{Facts, Kind};
use crate::image::platform::{Target, machine_name};
use crate::verify::{Refusal, judge};

/// The program that an image starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is, links followed.
    pub path: String,
    /// The scripts that lead to it, the one that is started first.
    pub scripts: Vec<String>,
    /// Its size in bytes.
    pub size: u64,
    /// How it is linked.
    pub linked: Linked,
    /// Its machine, as people call it.
    pub machine: String,
    /// It has no symbols of its own.
    pub stripped: bool,
    /// It has debug information.
    pub debug_info: bool,
    /// The C library that is in it.
    pub libc: Option<&'static str>,
    /// How many times a path of the machine that built it appears, and the first of them.
    pub build_paths: (u64, Option<String>),
}

/// How a program is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    /// At a fixed address.
    Static,
    /// Wherever it is loaded.
    StaticPie,
    /// By a loader, with these libraries.
    Dynamic {
        /// The loader, `PT_INTERP`.
        interpreter: String,
        /// What it asks for, `DT_NEEDED`.
        needed: Vec<String>,
    },
}

impl Linked {
    /// `static`, `static-pie` or `dynamic`.
    pub fn word(&self) -> &'static str {
        match self {
            Linked::Static => "static",
            Linked::StaticPie => "static-pie",
            Linked::Dynamic { .. } => "dynamic",
        }
    }
}

impl Program {
    /// The program `elf` at `path`, which `scripts` lead to.
    pub(super) fn of(path: String, scripts: Vec<String>, elf: &Elf, entry: &Entry) -> Self {
        let facts = &elf.facts;
        let linked = match &facts.interpreter {
            Some(interpreter) => {
                Linked::Dynamic { interpreter: interpreter.clone(), needed: facts.needed.clone() }
            }
            None if facts.kind == Kind::SharedObject => Linked::StaticPie,
            None => Linked::Static,
        };
        Program {
            path,
            scripts,
            size: entry.size,
            linked,
            machine: machine_name(facts.machine, facts.data),
            stripped: elf.stripped,
            debug_info: elf.debug_info,
            libc: elf.libc,
            build_paths: elf.build_paths.clone(),
        }
    }
}

/// Tells why `program` cannot run in its image.
pub(super) fn check(seen: &Seen<'_>, program: Program, elf: &Elf, faults: &mut Faults) -> Program {
    let place = seen.place(&program.path);
    let target = Target::from_platform(&normal(&seen.config.platform())).ok();
    for refusal in refusals(&elf.facts, target.as_ref()) {
        let hint = if matches!(refusal, Refusal::Machine { .. }) {
            ": the kernel says \"exec format error\""
        } else {
            ""
        };
        faults.add(Rule::Program, &place, format!("{refusal}{hint}"));
    }
    let Linked::Dynamic { interpreter, .. } = &program.linked else { return program };
    let cure = "cargo scratch builds it static";
    match seen.file(interpreter).map(|file| file.content) {
        Some(Some(Content::Elf(loader))) if same_machine(&loader.facts, &elf.facts) => {
            for missing in libraries::missing(seen, &program.path, elf) {
                let name = &missing.name;
                let by =
                    if missing.by == program.path { String::new() } else { format!(" for `{}`", missing.by) };
                let why = format!(
                    "it needs the shared library `{name}`{by}, which its loader finds nowhere; {cure}"
                );
                faults.add(Rule::Program, format!("{place}: {name}"), why);
            }
        }
        Some(_) => {
            let why =
                format!("its dynamic loader `{interpreter}` is no program for the same machine; {cure}");
            faults.add(Rule::Program, &place, why);
        }
        None => {
            let why = format!(
                "it is dynamic, and its loader `{interpreter}` is in no layer: the kernel says \"no such file or \
                 directory\" of the program itself; {cure}"
            );
            faults.add(Rule::Program, &place, why);
        }
    }
    program
}

/// Whether the one can load the other.
pub(super) fn same_machine(a: &Facts, b: &Facts) -> bool {
    (a.machine, a.class, a.data) == (b.machine, b.class, b.data)
}

/// What speaks against a program beside what a loader of its own makes good.
fn refusals(facts: &Facts, target: Option<&Target>) -> Vec<Refusal> {
    let mut refusals = judge(facts, target);
    if facts.interpreter.is_some() {
        let loaders = |refusal: &Refusal| {
            matches!(refusal, Refusal::Interpreter(_) | Refusal::Needed(_) | Refusal::SharedLibrary)
        };
        refusals.retain(|refusal| !loaders(refusal));
    }
    refusals
}

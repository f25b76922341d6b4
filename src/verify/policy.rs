//! The policy: what the facts of an ELF file must be so that a kernel alone can start it.
//!
//! It fails closed. "No interpreter, so static" is not enough: whatever is not proven is refused.

use crate::elf::{Data, Facts, Kind};
use crate::image::platform::{Target, machine_name};
use std::fmt;

/// `EI_OSABI` values that Linux programs carry: none in particular, and GNU for its extensions.
const OSABI: [u8; 2] = [0, 3];

/// Below this a process may map nothing (sysctl `vm.mmap_min_addr`, its usual value).
const LOWEST_ADDRESS: u64 = 65_536;

/// A reason why a program is not proven static.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Built for something else than wanted.
    Machine {
        /// What it was built for.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// Built for another operating system.
    System(u8),
    /// Not a program at all.
    Kind(Kind),
    /// It asks the kernel for a dynamic loader.
    Interpreter(String),
    /// It needs shared libraries.
    Needed(Vec<String>),
    /// A shared object that does not say that it is a program.
    SharedLibrary,
    /// It wants a place in memory that the kernel keeps free.
    Address(u64),
    /// It is to relocate itself, but not linked so that it can.
    Relocation,
    /// Its thread-local data cannot be found when it starts.
    Headers,
    /// Its first instruction is not in code.
    Entry,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Machine { found, wanted } => write!(f, "built for {found}, wanted {wanted}"),
            Refusal::System(osabi) => {
                write!(f, "built for another operating system than Linux (OSABI {osabi})")
            }
            Refusal::Kind(Kind::Relocatable) => write!(f, "an object file, not a program"),
            Refusal::Kind(Kind::Core) => write!(f, "a core dump, not a program"),
            Refusal::Kind(_) => write!(f, "an unknown kind of ELF file, not a program"),
            Refusal::Interpreter(path) => write!(f, "it is started by the dynamic loader `{path}`"),
            Refusal::Needed(libraries) => write!(f, "it needs the shared libraries {}", libraries.join(", ")),
            Refusal::SharedLibrary => write!(f, "a shared library, not a program (no DF_1_PIE)"),
            Refusal::Address(address) => {
                write!(f, "it wants to be loaded at {address:#x}, which Linux does not allow")
            }
            Refusal::Relocation => write!(f, "it has a dynamic section, but was linked for a fixed address"),
            Refusal::Headers => {
                write!(f, "its program headers are not loaded, so it cannot find its thread-local data")
            }
            Refusal::Entry => write!(f, "its entry point is not in an executable segment"),
        }
    }
}

/// Every reason against a program with these `facts`; none is the proof. Without `wanted`, any machine will do.
pub fn judge(facts: &Facts, wanted: Option<&Target>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if let Some(target) = wanted
        && target.elf() != (facts.machine, facts.class, facts.data)
    {
        let (machine, class, data) = target.elf();
        refusals.push(Refusal::Machine {
            found: named(facts.machine, facts.class.bits(), facts.data),
            wanted: named(machine, class.bits(), data),
        });
    }
    if !OSABI.contains(&facts.osabi) {
        refusals.push(Refusal::System(facts.osabi));
    }
    if !matches!(facts.kind, Kind::Executable | Kind::SharedObject) {
        refusals.push(Refusal::Kind(facts.kind));
        return refusals;
    }
    if let Some(path) = &facts.interpreter {
        refusals.push(Refusal::Interpreter(path.clone()));
    }
    if !facts.needed.is_empty() {
        refusals.push(Refusal::Needed(facts.needed.clone()));
    }
    if facts.kind == Kind::SharedObject && !facts.pie {
        refusals.push(Refusal::SharedLibrary);
    }
    if facts.kind == Kind::Executable && facts.lowest_address < LOWEST_ADDRESS {
        refusals.push(Refusal::Address(facts.lowest_address));
    }
    if facts.kind == Kind::Executable && facts.dynamic && facts.interpreter.is_none() {
        refusals.push(Refusal::Relocation);
    }
    if facts.tls && !facts.headers_loaded {
        refusals.push(Refusal::Headers);
    }
    if !facts.entry_is_executable {
        refusals.push(Refusal::Entry);
    }
    refusals
}

fn named(machine: u16, bits: u8, data: Data) -> String {
    let order = match data {
        Data::Little => "little-endian",
        Data::Big => "big-endian",
    };
    format!("{} ({bits}-bit, {order})", machine_name(machine, data))
}

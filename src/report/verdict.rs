//! What `verify` says of a program: static or not, and why.

use super::size;
use crate::elf::{Data, Facts, Kind, Relro, Report};
use crate::image::platform::machine_name;
use crate::verify::Refusal;
use crate::verify::summary;
use crate::verify::traces::Traces;
use serde_json::{Value, json};
use std::path::Path;

/// What `verify` knows of a file.
#[derive(Clone, Copy)]
pub struct Verdict<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its size in bytes.
    pub size: u64,
    /// What its headers say.
    pub facts: &'a Facts,
    /// What its sections say.
    pub report: Option<&'a Report>,
    /// What its bytes tell.
    pub traces: Option<&'a Traces>,
    /// What speaks against it.
    pub refusals: &'a [Refusal],
}

impl Verdict<'_> {
    /// The verdict first, then the facts.
    pub fn lines(&self) -> Vec<String> {
        let (path, facts) = (self.path.display(), self.facts);
        if !self.refusals.is_empty() {
            let reasons: Vec<_> = self.refusals.iter().map(ToString::to_string).collect();
            return vec![format!("{path}: not proven static: {}", reasons.join("; "))];
        }
        let mut lines =
            vec![format!("{path}: static ({}, {})", summary(facts, self.report), size(self.size))];
        let stack = if facts.executable_stack { "executable" } else { "not executable" };
        lines.push(format!("  relro {}, stack {stack}", relro(facts.relro)));
        if let Some(report) = self.report {
            let largest = report.sections.iter().take(4);
            let largest: Vec<_> =
                largest.map(|section| format!("{} {}", section.name, size(section.size))).collect();
            if !largest.is_empty() {
                lines.push(format!("  largest sections: {}", largest.join(", ")));
            }
        }
        match self.libc() {
            Some("glibc") => lines.push(
                "  libc: glibc, which loads more libraries at run time for names of hosts and users (NSS) and \
                 character sets"
                    .into(),
            ),
            Some(libc) => lines.push(format!("  libc: {libc}")),
            None => {}
        }
        if let Some(Traces { build_paths: count @ 1.., first: Some(first), .. }) = self.traces {
            lines.push(format!("  build paths left inside: {count}, e.g. {first}"));
        }
        lines
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let (facts, report) = (self.facts, self.report);
        let section = |section: &crate::elf::Section| json!({ "name": section.name, "size": section.size });
        json!({
            "reason": "verdict",
            "path": self.path.to_string_lossy(),
            "static": self.refusals.is_empty(),
            "refusals": self.refusals.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "size": self.size,
            "machine": machine_name(facts.machine, facts.data),
            "class": facts.class.bits(),
            "endian": match facts.data { Data::Little => "little", Data::Big => "big" },
            "pie": facts.kind == Kind::SharedObject && facts.pie,
            "interpreter": facts.interpreter,
            "needed": facts.needed,
            "relro": relro(facts.relro),
            "executable_stack": facts.executable_stack,
            "stripped": report.map(|report| report.stripped),
            "debug_info": report.map(|report| report.debug_info),
            "build_id": report.and_then(|report| report.build_id.clone()),
            "libc": self.libc(),
            "build_paths": self.traces.map(|traces| traces.build_paths),
            "sections": report.map(|report| report.sections.iter().take(16).map(section).collect::<Vec<_>>()),
        })
    }

    fn libc(&self) -> Option<&'static str> {
        if self.report.is_some_and(|report| report.glibc_abi_tag) {
            Some("glibc")
        } else {
            self.traces.filter(|traces| traces.musl).map(|_| "musl")
        }
    }
}

/// A file that is no ELF file, or a damaged one, of whose headers nothing is known.
pub fn malformed_json(path: &Path, why: &str) -> Value {
    let mut verdict = json!({
        "reason": "verdict", "path": path.to_string_lossy(), "static": false, "refusals": [why],
    });
    for unknown in [
        "size",
        "machine",
        "class",
        "endian",
        "pie",
        "interpreter",
        "needed",
        "relro",
        "executable_stack",
        "stripped",
        "debug_info",
        "build_id",
        "libc",
        "build_paths",
        "sections",
    ] {
        verdict[unknown] = Value::Null;
    }
    verdict
}

fn relro(relro: Relro) -> &'static str {
    match relro {
        Relro::None => "none",
        Relro::Partial => "partial",
        Relro::Full => "full",
    }
}

//! Another allocator, in place of the C library's (`--allocator`): built once into the cache, and linked into the program
//! before the C library, whose own part then nobody asks for. The user's source stays as it is.

use super::compiler::{self, Compiler};
use super::libraries;
use super::provide::{JEMALLOC, MIMALLOC, Row, Workshop};
use super::said::Said;
use crate::config::values::Allocator;
use crate::error::{Code, Error};
use crate::plan::Plan;
use crate::sbom::Provided;

/// How to go without.
const INSTEAD: &str = "or leave it out: --allocator system";

/// The one that `plan` asks for.
pub fn wanted(plan: &Plan) -> Option<&'static Row> {
    match plan.optimize.allocator? {
        Allocator::System => None,
        Allocator::Mimalloc => Some(&MIMALLOC),
        Allocator::Jemalloc => Some(&JEMALLOC),
    }
}

/// Why it cannot be had for `plan`, if one is wanted.
pub fn obstacle(
    plan: &Plan,
    said: &Said<'_>,
    compiler: Option<&Compiler>,
    workshop: &Workshop<'_>,
) -> Option<Error> {
    let row = wanted(plan)?;
    let name = row.name;
    if !plan.target.is_musl() {
        let what = format!("`--allocator {name}` takes the place of musl's, and `{}` has none", plan.target);
        return Some(Error::new(Code::Allocator, what).help("leave it out: --allocator system"));
    }
    if let Some(node) = plan.graph.packages().find(|node| node.name == row.source) {
        let what = format!("`{}` {} has the program use {name} already", node.name, node.version);
        return Some(
            Error::new(Code::Allocator, what)
                .note(format!("it is wanted by {}", plan.graph.path(&node.name).join(" → ")))
                .note(format!("a program can be linked with one {name}"))
                .help("leave it out: --allocator system"),
        );
    }
    if row.is_ready(workshop) {
        return None;
    }
    let none = |why: String| Error::new(Code::NoLibrary, format!("{name} is not built: {why}"));
    let error = if !plan.provide {
        none("--no-provide is set".to_owned()).help("leave that out, once")
    } else if matches!(compiler, None | Some(Compiler::Unknown | Compiler::Unneeded)) {
        let what = format!("no C compiler for `{}`, and {name} is built by one", plan.target);
        compiler::ways(&plan.target, false).into_iter().fold(Error::new(Code::NoCompiler, what), Error::help)
    } else {
        let (why, ways) = libraries::lacking(row, plan, said)?;
        ways.into_iter().fold(none(why), Error::help)
    };
    Some(error.help(INSTEAD))
}

/// Builds it where one is wanted and not there. `step` hears of it.
pub fn make(plan: &Plan, workshop: &Workshop<'_>, step: &mut dyn FnMut(&str, String)) -> Result<(), Error> {
    let Some(row) = wanted(plan).filter(|row| !row.is_ready(workshop)) else { return Ok(()) };
    step("Providing", format!("{} for {}, once for all projects", row.name, plan.target));
    row.build(workshop)
}

/// What rustc is told of it.
///
/// cargo tells every crate the same, so the archive stands behind every library, and not bundled into any: the whole of it
/// cannot be asked for, as a program would have it twice. All that a C library has of the kind is in one object; that
/// `malloc` is wanted, which the linker hears before it looks into the first archive, brings that, and so no other
/// archive's is taken. This spelling is understood by linkers and by compilers that link (ld(1), gcc(1)).
pub fn flags(plan: &Plan, workshop: &Workshop<'_>) -> Vec<String> {
    let Some(row) = wanted(plan) else { return Vec::new() };
    let folder = workshop.place(row).join("lib");
    let archive = format!("-lstatic:-bundle={}", row.link());
    vec![format!("-Lnative={}", folder.display()), archive, "-Clink-arg=-umalloc".to_owned()]
}

/// How a bill of materials names it: `root` is the number of the program's package.
pub fn provided(plan: &Plan, root: Option<usize>) -> Vec<Provided> {
    let by: Vec<_> = root.into_iter().collect();
    wanted(plan).map(|row| row.provided(&by)).unwrap_or_default()
}

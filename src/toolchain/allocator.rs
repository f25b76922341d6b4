//! Another allocator, in place of the C library's (`--allocator`): built once into the cache, and linked into the program
//! before the C library, whose own part then nobody asks for. The user's source stays as it is.
//!
//! There is mimalloc and no jemalloc, whose build runs `configure` and make and takes minutes; the program that has it by
//! its own `#[global_allocator]` may be the faster one, and needs nothing from here.

use super::compiler::{self, Compiler};
use super::provide::{MIMALLOC, Workshop};
use crate::config::values::Allocator;
use crate::error::{Code, Error};
use crate::plan::Plan;
use crate::sbom::Provided;

/// How to go without.
const INSTEAD: &str = "or leave it out: --allocator system";

/// Whether `plan` asks for one.
pub fn is_wanted(plan: &Plan) -> bool {
    plan.optimize.allocator == Some(Allocator::Mimalloc)
}

/// Why it cannot be had for `plan`, if it is wanted.
pub fn obstacle(plan: &Plan, compiler: Option<&Compiler>, workshop: &Workshop<'_>) -> Option<Error> {
    if !is_wanted(plan) {
        return None;
    }
    if !plan.target.is_musl() {
        let what =
            format!("`--allocator mimalloc` takes the place of musl's, and `{}` has none", plan.target);
        return Some(Error::new(Code::Allocator, what).help("leave it out: --allocator system"));
    }
    if let Some(node) = plan.graph.packages().find(|node| node.name == MIMALLOC.source) {
        let what = format!("`{}` {} has the program use mimalloc already", node.name, node.version);
        return Some(
            Error::new(Code::Allocator, what)
                .note(format!("it is wanted by {}", plan.graph.path(&node.name).join(" → ")))
                .note("a program can be linked with one mimalloc")
                .help("leave it out: --allocator system"),
        );
    }
    if MIMALLOC.is_ready(workshop) {
        return None;
    }
    let error = match compiler {
        _ if !plan.provide => Error::new(Code::NoLibrary, "mimalloc is not built: --no-provide is set")
            .help("leave that out, once"),
        None | Some(Compiler::Unknown | Compiler::Unneeded) => {
            let what = format!("no C compiler for `{}`, and mimalloc is built by one", plan.target);
            compiler::ways(&plan.target, false)
                .into_iter()
                .fold(Error::new(Code::NoCompiler, what), Error::help)
        }
        Some(_) => return None,
    };
    Some(error.help(INSTEAD))
}

/// Builds it where it is wanted and not there. `step` hears of it.
pub fn make(plan: &Plan, workshop: &Workshop<'_>, step: &mut dyn FnMut(&str, String)) -> Result<(), Error> {
    if !is_wanted(plan) || MIMALLOC.is_ready(workshop) {
        return Ok(());
    }
    step("Providing", format!("{} for {}, once for all projects", MIMALLOC.name, plan.target));
    MIMALLOC.build(workshop)
}

/// What rustc is told of it.
///
/// cargo tells every crate the same, so the archive stands behind every library, and not bundled into any: the whole of it
/// cannot be asked for, as a program would have it twice. All of it is one object; that `malloc` is wanted, which the
/// linker hears before it looks into the first archive, brings that, and so no other archive's is taken. This spelling is
/// understood by linkers and by compilers that link (ld(1), gcc(1)).
pub fn flags(plan: &Plan, workshop: &Workshop<'_>) -> Vec<String> {
    if !is_wanted(plan) {
        return Vec::new();
    }
    let folder = workshop.place(&MIMALLOC).join("lib");
    let archive = [format!("-Lnative={}", folder.display()), "-lstatic:-bundle=mimalloc".to_owned()];
    archive.into_iter().chain(["-Clink-arg=-umalloc".to_owned()]).collect()
}

/// How a bill of materials names it: `root` is the number of the program's package.
pub fn provided(plan: &Plan, root: Option<usize>) -> Vec<Provided> {
    let by: Vec<_> = root.into_iter().collect();
    if is_wanted(plan) { MIMALLOC.provided(&by) } else { Vec::new() }
}

//! Whether the allocator that was asked for is in a program, and is the one that its Rust code asks.
//!
//! rustc makes the functions by which Rust allocates (`__rust_alloc` and three more) call those of the standard library
//! (`__rdl_alloc`), which call `malloc`; with a `#[global_allocator]` they call that one, and nothing calls the library's
//! (`rustc_codegen_ssa::base::allocator_kind_for_codegen`). Link-time optimization leaves few of these names; then the
//! program's own allocator shows where it has names that others are known by.

use super::Verified;
use crate::elf::{ReadAt, Symbols, search};
use crate::error::{Code, Error};
use crate::plan::Plan;
use memchr::memmem::Finder;
use std::io;

/// How the messages of each begin, by the allocator's name: they are text, which stripping leaves.
const MESSAGES: &[(&str, &[u8])] = &[("mimalloc", b"mimalloc: "), ("jemalloc", b"<jemalloc>: ")];

/// Packages that are allocators, and a symbol that a program has where one of them is in use, or how it begins.
const KNOWN: &[(&str, &str)] = &[
    ("tikv-jemallocator", "_rjem_malloc"),
    ("jemallocator", "_rjem_malloc"),
    ("snmalloc-rs", "sn_rust_alloc"),
    ("rpmalloc", "rpmalloc"),
];

/// Others, which are Rust: their names are in their functions' names.
const RUST: &[&str] =
    &["talc", "dlmalloc", "wee_alloc", "linked_list_allocator", "buddy_system_allocator", "rlsf", "ferroc"];

/// Proves that `program`, which was built by `plan`, is linked with the allocator `name` and allocates with it.
///
/// # Errors
/// It does not, or cannot be read.
pub fn allocator(program: &Verified, name: &str, plan: &Plan) -> Result<(), Error> {
    let open = program.file.file();
    let error = |what: &str| {
        let error = Error::new(Code::Allocator, what).at(program.file.path().display());
        error.help("leave it out: --allocator system")
    };
    if !has(name, open).map_err(|reason| program.file.unreadable(&reason))? {
        return Err(error(&format!("{name} is not in the program that was linked with it")));
    }
    // the plan keeps them, but a linker script or a flag may have taken them out, and then nothing can be told
    let symbols = Symbols::read(open).unwrap_or_default();
    let names: Vec<_> = symbols.iter().map(|one| String::from_utf8_lossy(one.name).into_owned()).collect();
    let Some(own) = told(&names, |package| plan.graph.get(package).is_some()) else { return Ok(()) };
    let what = match own {
        Own::Package(own) => format!("the program allocates with `{own}`, and not with {name}"),
        Own::Unknown => "the program sets a global allocator of its own".to_owned(),
    };
    Err(error(&what).note(format!("{name} would only take space beside it")))
}

/// The allocator of a program that has its own.
#[derive(Debug, PartialEq, Eq)]
enum Own {
    Package(&'static str),
    Unknown,
}

/// What `names`, the symbols of a program, tell; `has` knows whether a package is in its graph.
fn told(names: &[String], has: impl Fn(&str) -> bool) -> Option<Own> {
    let any = |what: &dyn Fn(&str) -> bool| names.iter().any(|name| what(name));
    let known = KNOWN.iter().find(|(package, symbol)| has(package) && any(&|name| name.starts_with(symbol)));
    let rust = || RUST.iter().find(|package| has(package) && any(&|name| names_crate(name, package)));
    if let Some(package) = known.map(|(package, _)| *package).or_else(|| rust().copied()) {
        return Some(Own::Package(package));
    }
    // this one is taken away where the program is optimized as a whole, and then the others may be, too
    let is_whole = any(&|name| name.contains("__rust_no_alloc_shim_is_unstable"));
    (is_whole && !any(&|name| name.contains("__rdl_alloc"))).then_some(Own::Unknown)
}

/// Whether a mangled name has the crate's in it, with its length before it, as both of rustc's ways have it.
fn names_crate(name: &str, package: &str) -> bool {
    (name.starts_with("_R") || name.starts_with("_ZN"))
        && name.contains(&format!("{}{package}", package.len()))
}

/// Whether the allocator `name` is in `bytes`.
fn has<R: ReadAt + ?Sized>(name: &str, bytes: &R) -> io::Result<bool> {
    let known = MESSAGES.iter().find(|(known, _)| *known == name);
    let Some((_, message)) = known else { return Ok(false) };
    let finder = Finder::new(message);
    let found = search(bytes, message.len(), |_, window| Ok(finder.find(window).map(drop)))?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], packages: &[&str]) -> Option<Own> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        told(&names, |package| packages.contains(&package))
    }

    #[test]
    fn a_global_allocator_shows_where_the_librarys_is_not_asked_for() {
        let shim = "_RNvCsfLfy6EI15iL_7___rustc35___rust_no_alloc_shim_is_unstable_v2";
        let rdl = "_RNvCsfLfy6EI15iL_7___rustc11___rdl_alloc";
        assert_eq!(of(&[shim, rdl], &[]), None);
        assert_eq!(of(&[shim], &[]), Some(Own::Unknown));
        // optimized as a whole, or stripped, it could be either
        assert_eq!(of(&["_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc"], &[]), None);
        assert_eq!(of(&[], &[]), None);
    }

    #[test]
    fn a_known_one_is_named_if_it_is_in_use_and_not_if_it_is_only_in_the_graph() {
        let packages = ["tikv-jemallocator", "talc"];
        assert_eq!(of(&["main", "rust_main"], &packages), None);
        assert_eq!(of(&["_rjem_malloc"], &packages), Some(Own::Package("tikv-jemallocator")));
        assert_eq!(of(&["_RNvMs_Cs1_4talcNtB4_4Talc6malloc"], &packages), Some(Own::Package("talc")));
        assert_eq!(of(&["4talc", "_rjem_malloc"], &[]), None);
    }
}

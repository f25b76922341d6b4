//! What this program itself may cost: crates, what compiles them, bytes, and calls at the start.
//!
//! All of it is counted, so that it is the same on every machine. The times are rows of `make bench`, and so is the
//! size of the release, which takes minutes to build; `max-size` in Cargo.toml holds every image of a release to it,
//! and `release::h7_this_program_packs_itself…` holds the unoptimised program to a size of its own on every change.

mod start;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates that are linked, or make code that is.
const LINKED: usize = 120;
/// Crates that `cargo install` compiles, with those of build scripts.
const COMPILED: usize = 125;
/// Macros among them: all that uses one waits for it.
const MACROS: [&str; 3] = ["clap_derive", "serde_derive", "thiserror-impl"];
/// Those that call a compiler of C, and what for.
const WITH_C: [&str; 3] = [
    "libdeflate-sys", // gzip
    "ring",           // TLS and signatures
    "zstd-sys",       // `--compression zstd`
];
/// The names of the linked crates.
const LIST: &str = "tests/suite/budget/crates";

/// What `cargo tree` lists with all features, each crate once: its name, and the rest of the line.
#[track_caller]
fn tree(words: &[&str]) -> BTreeSet<(String, String)> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--offline", "--all-features", "--prefix", "none", "--no-dedupe"]);
    tree.args(words).current_dir(env!("CARGO_MANIFEST_DIR"));
    let said = tree.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    let pair = |line: &str| line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest.to_owned()));
    text.lines().filter_map(pair).collect()
}

fn names(crates: &BTreeSet<(String, String)>) -> BTreeSet<&str> {
    crates.iter().map(|(name, _)| name.as_str()).collect()
}

/// A new crate is a decision: it is in the list of the commit that brings it.
#[test]
fn the_tree_stays_small_and_every_crate_of_it_is_known() {
    let linked = tree(&["-e", "normal"]);
    let names = names(&linked);
    assert!(names.len() > 20, "{names:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, names.iter().copied().collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let known: BTreeSet<&str> = text.lines().collect();
    let new: Vec<_> = names.difference(&known).collect();
    let gone: Vec<_> = known.difference(&names).collect();
    assert!(linked.len() <= LINKED, "{} crates of at most {LINKED}; new: {new:?}", linked.len());
    assert!(
        new.is_empty() && gone.is_empty(),
        "{} crates of at most {LINKED}; new: {new:?}, gone: {gone:?}; \
         `UPDATE=1 cargo nextest run -E 'test(budget)'` writes {LIST}",
        linked.len()
    );
}

/// What the time of `cargo install` comes from, beside our own code.
#[test]
fn what_an_install_compiles_stays_within_its_budget() {
    let compiled = tree(&["-e", "normal,build"]);
    assert!(compiled.len() <= COMPILED, "{} crates are compiled", compiled.len());
    let macros = compiled.iter().filter(|(_, rest)| rest.contains("proc-macro")).cloned().collect();
    assert_eq!(names(&macros), BTreeSet::from(MACROS));
    let mut callers = tree(&["-e", "normal,build", "--depth", "1", "--invert", "cc"]);
    callers.retain(|(name, _)| name != "cc");
    assert_eq!(names(&callers), BTreeSet::from(WITH_C));
    let other = ["cmake", "bindgen", "nasm-rs"].map(String::from);
    assert!(!compiled.iter().any(|(name, _)| other.contains(name)), "{other:?}");
}

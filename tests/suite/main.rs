//! One test binary: what a user would notice, told by runs of the real program.
//!
//! A test that needs a tool beyond Rust and a musl standard library has `needs_TOOL` in its name; `make test` leaves
//! out those whose tool the machine lacks, says so, and the runner counts them as skipped.

mod assets;
mod crates;
mod determinism;
mod elf;
mod judges;
mod floors;
mod house;
mod outputs;
mod selection;
mod settings;
mod support;

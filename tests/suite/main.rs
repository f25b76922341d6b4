//! One test binary: what a user would notice, told by runs of the real program.
//!
//! A test that needs a tool beyond Rust and a musl standard library has `needs_TOOL` in its name; `make test` leaves
//! out those whose tool the machine lacks, says so, and the runner counts them as skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::semicolon_if_nothing_returned,
    reason = "tests end where they fail, and set up what a user's shell would"
)]

mod assets;
mod bench;
mod budget;
mod cache;
mod crates;
mod debug;
mod determinism;
mod docs;
mod elf;
mod engines;
mod floors;
mod generated;
mod golden;
mod house;
mod judges;
mod look;
mod messages;
mod mutations;
mod named;
mod needs;
mod optimize;
mod outputs;
mod page;
mod pains;
mod platforms;
mod promise;
mod provenance;
mod push;
mod registry;
mod release;
mod reproduce;
mod resolve;
mod run;
mod sandbox;
mod sbom;
mod selection;
mod settings;
mod shells;
mod size;
mod smoke;
mod soundness;
mod support;
mod toolchain;

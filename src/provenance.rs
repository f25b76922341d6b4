//! Where an image comes from: an in-toto statement (in-toto/attestation, `spec/v1/statement.md`) with SLSA's build
//! provenance (slsa.dev/spec, "Provenance"), and the reading of one that somebody else has made.
//!
//! A statement says nothing that is not so for everybody: no time, no path of the machine, no user, no variables but
//! those that name a run of a known CI. On one kind of builder, the same commit gives the same bytes; in CI each run
//! has an address of its own, which is in its statement and in nothing else. Who signs it is the business of
//! [`signature`](crate::signature): unsigned, it is as much as SLSA's level 1 asks for.
//!
//! The subjects are the manifest of the image, or the index over several and each of their manifests, by sha256: the
//! digests that a registry knows them by.
//!
//! # v1
//!
//! The address of this section is the `buildType`: one run of `cargo scratch`, which calls `cargo build` once and packs one
//! program. What the image itself shows (user, variables, labels, files) is not said again.
//!
//! `externalParameters`, what the user asked for:
//!
//! | key | what |
//! |---|---|
//! | `package`, `version` | the package |
//! | `binary` or `example` | the program |
//! | `manifest` | the package's Cargo.toml, from the top of the repository, or else of the workspace |
//! | `targets` | rustc's names of what was built for |
//! | `profile` | cargo's profile |
//! | `optimize` | the flags that make the program another one than by default: `--optimize`, `--panic`, `--cpu`, `--allocator`; missing where there is none |
//! | `features`, `allFeatures`, `defaultFeatures` | as cargo's flags say them |
//! | `locked` | whether Cargo.lock had to be as it was |
//! | `config` | what `--config` sets: profiles with their values, of all else the keys alone; missing where there is none |
//! | `variables` | the names of the variables that change what cargo builds and were set: `RUSTFLAGS` and `CARGO_ENCODED_RUSTFLAGS`, `RUSTC` and its wrappers, `RUSTC_BOOTSTRAP`, `CARGO_PROFILE_*`, `CARGO_BUILD_*` without jobs and folders, `CARGO_TARGET_*_RUSTFLAGS` and `CARGO_TARGET_*_LINKER`; missing where there is none |
//! | `configFiles` | cargo's configuration files, nearest first: of the workspace by path (`name`) and `digest`, elsewhere only that it was there: `cargo home`, `outside`; missing where there is none |
//!
//! `internalParameters`, what the builder chose:
//!
//! | key | what |
//! |---|---|
//! | `cargo-scratch`, `cargo` | versions |
//! | `rustc` | `version` and `commit` of the compiler, by what the program says, and its `host`, as far as it tells |
//! | `linker` | for each target `cc`, `lld`, `zig`, or `configured` for one of the user's choice |
//! | `container` | the image that cargo ran in, where it ran in one; `cargo` is then that image's |
//! | `source` | `commit`, and whether files differed from it, new ones among them (`dirty`); missing where git does not know the package |
//!
//! `resolvedDependencies`, each by its `name`: `source`, the repository and its commit, whose digest is left out, with
//! `scratch_dirty` among the annotations, where files differed from it; `Cargo.lock`, which has the checksum of
//! every package; and `rustc`, by its commit.
//!
//! `builder.id` is the workflow's address on GitHub Actions, the project's on GitLab, and `invocationId` is that of the
//! run. Elsewhere it is that of the next section.
//!
//! # own machine
//!
//! The `builder.id` of a run on somebody's own machine, or in a CI that is not known here: whoever signs the statement
//! is all that vouches for it.

mod claims;
mod judge;
mod runner;
mod source;
mod statement;
mod surroundings;

pub use claims::{Claims, Origin};
pub use judge::{Accepted, Signed, Trust, judge};
pub use runner::Runner;
pub use source::{Source, is_commit};
pub use statement::{Build, Tools, statement};
pub use surroundings::{ConfigFile, Surroundings};

/// The media type of a statement.
pub const MEDIA_TYPE: &str = crate::image::attachment::IN_TOTO.media_type;
/// The type of a statement.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The type of its predicate.
pub const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// The kind of build.
pub const BUILD_TYPE: &str = "https://docs.rs/cargo-scratch/latest/cargo_scratch/provenance/#v1";
/// The builder that is nobody's service.
const OWN_MACHINE: &str = "https://docs.rs/cargo-scratch/latest/cargo_scratch/provenance/#own-machine";

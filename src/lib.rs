//! `cargo scratch`: any Rust project as the smallest container image that is proven to run.
//!
//! # The way of the data
//!
//! ```text
//! Settings → Plans → Survey → Toolchain → Artifacts → Verified → Vec<Layer> → Image → Bundle → Receipt → report → stdout
//! ```
//!
//! Every arrow is one function in one module: [`config::layers::resolve`], [`plan::plan`], [`toolchain::survey`],
//! [`toolchain::prepare`], [`compile::build`], [`verify::verify`], [`rootfs::layers`], [`image::Image::assemble`],
//! [`image::bundle::Bundle::new`], [`sink::deliver`]. Each value is made in one place and does not change after it. A
//! stage takes earlier values by reference and returns `Result<_, Error>`; no stage prints, reads the environment or
//! ends the process. [`commands::build`] is the story.
//!
//! Only [`verify`] can make a [`verify::Verified`], and only that becomes the program of an image: what is not proven
//! cannot be packed. The proof and the packing read the same open file; the bytes that the proof has seen are
//! compared, one by one, with those that stream into the layer, and the file must be what it was when that ends.
//! (A second digest of the whole program would say the same at twice the cost.)
//!
//! A run for several platforms has a plan, a survey and a proof for each of them, one cargo for all, and one bundle: the
//! images and the index over them, in one archive that every output reads its blobs from.
//!
//! Stripping happens on the way into the image: the symbols stay in `target/` for whoever needs them, and what is saved is
//! known exactly. So does the list of the program's packages come in, by the same rewriting of the file, whatever linked it.
//! What cargo is told beside the user's own flags is where the target needs it, and names in place of this machine's folders
//! ([`toolchain::remap`]): the same commit is the same image everywhere.
//!
//! What is known before anything is compiled comes from two sources: the resolved graph ([`plan::graph`]) says which
//! packages go into the program, and the tables of [`explain`] say what such packages need in order to build and to run.
//! The survey looks at each rung of the ladder of tools and changes nothing, so that `--dry-run` and `doctor` show what
//! a build would do; what is built once for all projects is there whole or not at all.
//!
//! What is generated to be kept ([`generate`]) follows from the same plans and from nothing else, neither the machine nor
//! the day nor the commit, so that `--check` can tell whether a committed file is still true. Its `workbench` says in
//! Debian's words what the survey asks of this machine, from the same tables.
//!
//! What others made goes the other way: [`source`] finds what a user names, [`content`] reads it with nothing of it
//! believed, and [`verify::image`] judges it, `inspect` and `diff` show it, [`runtime`] starts it, in the [`sandbox`] or in
//! an engine, and [`smoke`] tests what it does then. `run` and `test-image` read back what a build has just packed by the
//! same way: what runs is the image and not the binary.
//!
//! A program is measured before its symbols are taken out, and counted after: [`size`] gives every byte that is packed an owner.
//! Its debug information leaves by a way of its own ([`twin`]), tied to the program by a build id. Both want more of the
//! compiler than a build does, and ask for it by flags of rustc's that leave the code as it is ([`plan::Symbols`]).
//!
//! With an image go documents ([`image::attachment`]): what is in it ([`sbom`], from what cargo says that it compiled), where it is
//! from ([`provenance`]), and whose word that is ([`signature`]). They are made from values that are there when the image is, and
//! have no part in its digest. An output takes them where it can: a file beside a file, an artifact that refers to the image in
//! a registry. That all of it comes out the same is no claim but a run: [`reproduce`] compares a second build.
//!
//! What people see is one object's work, [`ui::Ui`]: lines, colours, the bar that draws what stages count in a
//! [`progress::Progress`], and the JSON that `docs/messages.schema.json` describes.
//!
//! # Floor plan
//!
//! A module uses only modules of lower floors (`tests/suite/floors.rs` holds the table and fails on an upward arrow):
//!
//! | floor | modules |
//! |---|---|
//! | top | `main`, over [`cli`], over [`commands`] |
//! | results | [`builder`], over [`generate`], over [`rootfs`], [`report`], [`reproduce`], [`twin`], over [`verify`] |
//! | work | [`compile`] and [`provenance`], over [`toolchain`], [`signature`] and [`size`] |
//! | running | [`smoke`], over [`runtime`], over [`sandbox`] and [`source`] |
//! | decisions | [`plan`], over [`sink`], over [`registry`], over [`credentials`], over [`config`], [`explain`], [`sbom`] and [`templates`] |
//! | formats | [`content`] and [`cache`], over [`image`], [`certificates`], [`zones`], [`resolve`], over [`elf`] |
//! | ground | [`tool`] and [`lock`], over [`interrupt`], [`regular`], [`ui`], over [`error`], [`progress`], [`shell`] and [`temporary`] |
//!
//! [`registry`] alone speaks to the network (but for the questions of a smoke test, to this machine), and [`credentials`] alone knows secrets, as values that cannot be printed.
//! [`tool`] alone starts programs, [`ui`] alone prints, [`config::env`] alone reads the environment.
//!
//! # One place to change
//!
//! * A setting is one field of [`config::Settings`]: flag, variable, metadata key and help follow.
//! * An output is one row of [`sink::KINDS`] and one file beside `sink/archive.rs`.
//! * A template is one file under `templates/` and one row in [`templates`].
//! * A file that is generated for a project is one row of [`generate::KINDS`] and one function of `generate/`.
//! * What workflows take from others, at which commit, is one row of `generate/workflows/pins.rs`.
//! * The code of an error or a warning is one row in [`error`] and one page of `docs/codes/`, without which it does not
//!   compile. A key of the JSON is one of the schema too: every run of every test is held against it.
//! * An example of a command is one row of `cli/examples.rs`: help, manual page and a test that parses it follow.
//! * A rule that an image can break is one row in `content/fault.rs`, and its fault one row of the suite of mutations.
//! * A form in which an image can be named is one arm in [`source`].
//! * A place where images run is one variant of [`runtime::Engine`] and one file of `runtime/`.
//! * What a crate compiles, looks for or needs at run time is one row of a table in [`explain`], and so is how
//!   a program is installed and which feature makes a package build its library itself.
//! * A native library that is provided is one row in `toolchain/provide/rows.rs` and one folder of `templates/provide`.
//! * A known reason for a failed build is one row of a table in `explain/failures/reasons/`.

pub mod builder;
pub mod cache;
pub mod certificates;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod config;
pub mod content;
pub mod credentials;
pub mod elf;
pub mod error;
pub mod explain;
pub mod generate;
pub mod image;
pub mod interrupt;
pub mod lock;
pub mod plan;
pub mod progress;
pub mod provenance;
pub mod registry;
pub mod regular;
pub mod report;
pub mod reproduce;
pub mod resolve;
pub mod rootfs;
pub mod runtime;
pub mod sandbox;
pub mod sbom;
pub mod shell;
pub mod signature;
pub mod sink;
pub mod size;
pub mod smoke;
pub mod source;
pub mod templates;
pub mod temporary;
pub mod tool;
pub mod toolchain;
pub mod twin;
pub mod ui;
pub mod verify;
pub mod zones;

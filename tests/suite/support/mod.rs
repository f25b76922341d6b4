//! What the tests share: projects in temporary folders, runs of the program, and a reader of images that is not ours.
//! `benches/corpus` shares it too.

mod builders;
pub mod distribution;
mod fake;
mod image;
mod project;
pub mod registry;
pub mod rust_image;
pub mod schema;
mod sources;
mod terminal;

pub use builders::{Builder, Built, same_config, same_root};
pub use fake::{Fake, PLAIN, alone, built, static_program, through};
pub use image::{Archive, Entry, sha256};
pub use project::{Project, Run, git, scratch, scratch_for, tool};
pub use sources::{fixture, published};
pub use terminal::Terminal;

/// A text without the leading line end and the indentation that a literal in code has.
pub fn text(literal: &str) -> String {
    let lines: Vec<&str> = literal.trim_start_matches('\n').lines().collect();
    let indent = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let cut = |line: &&str| line.get(indent.unwrap_or(0)..).unwrap_or("").to_owned();
    lines.iter().map(cut).collect::<Vec<_>>().join("\n") + "\n"
}

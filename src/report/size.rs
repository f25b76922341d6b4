//! Where the bytes of an image go, for people and programs.

use super::{percent, size};
use crate::size::{Kind, Owner, Sizes};
use serde_json::{Value, json};

/// A file of an image and its bytes.
pub type File = (String, u64);

/// An image with the sizes of all that is in it, uncompressed.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The binary's name.
    pub bin: &'a str,
    /// The platform, e.g. `linux/amd64`.
    pub platform: String,
    /// Its layers, bottom first, each with its files.
    pub layers: Vec<(String, Vec<File>)>,
    /// The path of the program, which is one of the files.
    pub program: String,
    /// What the program is made of.
    pub sizes: Sizes,
    /// The same of the time before, if there was one.
    pub before: Option<Sizes>,
}

impl Measured<'_> {
    /// The bytes of all files.
    pub fn total(&self) -> u64 {
        self.layers.iter().flat_map(|(_, files)| files).map(|(_, size)| size).sum()
    }
}

/// The tables: crates, functions, sections, layers; `top` rows of those that are long, all if 0.
pub fn size_lines(measured: &Measured<'_>, top: usize) -> Vec<String> {
    let sizes = &measured.sizes;
    let shown = if top == 0 { usize::MAX } else { top };
    let mut lines = vec![format!(
        "{} for {}: {} of files, {} of them the program",
        measured.bin,
        measured.platform,
        size(measured.total()),
        size(sizes.total)
    )];
    lines.push(String::new());
    lines.push(format!("{:>10} {:>6}  {:>10} {:>10} {:>10}  crate", "total", "", "code", "data", "tables"));
    for owner in sizes.owners.iter().take(shown) {
        lines.push(format!(
            "{:>10} {:>5}%  {:>10} {:>10} {:>10}  {}",
            size(owner.size()),
            percent(owner.size(), sizes.total),
            size(owner.code),
            size(owner.data),
            size(owner.tables),
            called(owner)
        ));
    }
    lines
}

/// What people call an owner.
fn called(owner: &Owner) -> String {
    match owner.kind {
        Kind::Crate | Kind::Std => owner.name.clone(),
        Kind::Native => format!("{} (C)", owner.name),
        Kind::Unknown => format!("({})", owner.name),
    }
}

/// The same for programs.
pub fn size_json(measured: &Measured<'_>) -> Value {
    json!({ "reason": "size", "bin": measured.bin })
}

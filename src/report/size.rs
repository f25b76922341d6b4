//! Where the bytes of an image go, for people and programs.

mod json;

pub use json::size_json;

use super::{counted, growth, percent, size};
use crate::size::{Kind, Owner, Part, Sizes};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a function in a table, in characters; generic ones can have thousands.
const NAME: usize = 100;

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

    /// What has changed since the time before: the bytes of each owner, the largest change first.
    fn changes(&self) -> Vec<(String, i128)> {
        let Some(before) = &self.before else { return Vec::new() };
        let (was, is) = (before.of_owners(), self.sizes.of_owners());
        let bytes = |of: &BTreeMap<_, u64>, owner| i128::from(of.get(owner).copied().unwrap_or_default());
        let owners: BTreeSet<_> = was.keys().chain(is.keys()).collect();
        let changes =
            owners.into_iter().map(|owner| (called(*owner), bytes(&is, owner) - bytes(&was, owner)));
        let mut changes: Vec<_> = changes.filter(|(_, change)| *change != 0).collect();
        changes.sort_by_key(|(_, change)| std::cmp::Reverse(change.unsigned_abs()));
        changes
    }
}

/// The tables: crates, functions, sections, layers, changes; `top` rows of those that are long, all if 0.
pub fn size_lines(measured: &Measured<'_>, top: usize) -> Vec<String> {
    let (sizes, total) = (&measured.sizes, measured.total());
    let since = measured.before.as_ref().map(|before| {
        format!(" ({} since the last time)", growth(i128::from(sizes.total) - i128::from(before.total)))
    });
    let mut lines = vec![format!(
        "{} for {}: {} in the image, {} of it the program{}",
        measured.bin,
        measured.platform,
        size(total),
        size(sizes.total),
        since.unwrap_or_default()
    )];
    if !sizes.owners.iter().any(|owner| matches!(owner.kind, Kind::Crate | Kind::Std)) {
        lines.push("no symbols: `-C strip` or `-s` among flags of yours takes them out (RUSTFLAGS, .cargo/config.toml)".into());
    }
    let mut table = |head: String, rows: Vec<String>, what: &str| {
        if rows.is_empty() {
            return;
        }
        let shown = if top == 0 { rows.len() } else { top };
        let more = rows.len().saturating_sub(shown);
        lines.extend([String::new(), head]);
        lines.extend(rows.into_iter().take(shown));
        lines.extend((more > 0).then(|| format!("{:>10}  and {}", "…", counted(more, what))));
    };
    table(
        format!("{:>10}         {:>10} {:>10} {:>10}  crate", "total", "code", "data", "tables"),
        sizes.owners.iter().map(|owner| owner_line(owner, sizes.total)).collect(),
        "more crate",
    );
    table(
        format!("{:>10}         function or data", "size"),
        sizes.parts().into_iter().map(|(owner, part)| part_line(owner, part, sizes.total)).collect(),
        "more function",
    );
    let row = |(name, bytes): &(String, u64), whole: u64| {
        format!("{:>10} {:>5}%  {name}", size(*bytes), percent(*bytes, whole))
    };
    table(
        format!("{:>10}         section", "size"),
        sizes.sections.iter().map(|section| row(section, sizes.total)).collect(),
        "more section",
    );
    let layer = |(title, files): &(String, Vec<File>)| {
        (title.clone(), files.iter().map(|(_, size)| size).sum::<u64>())
    };
    table(
        format!("{:>10}         layer", "size"),
        measured.layers.iter().map(layer).map(|layer| row(&layer, total)).collect(),
        "more layer",
    );
    let change = |(name, change): (String, i128)| format!("{:>10}         {name}", growth(change));
    table(
        format!("{:>10}         since the last time", "change"),
        measured.changes().into_iter().map(change).collect(),
        "more change",
    );
    lines
}

fn owner_line(owner: &Owner, total: u64) -> String {
    format!(
        "{:>10} {:>5}%  {:>10} {:>10} {:>10}  {}",
        size(owner.size()),
        percent(owner.size(), total),
        size(owner.code),
        size(owner.data),
        size(owner.tables),
        called((owner.kind, &owner.name))
    )
}

fn part_line(owner: &Owner, part: &Part, total: u64) -> String {
    let times = if part.count > 1 { format!(" ×{}", part.count) } else { String::new() };
    let cut = part.name.char_indices().nth(NAME).map(|(at, _)| format!("{}…", &part.name[..at]));
    let name = cut.as_ref().unwrap_or(&part.name);
    format!(
        "{:>10} {:>5}%  {}: {name}{times}",
        size(part.size),
        percent(part.size, total),
        called((owner.kind, &owner.name))
    )
}

/// What people call an owner, by its kind and its name.
pub fn called((kind, name): (Kind, &str)) -> String {
    match kind {
        Kind::Crate | Kind::Std => name.to_owned(),
        Kind::Native => format!("{name} (C)"),
        Kind::Unknown => format!("({name})"),
    }
}

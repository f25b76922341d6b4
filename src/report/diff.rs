//! What `diff` tells: a line for each thing that changed and one for all of it, or one JSON object.

mod json;

pub use json::{diff_json, pair_json};

use super::inspect::mode;
use super::{counted, growth, size};
use crate::content::difference::{Change, Difference, File, Setting};
use crate::content::{Kind, Laid, LaidLayer, Stored, Walked};
use crate::error::bounded;
use crate::image::digest::Digest;
use std::collections::HashMap;

/// Two images that were compared, whose platforms are the same where there are several.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The one, and its layers.
    pub before: (&'a Stored, &'a Laid),
    /// The other, and its layers.
    pub after: (&'a Stored, &'a Laid),
    /// What changed.
    pub difference: &'a Difference,
}

/// What was compared, all platforms together.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// What the images are called.
    pub names: [String; 2],
    /// Platforms that only the one has.
    pub removed: Vec<String>,
    /// Platforms that only the other has.
    pub added: Vec<String>,
    /// Whether no container could tell a difference.
    pub equal: bool,
}

/// A layer that is not the same in both: its number and what it is.
type Numbered<'a> = Option<(usize, &'a LaidLayer)>;

impl Pair<'_> {
    /// Layers whose tar the other image does not have: those of the one and of the other, in their order side by side.
    fn layers(&self) -> Vec<(Numbered<'_>, Numbered<'_>)> {
        let (a, b) = (self.before.1, self.after.1);
        let (mut gone, mut new) = (unmatched(a, b).into_iter(), unmatched(b, a).into_iter());
        let mut layers = Vec::new();
        loop {
            match (gone.next(), new.next()) {
                (None, None) => return layers,
                pair => layers.push(pair),
            }
        }
    }

    /// What makes other digests of what is the same to a container, in words.
    fn packing(&self) -> Vec<String> {
        let digests = |of: fn(&Walked) -> &Digest, laid: &Laid| -> Vec<Option<Digest>> {
            laid.layers.iter().map(|layer| layer.walked.as_ref().map(of).cloned()).collect()
        };
        let (a, b) = (self.before, self.after);
        let same = |of: fn(&Walked) -> &Digest| digests(of, a.1) == digests(of, b.1);
        let mut words = Vec::new();
        if self.difference.touched > 0 {
            words.push(format!("the times of {}", counted(self.difference.touched, "file")));
        }
        if self.difference.created {
            words.push("the time of creation".to_owned());
        }
        if !same(|walked| &walked.diff_id) {
            if self.difference.touched == 0 {
                words.push("how files are laid in layers".to_owned());
            }
        } else if !same(|walked| &walked.digest) {
            words.push("compression".to_owned());
        }
        let steps = |stored: &Stored| {
            stored.settings.history.iter().map(|step| step.created_by.clone()).collect::<Vec<_>>()
        };
        if steps(a.0) != steps(b.0) {
            words.push("history".to_owned());
        }
        if words.is_empty() && a.0.config.digest != b.0.config.digest {
            words.push("how the configuration is written".to_owned());
        }
        let manifest = |stored: &Stored| stored.manifest.as_ref().map(|one| one.digest.clone());
        if let (true, Some(a), Some(b)) = (words.is_empty(), manifest(a.0), manifest(b.0))
            && a != b
        {
            words.push("how the manifest is written".to_owned());
        }
        words
    }
}

/// The lines of one pair, with a line that names it where there are `several`.
pub fn pair_lines(pair: &Pair<'_>, several: bool) -> Vec<String> {
    let Pair { difference, .. } = *pair;
    let mut lines = Vec::new();
    if several {
        lines.push(format!("{}:", pair.after.0.settings.platform()));
    }
    if difference.is_empty() {
        lines.push(match pair.packing() {
            words if words.is_empty() => "no difference".to_owned(),
            words => format!("no difference to a container; what differs: {}", words.join(", ")),
        });
        return lines;
    }
    lines.extend(difference.settings.iter().map(setting));
    lines.extend(difference.files.iter().map(file));
    lines.extend(pair.layers().into_iter().map(|(a, b)| layer(a, b)));
    lines.push(summary(pair));
    lines
}

/// Platforms that only one of the two has.
pub fn diff_lines(compared: &Compared) -> Vec<String> {
    let gone = compared.removed.iter().map(|platform| format!("- platform {platform}"));
    let new = compared.added.iter().map(|platform| format!("+ platform {platform}"));
    gone.chain(new).collect()
}

/// `12 files changed (3 added, 2 removed, 7 changed), +34.5 kB; layers +12.3 kB, unpacked +35.0 kB`
fn summary(pair: &Pair<'_>) -> String {
    let Pair { before, after, difference } = *pair;
    let mut words = Vec::new();
    if !difference.settings.is_empty() {
        words.push(format!("{} changed", counted(difference.settings.len(), "setting")));
    }
    let (added, removed, changed) = difference.counts();
    if !difference.files.is_empty() {
        let parts = [(added, "added"), (removed, "removed"), (changed, "changed")];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let files = counted(difference.files.len(), "file");
        words.push(format!("{files} changed ({}), {}", parts.join(", "), growth(difference.growth())));
    }
    if difference.touched > 0 {
        words.push(format!("{} with another time", counted(difference.touched, "file")));
    }
    let ((packed, unpacked), (packed_, unpacked_)) = (before.1.sizes(), after.1.sizes());
    let more = |a: u64, b: u64| growth(i128::from(b) - i128::from(a));
    words.push(format!("layers {}, unpacked {}", more(packed, packed_), more(unpacked, unpacked_)));
    words.join("; ")
}

fn setting(setting: &Setting) -> String {
    let name = setting.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let (field, value) = (&setting.field, |value: &str| bounded(value));
    match (&setting.before, &setting.after) {
        (None, Some(new)) if new.is_empty() => format!("+ {field}{name}"),
        (Some(old), None) if old.is_empty() => format!("- {field}{name}"),
        (None, Some(new)) => format!("+ {field}{name}: {}", value(new)),
        (Some(old), None) => format!("- {field}{name}: {}", value(old)),
        (old, new) => {
            let shown = |text: &Option<String>| value(text.as_deref().unwrap_or_default());
            format!("~ {field}{name}: {} -> {}", shown(old), shown(new))
        }
    }
}

fn file(change: &Change) -> String {
    let path = bounded(&format!("/{}", change.path));
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("~ {path}: {}", changes(before, after).join(", ")),
        (None, Some(file)) => format!("+ {path}{}", told(file)),
        (Some(file), None) => format!("- {path}{}", told(file)),
        (None, None) => path,
    }
}

/// What a file is that only one of the two has.
fn told(file: &File) -> String {
    match &file.kind {
        Kind::Directory => "/".to_owned(),
        Kind::Symlink(to) => format!(" -> {}", bounded(to)),
        Kind::Special(what) => format!(" ({what})"),
        _ => format!(" ({})", size(file.size)),
    }
}

/// What changed of a file, in words; as programs have them in JSON too.
fn changes(before: &File, after: &File) -> Vec<String> {
    let mut words = Vec::new();
    let kind = |file: &File| super::inspect::kind(&file.kind);
    let ((was, led), (is, leads)) = (kind(before), kind(after));
    if was != is {
        words.push(format!("{was} -> {is}"));
    } else if led != leads {
        let to = |link: Option<String>| bounded(&link.unwrap_or_default());
        words.push(format!("link to {} -> {}", to(led), to(leads)));
    }
    if before.size != after.size {
        let more = growth(i128::from(after.size) - i128::from(before.size));
        words.push(format!("{} -> {} ({more})", size(before.size), size(after.size)));
    } else if was == is && before.digest != after.digest {
        words.push(format!("content, still {}", size(after.size)));
    }
    if before.mode != after.mode {
        words.push(format!("{} -> {}", mode(&before.kind, before.mode), mode(&after.kind, after.mode)));
    }
    if before.owner != after.owner {
        let owner = |(user, group): (u64, u64)| format!("{user}:{group}");
        words.push(format!("owner {} -> {}", owner(before.owner), owner(after.owner)));
    }
    if before.xattrs != after.xattrs {
        let names = |file: &File| match file.xattrs.is_empty() {
            true => "none".to_owned(),
            false => bounded(&file.xattrs.join(" ")),
        };
        words.push(format!("attributes {} -> {}", names(before), names(after)));
    }
    words
}

/// The layers of `one` whose tar `other` does not have, or has less often.
fn unmatched<'a>(one: &'a Laid, other: &Laid) -> Vec<(usize, &'a LaidLayer)> {
    let tar = |layer: &LaidLayer| layer.walked.as_ref().map(|walked| walked.diff_id.clone());
    let mut there: HashMap<Option<Digest>, usize> = HashMap::new();
    other.layers.iter().for_each(|layer| *there.entry(tar(layer)).or_default() += 1);
    let mut unmatched = Vec::new();
    for (at, layer) in one.layers.iter().enumerate() {
        match there.get_mut(&tar(layer)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => unmatched.push((at + 1, layer)),
        }
    }
    unmatched
}

/// A layer whose tar is another; one that is only compressed in another way is told by the sum.
fn layer(a: Numbered<'_>, b: Numbered<'_>) -> String {
    let unpacked = |layer: &LaidLayer| layer.walked.as_ref().map_or(0, |walked| walked.unpacked);
    let sizes = |layer: &LaidLayer| format!("{}, {} unpacked", size(layer.size), size(unpacked(layer)));
    let more = |a: u64, b: u64| growth(i128::from(b) - i128::from(a));
    match (a, b) {
        (Some((was, a)), Some((is, b))) => {
            let moved = if was == is { String::new() } else { format!(" (was {was})") };
            let packed = format!("{} -> {} ({})", size(a.size), size(b.size), more(a.size, b.size));
            format!("~ layer {is}{moved}: {packed}, unpacked {}", more(unpacked(a), unpacked(b)))
        }
        (None, Some((is, new))) => format!("+ layer {is}: {}", sizes(new)),
        (Some((was, old)), None) => format!("- layer {was}: {}", sizes(old)),
        (None, None) => String::new(),
    }
}

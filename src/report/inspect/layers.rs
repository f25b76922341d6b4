//! The layers of an image, and what its history says of them.

use super::{Inspected, Page, WIDTH};
use crate::content::{History, LaidLayer, StoredLayer};
use crate::report::{counted, size};

/// How many of the files are named that a layer takes away.
const REMOVED: usize = 3;

/// Adds them to `page`, with the steps of the history that made no layer between them.
pub fn show(image: &Inspected<'_>, page: &mut Page) {
    let mut history = image.stored.settings.history.iter();
    for (at, (stored, laid)) in image.stored.layers.iter().zip(&image.laid.layers).enumerate() {
        let made = step(&mut history, page);
        layer(at, stored, laid, made, page);
    }
    // the steps after the last layer
    while step(&mut history, page).is_some() {}
}

/// The step of the history that made each layer, as far as there is one.
pub fn steps(history: &[History]) -> impl Iterator<Item = &History> {
    history.iter().filter(|step| !step.empty_layer)
}

/// The next step that made a layer; those before it are shown.
fn step<'a>(history: &mut impl Iterator<Item = &'a History>, page: &mut Page) -> Option<&'a History> {
    for step in history.by_ref() {
        if !step.empty_layer {
            return Some(step);
        }
        page.row("no layer", &cut(&step.created_by));
    }
    None
}

fn layer(at: usize, stored: &StoredLayer, laid: &LaidLayer, made: Option<&History>, page: &mut Page) {
    let title = format!("layer {}", at + 1);
    let claim = stored.claim.as_ref();
    let Some(walked) = &laid.walked else {
        let digest = claim.map(|claim| claim.digest.to_string()).unwrap_or_default();
        page.row(&title, &format!("{digest} is not there"));
        return;
    };
    page.row(&title, &walked.digest.to_string());
    let kind = claim.map(|claim| claim.media_type.as_str()).filter(|kind| !kind.is_empty());
    let entries = if walked.entries == 1 { "entry" } else { "entries" };
    let numbers =
        format!("{}, {} unpacked, {} {entries}", size(laid.size), size(walked.unpacked), walked.entries);
    page.row("", &kind.map_or(numbers.clone(), |kind| format!("{kind}, {numbers}")));
    page.row("", &made.map(|step| cut(&step.created_by)).unwrap_or_default());
    if !laid.removed.is_empty() {
        let named: Vec<_> = laid.removed.iter().take(REMOVED).map(|path| format!("/{path}")).collect();
        let more = match laid.removed.len() - named.len() {
            0 => String::new(),
            more => format!(" and {} more", counted(more, "path")),
        };
        page.row("", &format!("takes away {}{more}", named.join(", ")));
    }
}

/// What of `text` fits on a line.
fn cut(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_cut_between_characters_and_stays_on_one_line() {
        assert_eq!(cut("RUN a \\\n   b"), "RUN a \\ b");
        let long = cut(&"é".repeat(200));
        assert_eq!((long.chars().count(), long.chars().last()), (WIDTH + 1, Some('…')));
    }
}

//! `size --html`: one page that shows where the bytes of images go, as a treemap and as tables.
//!
//! The page is whole without its script, which adds the treemap and lets tables be sorted. Its size is bounded whatever
//! is measured: of very many things the largest are told one by one and the others as one sum.

mod rows;
mod tree;

use super::Measured;
use crate::error::{Error, escaped};
use crate::templates;
use rows::Image;
use serde::Serialize;
use tree::Node;

/// What the page says outside of images.
#[derive(Serialize)]
struct Values<'a> {
    version: &'a str,
    images: Vec<Image>,
}

/// The page for `measured`, one image after the other.
pub fn size_page(measured: &[Measured<'_>]) -> Result<String, Error> {
    let images = measured.iter().map(Image::of).collect();
    let trees: Vec<_> = measured.iter().map(Node::image).collect();
    templates::SIZE.render(&Values { version: env!("CARGO_PKG_VERSION"), images }, &trees)
}

/// The most bytes of a name: those of generic functions can be longer than a page.
const NAME: usize = 400;

/// A name from outside as the page shows it: no character of it moves others, and it has an end.
fn shown(name: &str) -> String {
    let name = escaped(name);
    match name.len() {
        0..=NAME => name.into_owned(),
        _ => format!("{}…", &name[..name.floor_char_boundary(NAME)]),
    }
}

/// How many of a hundred, for drawing: three digits after the point.
fn percent(part: u64, whole: u64) -> f64 {
    let thousandths = u128::from(part) * 100_000 / u128::from(whole.max(1));
    u32::try_from(thousandths).map_or(100.0, f64::from) / 1000.0
}

#[cfg(test)]
mod tests;

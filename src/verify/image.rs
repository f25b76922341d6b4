//! The proof of an image that somebody else may have made: every rule that is broken, and whether its program can start.
//!
//! ```text
//! Found → layers (each read once: entries, and what their files are) → stack (one over the other, as a Tree)
//!       → settings, start → program (static, or with its loader and all libraries in the image) → Judged
//! ```
//!
//! It fails closed, as the proof of a program does: what cannot be told is a fault. What is sound but worth a look is a
//! [`Remark`]. What one document or one tar is wrong in by itself, [`crate::content`] has found already; here is what
//! needs several of them.

mod contents;
mod faults;
mod layers;
mod libraries;
mod names;
mod posture;
mod program;
mod seen;
mod settings;
mod stack;
mod start;
mod users;

pub use faults::Faults;
pub use posture::Remark;
pub use program::{Linked, Program};

use crate::content::{Found, Rule, Stored, Tree};
use crate::error::Error;
use crate::image::digest::Digest;
use contents::Contents;
use layers::Layers;

/// What an image turned out to be.
#[derive(Debug, Default)]
pub struct Judged {
    /// The broken rules; none is the proof.
    pub faults: Faults,
    /// What is sound and worth a look.
    pub remarks: Vec<Remark>,
    /// Its images, in the order of the index.
    pub images: Vec<JudgedImage>,
}

/// One image of it.
#[derive(Debug)]
pub struct JudgedImage {
    /// The platform that its configuration says, e.g. `linux/arm64`.
    pub platform: String,
    /// The names that lead to it.
    pub names: Vec<String>,
    /// The digest of its manifest; an archive of docker's own form has none.
    pub manifest: Option<Digest>,
    /// The digest of its configuration.
    pub config: Digest,
    /// Its layers that could be read, bottom first.
    pub layers: Vec<JudgedLayer>,
    /// The program that it starts, where there is one.
    pub program: Option<Program>,
}

/// A layer of it.
#[derive(Clone, Debug)]
pub struct JudgedLayer {
    /// The digest of its blob.
    pub digest: Digest,
    /// The digest of its tar.
    pub diff_id: Digest,
    /// The bytes of its blob.
    pub size: u64,
    /// The bytes of its tar.
    pub unpacked: u64,
    /// The number of its entries.
    pub entries: u64,
}

/// Reads all of `found`, every layer once, and tells what is wrong with it.
///
/// # Errors
/// The system cannot read it, or a signal arrived. Whatever the image itself is to blame for is a fault.
pub fn judge(found: &Found) -> Result<Judged, Error> {
    let mut judged = Judged::default();
    judged.faults.extend(found.faults.iter().cloned());
    names::check(found, &mut judged.faults);
    if found.images.is_empty() && judged.faults.is_empty() {
        judged.faults.add(Rule::Container, &found.place, "there is no image in it");
    }
    let mut layers = Layers::new(found);
    for stored in &found.images {
        let image = one(stored, found.images.len() > 1, &mut layers, &mut judged)?;
        judged.images.push(image);
    }
    Ok(judged)
}

fn one(
    stored: &Stored,
    several: bool,
    layers: &mut Layers<'_>,
    judged: &mut Judged,
) -> Result<JudgedImage, Error> {
    let (mut tree, mut read, mut whole) = (Tree::default(), Vec::new(), true);
    for (at, layer) in stored.layers.iter().enumerate() {
        let Some(size) = layer.blob.as_ref().map(crate::image::archive::Blob::size) else {
            whole = false;
            continue;
        };
        let taken = layers.take(layer, &mut judged.faults)?;
        whole &= taken.whole;
        // below a layer that could not be read, everything may be; what is missing there is no second fault
        let mut ignored = Faults::default();
        let faults = if whole { &mut judged.faults } else { &mut ignored };
        stack::lay(&mut tree, at, &layer.place, &taken.items, faults);
        read.push(JudgedLayer { size, ..taken.summary.clone() });
    }
    let contents: &Contents = layers.contents();
    let label = if several { format!(" ({})", stored.settings.platform()) } else { String::new() };
    settings::check(stored, &mut judged.faults);
    let seen = seen::Seen { tree: &tree, contents, config: &stored.settings, label: &label };
    let program = if whole { start::check(&seen, &stored.config.place, &mut judged.faults) } else { None };
    posture::remarks(&seen, program.as_ref(), &mut judged.remarks);
    Ok(JudgedImage {
        platform: stored.settings.platform(),
        names: stored.names.clone(),
        manifest: stored.manifest.as_ref().map(|manifest| manifest.digest.clone()),
        config: stored.config.digest.clone(),
        layers: read,
        program,
    })
}

//! The layers of all images, each read once: two platforms may share one, and so may two images of one archive.

use super::contents::Contents;
use super::{Faults, JudgedLayer};
use crate::content::{Entry, Found, Kind, Rule, StoredLayer, walk};
use crate::error::Error;
use crate::image::digest::Digest;
use std::collections::HashMap;
use std::rc::Rc;

/// A layer that was read.
pub struct Taken {
    /// Its entries, in their order.
    pub items: Vec<Item>,
    /// It was read to its end.
    pub whole: bool,
    /// Its numbers.
    pub summary: JudgedLayer,
}

/// An entry, and the digest of its content where that was worth a look.
pub struct Item {
    pub entry: Entry,
    pub content: Option<Digest>,
}

/// The same blob under the same claims.
type Key = (Digest, Option<Digest>);

/// Reads layers, and keeps those that another image has too.
pub struct Layers<'a> {
    uses: HashMap<Key, usize>,
    kept: HashMap<Key, Rc<Taken>>,
    contents: Contents,
    place: &'a str,
}

impl<'a> Layers<'a> {
    /// Those of `found`.
    pub fn new(found: &'a Found) -> Self {
        let mut uses = HashMap::new();
        for key in found.images.iter().flat_map(|image| &image.layers).filter_map(key) {
            *uses.entry(key).or_default() += 1;
        }
        Layers { uses, kept: HashMap::new(), contents: Contents::default(), place: &found.place }
    }

    /// What the files of the layers are that were taken.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Reads `layer`, unless that was done.
    ///
    /// # Errors
    /// The system cannot read it, or a signal arrived.
    pub fn take(&mut self, layer: &StoredLayer, faults: &mut Faults) -> Result<Rc<Taken>, Error> {
        let key = key(layer);
        if let Some(kept) = key.as_ref().and_then(|key| self.kept.get(key)) {
            return Ok(kept.clone());
        }
        let taken = Rc::new(self.read(layer, faults)?);
        if let Some(key) = key.filter(|key| self.uses.get(key).is_some_and(|uses| *uses > 1)) {
            self.kept.insert(key, taken.clone());
        }
        Ok(taken)
    }

    fn read(&mut self, layer: &StoredLayer, faults: &mut Faults) -> Result<Taken, Error> {
        let (mut items, contents) = (Vec::new(), &mut self.contents);
        let walked = walk(layer, &mut |entry, content| {
            let content = if entry.kind == Kind::File { contents.look(entry, content)? } else { None };
            items.push(Item { entry: entry.clone(), content });
            Ok(())
        })?;
        if self.contents.is_full() {
            faults.add(Rule::Limit, self.place, "it has more programs than are looked at");
        }
        let unread = |rule| matches!(rule, Rule::Compression | Rule::Tar | Rule::Limit | Rule::Missing);
        let whole = !walked.faults.iter().any(|fault| unread(fault.rule));
        faults.extend(walked.faults);
        let (digest, diff_id, size) = (walked.digest, walked.diff_id, 0);
        let summary =
            JudgedLayer { digest, diff_id, size, unpacked: walked.unpacked, entries: walked.entries };
        Ok(Taken { items, whole, summary })
    }
}

fn key(layer: &StoredLayer) -> Option<Key> {
    Some((layer.claim.as_ref()?.digest.clone(), layer.diff_id.clone()))
}

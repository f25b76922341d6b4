//! Who vouches for an image: for people and for programs.

use crate::content::{Found, Stored};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::provenance::Accepted;
use serde_json::{Value, json};

/// The documents about an image, each with its place, by what they came to.
#[derive(Debug, Default)]
pub struct Vouched {
    /// What messages call the image.
    pub image: String,
    /// Its manifests, each with its platform, as far as an index tells it.
    pub manifests: Vec<(Digest, Option<String>)>,
    /// Those that vouch for it.
    pub accepted: Vec<(String, Accepted)>,
    /// Those that do not, and why.
    pub refused: Vec<(String, Error)>,
}

impl Vouched {
    /// Nothing yet about `found`.
    pub fn new(found: &Found) -> Self {
        let manifest =
            |image: &Stored| Some((image.manifest.as_ref()?.digest.clone(), image.platform.clone()));
        let manifests = found.images.iter().filter_map(manifest).collect();
        Vouched { image: found.place.clone(), manifests, ..Vouched::default() }
    }

    /// Whether it is vouched for: what counts covers all of its manifests together.
    pub fn is_whole(&self) -> bool {
        !self.accepted.is_empty() && self.missing().next().is_none()
    }

    /// The manifests that nobody vouches for.
    fn missing(&self) -> impl Iterator<Item = &(Digest, Option<String>)> {
        let covered = |digest: &Digest| self.accepted.iter().any(|(_, one)| one.covers.contains(digest));
        self.manifests.iter().filter(move |(digest, _)| !covered(digest))
    }

    /// The error that nobody vouches for it, and for so many of so many images.
    pub fn error(&self, unvouched: usize, all: usize) -> Error {
        let what = match all {
            1 if self.accepted.is_empty() => format!("nobody vouches for `{}` as was asked for", self.image),
            1 => {
                let missing = names(self.missing());
                format!("nobody vouches for {missing} of `{}` as was asked for", self.image)
            }
            _ => format!("nobody vouches for {unvouched} of {all} images as was asked for"),
        };
        let error = Error::new(Code::Provenance, what);
        match self.refused.first().filter(|_| all == 1) {
            Some((place, why)) => error
                .note(format!("{place}: {why}"))
                .help("look at whose it is and of which image: cargo scratch inspect IMAGE"),
            None if all == 1 && self.accepted.is_empty() => error
                .note("no statement lies beside it or refers to it")
                .help("name its file: cargo scratch verify --provenance=FILE IMAGE")
                .help("or have one made with the image: cargo scratch push --sign FILE"),
            None if all == 1 => error.note("the statements that count are about its other platforms").help(
                "push that platform again with its statement: cargo scratch push --by-digest --platform …",
            ),
            None => error,
        }
    }

    /// The same as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (place, accepted) in &self.accepted {
            lines.push(format!("{}: provenance in {place}", self.image));
            lines.push(format!("  {}", accepted.signed.words()));
            let covered = self.manifests.iter().filter(|(digest, _)| accepted.covers.contains(digest));
            if accepted.covers.len() < self.manifests.len() {
                lines.push(format!("  {:<13}  {}", "of", names(covered)));
            }
            lines.extend(accepted.claims.words().iter().map(|(key, words)| format!("  {key:<13}  {words}")));
        }
        // what does not count is of no interest where all is vouched for
        for (place, error) in self.refused.iter().filter(|_| !self.is_whole()) {
            lines.push(format!("{}: {place} does not vouch for it: {error}", self.image));
            lines.extend(error.notes().iter().map(|note| format!("  {note}")));
        }
        match (&self.accepted[..], &self.refused[..]) {
            ([], []) => lines.push(format!("{}: no provenance", self.image)),
            ([], _) => {}
            _ if self.is_whole() => {}
            _ => lines.push(format!("{}: nobody vouches for {}", self.image, names(self.missing()))),
        }
        lines
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let accepted = self.accepted.iter().map(|(place, accepted)| {
            json!({
                "place": place,
                "signature": accepted.signed.word(),
                "manifests": accepted.covers.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "claims": accepted.claims.json(),
            })
        });
        let refused = self
            .refused
            .iter()
            .map(|(place, error)| json!({ "place": place, "why": error.what(), "notes": error.notes() }));
        let missing = self
            .missing()
            .map(|(digest, platform)| json!({ "manifest": digest.to_string(), "platform": platform }));
        json!({
            "reason": "provenance",
            "image": self.image,
            "vouched": self.is_whole(),
            "missing": missing.collect::<Vec<_>>(),
            "statements": accepted.collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
        })
    }
}

/// The platforms of manifests, or else their digests.
fn names<'a>(manifests: impl Iterator<Item = &'a (Digest, Option<String>)>) -> String {
    let name = |(digest, platform): &(Digest, Option<String>)| {
        platform.clone().unwrap_or_else(|| digest.to_string())
    };
    manifests.map(name).collect::<Vec<_>>().join(", ")
}

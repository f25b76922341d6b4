//! Who vouches for an image: for people and for programs.

use crate::error::{Code, Error};
use crate::provenance::Accepted;
use serde_json::{Value, json};

/// The documents about an image, each with its place, by what they came to.
#[derive(Debug, Default)]
pub struct Vouched {
    /// What messages call the image.
    pub image: String,
    /// Those that vouch for it.
    pub accepted: Vec<(String, Accepted)>,
    /// Those that do not, and why.
    pub refused: Vec<(String, Error)>,
}

impl Vouched {
    /// Whether nobody does.
    pub fn by_nobody(&self) -> bool {
        self.accepted.is_empty()
    }

    /// The error that nobody vouches for it, and for so many of so many images.
    pub fn error(&self, unvouched: usize, all: usize) -> Error {
        match all {
            1 => {
                let what = format!("nobody vouches for `{}` as was asked for", self.image);
                let error = Error::new(Code::Provenance, what);
                match self.refused.first() {
                    None => error
                        .note("no statement lies beside it or refers to it")
                        .help("name its file: cargo scratch verify --provenance=FILE IMAGE")
                        .help("or make one: cargo scratch --sign FILE"),
                    Some((place, why)) => error
                        .note(format!("{place}: {why}"))
                        .help("the statement of another image, or another signer's: see which digest and key it is of"),
                }
            }
            _ => Error::new(
                Code::Provenance,
                format!("nobody vouches for {unvouched} of {all} images as was asked for"),
            ),
        }
    }

    /// The same as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (place, accepted) in &self.accepted {
            lines.push(format!("{}: provenance in {place}", self.image));
            lines.push(format!("  {}", accepted.signed.words()));
            lines.extend(accepted.claims.words().iter().map(|(key, words)| format!("  {key:<13}  {words}")));
        }
        // what does not count is of no interest where something does
        for (place, error) in self.refused.iter().filter(|_| self.by_nobody()) {
            lines.push(format!("{}: {place} does not vouch for it: {error}", self.image));
            lines.extend(error.notes().iter().map(|note| format!("  {note}")));
        }
        if self.accepted.is_empty() && self.refused.is_empty() {
            lines.push(format!("{}: no provenance", self.image));
        }
        lines
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let accepted = self.accepted.iter().map(|(place, accepted)| {
            json!({
                "place": place,
                "signature": accepted.signed.word(),
                "claims": accepted.claims.json(),
            })
        });
        let refused = self
            .refused
            .iter()
            .map(|(place, error)| json!({ "place": place, "why": error.what(), "notes": error.notes() }));
        json!({
            "reason": "provenance",
            "image": self.image,
            "vouched": !self.by_nobody(),
            "statements": accepted.collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
        })
    }
}

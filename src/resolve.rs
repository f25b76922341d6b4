//! Manifests of Kubernetes: which programs they name, and the same text with other names in their place.
//!
//! `scratch://PACKAGE` stands where the name of an image would, as `ko://` does for Go; `scratch://PACKAGE/BIN` says
//! which binary, where a package has several. It is a path because a path needs no quotes in YAML and no escape in a
//! shell, which `?bin=` does. A parser of YAML says where a scalar stands in the text, and only those bytes change:
//! comments, order, quotes, line ends and anchors are never written anew.
//!
//! Nothing here knows cargo, images or registries. [`inputs`] reads, [`Manifest`] understands, [`joined`] makes one
//! stream of many.

pub mod inputs;
mod join;
mod mention;
mod scan;

pub use join::joined;
pub use mention::{Mention, Place, Program, SCHEME};

use crate::error::{Code, Error, bounded};
use std::fmt;

/// A file of any number of YAML documents, and the programs that it names.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// What messages call it.
    pub name: String,
    /// The programs that it names, in the order of the text.
    pub mentions: Vec<Mention>,
    /// What looks like a program's name and is left as it is: where, and why.
    pub strays: Vec<(Place, &'static str)>,
    text: String,
}

impl Manifest {
    /// Understands `bytes`, which messages call `name`.
    ///
    /// # Errors
    /// They are not UTF-8 or not YAML, or a `scratch://` cannot be one; the error names the line and the column.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(name, error.as_bytes()))?;
        let scan::Found { mentions, strays } = scan::scan(name, &text)?;
        Ok(Manifest { name: name.to_owned(), mentions, strays, text })
    }

    /// Where something stands in it: `FILE:LINE:COLUMN`, as compilers say it.
    pub fn at(&self, place: Place) -> impl fmt::Display {
        at(&self.name, place)
    }

    /// The text with `names`, one for each mention, in the place of the mentions. A name is one that an image can have.
    pub fn with<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> String {
        let mut out = String::with_capacity(self.text.len() + 80 * self.mentions.len());
        let mut done = 0;
        for (mention, name) in self.mentions.iter().zip(names) {
            out.push_str(&self.text[done..mention.bytes.start]);
            out.push_str(&mention.written(name.as_ref()));
            done = mention.bytes.end;
        }
        out.push_str(&self.text[done..]);
        out
    }
}

fn at(name: &str, place: Place) -> String {
    format!("{}:{}:{}", bounded(name), place.line, place.column)
}

fn not_utf8(name: &str, bytes: &[u8]) -> Error {
    let error = Error::new(Code::Manifest, "a manifest is not UTF-8");
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        let help = "iconv -f UTF-16 -t UTF-8 FILE | cargo scratch resolve -f -";
        return error.at(bounded(name)).note("it is UTF-16").help(help);
    }
    let sound = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    error.at(at(name, Place::START.after(sound))).help("save it as UTF-8")
}

#[cfg(test)]
mod tests;

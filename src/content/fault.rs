//! What is wrong with an image: a rule that is broken, where, and how.

use std::fmt;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// Where: a document, a layer, a path in it.
    pub place: String,
    /// What is there and what should be, in one sentence without a full stop.
    pub why: String,
}

impl Fault {
    /// A fault; `place` and `why` may hold what the image says and are escaped where they are shown.
    pub fn new(rule: Rule, place: impl Into<String>, why: impl Into<String>) -> Self {
        Fault { rule, place: place.into(), why: why.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.why, self.rule.word())
    }
}

macro_rules! rules {
    ($(#[doc = $about:literal] $variant:ident $word:literal;)*) => {
        /// The stable name of a rule: the word in `[word]` and in JSON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $about] $variant,)* }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Rule] = &[$(Rule::$variant,)*];

            /// The word that stands for the rule.
            pub fn word(self) -> &'static str {
                match self { $(Rule::$variant => $word,)* }
            }

            /// How it is broken, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Rule::$variant => $about.trim_ascii(),)* }
            }
        }
    };
}

rules! {
    /// The archive or layout around the image is damaged or ambiguous.
    Container "container";
    /// A document is no JSON, or has a key twice.
    Json "json";
    /// A document lacks what its specification requires, or says it in the wrong type.
    Document "document";
    /// A media type is unknown, or another than the content's.
    MediaType "media-type";
    /// A blob is not there.
    Missing "missing";
    /// A blob's digest is another than its name.
    Digest "digest";
    /// A blob's size is another than its descriptor says.
    Size "size";
    /// A layer's tar has another digest than the configuration says.
    DiffId "diff-id";
    /// A compressed layer is damaged, or has more after its end.
    Compression "compression";
    /// A layer's tar is damaged, or readers would disagree about it.
    Tar "tar";
    /// A path leaves the image, or cannot be a path.
    Path "path";
    /// An entry has a type or a mode that no image should have.
    Entry "entry";
    /// A layer has a path twice.
    Duplicate "duplicate";
    /// An entry lies below what is no folder, or below nothing.
    Parent "parent";
    /// A whiteout is malformed, or deletes nothing.
    Whiteout "whiteout";
    /// A link leads to nothing.
    Link "link";
    /// The history does not fit the layers.
    History "history";
    /// The index says something else of an image than the image.
    Platform "platform";
    /// The container could not start: no such program, user or folder.
    Start "start";
    /// A program in it cannot run there.
    Program "program";
    /// More than is read of any image.
    Limit "limit";
}

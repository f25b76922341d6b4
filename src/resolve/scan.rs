//! The scalars of a YAML stream that name a program, and those that nearly do.
//!
//! Nothing is built up from the events and no alias is followed, so that neither depth nor cycles nor a "billion
//! laughs" cost anything: the parser's own limits of nesting are all that is needed.

use super::at;
use super::mention::{Mention, Place, SCHEME};
use crate::error::{Code, Error, bounded};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span};
use std::collections::BTreeSet;

/// What a text names.
#[derive(Debug, Default)]
pub struct Found {
    /// Values that are the name of a program.
    pub mentions: Vec<Mention>,
    /// What is left as it is, and why.
    pub strays: Vec<(Place, &'static str)>,
}

/// A collection that has begun and not ended.
struct Open {
    /// Whether the next node is the key of a mapping; `None` in a sequence.
    key_next: Option<bool>,
    /// Whether it is a key, or in one.
    in_key: bool,
}

/// Looks through `text`, which messages call `name`.
pub fn scan(name: &str, text: &str) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut open: Vec<Open> = Vec::new();
    let mut keys = BTreeSet::new(); // the anchors of keys that look like a program's name
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            let place = Place { line: mark.line(), column: mark.col() + 1 };
            not_yaml(text, &error).at(at(name, place))
        })?;
        let in_key = open.last().is_some_and(|open| open.in_key || open.key_next == Some(true));
        match &event {
            Event::SequenceStart(..) => open.push(Open { key_next: None, in_key }),
            Event::MappingStart(..) => open.push(Open { key_next: Some(true), in_key }),
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            Event::Scalar(value, _, anchor, _) if in_key && value.contains(SCHEME) => {
                keys.insert(*anchor);
            }
            Event::Scalar(value, style, ..) if !in_key => found.value(name, text, value, *style, &span)?,
            // without an anchor, the number is 0, which no alias has
            Event::Alias(anchor) if !in_key && keys.contains(anchor) => {
                found.strays.push((place(&span), "an alias of a key is left as it is"));
            }
            _ => {}
        }
        let ends_a_node =
            matches!(event, Event::Scalar(..) | Event::Alias(_) | Event::SequenceEnd | Event::MappingEnd);
        if let Some(Open { key_next: Some(key_next), .. }) = open.last_mut().filter(|_| ends_a_node) {
            *key_next = !*key_next;
        }
    }
    Ok(found)
}

impl Found {
    /// Looks at one scalar that is not a key.
    fn value(
        &mut self,
        name: &str,
        text: &str,
        value: &str,
        style: ScalarStyle,
        span: &Span,
    ) -> Result<(), Error> {
        let (Some(within), Some(bytes)) = (value.find(SCHEME), span.byte_range()) else { return Ok(()) };
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if block || within > 0 || value.contains(char::is_whitespace) {
            // escapes may hide it, then the start of the scalar has to do
            let before = text.get(bytes).and_then(|source| Some(&source[..source.find(SCHEME)?]));
            let why = match block {
                true => "`scratch://` in a block scalar is left as it is",
                false => "`scratch://` within other text is left as it is",
            };
            self.strays.push((place(span).after(before.unwrap_or_default()), why));
            return Ok(());
        }
        let program = value.parse().map_err(|why: &str| {
            Error::new(Code::Manifest, format!("`{}` names no program", bounded(value)))
                .at(at(name, place(span)))
                .note(why)
                .help(
                    "image: scratch://PACKAGE, or scratch://PACKAGE/BIN where a package has several binaries",
                )
        })?;
        let quote = match style {
            ScalarStyle::SingleQuoted => Some('\''),
            ScalarStyle::DoubleQuoted => Some('"'),
            _ => None,
        };
        self.mentions.push(Mention { program, place: place(span), bytes, quote });
        Ok(())
    }
}

fn place(span: &Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

fn not_yaml(text: &str, error: &ScanError) -> Error {
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return Error::new(Code::Manifest, "a manifest is nested too deep")
            .note("lists and maps can be 255 deep here");
    }
    let error = Error::new(Code::Manifest, "a manifest is not YAML").note(bounded(&error.info()));
    match text.contains("{{") {
        true => error.help("a template is rendered first: helm template CHART | cargo scratch resolve -f -"),
        false => error,
    }
}

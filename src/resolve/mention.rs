//! One `scratch://` of a manifest: what it names, where it stands, and how a name is written there.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// What the name of a program starts with.
pub const SCHEME: &str = "scratch://";

/// The most bytes of a package's or a binary's name.
const NAME_LIMIT: usize = 200;

/// A program of the workspace, as a manifest names it: `scratch://PACKAGE[/BIN]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Program {
    /// The package's name.
    pub package: String,
    /// The binary's, if it is said.
    pub bin: Option<String>,
}

impl FromStr for Program {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix(SCHEME).ok_or("it does not start with scratch://")?;
        if path.contains([':', '@']) {
            return Err("it has neither tag nor digest: the digest is that of what is built now");
        }
        let (package, bin) = path.split_once('/').map_or((path, None), |(package, bin)| (package, Some(bin)));
        let is_name = |name: &str| {
            let fits = |c: char| c.is_alphanumeric() || "-_".contains(c);
            (1..=NAME_LIMIT).contains(&name.len()) && name.chars().all(fits)
        };
        match is_name(package) && bin.is_none_or(is_name) {
            true => Ok(Program { package: package.to_owned(), bin: bin.map(str::to_owned) }),
            false => Err("expected scratch://PACKAGE or scratch://PACKAGE/BIN"),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.package)?;
        self.bin.as_ref().map_or(Ok(()), |bin| write!(f, "/{bin}"))
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Place {
    /// The first character.
    pub const START: Place = Place { line: 1, column: 1 };

    /// The place after `text`, which starts here.
    #[must_use]
    pub fn after(self, text: &str) -> Self {
        let Some((before, last)) = text.rsplit_once('\n') else {
            return Place { column: self.column + text.chars().count(), ..self };
        };
        let lines = before.matches('\n').count() + 1;
        Place { line: self.line + lines, column: last.chars().count() + 1 }
    }
}

/// A program where a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The program.
    pub program: Program,
    /// Where it starts, its quote included.
    pub place: Place,
    /// The bytes of the text that it takes, its quotes included.
    pub(super) bytes: Range<usize>,
    /// The quote around it.
    pub(super) quote: Option<char>,
}

impl Mention {
    /// `name`, the name of an image, as a scalar that can stand in the place of this one.
    pub(super) fn written<'a>(&self, name: &'a str) -> Cow<'a, str> {
        // names of images have no character that quotes must escape; the only one that cannot start a plain scalar
        // opens the address of a host without a name, as in `[::1]:5000/app`
        match self.quote.or_else(|| name.starts_with('[').then_some('"')) {
            Some(quote) => Cow::Owned(format!("{quote}{name}{quote}")),
            None => Cow::Borrowed(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_package_and_perhaps_a_binary() {
        for good in ["scratch://app", "scratch://my-app/serve_2", "scratch://café"] {
            assert_eq!(good.parse::<Program>().unwrap().to_string(), good);
        }
        let long = format!("scratch://{}", "a".repeat(201));
        for bad in [
            "scratch://",
            "scratch:///",
            "scratch://a/",
            "scratch:///a",
            "scratch://a/b/c",
            "scratch://./a",
            "scratch://a?bin=b",
            "scratch://a:1",
            "scratch://a@sha256:0",
            "scratch://*",
            "scratch://a\u{202e}",
            "Scratch://a",
            &long,
        ] {
            assert!(bad.parse::<Program>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_counts_lines_and_characters() {
        let after = |text| (Place::START.after(text).line, Place::START.after(text).column);
        assert_eq!(
            [after(""), after("é"), after("a\r\nbc"), after("\n\n")],
            [(1, 1), (1, 2), (2, 3), (3, 1)]
        );
    }
}

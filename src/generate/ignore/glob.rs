//! Patterns of paths, apart from any language: names between slashes, each a row of pieces.
//!
//! Two questions are asked of them: whether two patterns can match one path, and what is left of a pattern below a
//! given folder. Both are exact for what is modelled here.

/// A part of a pattern between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Any number of folders, also none.
    Deep,
    /// One name.
    Name(Vec<Piece>),
}

/// A part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    Char(char),
    /// One character out of several.
    One(Set),
    /// Any number of characters, also none.
    Many,
}

/// Characters. Of ASCII, only those that people see, without the slash: no line can hold the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    ascii: u128,
    /// Whether all characters beyond ASCII are in it.
    others: bool,
}

/// From the space to the tilde, without the slash.
const PRINTABLE: u128 = ((1 << 127) - (1 << 32)) & !(1 << b'/');

impl Set {
    /// Every character.
    pub const ALL: Set = Set { ascii: PRINTABLE, others: true };
    /// No character.
    pub const NONE: Set = Set { ascii: 0, others: false };

    /// Adds `c`, if it is one of those that people see.
    pub fn add(&mut self, c: char) {
        if c.is_ascii() {
            self.ascii |= (1 << u32::from(c)) & PRINTABLE;
        }
    }

    /// What is not in it.
    #[must_use]
    pub fn complement(self) -> Self {
        Set { ascii: !self.ascii & PRINTABLE, others: !self.others }
    }

    /// Whether all characters beyond ASCII are in it.
    pub fn has_others(self) -> bool {
        self.others
    }

    /// Whether `c` is in it.
    pub fn has(self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> u32::from(c) & 1 == 1 } else { self.others }
    }
}

impl Part {
    /// Whatever stands in a folder.
    pub fn any() -> Self {
        Part::Name(vec![Piece::Many])
    }

    /// The name `text`, and others only if it has characters that cannot be said.
    pub fn literal(text: &str) -> Self {
        Part::Name(text.chars().map(|c| if is_sayable(c) { Piece::Char(c) } else { Piece::Many }).collect())
    }
}

/// Whether `c` can stand in a file for people: it is known, ends no line, and does not turn the direction of text.
pub fn is_sayable(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || turns || c == char::REPLACEMENT_CHARACTER)
}

/// The number of pieces of `pattern`, and of its parts.
pub fn size(pattern: &[Part]) -> usize {
    let size = |part: &Part| match part {
        Part::Deep => 1,
        Part::Name(pieces) => 1 + pieces.len(),
    };
    pattern.iter().map(size).sum()
}

/// Whether there is a path that both patterns match.
pub fn meet(some: &[Part], others: &[Part]) -> bool {
    let one = |some: &Part, other: &Part| match (some, other) {
        (Part::Name(some), Part::Name(other)) => names_meet(some, other),
        _ => false,
    };
    // most differ in the first name
    match (some.first(), others.first()) {
        (Some(Part::Name(first)), Some(Part::Name(other))) => {
            names_meet(first, other) && meet(&some[1..], &others[1..])
        }
        _ => rows_meet(some, others, |part| *part == Part::Deep, one),
    }
}

/// What is left of `pattern` for the paths in the folder `name`: several patterns, where it begins in any folder.
pub fn below(pattern: &[Part], name: &str) -> Vec<Vec<Part>> {
    match pattern.split_first() {
        None => Vec::new(),
        Some((Part::Deep, rest)) => {
            let mut left = below(rest, name);
            left.push(pattern.to_vec());
            left
        }
        Some((Part::Name(pieces), rest)) => {
            let name: Vec<_> = name.chars().map(Piece::Char).collect();
            if names_meet(pieces, &name) { vec![rest.to_vec()] } else { Vec::new() }
        }
    }
}

fn names_meet(some: &[Piece], others: &[Piece]) -> bool {
    let one = |some: &Piece, other: &Piece| match (some, other) {
        (Piece::Char(some), Piece::Char(other)) => some == other,
        (Piece::Char(c), Piece::One(set)) | (Piece::One(set), Piece::Char(c)) => set.has(*c),
        (Piece::One(some), Piece::One(other)) => some.ascii & other.ascii != 0 || some.others && other.others,
        _ => false,
    };
    rows_meet(some, others, |piece| *piece == Piece::Many, one)
}

/// Whether two rows, in which `many` stands for any number of items, have a row in common. From the ends, in the time
/// of both lengths multiplied, whatever the patterns are.
fn rows_meet<T>(some: &[T], others: &[T], many: impl Fn(&T) -> bool, one: impl Fn(&T, &T) -> bool) -> bool {
    // what holds from the place after this one of `some` on
    let mut after: Vec<bool> = Vec::new();
    for at in (0..=some.len()).rev() {
        let mut row = vec![false; others.len() + 1];
        for other in (0..=others.len()).rev() {
            let (here, there) = (some.get(at), others.get(other));
            let skips_here = || here.is_some() && after[other];
            let skips_there = |row: &[bool]| there.is_some() && row[other + 1];
            row[other] = match (here, there) {
                (None, None) => true,
                (Some(item), _) if many(item) => skips_here() || skips_there(&row),
                (_, Some(item)) if many(item) => skips_there(&row) || skips_here(),
                (Some(some), Some(item)) => one(some, item) && after[other + 1],
                _ => false,
            };
        }
        after = row;
    }
    after[0]
}

#[cfg(test)]
mod tests {
    use super::super::rule::Rule;
    use super::*;

    fn parts(line: &str) -> Vec<Part> {
        Rule::parse(line).unwrap().unwrap().parts
    }

    #[test]
    fn patterns_meet_where_a_path_is_of_both() {
        for (some, other, expected) in [
            ("a", "/a", true),
            ("a", "/x/y/a", true),
            ("/a", "/b/a", false),
            ("*.log", "important.log", true),
            ("*.log", "*.keep", false),
            ("a*", "*b", true),
            ("[a-c]x", "[^a-c]x", false),
            ("[a-c]x", "?x", true),
            ("/a/**/b", "/a/b", true),
            ("/a/**", "/a", false),
            ("/a/**", "b", true),
            ("/a/**/b/**/c", "/a/**/c/**/c", true),
            ("a*a*a*a*a*a*a*a*a*a*a*a*b", "a*a*a*a*a*a*a*a*a*a*a*a*a*c", false),
        ] {
            assert_eq!(meet(&parts(some), &parts(other)), expected, "{some} {other}");
            assert_eq!(meet(&parts(other), &parts(some)), expected, "{other} {some}");
        }
    }

    #[test]
    fn below_a_folder_a_pattern_is_shorter() {
        assert_eq!(below(&parts("/a/b"), "a"), [parts("/b")]);
        assert!(below(&parts("/a/b"), "c").is_empty());
        assert_eq!(below(&parts("/*/b"), "c"), [parts("/b")]);
        assert_eq!(below(&parts("b"), "c"), [parts("b")]);
        assert_eq!(below(&parts("**/a/b"), "a"), [parts("/b"), parts("**/a/b")]);
    }
}

//! A line of a .gitignore file, as git reads it (gitignore(5), "PATTERN FORMAT"; for classes, git's wildmatch, which
//! takes those of POSIX.1, "Pattern Matching Notation").

use super::glob::{Part, Piece, Set, is_sayable};
use std::iter::Peekable;
use std::str::Chars;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it takes back what others ignore.
    pub exception: bool,
    /// Whether it is of folders alone.
    pub folders: bool,
    /// The paths that it matches, from the file's folder. If it is an exception, folders at the end stand for all that
    /// lies below.
    pub parts: Vec<Part>,
}

/// A rule about which more is known here than can be said: names of bytes that are no characters, or of characters
/// that end a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsayable;

/// No path is longer, in bytes.
const LONGEST: usize = 4096;

/// What stands between brackets.
enum Class {
    /// These characters.
    Of(Set),
    /// Bytes that are no characters.
    Bytes,
    /// What git matches with nothing.
    Nothing,
}

impl Rule {
    /// The rule of `line`; none if it is empty, a comment, or matches nothing at all.
    ///
    /// An exception that cannot be said exactly becomes one of more paths: what is taken back for nothing does no harm.
    pub fn parse(line: &str) -> Result<Option<Self>, Unsayable> {
        if line.len() > LONGEST {
            return Err(Unsayable);
        }
        let line = trimmed(line);
        let (exception, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None if line.starts_with('#') => return Ok(None),
            None => (false, line),
        };
        let (folders, pattern) = match pattern.strip_suffix('/') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        let anchored = pattern.contains('/');
        let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
        let Some((names, sayable)) = names(pattern) else { return Ok(None) };
        if !sayable && !exception {
            return Err(Unsayable);
        }
        let mut parts = Vec::new();
        if !anchored {
            parts.push(Part::Deep);
        }
        let last = names.len() - 1;
        for (at, mut name) in names.into_iter().enumerate() {
            let stars = name.iter().all(|piece| *piece == Piece::Many);
            if anchored && stars && name.len() > 1 {
                if parts.last() != Some(&Part::Deep) {
                    parts.push(Part::Deep);
                }
                // at the end it is of everything inside, not of the folder itself
                if at == last {
                    parts.push(Part::any());
                }
                continue;
            }
            // against its own documentation, git lets these stars stand for slashes too, if all before them is literal
            let inside = name.windows(2).position(|pair| *pair == [Piece::Many, Piece::Many]);
            if let Some(start) = inside.filter(|_| anchored && exception && !stars) {
                name.truncate(start + 1);
                parts.extend([Part::Name(name), Part::Deep]);
                break;
            }
            name.dedup_by(|some, other| (*some, *other) == (Piece::Many, Piece::Many));
            parts.push(Part::Name(name));
        }
        Ok(Some(Rule { exception, folders, parts }))
    }
}

/// `line` without the spaces at its end; a backslash keeps the character after it.
fn trimmed(line: &str) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut end = 0;
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ' ' => {}
            '\\' => end = chars.next().map_or(line.len(), |(at, c)| at + c.len_utf8()),
            c => end = at + c.len_utf8(),
        }
    }
    &line[..end]
}

/// The names of `pattern`, and whether they are exactly what it matches. `None` if that is nothing.
fn names(pattern: &str) -> Option<(Vec<Vec<Piece>>, bool)> {
    let mut names = vec![Vec::new()];
    let mut sayable = true;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = match c {
            '*' => Piece::Many,
            '?' => Piece::One(Set::ALL),
            '[' => match class(&mut chars) {
                Class::Nothing => return None,
                Class::Of(set) => Piece::One(set),
                Class::Bytes => Piece::Char(char::REPLACEMENT_CHARACTER),
            },
            '\\' => Piece::Char(chars.next()?),
            c => Piece::Char(c),
        };
        match piece {
            Piece::Char('/') => names.push(Vec::new()),
            Piece::Char(c) if !is_sayable(c) => {
                sayable = false;
                names.last_mut()?.push(Piece::Many);
            }
            piece => names.last_mut()?.push(piece),
        }
    }
    // no path has such names
    let dots = |name: &Vec<Piece>| name.len() < 3 && name.iter().all(|piece| *piece == Piece::Char('.'));
    if names.iter().any(dots) { None } else { Some((names, sayable)) }
}

/// The class whose `[` has been read.
fn class(chars: &mut Peekable<Chars<'_>>) -> Class {
    let negated = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
    match members(chars) {
        None => Class::Nothing,
        Some((_, false)) => Class::Bytes,
        Some((set, true)) => match if negated { set.complement() } else { set } {
            Set::NONE => Class::Nothing,
            set => Class::Of(set),
        },
    }
}

/// What the class has up to its `]`, and whether it is all ASCII. `None` where it never ends, or names a class that
/// there is not.
fn members(chars: &mut Peekable<Chars<'_>>) -> Option<(Set, bool)> {
    let (mut set, mut ascii) = (Set::NONE, true);
    let mut last: Option<char> = None;
    let mut c = chars.next()?;
    // a bracket that comes first is a member
    loop {
        match c {
            '-' if last.is_some() && chars.peek().is_some_and(|next| *next != ']') => {
                let end = escaped(chars)?;
                ascii &= end.is_ascii();
                (last.take()?..=end).take(128).for_each(|c| set.add(c));
            }
            '[' if named(chars)? => {
                let name: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let is_in = predicate(name.trim_matches(':'))?;
                (' '..='~').filter(is_in).for_each(|c| set.add(c));
                last = None;
            }
            c => {
                let c = if c == '\\' { chars.next()? } else { c };
                ascii &= c.is_ascii();
                set.add(c);
                last = Some(c);
            }
        }
        c = chars.next()?;
        if c == ']' {
            return Some((set, ascii));
        }
    }
}

fn escaped(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '\\' => chars.next(),
        c => Some(c),
    }
}

/// Whether `:NAME:]` follows. `None` if a colon does, and no bracket ever.
fn named(chars: &Peekable<Chars<'_>>) -> Option<bool> {
    let mut ahead = chars.clone();
    if ahead.next() != Some(':') {
        return Some(false);
    }
    let mut last = None;
    loop {
        match ahead.next()? {
            ']' => return Some(last == Some(':')),
            c => last = Some(c),
        }
    }
}

fn predicate(name: &str) -> Option<fn(&char) -> bool> {
    Some(match name {
        "alnum" => char::is_ascii_alphanumeric,
        "alpha" => char::is_ascii_alphabetic,
        "blank" | "space" => |c| *c == ' ',
        "cntrl" => char::is_ascii_control,
        "digit" => char::is_ascii_digit,
        "graph" => char::is_ascii_graphic,
        "lower" => char::is_ascii_lowercase,
        "print" => |_| true,
        "punct" => char::is_ascii_punctuation,
        "upper" => char::is_ascii_uppercase,
        "xdigit" => char::is_ascii_hexdigit,
        _ => return None,
    })
}

//! Lines of a .dockerignore file (Dockerfile reference, ".dockerignore files"; the matcher is moby/patternmatcher).
//!
//! The last line that matches a path, or a folder above it, decides. A pattern begins at the root of the context; what
//! a backslash escapes goes into a regular expression as it is, so only punctuation is escaped. Old readers have more
//! special characters than new ones, and a line that one of them cannot read fails the build: all are escaped.

use super::glob::{Part, Piece, Set};

/// What ignores the paths that `parts` match, or, if it is of `folders` alone, all that is in them: a folder cannot be
/// told from a file here, but only a folder has something in it.
pub fn ignored(parts: &[Part], folders: bool) -> String {
    match folders {
        true => pattern(&[parts, &[Part::any()]].concat()),
        false => pattern(parts),
    }
}

/// What takes back the paths that `parts` match, and all below them.
pub fn exception(parts: &[Part]) -> String {
    // what is below comes by itself
    match parts {
        [Part::Deep] => format!("!{}", pattern(&[Part::Deep, Part::any()])),
        [above @ .., Part::Deep] => format!("!{}", pattern(above)),
        _ => format!("!{}", pattern(parts)),
    }
}

fn pattern(parts: &[Part]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            text.push('/');
        }
        let Part::Name(pieces) = part else {
            text.push_str("**");
            continue;
        };
        for (place, piece) in pieces.iter().enumerate() {
            let edge = (at == 0 && place == 0) || (at + 1 == parts.len() && place + 1 == pieces.len());
            match piece {
                Piece::Many => text.push('*'),
                Piece::One(set) => class(*set, &mut text),
                // at both ends of a line it would be taken away
                Piece::Char(c) if edge && c.is_whitespace() => text.extend(['[', *c, ']']),
                Piece::Char(c) => {
                    if r"*?[]\^+(){}|$!#".contains(*c) {
                        text.push('\\');
                    }
                    text.push(*c);
                }
            }
        }
    }
    text
}

/// Ranges of printable characters, and of all others only those that a complement has.
fn class(set: Set, text: &mut String) {
    let printable = || (' '..='~').filter(|c| *c != '/');
    let negated = set.has_others();
    if negated && printable().all(|c| set.has(c)) {
        text.push('?');
        return;
    }
    // a complement has the slash in docker's language, never in git's
    text.push_str(if negated { "[^/" } else { "[" });
    let mut members = printable().filter(|c| set.has(*c) != negated).peekable();
    while let Some(first) = members.next() {
        let mut last = first;
        while let Some(next) = members.next_if(|next| u32::from(*next) == u32::from(last) + 1) {
            last = next;
        }
        member(first, text);
        if last > first {
            if u32::from(last) > u32::from(first) + 1 {
                text.push('-');
            }
            member(last, text);
        }
    }
    text.push(']');
}

fn member(c: char, text: &mut String) {
    if c.is_ascii_punctuation() {
        text.push('\\');
    }
    text.push(c);
}

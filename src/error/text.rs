//! Text from outside in an error: bounded, and with nothing in it that a terminal obeys.

use std::borrow::Cow;

/// The most bytes of somebody else's words in an error.
pub const WORDS: usize = 1 << 10;

/// The first [`WORDS`] bytes of `text`, which a server or another program has said.
pub fn bounded(text: &str) -> String {
    if text.len() <= WORDS {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(WORDS)])
}

/// The last lines of `text`, oldest first, within [`WORDS`] bytes: where a program has failed, its last words tell why.
pub fn last_lines(text: &str) -> Vec<String> {
    let text = text.trim_end();
    let start = text.ceil_char_boundary(text.len().saturating_sub(WORDS));
    let lines = text[start..].lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    lines[lines.len().saturating_sub(12)..].to_vec()
}

/// `text` with every control and bidirectional-override character written out, so that a name from a manifest, a
/// server or a file system cannot move the cursor or reorder a line (the class of CVE-2021-42574 and CVE-2021-25743).
pub fn escaped(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// `text` in one line: words with a blank between them, without line ends, tabs and whatever else a terminal obeys.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_several_lines_becomes_one() {
        assert_eq!(one_line(" a\n\tb \u{1b}[31mc"), "a b [31mc");
        assert_eq!(one_line("\r\n"), "");
    }

    #[test]
    fn escaping_leaves_plain_text_and_hides_the_rest() {
        assert!(matches!(escaped("café -rf"), Cow::Borrowed(_)));
        assert_eq!(escaped("a\u{1b}[31mb\nc\u{202e}"), "a\\u{1b}[31mb\\nc\\u{202e}");
        assert_eq!(escaped("\u{9b}1m"), "\\u{9b}1m");
    }
}

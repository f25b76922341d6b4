//! The command that a generated file says it was made by: what was typed, without what belongs to one run alone.

use std::ffi::OsString;

/// A command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `cargo scratch dockerfile --style chef`, quoted for a shell.
    pub text: String,
}

/// Flags without a value that say nothing of the file's content.
const ALONE: [&str; 7] = ["--force", "--check", "--quiet", "--verbose", "--locked", "--offline", "--frozen"];

/// Flags whose value does not, or is a place on this machine.
const PAIRS: [&str; 6] = ["--output", "-o", "--color", "--message-format", "--manifest-path", "--cache-dir"];

impl Made {
    /// `words`, the program's own name first.
    pub fn of(words: &[OsString]) -> Self {
        let mut text = "cargo scratch".to_owned();
        let words: Vec<_> = words.iter().skip(1).map(|word| word.to_string_lossy()).collect();
        let mut words =
            words.iter().enumerate().filter(|(at, word)| *at > 0 || *word != "scratch").map(|(_, word)| word);
        while let Some(word) = words.next() {
            let name = word.split_once('=').map_or(&**word, |(name, _)| name);
            if PAIRS.contains(&name) {
                if name == word {
                    words.next();
                }
                continue;
            }
            let short =
                word.len() > 1 && word[1..].chars().all(|c| "vq".contains(c)) && word.starts_with('-');
            let output = word.starts_with("-o") && word.len() > 2;
            if ALONE.contains(&name) || short || output {
                continue;
            }
            text.push(' ');
            text.push_str(&quoted(word));
        }
        Made { text }
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/+@:=,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_one_run_is_left_out() {
        for (line, made) in [
            ("cargo-scratch|scratch|dockerfile", "cargo scratch dockerfile"),
            ("cargo-scratch|dockerfile|-o|Dockerfile|--force", "cargo scratch dockerfile"),
            (
                "x|scratch|dockerfile|--output=D|-oD|-q|-vv|--check|--manifest-path|/a/b",
                "cargo scratch dockerfile",
            ),
            (
                "x|dockerfile|--style|chef|--label|a=b c",
                "cargo scratch dockerfile --style chef --label 'a=b c'",
            ),
            ("x|dockerfile|--color=never|--env|A=it's", r"cargo scratch dockerfile --env 'A=it'\''s'"),
        ] {
            let words: Vec<OsString> = line.split('|').map(OsString::from).collect();
            assert_eq!(Made::of(&words).text, made);
        }
    }
}

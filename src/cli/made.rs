//! The command that a generated file says it was made by: what was typed, without what belongs to one run alone.

use crate::shell::quoted;
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
const PAIRS: [&str; 7] =
    ["--color", "--message-format", "--manifest-path", "--cache-dir", "--cacert", "--jobs", "-j"];

impl Made {
    /// `words`, the program's own name first.
    pub fn of(words: &[OsString]) -> Self {
        let mut text = "cargo scratch".to_owned();
        let words: Vec<_> = words.iter().skip(1).map(|word| word.to_string_lossy()).collect();
        let own = words.iter().enumerate().filter(|(at, word)| *at > 0 || *word != "scratch");
        let mut words = own.map(|(_, word)| word).peekable();
        while let Some(word) = words.next() {
            let (name, value) =
                word.split_once('=').map_or((&**word, None), |(name, value)| (name, Some(value)));
            // below the workspace's folder it is the same place everywhere; the usual one need not be said
            let usual = |place: &str| place.starts_with('/') || ["-", "Dockerfile"].contains(&place);
            let place = value.or(words.peek().map(|value| &***value)).unwrap_or_default();
            let elsewhere = match name {
                "--target-dir" => place.starts_with('/'),
                "--output" | "-o" => usual(place),
                _ => false,
            };
            if PAIRS.contains(&name) || elsewhere {
                if value.is_none() {
                    words.next();
                }
                continue;
            }
            let short = word
                .strip_prefix('-')
                .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| "vq".contains(c)));
            let file = word.strip_prefix("-o").filter(|file| !file.is_empty());
            let attached = (word.starts_with("-j") && word.len() > 2) || file.is_some_and(usual);
            if ALONE.contains(&name) || short || attached {
                continue;
            }
            text.push(' ');
            text.push_str(&quoted(word));
        }
        Made { text }
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
                "x|scratch|dockerfile|--output=/a/D|-o-|-q|-vv|--check|--manifest-path|/a/b",
                "cargo scratch dockerfile",
            ),
            (
                "x|dockerfile|--style|chef|--label|a=b c",
                "cargo scratch dockerfile --style chef --label 'a=b c'",
            ),
            (
                "x|dockerfile|-j|4|-j2|--target-dir|/a|--cacert=c.pem|--target-dir|out",
                "cargo scratch dockerfile --target-dir out",
            ),
            ("x|dockerfile|٢MB|é", "cargo scratch dockerfile '٢MB' 'é'"),
            ("x|dockerfile|-o|deploy/D|--check", "cargo scratch dockerfile -o deploy/D"),
            ("x|dockerfile|-odeploy/D|--output=E|--force", "cargo scratch dockerfile -odeploy/D --output=E"),
            ("x|dockerfile|--color=never|--env|A=it's", r"cargo scratch dockerfile --env 'A=it'\''s'"),
        ] {
            let words: Vec<OsString> = line.split('|').map(OsString::from).collect();
            assert_eq!(Made::of(&words).text, made);
        }
    }
}

//! What of a command line is not shown: the values of secrets.

use std::borrow::Cow;
use std::ffi::OsStr;

/// Whether `word` gives a secret its value, as `registry.token="…"` does.
pub fn has_secret(word: &str) -> bool {
    matches!(without_secret(OsStr::new(word)), Cow::Owned(_))
}

/// `word` without what follows the name of a secret and `=`, as in `--config registry.token="…"`.
pub fn without_secret(word: &OsStr) -> Cow<'_, OsStr> {
    let text = word.to_string_lossy();
    match text.match_indices('=').find(|(at, _)| is_secret(&text[..*at])) {
        Some((at, _)) => Cow::Owned(format!("{}=…", &text[..at]).into()),
        None => Cow::Borrowed(word),
    }
}

/// Whether `name` ends as cargo's keys do that hold a secret, or as variables do that people give one in.
pub fn is_secret(name: &str) -> bool {
    let name = name.trim_end().to_lowercase();
    ["token", "secret", "secret-key", "password"].iter().any(|word| name.ends_with(word))
}

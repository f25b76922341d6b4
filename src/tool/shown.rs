//! A tool as a line that can be pasted, without the secrets that it hears.

use super::Tool;
use crate::shell::quoted;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;

/// A line that a POSIX shell would take, but for secrets, which no log may hold.
impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.env_removed.is_empty() {
            write!(f, "env ")?;
        }
        for name in &self.env_removed {
            write!(f, "-u {} ", name.to_string_lossy())?;
        }
        for (name, value) in &self.env {
            let value = if is_secret(&name.to_string_lossy()) { "…".into() } else { typed(value) };
            write!(f, "{}={value} ", name.display())?;
        }
        write!(f, "{}", typed(self.program.as_os_str()))?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", typed(&without_secret(arg))))
    }
}

fn typed(word: &OsStr) -> String {
    quoted(&word.to_string_lossy())
}

/// Whether `word` gives a secret its value, as `registry.token="…"` does.
pub fn has_secret(word: &str) -> bool {
    matches!(without_secret(OsStr::new(word)), Cow::Owned(_))
}

/// `word` without what follows the name of a secret and `=`, as in `--config registry.token="…"`.
fn without_secret(word: &OsStr) -> Cow<'_, OsStr> {
    let text = word.to_string_lossy();
    match text.match_indices('=').find(|(at, _)| is_secret(&text[..*at])) {
        Some((at, _)) => Cow::Owned(format!("{}=…", &text[..at]).into()),
        None => Cow::Borrowed(word),
    }
}

/// Whether `name` ends as cargo's keys do that hold a secret, or as variables do that people give one in.
fn is_secret(name: &str) -> bool {
    let name = name.trim_end().to_lowercase();
    ["token", "secret", "secret-key", "password"].iter().any(|word| name.ends_with(word))
}

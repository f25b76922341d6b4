//! A tool as a command line that can be pasted, and what of one is not shown: the values of secrets.

use super::Tool;
use crate::shell::quoted;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
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

impl Tool {
    /// The program and its words as they are, with the secrets among them: to tell two command lines apart, never to be
    /// shown or kept.
    pub fn words(&self) -> Vec<OsString> {
        std::iter::once(self.program.clone().into_os_string()).chain(self.args.iter().cloned()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted() {
        let tool = Tool::new("/bin/echo").arg("--config").args(["a b", "it's", "", "x=1"]);
        assert_eq!(tool.to_string(), r"/bin/echo --config 'a b' 'it'\''s' '' x=1");
        let tool = Tool::new("/bin/echo").env("CC_x", "zig cc").arg("a");
        assert_eq!(tool.to_string(), "CC_x='zig cc' /bin/echo a");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let config = ["registries.mine.token = \"abc\"", "--config=registry.secret-key='abc'", "a.tokens=x"];
        let tool = Tool::new("cargo").args(config).env("API_TOKEN", "abc").env("PATH", "/bin");
        let shown = "API_TOKEN=… PATH=/bin cargo 'registries.mine.token =…' '--config=registry.secret-key=…' a.tokens=x";
        assert_eq!(tool.to_string(), shown);
        assert!(tool.words().contains(&config[0].into()), "two that differ in it are not the same");
    }
}

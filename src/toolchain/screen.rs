//! What cargo must be told of the terminal, because between them is the pipe from which an error is read.
//!
//! A pseudo-terminal would let cargo see for itself, but it would be a second way beside the pipe that a run without
//! a terminal needs, it rewrites line ends, and it has to be told of every change of the window. What the pipe costs:
//! the progress bar keeps the width with which it began, and rustc breaks its lines as it does without a terminal.

use crate::ui::Terminal;
use cargo_config2::{Color, Config};
use std::ffi::OsString;
use toml::Table;

/// What the user has configured about cargo's display; ours must not outrank it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    color: bool,
    width: bool,
}

impl Screen {
    /// That of `config` and of `line`, the `--config` flags.
    pub fn of(config: &Config, line: &[Table]) -> Self {
        let mut screen = Screen {
            color: config.term.color.is_some_and(|color| color != Color::Auto),
            width: config.term.progress.width.is_some(),
        };
        for term in line.iter().filter_map(|table| table.get("term")) {
            screen.color |= term.get("color").is_some_and(|color| color.as_str() != Some("auto"));
            screen.width |= term.get("progress").is_some_and(|progress| progress.get("width").is_some());
        }
        screen
    }

    /// The flags of cargo that stand in for what `terminal` would show it.
    ///
    /// Variables would reach build scripts too, and those may run a cargo of their own. With a width, cargo's own rule
    /// decides whether there is a progress bar: not with `--quiet`, `CI`, `TERM=dumb` or `term.progress.when = "never"`
    /// (cargo's `util/progress.rs`).
    pub fn arguments(self, terminal: Terminal) -> Vec<OsString> {
        let mut words = Vec::new();
        if terminal.color && !self.color {
            words.push("--color=always".into());
        }
        if let Some(columns) = terminal.columns.filter(|_| !self.width) {
            words.extend(["--config".into(), format!("term.progress.width={columns}").into()]);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_what_it_cannot_see_and_the_user_has_not_said() {
        let flags = |color, width, terminal| {
            let words = Screen { color, width }.arguments(terminal);
            words.join(" ".as_ref()).into_string().unwrap()
        };
        let full = Terminal { columns: Some(80), color: true };
        assert_eq!(flags(false, false, full), "--color=always --config term.progress.width=80");
        assert_eq!(flags(true, false, full), "--config term.progress.width=80");
        assert_eq!(flags(false, true, full), "--color=always");
        assert_eq!(flags(false, false, Terminal::default()), "");
    }
}

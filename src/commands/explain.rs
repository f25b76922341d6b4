//! `cargo scratch explain [CODE]`: what the word in the brackets of a message means, and what to do.

use crate::config::layers::nearest;
use crate::content::Rule;
use crate::error::{Caution, Code, Error, Exit};
use crate::ui::{Format, Ui};
use serde_json::{Value, json};

/// What a code is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    /// What `verify` finds broken in an image.
    Rule,
}

/// A code, and what there is to say of it.
#[derive(Clone, Copy, Debug)]
struct Row {
    kind: Kind,
    word: &'static str,
    about: &'static str,
    exit: Option<Exit>,
    page: Option<&'static str>,
}

/// Runs the command; without a word, it tells them all in a line each.
pub fn explain(word: Option<&str>, ui: &Ui) -> Result<(), Error> {
    let rows = rows();
    let Some(word) = word else {
        return match ui.format {
            Format::Human => ui.line(list(&rows)),
            Format::Json => rows.iter().try_for_each(|row| ui.json(&row.json())),
        };
    };
    let asked = bare(word);
    let found: Vec<_> = rows.iter().filter(|row| row.is(&asked)).collect();
    if found.is_empty() {
        let error = Error::new(Code::Usage, format!("no message has the code `{}`", asked.1));
        let error = match nearest(&asked.1, rows.iter().map(|row| row.word)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        };
        return Err(error.help("all of them: cargo scratch explain"));
    }
    let text = found.iter().map(|row| row.text()).collect::<Vec<_>>().join("\n\n");
    match ui.format {
        Format::Human => ui.line(text),
        Format::Json => found.iter().try_for_each(|row| ui.json(&row.json())),
    }
}

/// The table: errors, warnings, rules.
fn rows() -> Vec<Row> {
    let errors = Code::ALL.iter().map(|code| Row {
        kind: Kind::Error,
        word: code.word(),
        about: code.about(),
        // that of a signal is the signal's
        exit: Some(code.exit()).filter(|_| *code != Code::Interrupted),
        page: Some(code.page()),
    });
    let warnings = Caution::ALL.iter().map(|code| Row {
        kind: Kind::Warning,
        word: code.word(),
        about: code.about(),
        exit: None,
        page: Some(code.page()),
    });
    let rules = Rule::ALL.iter().map(|rule| Row {
        kind: Kind::Rule,
        word: rule.word(),
        about: rule.about(),
        exit: None,
        page: None,
    });
    errors.chain(warnings).chain(rules).collect()
}

/// The kind, if it is said, and the word, of `usage`, `[usage]`, `error[usage]` or `error[usage]: …`.
fn bare(word: &str) -> (Option<Kind>, String) {
    let (before, rest) = word.split_once('[').unwrap_or(("", word));
    let kind = [Kind::Error, Kind::Warning].into_iter().find(|kind| kind.word() == before.trim());
    (kind, rest.split(']').next().unwrap_or_default().trim().to_lowercase())
}

/// All of them for people, with the exit statuses.
fn list(rows: &[Row]) -> String {
    let mut lines = Vec::new();
    for (title, kind) in [
        ("Errors, and the exit status that each gives:", Kind::Error),
        ("Warnings:", Kind::Warning),
        ("Rules of an image, which cargo scratch verify tells of:", Kind::Rule),
    ] {
        lines.push(title.to_owned());
        for row in rows.iter().filter(|row| row.kind == kind) {
            let exit = match (row.kind, row.exit) {
                (Kind::Error, Some(exit)) => format!("{:>3}  ", exit as u8),
                (Kind::Error, None) => "     ".to_owned(),
                _ => String::new(),
            };
            lines.push(format!("  {:<21} {exit}{}", row.word, row.about));
        }
        lines.push(String::new());
    }
    lines.push("Exit statuses:".into());
    lines.push(format!("  {:>3}  Done.", 0));
    lines.extend(Exit::ALL.iter().map(|exit| format!("  {:>3}  {}", *exit as u8, exit.about())));
    lines.push("  128 and a signal's number: ended by it, e.g. 130 by Ctrl-C.".into());
    lines.join("\n")
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Error => "error",
            Kind::Warning => "warning",
            Kind::Rule => "rule",
        }
    }
}

impl Row {
    fn is(&self, (kind, word): &(Option<Kind>, String)) -> bool {
        self.word == word && kind.is_none_or(|kind| kind == self.kind)
    }

    fn text(&self) -> String {
        match self.page {
            Some(page) => page.trim_end().to_owned(),
            None => format!("# [{}], a rule of cargo scratch verify\n\n{}", self.word, self.about),
        }
    }

    fn json(&self) -> Value {
        json!({
            "reason": "explanation",
            "kind": self.kind.word(),
            "code": self.word,
            "about": self.about,
            "exit": self.exit.map(|exit| exit as u8),
            "text": self.page,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_as_it_stands_in_a_message() {
        for (said, kind, word) in [
            ("usage", None, "usage"),
            ("[usage]", None, "usage"),
            ("error[usage]", Some(Kind::Error), "usage"),
            ("error[usage]: unexpected argument", Some(Kind::Error), "usage"),
            ("warning[Secret]", Some(Kind::Warning), "secret"),
            (" usage ", None, "usage"),
            ("", None, ""),
        ] {
            assert_eq!(bare(said), (kind, word.to_owned()), "{said:?}");
        }
    }
}

//! Documents for people to keep: Dockerfiles, workflows and the like, rendered so that no value can become syntax.
//!
//! A value stands in `[[ … ]]`, which clashes neither with `${{ }}` of workflows nor with shells and HCL. Without a
//! filter it must be a plain word, which is one word of text in every language that is generated here, and no option of
//! a command. With a filter it is written in that language, quoted and escaped (FAULTS G1, G2: a manifest may hold any text):
//!
//! | filter | what it writes |
//! |---|---|
//! | `word` | a quoted word of a Dockerfile (Dockerfile reference, "Environment replacement") |
//! | `json` | a string or list of JSON, which is one of YAML too (RFC 8259; YAML 1.2.2, section 1.3) |
//! | `shell` | a word of a POSIX shell (POSIX.1, "Quoting") |
//! | `words` | plain words, separated by blanks or commas |
//! | `comment` | any one line, where the rest of the line is a comment or message |
//! | `hcl` | a quoted template of HCL without interpolation (HCL native syntax, "Template Expressions") |
//!
//! None writes characters that end a line or change how text looks: such a value is refused.

use super::strict;
use crate::error::{Code, Error, escaped};
use crate::shell;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, ErrorKind, Output, State, Value};
use serde::Serialize;
use std::error::Error as _;

/// A generated document.
#[derive(Debug)]
pub struct Document {
    /// Where it goes, from the workspace's folder.
    pub path: &'static str,
    source: &'static str,
}

/// Parts that several documents include, by their names.
const PARTS: &[(&str, &str)] = &[
    ("header", include_str!("../../templates/dockerfile/parts/header")),
    ("toolchain", include_str!("../../templates/dockerfile/parts/toolchain")),
    ("builder-toolchain", include_str!("../../templates/dockerfile/parts/builder-toolchain")),
    ("platform", include_str!("../../templates/dockerfile/parts/platform")),
    ("sources", include_str!("../../templates/dockerfile/parts/sources")),
    ("programs", include_str!("../../templates/dockerfile/parts/programs")),
    ("proof", include_str!("../../templates/dockerfile/parts/proof")),
    ("tokens", include_str!("../../templates/dockerfile/parts/tokens")),
    ("images", include_str!("../../templates/dockerfile/parts/images")),
    ("config", include_str!("../../templates/dockerfile/parts/config")),
];

impl Document {
    /// The document at `path` with the text `source`.
    pub const fn new(path: &'static str, source: &'static str) -> Self {
        Document { path, source }
    }

    /// The text with the names in `values` filled in.
    ///
    /// # Errors
    /// A value that cannot be written safely, named; a name that `values` lacks.
    pub fn render(&self, values: &impl Serialize) -> Result<String, Error> {
        environment()
            .and_then(|environment| environment.render_str(self.source, Value::from(Serde(values))))
            .map_err(|why| self.refused(&why))
    }

    fn refused(&self, why: &minijinja::Error) -> Error {
        // what a part refuses is the source of the error that the document has
        let errors =
            std::iter::successors(Some(why), |&why| why.source()?.downcast_ref::<minijinja::Error>());
        match errors.filter_map(minijinja::Error::detail).find_map(|detail| detail.strip_prefix(REFUSED)) {
            Some(what) => Error::new(Code::Name, what).at(self.path),
            None => Error::new(Code::Output, format!("template `{}`: {why:#}", self.path)),
        }
    }
}

/// Marks errors about a value, among those about a template.
const REFUSED: &str = "refused: ";

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = strict()?;
    environment.set_formatter(plain);
    environment.add_filter("word", |value: &Value| text(value, |text| quoted(text, &['\\', '"', '$'])));
    environment.add_filter("json", json);
    environment.add_filter("shell", |value: &Value| text(value, shell::quoted));
    environment.add_filter("hcl", |value: Value| {
        text(&value, |text| quoted(text, &['\\', '"']).replace("${", "$${").replace("%{", "%%{"))
    });
    environment.add_filter("comment", |value: &Value| text(value, str::to_owned));
    environment.add_filter("words", |value: &Value| match value.as_str() {
        Some(words) if words.split([' ', ',']).all(is_plain) => Ok(Value::from_safe_string(words.to_owned())),
        words => Err(refused(words.unwrap_or_default(), "these are no plain words")),
    });
    for (name, source) in PARTS {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Writes a value that no filter has written: it must be a word that means itself everywhere.
fn plain(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    if !value.is_safe() && value.kind() == ValueKind::String {
        let word = value.as_str().unwrap_or_default();
        if !is_plain(word) {
            return Err(refused(word, "it is no plain word"));
        }
    }
    minijinja::escape_formatter(out, state, value)
}

fn is_plain(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._/+@:-".contains(c);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(fits)
}

fn text(value: &Value, write: impl Fn(&str) -> String) -> Result<Value, minijinja::Error> {
    let Some(text) = value.as_str() else {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "the filter takes a text"));
    };
    Ok(Value::from_safe_string(write(one_line(text)?)))
}

fn json(value: &Value) -> Result<Value, minijinja::Error> {
    let written = match value.kind() {
        ValueKind::Seq => {
            let items: Result<Vec<_>, _> = value.try_iter()?.map(|item| json_string(&item)).collect();
            format!("[{}]", items?.join(", "))
        }
        _ => json_string(value)?,
    };
    Ok(Value::from_safe_string(written))
}

fn json_string(value: &Value) -> Result<String, minijinja::Error> {
    let Some(text) = value.as_str() else {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "the filter takes texts"));
    };
    Ok(serde_json::Value::from(one_line(text)?).to_string())
}

/// `text` in quotes, with a backslash before each of `special`.
fn quoted(text: &str, special: &[char]) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if special.contains(&c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// `text`, unless it would end a line somewhere, or look like something else than it is.
fn one_line(text: &str) -> Result<&str, minijinja::Error> {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_invisible(c);
    match text.chars().find(|c| harmful(*c)) {
        None => Ok(text),
        Some(c) => Err(refused(text, &format!("it has the character U+{:04X}", c as u32))),
    }
}

/// Marks that turn the direction of text around (Unicode Annex 9), and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

fn refused(text: &str, why: &str) -> minijinja::Error {
    let start: String = text.chars().take(80).collect();
    let what = format!("{REFUSED}`{}` cannot be written safely: {why}", escaped(&start));
    minijinja::Error::new(ErrorKind::InvalidOperation, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn render(source: &'static str, value: &str) -> Result<String, Error> {
        Document::new("x", source).render(&BTreeMap::from([("value", value)]))
    }

    #[test]
    fn g1_a_value_without_a_filter_is_a_plain_word_or_refused() {
        assert_eq!(render("a [[ value ]]\n", "rust:1.91-slim_x").unwrap(), "a rust:1.91-slim_x\n");
        for value in [
            "",
            "-rf",
            "--from=x",
            "a b",
            "a\nRUN id",
            "$(id)",
            "'",
            "a;b",
            "${{ secrets.X }}",
            "é",
            "*",
            "#",
            "a\\",
        ] {
            let error = render("[[ value ]]", value).unwrap_err();
            assert_eq!((error.code(), error.exit_status()), (Code::Name, 2), "{value}");
        }
    }

    #[test]
    fn g1_a_filter_writes_the_language_and_ends_no_line() {
        let hostile = r#"a "b" \ $HOME ${x} %{y} 'c' `id` #"#;
        for (source, written) in [
            ("[[ value | word ]]", r#""a \"b\" \\ \$HOME \${x} %{y} 'c' `id` #""#),
            ("[[ value | json ]]", r#""a \"b\" \\ $HOME ${x} %{y} 'c' `id` #""#),
            ("[[ [value, 'x'] | json ]]", r#"["a \"b\" \\ $HOME ${x} %{y} 'c' `id` #", "x"]"#),
            ("[[ value | shell ]]", r#"'a "b" \ $HOME ${x} %{y} '\''c'\'' `id` #'"#),
            ("[[ value | hcl ]]", r#""a \"b\" \\ $HOME $${x} %%{y} 'c' `id` #""#),
        ] {
            assert_eq!(render(source, hostile).unwrap(), written, "{source}");
            for c in ["\n", "\r", "\0", "\t", "\u{1b}", "\u{85}", "\u{2028}", "\u{202e}", "\u{7f}"] {
                let error = render(source, &format!("a{c}b")).unwrap_err();
                assert!(error.what().contains("cannot be written safely"), "{error}");
                assert!(!error.what().contains(c), "{error:?}");
            }
        }
    }

    #[test]
    fn g1_a_refusal_in_a_part_that_is_included_is_told_like_any_other() {
        let values = BTreeMap::from([("made", "a\nRUN id")]);
        let error = Document::new("x", "[% include \"header\" %]").render(&values).unwrap_err();
        assert_eq!(error.code(), Code::Name, "{error:?}");
        assert!(error.what().contains("U+000A"), "{error:?}");
    }

    #[test]
    fn an_unknown_name_is_an_error_of_the_template() {
        let error = render("[[ vaule ]]", "x").unwrap_err();
        assert_eq!(error.code(), Code::Output);
        assert!(render("[% if vaule %]x[% endif %]", "x").is_err());
    }
}

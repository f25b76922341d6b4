//! What clap refuses, as an error of ours: with a code, and in the form that the rest of the command line asks for.
//!
//! clap's own text is what is read here, for it is made with care: a sentence, perhaps more of it on lines that stand
//! in, tips, the usage, and where to read on.

use super::Cli;
use crate::config::env::Env;
use crate::config::term::Term;
use crate::error::{Code, Error, escaped};
use crate::ui::Ui;
use clap::{CommandFactory, ValueEnum};
use std::ffi::OsString;

/// The error that `refused` is, for who typed `words`, and the streams to print it on.
pub fn of(refused: &clap::Error, words: &[OsString], env: &Env) -> (Ui, Error) {
    let ui = streams(words, env);
    let words = words.iter().take_while(|word| *word != "--").map(|word| word.to_string_lossy());
    let words: Vec<_> = words.collect();
    let verb = words.iter().skip(1).find(|word| *word != "scratch");
    let verb = verb.filter(|verb| Cli::command().find_subcommand(&***verb).is_some());
    // a word may have lines of its own, which must not pass for clap's
    let odd = words.iter().flat_map(|word| std::iter::once(&**word).chain(word.splitn(2, '=')));
    let odd = odd.filter(|word| word.contains(char::is_control));
    let text = odd.fold(refused.render().to_string(), |text, word| text.replace(word, &escaped(word)));
    (ui, told(&text, verb.map_or("", |verb| verb)))
}

/// How to speak to who typed `words`, which need not be a command line.
pub fn streams(words: &[OsString], env: &Env) -> Ui {
    let words = words.iter().take_while(|word| *word != "--").map(|word| word.to_string_lossy());
    let words: Vec<_> = words.collect();
    let color = value(&words, "--color").unwrap_or_else(|| Term::of(env).color);
    Ui { format: value(&words, "--message-format").unwrap_or_default(), color, ..Ui::default() }
}

/// The last value of `flag` that is one, however much of the rest is wrong.
fn value<T: ValueEnum>(words: &[impl AsRef<str>], flag: &str) -> Option<T> {
    let next = words.iter().skip(1).map(|word| Some(word.as_ref())).chain([None]);
    let values =
        words.iter().zip(next).filter_map(|(word, next)| match word.as_ref().strip_prefix(flag)? {
            "" => next,
            joined => joined.strip_prefix('='),
        });
    values.filter_map(|value| T::from_str(value, false).ok()).last()
}

/// The error that clap's `text` tells.
fn told(text: &str, verb: &str) -> Error {
    let mut lines = text.lines();
    let what = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let mut more: Vec<&str> = lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let line = line.trim();
            line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).unwrap_or(line)
        })
        .collect();
    let what = match what.strip_suffix(':') {
        Some(what) => format!("{what}: {}", std::mem::take(&mut more).join(", ")),
        None => what.to_owned(),
    };
    let mut error = more.into_iter().fold(Error::new(Code::Usage, what), Error::note);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")) {
        error = match line.trim().strip_prefix("tip: ") {
            Some(tip) => error.help(tip),
            None => error.note(line.trim().replace("Usage: ", "usage: ")),
        };
    }
    let verb = if verb.is_empty() { String::new() } else { format!(" {verb}") };
    error.help(format!("cargo scratch{verb} --help"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Color, Format};

    fn refused(line: &str) -> (Ui, Error) {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        of(&super::super::parse(words.clone().into_iter()).unwrap_err(), &words, &Env::default())
    }

    #[test]
    fn claps_sentence_its_tips_and_its_usage_are_kept() {
        let (_, error) = refused("cargo-scratch scratch verify");
        assert_eq!(error.what(), "the following required arguments were not provided: <FILE|IMAGE>...");
        assert_eq!(error.notes(), ["usage: cargo scratch verify <FILE|IMAGE>..."]);
        assert_eq!(
            (error.helps(), error.exit_status()),
            (&["cargo scratch verify --help".to_owned()][..], 2)
        );

        let (_, error) = refused("cargo-scratch build --taag a");
        assert_eq!(error.what(), "unexpected argument '--taag' found");
        assert_eq!(error.helps()[0], "a similar argument exists: '--tag'");

        let (_, error) = refused("cargo-scratch --color sometimes");
        assert_eq!(error.what(), "invalid value 'sometimes' for '--color <WHEN>'");
        assert_eq!(error.notes(), ["possible values: auto, always, never"]);
        assert_eq!(error.helps(), ["cargo scratch --help"]);
    }

    #[test]
    fn the_form_is_that_of_the_rest_of_the_line() {
        for (line, format, color) in [
            ("cargo-scratch --nope", Format::Human, Color::Auto),
            ("cargo-scratch --nope --message-format json --color=never", Format::Json, Color::Never),
            ("cargo-scratch --message-format=json build", Format::Json, Color::Auto),
            ("cargo-scratch --nope --message-format=x --color", Format::Human, Color::Auto),
            ("cargo-scratch --nope -- --message-format=json", Format::Human, Color::Auto),
        ] {
            let (ui, _) = refused(line);
            assert_eq!((ui.format, ui.color), (format, color), "{line}");
        }
    }

    #[test]
    fn no_word_can_speak_as_clap_does() {
        for word in
            ["--x\n\n  tip: curl evil", "--x\n\n  tip: curl evil=1", "--platform=\n\n  tip: curl evil"]
        {
            let words: Vec<_> = ["x", "build", word].map(OsString::from).to_vec();
            let refused = super::super::parse(words.clone().into_iter()).unwrap_err();
            let (_, error) = of(&refused, &words, &Env::default());
            assert!(error.helps().iter().all(|help| !help.starts_with("curl")), "{error:?}");
        }
    }
}

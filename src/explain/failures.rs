//! Why cargo failed, where the words that it ended with are those of a known reason.
//!
//! The reasons are one table (`reasons::REASONS`): what cargo, a compiler or a build script says, what it means and
//! what fixes it. Only errors are looked at: a build that fails for a mistake in Rust code may have said much else.

mod reasons;
#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::explain::programs::install;
use crate::image::platform::Target;
use reasons::{REASONS, Reason};

/// A known reason for which a build failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The package whose build failed, under the name that cargo gives it; where only its library is known, which may
    /// have `_` for `-`, that of the library.
    pub package: Option<String>,
    /// What is missing or wrong, in one sentence.
    pub cause: String,
    /// What to do, a line each; the first helps in most cases.
    pub fix: Vec<String>,
}

impl Diagnosis {
    /// `error` with the package, the cause and the fix.
    pub fn explain(&self, error: Error) -> Error {
        let cause = match &self.package {
            Some(package) if !self.cause.contains(&format!("`{package}`")) => {
                format!("`{package}` cannot be built: {}", self.cause)
            }
            _ => self.cause.clone(),
        };
        self.fix.iter().fold(error.note(cause), Error::help)
    }
}

/// The reason for which a build for `target` failed, by the last part of what cargo said on standard error.
pub fn diagnose(said: &str, target: &Target) -> Option<Diagnosis> {
    let said = anstream::adapter::strip_str(said).to_string();
    let errors = errors(&said);
    REASONS.into_iter().flatten().find_map(|reason| {
        errors.iter().enumerate().find_map(|(at, error)| {
            let found = reason.said.iter().find_map(|pattern| find(error, pattern))?;
            let package = package(&errors[at..], found.at);
            Some(diagnosis(reason, package, &found.words, target))
        })
    })
}

/// Whether a linker has looked for a C++ library in vain.
pub fn lacks_cxx(said: &str) -> bool {
    const LINKERS: [&str; 4] = [
        "cannot find -l",
        "unable to find library -l",
        "library not found for -l",
        "native static library `",
    ];
    let named = |rest: &str| ["stdc++", "c++"].iter().any(|name| rest.starts_with(name));
    LINKERS.iter().any(|words| said.match_indices(words).any(|(at, _)| named(&said[at + words.len()..])))
}

fn diagnosis(reason: &Reason, package: Option<String>, words: &[&str], target: &Target) -> Diagnosis {
    let culprit = package.as_deref().map_or("the package".to_owned(), |name| format!("`{name}`"));
    let fill = |text: &&str| {
        let mut text = text.replace("{target}", target.triple()).replace("{package}", &culprit);
        text = text.replace("{target_}", &target.underscored());
        for (at, word) in words.iter().enumerate() {
            text = text.replace(&format!("{{{}}}", at + 1), word);
        }
        text
    };
    let native = if target.is_native() { reason.native } else { "" };
    let programs = [reason.install, native].into_iter().filter(|program| !program.is_empty());
    let installed = programs.flat_map(|program| install(&[&fill(&program)]));
    let fix = reason.fix.iter().map(fill).chain(installed).collect();
    Diagnosis { cause: fill(&reason.cause), fix, package }
}

/// The errors in a text of cargo's, each with all that belongs to it. A text without any is one whose beginning has
/// been lost in the noise of a build script, and an error as a whole.
fn errors(said: &str) -> Vec<&str> {
    let mut starts: Vec<(usize, bool)> = Vec::new();
    let mut at = 0;
    for line in said.split_inclusive('\n') {
        // what a build script or a compiler says is indented
        let error = line.starts_with("error: ") || line.starts_with("error[");
        if error || line.starts_with("warning: ") || line.starts_with("warning[") {
            starts.push((at, error));
        }
        at += line.len();
    }
    if !starts.iter().any(|(_, error)| *error) {
        return vec![said];
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([said.len()]);
    starts
        .iter()
        .zip(ends)
        .filter(|((_, error), _)| *error)
        .map(|((start, _), end)| &said[*start..end])
        .collect()
}

/// A pattern that was found.
struct Found<'t> {
    /// Where it begins.
    at: usize,
    /// What stands for each `{}` of it.
    words: Vec<&'t str>,
}

/// Finds `pattern` in a line of `text`; each `{}` of it stands for a word. At the end of a pattern, a word ends where
/// the line or a blank does.
fn find<'t>(text: &'t str, pattern: &str) -> Option<Found<'t>> {
    let mut parts = pattern.split("{}");
    let first = parts.next()?;
    text.match_indices(first).find_map(|(at, _)| {
        let mut rest = text[at + first.len()..].split_inclusive('\n').next().unwrap_or_default();
        let mut words = Vec::new();
        for part in parts.clone() {
            let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let end = if part.is_empty() { blank } else { rest.find(part)? };
            if end == 0 || end > blank {
                return None;
            }
            words.push(&rest[..end]);
            rest = &rest[end + part.len()..];
        }
        Some(Found { at, words })
    })
}

/// The package whose fault the first of `errors` is, for the words at `at` of it.
fn package(errors: &[&str], at: usize) -> Option<String> {
    let named = |error: &str, mark: &str| {
        let name = error.lines().next()?.split_once(mark)?.1;
        Some(name.split([' ', '`']).next()?.to_owned())
    };
    let error = errors.first()?;
    named(error, "failed to run custom build command for `")
        .or_else(|| library(error, at))
        .or_else(|| errors.iter().find_map(|error| named(error, "could not compile `")))
}

/// The library that a linker complains of around `at`: the name before the hash in `lib{NAME}-{HASH}.rlib`. GNU's names
/// it before the symbol or in its line, LLVM's in one of the lines after it.
fn library(error: &str, at: usize) -> Option<String> {
    let before =
        error[..at].rfind('\n').and_then(|line| error[..line].rfind('\n')).map_or(0, |line| line + 1);
    let gnu = error[before..].lines().take(2).find_map(|line| Some(line.split_once(".rlib(")?.0));
    let llvm = || {
        let lines = error[at..].lines().skip(1).take_while(|line| line.trim_start().starts_with(">>>"));
        lines.into_iter().find_map(|line| line.split_once(" in archive ")?.1.strip_suffix(".rlib"))
    };
    let file = gnu.or_else(llvm)?.rsplit('/').next()?;
    Some(file.strip_prefix("lib")?.rsplit_once('-')?.0.to_owned())
}

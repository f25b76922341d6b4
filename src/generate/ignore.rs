//! The .dockerignore file: what git ignores, in docker's language, and what no build needs.
//!
//! A file that a build needs and does not get fails it, so whatever is in doubt is sent. That decides each question:
//!
//! * A rule that has no equivalent is left out; an exception that has none becomes one of more paths.
//! * The languages differ in what an exception does. For git it is about one path, and nothing comes back out of an
//!   ignored folder; for docker the last line that matches a path *or a folder above it* counts. Written in git's order,
//!   the rules never ignore what git does not: a line that decides for docker is, for the path that it matches, the last
//!   one for git too. They may send more, so a rule is written once more after the exceptions where that changes
//!   nothing for git, which is where it has no path in common with any of them.
//! * Files that git tracks although a rule ignores them are taken back one by one.
//! * Names of keys and passwords are ignored only where git was asked and does not track them: a tracked file is no
//!   secret any more, and may well be one that a program includes. `target` comes near the end, so that no exception
//!   sends gigabytes.
//!
//! `?` and complements are of a byte for git and of a character for docker; they agree on ASCII.

mod docker;
mod git;
mod glob;
mod rule;

use super::{Generated, Request};
use crate::config::env::Env;
use crate::error::{Error, escaped};
use crate::plan::Plans;
use git::{Known, RulesFile};
use glob::Part;
use rule::Rule;
use std::fmt::Write;
use std::path::Path;

/// What no build needs: the repository, what is built, what builds images, and what editors keep.
const NEEDLESS: [&str; 11] = [
    "**/.git",
    "target",
    ".dockerignore",
    "Dockerfile",
    "Dockerfile.*",
    "docker-bake.hcl",
    ".github",
    ".gitlab-ci.yml",
    ".idea",
    ".vscode",
    ".zed",
];

/// Where `cargo scratch -o rootfs` puts what a Dockerfile adds.
const ROOTFS: &str = "scratch/rootfs";

/// Names of keys and passwords, which both languages write in the same way.
const SECRETS: [&str; 4] = ["**/.env", "**/.env.*", "**/*.key", "**/*.pem"];

/// How much comparing of rules is worth it, in pieces of one times pieces of the other: a thousand times what the files
/// of large projects need, and less than a second.
const EFFORT: usize = 100_000_000;

/// The .dockerignore file of the workspace.
///
/// # Errors
/// git is missing or fails in a repository; a file of rules that cannot be read.
pub fn ignore(plans: &Plans, request: &Request, env: &Env) -> Result<Generated, Error> {
    let plan = &plans.first;
    let known = git::known(&plan.workspace, &SECRETS, env)?;
    let target = plan.archives.parent().and_then(|target| target.strip_prefix(&plan.workspace).ok());
    // what the project says counts, not where this machine builds today
    let here = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].iter().any(|name| env.get(name).is_some());
    let target = target.filter(|_| !here);
    Ok(Generated { path: ".dockerignore".into(), text: text(&request.made, &known, target) })
}

/// The text, made by the command `made`, for what git knows. `target` is cargo's target folder, seen from the workspace's, if it lies in it.
fn text(made: &str, known: &Known, target: Option<&Path>) -> String {
    let mut text = Text(String::new());
    text.comment(&format!("Made by: {made}"));
    text.comment(
        "The same command with `--check` tells whether it is still true, with `--force` it makes it anew.",
    );
    text.comment("The last line that matches a path, or a folder above it, decides.");
    let mut all = Vec::new();
    for file in &known.files {
        text.part(&format!("What git ignores by {}", file.shown));
        for line in file.text.lines() {
            for rule in placed(line, file, &mut text) {
                text.line(&line_of(&rule));
                all.push(rule);
            }
        }
    }
    let mut repeated: Vec<_> = repeated(&all).into_iter().map(line_of).collect();
    // these come once more anyway
    repeated.retain(|line| !NEEDLESS.contains(&line.as_str()));
    if !repeated.is_empty() {
        text.part("Once more: for git, no exception brings back what lies in an ignored folder");
        repeated.iter().for_each(|line| text.line(line));
    }
    if !known.hidden.is_empty() {
        text.part("What git tracks all the same");
        known.hidden.iter().for_each(|path| text.kept(path));
    }

    text.part("What no build needs");
    NEEDLESS.iter().for_each(|line| text.line(line));
    let usual = Path::new("target");
    let other = target.filter(|target| *target != usual && !target.as_os_str().is_empty());
    let targets: Vec<_> = other.into_iter().map(|target| target.to_string_lossy().into_owned()).collect();
    targets.iter().for_each(|target| text.line(&docker::ignored(&literal(target), false)));
    text.part("What `cargo scratch -o rootfs` makes, for a Dockerfile that adds it");
    for target in std::iter::once("target").chain(targets.iter().map(String::as_str)) {
        text.kept(&format!("{target}/{ROOTFS}"));
    }

    if known.asked {
        text.part("Keys and passwords, unless git tracks them");
        SECRETS.iter().for_each(|line| text.line(line));
        known.secrets.iter().for_each(|path| text.kept(path));
    }
    text.part("What every build needs");
    if known.lacks_lock {
        text.comment("(git ignores Cargo.lock: a build from a clone chooses versions of its own)");
    }
    ["Cargo.toml", "Cargo.lock"].into_iter().for_each(|path| text.kept(path));
    text.0
}

/// The rules that `line` of `file` is, seen from the workspace's folder. What cannot be said is noted in `text`.
fn placed(line: &str, file: &RulesFile, text: &mut Text) -> Vec<Rule> {
    let sayable = file.folder.iter().flat_map(|name| name.chars()).all(glob::is_sayable);
    let rule = match Rule::parse(line) {
        Ok(None) => return Vec::new(),
        Ok(Some(rule)) if sayable || rule.exception => rule,
        _ => {
            text.comment(&format!("`{line}` has no equivalent here"));
            return Vec::new();
        }
    };
    // one that ignores the whole workspace is not meant for who builds it
    let mut left = vec![rule.parts.clone()];
    for name in &file.above {
        left = left.iter().flat_map(|parts| glob::below(parts, name)).collect();
        // each is an end of the one pattern
        left.sort_by_key(Vec::len);
        left.dedup();
    }
    left.retain(|parts| !parts.is_empty());
    let folder: Vec<_> = file.folder.iter().map(|name| Part::literal(name)).collect();
    left.into_iter().map(|parts| Rule { parts: [&folder[..], &parts].concat(), ..rule.clone() }).collect()
}

/// The rules that an exception after them takes more from for docker than for git, and that lose nothing for git if they
/// come last.
fn repeated(rules: &[Rule]) -> Vec<&Rule> {
    let size =
        |rules: &mut dyn Iterator<Item = &Rule>| rules.map(|rule| glob::size(&rule.parts)).sum::<usize>();
    let exceptions = size(&mut rules.iter().filter(|rule| rule.exception));
    if exceptions.saturating_mul(size(&mut rules.iter())) > EFFORT {
        return Vec::new();
    }
    let within = |parts: &[Part]| [parts, &[Part::Deep, Part::any()]].concat();
    let (mut repeated, mut later) = (Vec::new(), Vec::new());
    for rule in rules.iter().rev() {
        let below = within(&rule.parts);
        let takes = |(exception, within): &(&Rule, Vec<Part>)| {
            glob::meet(&below, &exception.parts) || glob::meet(&rule.parts, within)
        };
        if rule.exception {
            later.push((rule, below));
        } else if later.iter().any(takes)
            && !later.iter().any(|(exception, _)| glob::meet(&rule.parts, &exception.parts))
        {
            repeated.push(rule);
        }
    }
    repeated.reverse();
    repeated
}

fn line_of(rule: &Rule) -> String {
    match rule.exception {
        true => docker::exception(&rule.parts),
        false => docker::ignored(&rule.parts, rule.folders),
    }
}

/// The path `path`, and no other.
fn literal(path: &str) -> Vec<Part> {
    path.split('/').map(Part::literal).collect()
}

/// The text while it grows.
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A comment, in which nothing can end the line.
    fn comment(&mut self, words: &str) {
        let words: String = words.chars().take(200).collect();
        let _ = writeln!(self.0, "# {}", escaped(&words));
    }

    fn part(&mut self, title: &str) {
        self.0.push('\n');
        self.comment(title);
    }

    /// Takes the path `path` back.
    fn kept(&mut self, path: &str) {
        self.line(&docker::exception(&literal(path)));
    }
}

#[cfg(test)]
mod comparisons;
#[cfg(test)]
mod matcher;
#[cfg(test)]
mod tests;

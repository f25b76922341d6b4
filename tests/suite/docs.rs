//! What is written for people is true: tables come from the code, commands run.

mod readme;
mod recipes;
mod recording;
mod settings;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Asserts that the part of `file` between two comments, `<!-- NAME -->` and `<!-- /NAME -->`, is `made`. With
/// `UPDATE=1` in the environment, writes it there instead.
#[track_caller]
fn up_to_date(file: &str, name: &str, made: &str) {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{file} has no {start}"));
    let (written, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{file} has no {end}"));
    if written == made {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{start}{made}{end}{after}")).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(written, made);
    panic!(
        "{file} is not what the code says; `UPDATE=1 cargo nextest run -E 'test(docs)'` writes it:\n{}",
        difference.unified_diff().header("written", "made")
    );
}

/// `command` in the environment of a user who can type `cargo scratch`; `like` is what `scratch` says of one.
fn as_a_user(mut command: Command, like: &Command) -> Command {
    let programs = Path::new(env!("CARGO_BIN_EXE_cargo-scratch")).parent().unwrap().to_owned();
    let search = std::env::var_os("PATH").unwrap_or_default();
    let search = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&search)));
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PATH", search.unwrap());
    command
}

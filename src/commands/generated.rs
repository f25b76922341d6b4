//! What all commands that write files for a project have in common: what they hear, and what becomes of the files.

use crate::config::env::Env;
use crate::config::layers::PREFIX;
use crate::error::{Caution, Code, Error, Warning};
use crate::generate::dockerfile::Style;
use crate::generate::{Generated, Request, files, pin};
use crate::plan::Plans;
use crate::ui::Ui;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::Path;

/// Settings that say how this machine gets at what it needs, and nothing of what is made.
const OF_THE_MACHINE: [&str; 3] = ["CACERT", "CACHE_DIR", "INSECURE_REGISTRY"];

/// What is done with generated files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Act {
    /// They are printed.
    #[default]
    Print,
    /// They are written; over others only if this says so.
    Write(bool),
    /// They are compared with those that are there.
    Check,
}

/// `wanted`, with the digests of the images that the files at `paths` build in, if they are asked for; `tools` says
/// whether one of them builds tools.
///
/// # Errors
/// No registry tells the digest.
pub fn pinned(
    wanted: &Request,
    plans: &Plans,
    tools: bool,
    paths: &[&Path],
    act: &Act,
    env: &Env,
) -> Result<Request, Error> {
    let mut wanted = wanted.clone();
    if wanted.pin {
        // who makes a file anew wants today's
        let before = match act {
            Act::Write(true) => String::new(),
            _ => paths.iter().filter_map(|path| files::text(path).ok()).collect(),
        };
        wanted.digests = pin::digests(plans, &wanted, tools, &before, env)?;
    }
    Ok(wanted)
}

/// `env` without what is said for single runs: what is committed must be the same wherever it is made.
pub fn settled(env: &Env, ui: &Ui) -> Env {
    let is_setting = |name: &OsStr| {
        let setting = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        setting.is_some_and(|setting| !OF_THE_MACHINE.contains(&setting))
    };
    let (settings, kept): (Vec<_>, Vec<_>) = env.variables().partition(|(name, _)| is_setting(name));
    for (name, _) in settings.iter().filter(|(_, value)| !value.is_empty()) {
        let name = name.display();
        let what =
            format!("{name} does not count: a file to keep follows from Cargo.toml and the command line");
        ui.warning(&Warning::new(Caution::IgnoredVariable, what));
    }
    let kept = kept.into_iter().filter(|(name, _)| *name != "SOURCE_DATE_EPOCH");
    Env::new(kept.map(|(name, value)| (name.to_owned(), value.to_owned())), env.folder())
}

/// Warns of what `plans` ask of a build that a Dockerfile of this `style` cannot see to.
pub fn unheeded(plans: &Plans, style: Style, ui: &Ui) {
    if !matches!(style, Style::MultiStage | Style::Chef) {
        return; // there `cargo scratch` is who builds
    }
    let images = &plans.first.images;
    for (is_asked, setting, then) in [
        (
            images.iter().any(|image| image.limit.is_some()),
            "max-size",
            "the build that it describes is not limited",
        ),
        (images.iter().any(|image| image.split_debug), "split-debug", "no debug information is kept"),
    ] {
        if is_asked {
            let what = format!("a Dockerfile heeds no `{setting}`: {then}");
            ui.warning(&Warning::new(Caution::IgnoredSetting, what));
        }
    }
}

/// Prints, writes or compares `files`, which belong into `root`.
///
/// # Errors
/// Files of somebody's would change; those that are compared differ.
pub fn handle(files: &[Generated], root: &Path, act: &Act, ui: &Ui) -> Result<(), Error> {
    match act {
        Act::Print => files.iter().try_for_each(|file| {
            let json = || generated_json(&root.join(&file.path), "printed", &file.text);
            ui.result(file.text.trim_end_matches('\n'), json)
        }),
        Act::Write(force) => {
            let written = files::write(files, root, *force)?;
            for file in files {
                let path = root.join(&file.path);
                let (verb, done) = match written.contains(&path) {
                    true => ("Wrote", "written"),
                    false => ("Kept", "kept"),
                };
                ui.status(verb, file.path.display());
                ui.result(path.display(), || generated_json(&path, done, &file.text))?;
            }
            Ok(())
        }
        Act::Check => check(files, root, ui),
    }
}

fn check(files: &[Generated], root: &Path, ui: &Ui) -> Result<(), Error> {
    let mut stale = Vec::new();
    for file in files {
        let Some(diff) = files::difference(file, root)? else { continue };
        let path = root.join(&file.path);
        ui.result(diff.trim_end_matches('\n'), || stale_json(&path, &diff))?;
        stale.push(file.path.display().to_string());
    }
    if stale.is_empty() {
        files.iter().for_each(|file| ui.status("Checked", file.path.display()));
        return Ok(());
    }
    let verb = if stale.len() == 1 { "is" } else { "are" };
    let what = format!("`{}` {verb} not what the project gives today", stale.join("`, `"));
    Err(Error::new(Code::Stale, what)
        .note("the difference is on standard output")
        .help("make it anew: the same command with --force in place of --check"))
}

fn generated_json(path: &Path, done: &str, text: &str) -> Value {
    json!({ "reason": "generated", "path": path.to_string_lossy(), "done": done, "text": text })
}

fn stale_json(path: &Path, diff: &str) -> Value {
    json!({ "reason": "stale", "path": path.to_string_lossy(), "diff": diff })
}

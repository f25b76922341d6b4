//! Why bytes differ, as far as the files of both builds show it; each cause with its evidence and a way out.

use super::spot::{Spot, around, find, text_at};
use super::time::Window;
use super::trail::{self, Variable, Written};
use crate::compile::Trail;
use crate::error::{Code, Error, bounded};
use memchr::memmem;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// How many variables and packages are named.
const NAMED: usize = 4;
/// A file of a build script that is larger is not looked through, in bytes.
const SIZE: u64 = 64 << 20;

/// What is known of two builds.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// What each of them has left.
    pub trails: [&'a Trail; 2],
    /// The folder that the second one happened in.
    pub folder: &'a Path,
    /// Packages that lie outside of the workspace's folder.
    pub outside: Vec<String>,
    /// When the second one ran.
    pub window: Window,
}

/// What is known of a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// The evidence, a line each.
    pub notes: Vec<String>,
    /// What to do, a line each.
    pub help: Vec<String>,
}

/// The causes of the difference at `spot` of the files `a` and `b`, and the place that shows the first of them.
///
/// # Errors
/// The files cannot be read, or a signal arrived.
pub fn causes(a: &File, b: &File, spot: Spot, evidence: &Evidence<'_>) -> Result<(Spot, Causes), Error> {
    let unreadable = |reason: io::Error| {
        Error::new(Code::Output, "the two programs cannot be compared").note(reason.to_string())
    };
    let moved = evidence.folder.to_string_lossy();
    let mut causes = Causes::default();
    let path = find(b, moved.as_bytes()).map_err(unreadable)?;
    let spot = path.map_or(spot.clone(), |at| spot.moved(b, at));
    let (near_a, at_a) = around(a, spot.at[0]).map_err(unreadable)?;
    let (near_b, at_b) = around(b, spot.at[1]).map_err(unreadable)?;

    let mut variables = Vec::new();
    for variable in trail::variables(evidence.trails[0], evidence.trails[1], &moved) {
        let value = variable.values[1].as_deref().unwrap_or_default().as_bytes();
        if !value.is_empty() && find(b, value).map_err(unreadable)?.is_some() {
            variables.push(variable);
        }
    }
    if path.is_some() {
        // from the folder on: what stands before it is another text
        let text = text_at(&near_b[at_b..], 0).unwrap_or_default();
        causes.path(&text, &variables);
    }
    causes.variables(&variables);
    let time = evidence.window.found(&near_b, at_b).filter(|time| !holds(&near_a, time.as_bytes()));
    if let Some(time) = &time {
        causes.time(time);
    }
    let written = trail::written(evidence.trails[0], evidence.trails[1], &moved)?;
    let fragment = near_b.get(at_b.saturating_sub(3)..(at_b + 5).min(near_b.len())).unwrap_or_default();
    let (shown, others): (Vec<_>, Vec<_>) = written.iter().partition(|one| shows(one, fragment));
    causes.scripts(if shown.is_empty() && path.is_none() { &others } else { &shown });
    if causes.help.is_empty() && !evidence.outside.is_empty() {
        causes.outside(&evidence.outside);
    }
    if causes.help.is_empty() && spot.reordered {
        causes.order();
    }
    if causes.help.is_empty() {
        causes.unknown();
    }
    // the text may be the value of a variable that is not told
    let hidden = variables.iter().any(Variable::is_secret);
    if let (None, false, Some(was), Some(is)) = (path, hidden, text_at(&near_a, at_a), text_at(&near_b, at_b))
    {
        causes
            .notes
            .insert(0, format!("there was `{}`, and the second time `{}`", bounded(&was), bounded(&is)));
    }
    Ok((spot, causes))
}

impl Causes {
    fn path(&mut self, text: &str, variables: &[Variable]) {
        self.notes.push(format!(
            "a path: it holds the folder of the build, which the second time was `{}`",
            bounded(text)
        ));
        if variables.iter().any(|variable| variable.name == "CARGO_MANIFEST_DIR") {
            self.help
                .push("have files that the program needs in it (include_str!, include_bytes!),".to_owned());
            self.help.push("or in its image (--copy SRC:DEST), and name them by their path there".to_owned());
        } else {
            self.help.push("write the path relative to the package, or leave it out".to_owned());
        }
    }

    fn variables(&mut self, variables: &[Variable]) {
        for variable in variables.iter().take(NAMED) {
            let Variable { package, name, .. } = variable;
            let set = if variable.set { ", which its build script sets" } else { "" };
            let values = match variable.is_secret() {
                true => "another value the second time, which may be a secret".to_owned(),
                false => {
                    let [was, is] =
                        variable.values.each_ref().map(|one| bounded(one.as_deref().unwrap_or_default()));
                    format!("`{was}`, and the second time `{is}`")
                }
            };
            self.notes.push(format!("a variable: `{package}` reads env!(\"{name}\"){set}: {values}"));
        }
        if self.help.is_empty() && !variables.is_empty() {
            self.help.push(
                "give the variable a value that every build of the commit has, or leave it out".to_owned(),
            );
        }
    }

    fn time(&mut self, time: &str) {
        self.notes.push(format!("a timestamp: it holds the time of the second build, `{time}`"));
        self.help = vec!["take the time from SOURCE_DATE_EPOCH, where it is set, or leave it out".to_owned()];
    }

    fn scripts(&mut self, written: &[&Written]) {
        for Written { package, files } in written.iter().take(NAMED) {
            let names: Vec<_> = files.iter().take(NAMED).map(|(name, _)| format!("`{name}`")).collect();
            let more = if files.len() > NAMED {
                format!(" and {} more", files.len() - NAMED)
            } else {
                String::new()
            };
            self.notes.push(format!(
                "the build script of `{package}` has written another {}{more}",
                names.join(", ")
            ));
        }
        if let (true, Some(first)) = (self.help.is_empty(), written.first()) {
            self.help.push(format!(
                "look in the build script of `{}` for a clock, a random number,",
                first.package
            ));
            self.help.push("a hash map or a folder whose order is not sorted".to_owned());
        }
    }

    /// cargo tells packages apart by a hash of where they are from, which is relative to the workspace only within it
    /// (cargo's `core/source_id.rs`, `stable_hash`); the compiler orders functions by names that have the hash in them.
    fn outside(&mut self, packages: &[String]) {
        let names: Vec<_> = packages.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        self.notes.push(format!(
            "a path: cargo tells packages outside of the workspace by their absolute path: {}",
            names.join(", ")
        ));
        self.help.push("keep them in the workspace's folder, or depend on their git repository".to_owned());
    }

    fn order(&mut self) {
        self.notes.push("an order: the same bytes are there in another one".to_owned());
        self.help.push(
            "sort what a build script or a procedural macro takes from a hash map or a folder".to_owned(),
        );
    }

    fn unknown(&mut self) {
        self.notes.push("no path, no time, no variable and no build script shows in it".to_owned());
        self.help.push(
            "look for a procedural macro that goes through a hash map or draws random numbers".to_owned(),
        );
        self.help.push(
            "see all of it: build in two folders with -o, then diffoscope ONE.tar OTHER.tar".to_owned(),
        );
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    memmem::find(bytes, needle).is_some()
}

/// Whether one of the files that were written has `fragment` the second time and had it not the first.
fn shows(written: &Written, fragment: &[u8]) -> bool {
    let has = |path: &PathBuf| {
        let small = fs::metadata(path).is_ok_and(|status| status.len() <= SIZE);
        small && fs::read(path).is_ok_and(|bytes| holds(&bytes, fragment))
    };
    fragment.len() >= 4 && written.files.iter().any(|(_, [before, after])| has(after) && !has(before))
}

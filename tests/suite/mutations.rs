//! Single faults: an image of ours, one thing in it changed, and the rule that must refuse it. That an engine forgives a
//! fault is no reason to.

mod compression;
mod documents;
mod dynamic;
pub mod editor;
mod programs;
pub mod record;
mod settings;
mod stacks;
mod tars;
mod whole;

use crate::support::{Project, Run, scratch};
use cargo_scratch::content::{self, Fault, Rule};
use cargo_scratch::verify::image::judge;
use editor::{BASES, Base, Change, Parts};
use std::collections::BTreeSet;
use std::path::Path;

/// A kind of fault.
struct Row {
    /// What is wrong, in a few words.
    name: &'static str,
    /// The images that it can be made of.
    of: fn(&Base) -> bool,
    change: Change,
    /// The rule that must refuse it.
    rule: Rule,
    /// A word that the place or the reason must have, for whoever looks for it.
    word: &'static str,
}

const fn row(name: &'static str, change: Change, rule: Rule, word: &'static str) -> Row {
    Row { name, of: |_| true, change, rule, word }
}

impl Row {
    const fn of(mut self, of: fn(&Base) -> bool) -> Self {
        self.of = of;
        self
    }
}

/// The layers of an image of ours, bottom first: users, files, program.
const BOTTOM: usize = 0;
const FILES: usize = 1;
const PROGRAM: usize = 2;

fn tables() -> impl Iterator<Item = &'static Row> {
    let tables = [
        whole::ROWS,
        documents::ROWS,
        compression::ROWS,
        tars::ROWS,
        stacks::ROWS,
        settings::ROWS,
        programs::ROWS,
    ];
    tables.into_iter().flatten()
}

/// What is wrong with the image at `path`; an error of reading it is said in its own words.
fn faults(path: &Path) -> Result<Vec<Fault>, String> {
    let found = content::open(path).map_err(|error| format!("{error} {:?}", error.notes()))?;
    let judged = judge(&found).map_err(|error| error.to_string())?;
    Ok(judged.faults.kept().to_vec())
}

#[test]
fn h8_every_single_fault_is_refused_by_its_rule_at_its_place() {
    let mut wrong = Vec::new();
    for base in BASES {
        let (project, parts) = (Project::empty(), Parts::build(base));
        for (at, row) in tables().enumerate().filter(|(_, row)| (row.of)(&base)) {
            let path = project.path(&format!("{at}.tar"));
            parts.write(row.change, &path);
            let told =
                |faults: &[Fault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
            let judged = std::panic::catch_unwind(|| faults(&path));
            match judged.unwrap_or_else(|_| Err("it panicked".into())) {
                Ok(faults) => {
                    let meant = |fault: &&Fault| {
                        fault.rule == row.rule && format!("{} {}", fault.place, fault.why).contains(row.word)
                    };
                    if faults.iter().find(meant).is_none() {
                        wrong.push(format!("{} ({base:?}): {}", row.name, told(&faults)));
                    }
                }
                Err(error) => wrong.push(format!("{} ({base:?}): error: {error}", row.name)),
            }
            if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_image_that_was_taken_apart_and_put_together_again_is_sound() {
    for base in BASES {
        let (project, parts) = (Project::empty(), Parts::build(base));
        let path = project.path("image");
        parts.write(Change::None, &path);
        assert_eq!(faults(&path), Ok(vec![]), "{base:?}");
        let run = verify(&path, &[]);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(
            run.stdout.contains("image: sound (") && run.stdout.contains("program /hello static"),
            "{run:?}"
        );
    }
}

#[test]
fn every_kind_of_fault_has_one_row_and_nearly_every_rule_has_one() {
    let names: Vec<_> = tables().map(|row| row.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.len() >= 60, "{}", names.len());
    for rule in Rule::ALL.iter().filter(|rule| **rule != Rule::Limit) {
        assert!(tables().any(|row| row.rule == *rule), "{rule:?}");
    }
    for row in tables() {
        assert!(BASES.iter().any(row.of), "{} is made of nothing", row.name);
    }
}

#[test]
fn h8_what_is_refused_ends_with_status_4_and_says_so_to_people_and_programs() {
    let base = BASES[0];
    let (project, parts) = (Project::empty(), Parts::build(base));
    for row in tables().filter(|row| (row.of)(&base)).step_by(7) {
        let path = project.path("image.tar");
        parts.write(row.change, &path);
        let run = verify(&path, &[]);
        assert_eq!(run.status, 4, "{}: {run:?}", row.name);
        let word = format!("[{}]", row.rule.word());
        assert!(
            run.stdout.contains("image.tar: not sound: ") && run.stdout.contains(&word),
            "{}: {run:?}",
            row.name
        );
        assert!(run.stderr.contains("error[invalid-image]") && !run.stderr.contains("panicked"), "{run:?}");
        let json = verify(&path, &["--message-format", "json"]);
        let line: serde_json::Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
        assert_eq!((&line["reason"], &line["sound"]), (&"image-verdict".into(), &false.into()), "{json:?}");
        let faults = line["faults"].as_array().unwrap();
        assert!(faults.iter().any(|fault| fault["rule"] == row.rule.word()), "{}: {line}", row.name);
    }
}

#[test]
fn h8_no_flipped_bit_of_a_blob_is_accepted_and_none_anywhere_ends_in_a_panic() {
    let project = Project::empty();
    for (base, flips) in [(BASES[2], 12), (BASES[1], 120)] {
        let path = project.path(base.form);
        Parts::build(base).write(Change::None, &path);
        let files = match base.form {
            "oci-dir" => std::fs::read_dir(path.join("blobs/sha256"))
                .unwrap()
                .map(|file| file.unwrap().path())
                .collect(),
            _ => vec![path.clone()],
        };
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            for flip in 0..flips {
                // spread over the file, each time another bit
                let at = flip * (bytes.len() - 1) / (flips - 1);
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (flip % 8);
                std::fs::write(&file, flipped).unwrap();
                let judged = std::panic::catch_unwind(|| faults(&path));
                let judged = judged.unwrap_or_else(|_| panic!("{}: byte {at}", file.display()));
                assert!(
                    base.form != "oci-dir" || judged != Ok(vec![]),
                    "{}: byte {at} is sound",
                    file.display()
                );
            }
            std::fs::write(&file, bytes).unwrap();
        }
        assert_eq!(faults(&path), Ok(vec![]), "{base:?} as it was");
    }
}

fn verify(path: &Path, words: &[&str]) -> Run {
    let mut command = scratch();
    command.arg("verify").args(words).arg(path);
    Run::of(command)
}

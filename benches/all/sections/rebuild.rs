//! Builds by the real cargo: what ours takes beyond cargo's own.
//!
//! Cargo's own is the very call that our program makes, its words and its variables, which a script in cargo's place has
//! written down. Both run in turn in one project; what is told is the median of their differences, pair by pair. Where
//! a source file is changed, it is changed before each of the two, so that the program has other bytes each time.

use super::Scale;
use super::inputs;
use super::measure::Course;
use super::table::{Bar, Row, Table};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes down how cargo is called.
const WRITES: &str = r#"#!/bin/sh
if [ "$1" = build ]; then
    env -0 >"$WORK/variables"
    printf '%s\0' "$@" >"$WORK/words"
fi
exec cargo "$@"
"#;
/// Variables that are of a process, or say where it is run from.
const NOT_OURS: [&str; 6] = ["CARGO", "PWD", "OLDPWD", "SHLVL", "_", "WORK"];

pub fn rebuild(scale: &Scale, table: &mut Table) {
    let starter = inputs::starter();
    let starter = Project::new(&starter, "starter");
    table.heading("Nothing has changed: the starter project");
    starter.pairs(scale.more(3), |_| {}, bar(scale, 30.0), table);
    let folder = if scale.is_smoke { inputs::starter() } else { inputs::itself() };
    let large = Project::new(&folder, if scale.is_smoke { "starter" } else { "cargo-scratch" });
    table.heading("Nothing has changed: a program of 30 MB");
    large.pairs(scale.more(3), |_| {}, bar(scale, 30.0), table);
    table.heading("One source file has changed: a program of 30 MB");
    let main = folder.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    let change = |number: usize| {
        let more = format!("\n#[used]\nstatic CHANGED: [u8; 8] = {:?};\n", number.to_le_bytes());
        fs::write(&main, text.clone() + &more).unwrap();
    };
    large.pairs(scale.runs, change, bar(scale, 100.0), table);
    fs::write(&main, text).unwrap();
}

fn bar(scale: &Scale, milliseconds: f64) -> Option<Bar> {
    (!scale.is_smoke).then_some(Bar::Milliseconds(milliseconds))
}

/// A project that the real cargo builds.
struct Project {
    course: Course,
    /// The script of cargo's own build.
    cargo: String,
    /// The script of ours.
    ours: String,
}

impl Project {
    /// Builds it once, and learns how.
    fn new(folder: &Path, bin: &str) -> Self {
        let course = course(folder);
        let script = course.work().join("cargo");
        fs::write(&script, WRITES).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let before = course.said("env -0").unwrap();
        let build = format!("build --bin {bin} --offline");
        course.said(&format!(r#"CARGO="$WORK/cargo" "$SCRATCH" {build}"#)).unwrap();
        let list = |name: &str| -> Vec<String> {
            let text = fs::read_to_string(course.work().join(name)).unwrap();
            text.split_terminator('\0').map(str::to_owned).collect()
        };
        let mut cargo = String::new();
        let known: Vec<&str> = before.split_terminator('\0').collect();
        for variable in list("variables") {
            let (name, value) = variable.split_once('=').unwrap();
            if !known.contains(&variable.as_str()) && !NOT_OURS.contains(&name) {
                write!(cargo, "{name}={} ", quoted(value)).unwrap();
            }
        }
        cargo.push_str("cargo");
        list("words").iter().for_each(|word| write!(cargo, " {}", quoted(word)).unwrap());
        Project { course, cargo, ours: format!("cargo scratch {build}") }
    }

    /// Runs both in turn, after `change` each time.
    fn pairs(&self, runs: usize, change: impl Fn(usize), bar: Option<Bar>, table: &mut Table) {
        let once = |script: &str, number: usize| {
            change(number);
            self.course.times(script).unwrap_or_else(|why| panic!("{script}: {why}")).0
        };
        let pair = |number: usize| (once(&self.ours, 2 * number), once(&self.cargo, 2 * number + 1));
        pair(0);
        let (ours, theirs): (Vec<f64>, Vec<f64>) = (1..=runs).map(pair).unzip();
        let beyond: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours - theirs).collect();
        table.push(Row::timed("cargo scratch", &ours));
        table.push(Row::timed("cargo build, the same call", &theirs));
        let row = Row::timed("beyond cargo's own", &beyond);
        table.push(bar.into_iter().fold(row, Row::held_to));
    }
}

/// In `folder`, with `cargo scratch` on `PATH`.
pub fn course(folder: &Path) -> Course {
    let own = Path::new(env!("CARGO_BIN_EXE_cargo-scratch")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap_or_default());
    Course::of(inputs::in_project(folder).env("PATH", path))
}

/// A word of bash.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

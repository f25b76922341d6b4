//! `make bench`: what this program does against what people use instead, in the same run, as one table of ratios.
//!
//! ```text
//! make bench                      all sections, in some twenty minutes; the machine should do nothing else
//! make bench ROWS="pack-30 start" these
//! make bench UPDATE=1             the table goes between the two marks in README.md
//! ```
//!
//! What competes runs in turn (A B A B), after a first run of each that is not counted and fills the page cache. A
//! command that the machine lacks gives a row that says so. What fails to be measured for a reason of ours ends the
//! bench with an error; a bar that is missed is told in its row and does not.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, and ends where it fails"
)]

mod sections;
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../../tests/suite/support/mod.rs"]
mod support;

use sections::{ALL, Scale, Section, Table};
use std::fs;
use std::process::Command;

/// How the table is to be read.
const NOTES: &str = "\
Medians of five runs or more, in turn, with a warm page cache. *CPU* is of the command and all that it starts, and of the
Docker Engine where it works; *memory* is that of the largest process, without the engine; *bytes* are of what is written;
*ratio* is the time against ours in the same part, the median of the pairs. Cargo and rustc answer at once where packing
is measured, so that ours is our own work alone: proof, image and documents.
";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
/// Where the table is in it.
const MARKS: [&str; 2] = ["<!-- bench -->\n", "<!-- /bench -->\n"];

fn main() {
    // cargo adds a word of its own, `--bench`
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let unknown = words.iter().find(|word| !ALL.iter().any(|section| is_meant(section, word)));
    if let Some(word) = unknown {
        let names: Vec<_> = ALL.iter().map(|section| section.name).collect();
        panic!("no section is called {word}; there are: {}", names.join(" "));
    }
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        around(); // told before anything is measured
    }

    let scale = Scale::full();
    let mut table = Table::shown();
    let wanted = |section: &&Section| words.is_empty() || words.iter().any(|word| is_meant(section, word));
    for section in ALL.iter().filter(wanted) {
        (section.measure)(&scale, &mut table);
    }
    println!("\n{}", table.summary());
    if update {
        write(&table);
    }
}

/// Whether `word` names the section or begins its name: `pack` is all sizes.
fn is_meant(section: &Section, word: &str) -> bool {
    section.name == word || section.name.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
}

/// README.md before the table and after it.
fn around() -> [String; 2] {
    let text = fs::read_to_string(README).unwrap();
    let parts =
        text.split_once(MARKS[0]).and_then(|(before, rest)| Some([before, rest.split_once(MARKS[1])?.1]));
    parts.expect("README.md has the marks <!-- bench --> and <!-- /bench -->").map(str::to_owned)
}

/// Puts the table into README.md.
fn write(table: &Table) {
    let [before, after] = around();
    let (machine, table) = (machine(), table.markdown());
    let new = format!("{before}{}\n{machine}\n\n{table}\n{NOTES}\n{}{after}", MARKS[0], MARKS[1]);
    fs::write(README, new).unwrap();
}

/// The date and the machine, as a sentence.
fn machine() -> String {
    let said = |name: &str, words: &[&str]| {
        let output = Command::new(name).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let value = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
        line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().unwrap();
    let kib: f64 = value("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    format!(
        "{}, {cores} cores of {}, {:.0} GiB, Linux {}, {}.",
        said("date", &["-u", "+%F"]),
        value("/proc/cpuinfo", "model name"),
        kib / f64::from(1 << 20),
        // what a distribution calls it is of no use to others
        said("uname", &["-r"]).split('-').next().unwrap_or_default(),
        said("rustc", &["--version"]),
    )
}

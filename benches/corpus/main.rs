//! `make corpus`: real crates, unmodified and with no configuration, each built, verified and run in its image.
//!
//! ```text
//! cargo bench --locked --profile dev --bench corpus -- [--target TRIPLE] [NAME…]
//! ```
//!
//! prints a row for each crate, or for those named, and ends with status 1 where one is not as expected. All that was
//! said of such a row is kept, and its place told. The programs of this machine's architecture run in Docker, others
//! by QEMU. It takes about an hour on two cores; the libraries that are provided are built into the user's own cache.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, and ends where it fails"
)]

mod running;
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../../tests/suite/support/mod.rs"]
mod support;
mod table;
mod trial;

use std::process::ExitCode;
use table::{ROWS, Row};
use trial::Trial;

fn main() -> ExitCode {
    // cargo adds a word of its own, `--bench`
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (mut target, mut names) = ("x86_64-unknown-linux-musl".to_owned(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--target" => target = words.next().expect("a triple after --target"),
            _ => names.push(word),
        }
    }
    if let Some(name) = names.iter().find(|name| !ROWS.iter().any(|row| row.name == **name)) {
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        println!("no crate `{name}` here; there are: {}", known.join(" "));
        return ExitCode::FAILURE;
    }
    let chosen: Vec<&Row> =
        ROWS.iter().filter(|row| names.is_empty() || names.iter().any(|name| name == row.name)).collect();

    println!("{target}\n");
    println!("{}", Trial::HEADER);
    let mut bad = 0;
    for row in &chosen {
        let trial = Trial::of(row, &target);
        println!("{trial}");
        bad += usize::from(!trial.as_expected());
    }
    println!("\n{} of {} crates are as expected", chosen.len() - bad, chosen.len());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

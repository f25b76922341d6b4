//! Two platforms in one run against one: a clean build of the starter, one of a project with some dependencies, and
//! packing alone.

use super::inputs::{self, Input};
use super::measure::Course;
use super::packing::stand_in;
use super::rebuild::course;
use super::table::{Bar, Row, Table};
use super::{Scale, measure::Measured};
use crate::support::Project;
use std::fs;
use std::path::Path;

/// Its dependencies are such as cargo has here already, for it builds this program.
const MANIFEST: &str = r#"[package]
name = "parts"
version = "0.1.0"
edition = "2024"

[dependencies]
memchr = "2"
regex-lite = "0.1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;
const MAIN: &str = r#"#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Part { name: String, sizes: Vec<usize> }

fn main() {
    let text = std::env::args().nth(1).unwrap_or_default();
    let part: Part = serde_json::from_str(&text).unwrap();
    let found = regex_lite::Regex::new("[a-z]+").unwrap().is_match(&part.name);
    println!("{part:?} {found} {:?}", memchr::memchr(b'x', part.name.as_bytes()));
}
"#;
const AARCH64: &str = "aarch64-unknown-linux-musl";

pub fn platforms(scale: &Scale, table: &mut Table) {
    table.heading("Two platforms in one run against one: a clean build of the starter project");
    pair(&course(&inputs::starter()), "--offline --target-dir \"$WORK/target\"", scale, table);
    if !scale.is_smoke {
        let project = Project::empty();
        project.file("Cargo.toml", MANIFEST);
        project.file("src/main.rs", MAIN);
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        fs::copy(lock, project.path("Cargo.lock")).unwrap();
        table.heading("Two platforms in one run against one: a clean build with some dependencies");
        pair(&course(&project.path("")), "--offline --target-dir \"$WORK/target\"", scale, table);
    }
    table.heading("Two platforms in one run against one: packing alone, programs of 30 MB");
    let fake = stand_in(Input::Code, scale);
    let mut program = fs::read(fake.program()).unwrap();
    fs::copy(fake.program(), fake.tools().join("x86_64-unknown-linux-musl/program")).unwrap();
    program[18..20].copy_from_slice(&183_u16.to_le_bytes()); // e_machine: for another machine by its header alone
    fs::write(fake.tools().join(AARCH64).join("program"), program).unwrap();
    let mut course = Course::of(&fake.command([""; 0]));
    // nothing is linked here
    course.set("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    pair(&course, "", scale, table);
}

/// Builds for one platform and for two, in turn, each from nothing.
fn pair(course: &Course, words: &str, scale: &Scale, table: &mut Table) {
    let mut rows = [("linux/amd64", Measured::default()), ("linux/amd64,linux/arm64", Measured::default())];
    for number in 0..=scale.runs {
        for (platforms, measured) in &mut rows {
            course.said(r#"rm -rf "$WORK/target" target/scratch"#).unwrap();
            let script = format!(
                r#""$SCRATCH" build --quiet --platform {platforms} -o oci-archive="$WORK/ours.tar" {words}"#
            );
            match course.times(&script) {
                // the first is not counted
                Ok(_) if number == 0 => {}
                Ok((wall, cpu)) => {
                    measured.wall.push(wall);
                    measured.cpu.push(cpu);
                }
                Err(why) => {
                    return table.push(Row::absent(format!("cargo scratch --platform {platforms}"), &why));
                }
            }
        }
    }
    let ratio = rows[1].1.ratio_to(&rows[0].1);
    for (number, (platforms, measured)) in rows.into_iter().enumerate() {
        let measured = Measured { is_all_cpu: true, ..measured };
        let row = Row::of(format!("cargo scratch --platform {platforms}"), &measured);
        table.push(match number {
            0 => row,
            _ if scale.is_smoke => row.compared(ratio),
            _ => row.compared(ratio).held_to(Bar::AtMost(1.6)),
        });
    }
}

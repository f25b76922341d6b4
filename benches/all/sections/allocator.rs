//! Allocators: one program that allocates in eight threads, linked with each.
//!
//! The first is musl's, as an image has it by default. glibc's is that of a plain `cargo build` of the same source, which
//! makes no image. What is measured is the program, out of its image; the bytes are the image's, not compressed.

use super::measure::{Contestant, Course};
use super::rebuild::course;
use super::table::Table;
use super::{Scale, compete, inputs};
use crate::support::Archive;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const PROGRAMS: &[Contestant] = &[
    Contestant::new("cargo scratch: musl's", &[], r#""$WORK/system" "$BLOCKS""#).writes("system.tar"),
    Contestant::new("cargo scratch --allocator mimalloc", &[], r#""$WORK/mimalloc" "$BLOCKS""#)
        .writes("mimalloc.tar"),
    Contestant::new("cargo scratch --allocator jemalloc", &[], r#""$WORK/jemalloc" "$BLOCKS""#)
        .writes("jemalloc.tar"),
    Contestant::new("cargo build: glibc's", &[], r#""$WORK/glibc" "$BLOCKS""#),
];

pub fn allocator(scale: &Scale, table: &mut Table) {
    let mut course = course(&inputs::allocating());
    for name in ["system", "mimalloc", "jemalloc"] {
        image(&course, name);
    }
    let plain = r#"cargo build --quiet --release --offline --target-dir "$WORK/target"; cp "$WORK/target/release/allocating" "$WORK/glibc""#;
    course.said(plain).unwrap_or_else(|why| panic!("{why}"));
    course.set("BLOCKS", if scale.is_smoke { "1000" } else { "500000" });
    table.heading("A program that allocates in eight threads, by its allocator");
    compete(&course, PROGRAMS, scale.runs, |_| &[], table);
}

/// The image and the program with the allocator `name`, in `$WORK`.
fn image(course: &Course, name: &str) {
    let script = format!(
        r#""$SCRATCH" build --quiet --no-compare --allocator {name} --compression none -o "$WORK/{name}.tar""#
    );
    course.said(&script).unwrap_or_else(|why| panic!("--allocator {name}: {why}"));
    let program = course.work().join(name);
    let root = Archive::read(&course.work().join(format!("{name}.tar"))).root();
    fs::write(&program, &root["allocating"].content).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

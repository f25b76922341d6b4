//! What is built: the starter project, and one with all that could bring something of a machine into a program.

use std::fs;
use std::path::Path;

const MANIFEST: &str = r#"[package]
name = "parts"
version = "0.1.0"
edition = "2024"

[dependencies]
memchr = "2"
serde = { version = "1", features = ["derive"] }
serde_json = "1"

[build-dependencies]
cc = "1"

[package.metadata.scratch]
copy = ["data:/data"]
"#;

/// It panics, formats, derives, calls C and holds what a build script has made of the files of a folder.
const MAIN: &str = r#"use serde::{Deserialize, Serialize};
use std::collections::HashMap;

include!(concat!(env!("OUT_DIR"), "/listing.rs"));

#[derive(Debug, Serialize, Deserialize)]
struct Part { name: String, sizes: HashMap<String, usize> }

unsafe extern "C" { fn checked(value: i32) -> i32; }

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let part: Part = serde_json::from_str(arguments.get(1).map_or("{\"name\":\"\",\"sizes\":{}}", |text| text)).unwrap();
    assert!(memchr::memchr(b'\0', part.name.as_bytes()).is_none(), "no name: {}", file!());
    println!("{part:?} {} {}", LISTING.len(), unsafe { checked(arguments.len() as i32) });
}
"#;

const BUILD: &str = r#"fn main() {
    let mut names: Vec<_> = std::fs::read_dir("data").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let listing = format!("const LISTING: &[&str] = &{names:?};");
    std::fs::write(format!("{}/listing.rs", std::env::var("OUT_DIR").unwrap()), listing).unwrap();
    cc::Build::new().file("native/checked.c").compile("checked");
}
"#;

const NATIVE: &str = r#"#include <assert.h>
#include <stdio.h>
int checked(int value) {
    assert(value > 0);
    if (value > 9) fprintf(stderr, "%s:%d\n", __FILE__, __LINE__);
    return value * 7;
}
"#;

/// Writes the second project into `folder`.
pub fn parts(folder: &Path) {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("Cargo.toml", MANIFEST);
    file("src/main.rs", MAIN);
    file("build.rs", BUILD);
    file("native/checked.c", NATIVE);
    file(".gitignore", "/target\n");
    for number in 0..20 {
        file(&format!("data/{}-{number}", (number * 7) % 20), &"zero\0".repeat(number * 100));
    }
}

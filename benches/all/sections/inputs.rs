//! The programs that are packed: real static Rust programs of 0.5, 30 and 150 MB, which cargo builds once and which stay
//! in the target folder.
//!
//! The first is the starter project's, stripped. The others are this program itself for musl, not optimised: once
//! stripped, and once with its symbols and debug information, as many servers are shipped.

use crate::support::{scratch, sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-musl";
/// What of this project is needed to build it.
const SOURCES: [&str; 7] = ["src", "templates", "docs", "benches", "tests", "Cargo.toml", "Cargo.lock"];
/// What makes this program large, and its build quick.
const PROFILE: &str = r#"
[profile.release]
opt-level = 0
lto = false
codegen-units = 16
panic = "unwind"
strip = true
"#;

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Starter,
    Code,
    Debug,
}

impl Input {
    /// What it is, for the table.
    pub fn name(self) -> &'static str {
        match self {
            Input::Starter => "the starter project's program, stripped",
            Input::Code => "this program, unoptimised, stripped",
            Input::Debug => "this program, unoptimised, with symbols and debug information",
        }
    }

    /// The program, built where it is not there yet.
    pub fn program(self) -> PathBuf {
        let name = if self == Input::Starter { "starter" } else { "cargo-scratch" };
        let folder = if self == Input::Starter { starter() } else { itself() };
        let path = folder.join(format!("{self:?}"));
        // several may ask at the same time
        let lock = File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        if !path.exists() {
            eprintln!("building {}", self.name());
            let debug: &[&str] = match self {
                Input::Debug => &["--config=profile.release.strip=false", "--config=profile.release.debug=1"],
                Input::Starter => &["--config=profile.release.strip=true"],
                Input::Code => &[], // its manifest says so
            };
            let mut command = in_project(&folder);
            // by ourselves, so that the section about rebuilding finds it done
            command.args(["build", "--offline", "--bin", name]).args(debug);
            let said = command.output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            let new = path.with_extension("new");
            fs::copy(folder.join(format!("target/{TARGET}/release/{name}")), &new).unwrap();
            fs::rename(new, &path).unwrap();
        }
        path
    }
}

/// The starter project.
pub fn starter() -> PathBuf {
    kept("starter", include_str!("../../../templates/starter/main.rs"), |folder| {
        let said = scratch().args(["new", "starter"]).current_dir(folder.parent().unwrap()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        fs::rename(folder.with_file_name("starter"), folder).unwrap();
    })
}

/// The project of the program that allocates.
pub fn allocating() -> PathBuf {
    let main = include_str!("../allocating.rs");
    kept("allocating", main, |folder| {
        fs::create_dir_all(folder.join("src")).unwrap();
        let package =
            "[package]\nname = \"allocating\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
        fs::write(folder.join("Cargo.toml"), package).unwrap();
        fs::write(folder.join("src/main.rs"), main).unwrap();
    })
}

/// This project, as it was when the bench first saw this Cargo.lock.
pub fn itself() -> PathBuf {
    let lock = concat!(include_str!("../../../Cargo.lock"), include_str!("inputs.rs"));
    kept("itself", lock, |folder| {
        fs::create_dir(folder).unwrap();
        for name in SOURCES {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            assert!(Command::new("cp").arg("-r").arg(from).arg(folder).status().unwrap().success());
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        // the release's own limit
        let manifest = manifest.replace("\nmax-size = ", "\n# max-size = ");
        let (before, rest) = manifest.split_once("[profile.release]").unwrap();
        let after = rest.split_once("\n[").map_or("", |(_, rest)| rest);
        fs::write(folder.join("Cargo.toml"), format!("{before}[{after}\n{PROFILE}\n[workspace]\n")).unwrap();
    })
}

/// The folder of a project in the target folder, which `make` makes if it is not there.
fn kept(name: &str, sources: &str, make: impl Fn(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let path = folder.join(format!("{name}-{}", &sha256(sources.as_bytes())[7..15]));
    if !path.exists() {
        make(&path);
    }
    path
}

/// `cargo-scratch` in `folder`, with the one compiler of C that stands for all.
pub fn in_project(folder: &Path) -> Command {
    let mut command = scratch();
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc").current_dir(folder);
    command
}

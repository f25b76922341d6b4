//! What cargo and rustc have said before counts again, as long as nothing has changed that they would look at.
//!
//! Files are known by their [`Identity`], never by their content: a cache that was carried here from elsewhere tells
//! nothing. Where it cannot be known what would be looked at, nothing is remembered.

use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::regular::Identity;
use cargo_metadata::Metadata;
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::Table;

/// Variables that begin so name a compiler, or what is called in its place, which may be anything.
const COMPILERS: [&str; 2] = ["RUSTC", "CARGO_BUILD_RUSTC"];
/// What cargo's configuration can lead elsewhere with (The Cargo Book, "Configuration").
const LEADING: [&str; 4] = ["include", "patch", "paths", "source"];

/// How a program begins: ELF, and Mach-O for one machine and for several.
const COMPILED: [[u8; 4]; 3] = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];

/// A file, as it is.
pub type File = (PathBuf, Identity);

/// What cargo's resolved graph of a workspace depends on beside the words that cargo is asked with. It may hold secrets:
/// nothing but a digest of it is kept.
#[derive(PartialEq, Eq, Serialize)]
pub struct Surroundings {
    files: Vec<File>,
    variables: Vec<(OsString, OsString)>,
}

impl Surroundings {
    /// As they are now for the workspace of `metadata`, which is without dependencies; `None` where they cannot be known.
    pub fn of(metadata: &Metadata, cargo: &Path, flags: &CargoFlags, env: &Env) -> Option<Self> {
        if COMPILERS.iter().any(|start| env.with_prefix(start).next().is_some()) {
            return None;
        }
        let said = flags.config.iter().map(|text| text.parse::<Table>());
        if !said.into_iter().all(|table| table.is_ok_and(|table| is_plain(&table))) {
            return None;
        }
        let rustc = which::which_in_global("rustc", env.path()).ok()?.next()?;
        let mut files = vec![program(cargo, env)?, program(&rustc, env)?];
        for path in cargo_config2::Walk::with_cargo_home(env.folder(), env.cargo_home()) {
            files.push(file(&path)?);
            let text = fs::read_to_string(&path).ok()?;
            text.parse().is_ok_and(|table| is_plain(&table)).then_some(())?;
        }
        let workspace = metadata.workspace_root.as_std_path();
        let lock = workspace.join("Cargo.lock");
        files.extend([file(&lock)?, file(&workspace.join("Cargo.toml"))?]);
        for package in &metadata.packages {
            files.push(file(package.manifest_path.as_std_path())?);
        }
        // a package in another folder has a manifest that is not among these
        (local(&fs::read_to_string(lock).ok()?) == metadata.packages.len()).then_some(())?;
        let heard = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO") || name.starts_with("RUST")
        };
        let variables = env.variables().filter(|(name, _)| heard(name));
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Surroundings { files, variables })
    }
}

/// The program of Rust's that `path` starts; `None` where it may be another one the next time, as rustup's, a script and
/// whatever else stands in for one decide when they are called.
pub fn program(path: &Path, env: &Env) -> Option<File> {
    let name = path.file_name()?;
    let real = path.canonicalize().ok()?;
    if is_toolchains(&real, name) {
        return file(&real);
    }
    // rustup has chosen already, and keeps each toolchain in a folder of its name
    let chosen =
        env.rustup_home()?.join("toolchains").join(env.get("RUSTUP_TOOLCHAIN")?).join("bin").join(name);
    let real = chosen.canonicalize().ok()?;
    (is_rustups(path) && is_toolchains(&real, name)).then(|| file(&real))?
}

/// The program `path`, whatever it is; `None` where it is a script, which may lead anywhere.
pub fn compiled(path: &Path) -> Option<File> {
    is_compiled(path).then(|| file(path))?
}

/// Whether the program `real` is that of a toolchain, which has the folder of its libraries beside it.
fn is_toolchains(real: &Path, name: &OsStr) -> bool {
    let beside = real.parent().and_then(Path::parent).map(|folder| folder.join("lib/rustlib"));
    let in_place = real.file_name() == Some(name) && beside.is_some_and(|folder| folder.is_dir());
    in_place && !is_rustups(real) && is_compiled(real)
}

/// Whether `path` is no script, which may lead anywhere.
fn is_compiled(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && COMPILED.contains(&magic)
}

/// Whether `path` is rustup under another name: a link to it, or a copy beside it.
fn is_rustups(path: &Path) -> bool {
    let real = path.canonicalize();
    let size = |path: &Path| fs::metadata(path).map(|status| status.len()).ok();
    real.is_ok_and(|real| real.file_stem() == Some(OsStr::new("rustup")))
        || size(path).is_some_and(|own| size(&path.with_file_name("rustup")) == Some(own))
}

/// What `path` leads to.
fn file(path: &Path) -> Option<File> {
    let identity = Identity::at(&path.canonicalize().ok()?).ok().filter(Identity::is_settled)?;
    Some((path.to_owned(), identity))
}

/// Whether nothing in `config` has cargo look elsewhere for packages or for its compiler.
fn is_plain(config: &Table) -> bool {
    let build = config.get("build").and_then(|build| build.as_table());
    let compiler = build.is_some_and(|build| build.keys().any(|key| key.starts_with("rustc")));
    !compiler && !LEADING.iter().any(|key| config.contains_key(*key))
}

/// How many packages of the lock file `text` are on this machine alone: those without a source.
fn local(text: &str) -> usize {
    let text = text.split("[[patch.unused]]").next().unwrap_or_default();
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    count("[[package]]").saturating_sub(count("source = "))
}

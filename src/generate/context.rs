//! What a Dockerfile copies into its build, and what the build must be told to get at private dependencies.
//!
//! Everything at the top of the workspace that git knows, each by its name: whether a build script or an
//! `include_str!` reads a file cannot be told from outside, so no source is left out; what is not of the project
//! (`target`, `.git`, `.env`, ignored files) is not sent, whatever stands in .dockerignore.

use super::files;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::{Plan, git};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// Hidden folders that a build reads: cargo's configuration, and what sqlx knows of queries.
const HIDDEN: [&str; 2] = [".cargo", ".sqlx"];

/// Files at the top that no build reads, though git has them: they would only make layers stale.
const DEPLOYMENT: [&str; 2] = ["Dockerfile", "docker-bake.hcl"];

/// What goes into the build.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Context {
    /// The words of each COPY: the files at the top of the workspace with their place, then each folder with its own.
    pub copies: Vec<Vec<String>>,
    /// Whether the workspace has a folder with cargo's configuration.
    pub configured: bool,
    /// Registries beside crates.io.
    pub registries: Vec<Registry>,
    /// Whether a dependency comes by SSH.
    pub ssh: bool,
}

/// A registry that a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Registry {
    /// Its name in cargo's configuration.
    pub name: String,
    /// What the secret with its token is called.
    pub secret: String,
    /// The variable in which cargo takes the token.
    pub variable: String,
    /// The variable that says who gives the token: without it cargo asks nobody where a registry wants one always.
    pub provider: String,
}

/// What a build of `plan` copies, without `pin`'s toolchain file where the image has the toolchain already.
///
/// # Errors
/// No Cargo.lock, or none that a fresh clone has; a registry that nobody in a container would know.
pub fn context(plan: &Plan, pin: Option<&str>, env: &Env) -> Result<Context, Error> {
    let root = &plan.workspace;
    let (tracked, entries) = entries(root, env);
    let lock = lock(root, !tracked || entries.contains("Cargo.lock"))?;
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for name in entries {
        let path = root.join(&name);
        let hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_str());
        let pinned = name.starts_with("rust-toolchain") && pin != Some(name.as_str());
        let own = DEPLOYMENT.contains(&name.as_str()) || name.starts_with("Dockerfile.");
        if hidden || pinned || own || path.join("CACHEDIR.TAG").exists() || is_generated(&path) {
            continue;
        }
        let list = if path.is_dir() { &mut folders } else { &mut files };
        list.push(copyable(name)?);
    }
    files.push("./".to_owned());
    let configured = folders.iter().any(|name| name == ".cargo");
    let folders = folders.into_iter().map(|name| vec![format!("{name}/"), format!("{name}/")]);
    let mut context = Context { copies: vec![files], configured, ..Context::default() };
    context.copies.extend(folders);
    let sources: BTreeSet<&str> =
        packages(&lock).filter_map(|package| package.get("source")?.as_str()).collect();
    context.ssh = sources.iter().any(|source| source.starts_with("git+ssh:"));
    let foreign = sources.iter().filter_map(|source| foreign(source));
    context.registries =
        foreign.map(|index| registry(root, index)).collect::<Result<BTreeSet<_>, _>>()?.into_iter().collect();
    Ok(context)
}

/// The entries at the top of `root` with files that git tracks, or would, where nothing is added yet: `(true, …)` and
/// `(false, …)`. Without git, all that is there.
fn entries(root: &Path, env: &Env) -> (bool, BTreeSet<String>) {
    let git = |words: &[&str]| {
        let names = git::ask(root, &[&["ls-files", "-z"], words].concat(), env)?;
        let top = |path: &str| path.split('/').next().map(str::to_owned).filter(|name| !name.is_empty());
        Some(names.split('\0').filter_map(top).collect::<BTreeSet<_>>())
    };
    // an outer repository that ignores the project has nothing to say of it
    let ours = |names: &BTreeSet<_>| names.contains("Cargo.toml");
    let all = || {
        let names = fs::read_dir(root).into_iter().flatten().flatten();
        names.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    let (tracked, names) = match git(&[]).filter(ours) {
        Some(names) => (true, names),
        None => {
            let new = git(&["--cached", "--others", "--exclude-standard"]).filter(ours);
            (false, new.unwrap_or_else(all))
        }
    };
    // what is tracked and gone cannot be copied, nor what a link has elsewhere
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let there = |name: &String| root.join(name).canonicalize().is_ok_and(|path| path.starts_with(&real));
    (tracked, names.into_iter().filter(there).collect())
}

/// Whether all that is at `path` is generated, wherever `-o` put it: a file must not follow from itself.
fn is_generated(path: &Path) -> bool {
    if path.is_file() {
        return files::text(path).is_ok_and(|text| text.starts_with(files::MADE));
    }
    let inside: Vec<_> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    !inside.is_empty() && inside.iter().all(|path| path.is_file() && is_generated(path))
}

/// Cargo.lock, which decides what is built: without it, each build would choose anew. `kept` tells whether a clone has it.
///
/// # Errors
/// There is none in `root`, or it is not kept.
pub fn lock(root: &Path, kept: bool) -> Result<Table, Error> {
    let path = root.join("Cargo.lock");
    let missing = |what: &str| {
        Error::new(Code::Project, what)
            .at(path.display())
            .note("a container builds the versions that it names; without it, each build would choose others")
    };
    let text = fs::read_to_string(&path)
        .map_err(|_| missing("there is no Cargo.lock").help("cargo generate-lockfile"))?;
    if !kept {
        return Err(missing("git does not track Cargo.lock").help("git add --force Cargo.lock"));
    }
    text.parse().map_err(|why: toml::de::Error| {
        Error::new(Code::Project, "Cargo.lock cannot be read").at(path.display()).note(why.message())
    })
}

fn packages(lock: &Table) -> impl Iterator<Item = &Table> {
    lock.get("package").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// The index of a registry that is not crates.io, without the word for its kind.
fn foreign(source: &str) -> Option<&str> {
    const OFFICIAL: [&str; 2] = ["https://github.com/rust-lang/crates.io-index", "https://index.crates.io/"];
    let index = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+"))?;
    (!OFFICIAL.contains(&index)).then_some(index)
}

/// The registry with `index`, as the workspace's configuration names it: the user's own is not in a container.
fn registry(root: &Path, index: &str) -> Result<Registry, Error> {
    let configs = [".cargo/config.toml", ".cargo/config"].map(|name| fs::read_to_string(root.join(name)));
    let tables = configs.into_iter().flatten().filter_map(|text| text.parse::<Table>().ok());
    let plain = |text: &str| text.trim_start_matches("sparse+").trim_end_matches('/').to_owned();
    for table in tables {
        for (name, settings) in table.get("registries").and_then(Value::as_table).into_iter().flatten() {
            if settings.get("index").and_then(Value::as_str).is_some_and(|known| plain(known) == plain(index))
            {
                let word = name.replace('-', "_");
                if name.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return Err(Error::new(
                        Code::Name,
                        format!("no variable can hold the token of the registry `{name}`"),
                    )
                    .at(root.join(".cargo/config.toml").display())
                    .note(
                        "cargo takes it from CARGO_REGISTRIES_NAME_TOKEN: ASCII letters, digits, `-` and `_`",
                    )
                    .help("rename it"));
                }
                return Ok(Registry {
                    name: name.clone(),
                    secret: format!("cargo-{name}-token"),
                    variable: format!("CARGO_REGISTRIES_{}_TOKEN", word.to_uppercase()),
                    provider: format!("CARGO_REGISTRIES_{}_CREDENTIAL_PROVIDER", word.to_uppercase()),
                });
            }
        }
    }
    Err(Error::new(Code::Project, "a registry of Cargo.lock has no name in the workspace")
        .at(root.join(".cargo/config.toml").display())
        .note(format!("its index is {index}; your own configuration is not in a container"))
        .help(format!("in .cargo/config.toml:   [registries.NAME] index = \"{index}\"")))
}

/// `name`, unless a Dockerfile would take it for a pattern, a variable or the start of a quoted word, as COPY, ADD and
/// VOLUME do in JSON too (Dockerfile reference, "Environment replacement").
pub fn copyable(name: String) -> Result<String, Error> {
    let special = |c: char| c.is_control() || "*?[]\\$\"'".contains(c);
    if !name.contains(special) {
        return Ok(name);
    }
    Err(Error::new(Code::Name, format!("the path `{name}` cannot stand in a Dockerfile"))
        .note("it has a character that stands for something else there")
        .help("rename it"))
}

//! The second rung: a linker. The user's own always wins, and a pure-Rust project needs no C toolchain at all.

use super::flags;
use super::rustc::Rustc;
use super::said::Said;
use super::zig::Zig;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::explain::compilers::compiles;
use crate::explain::libraries::library_of;
use crate::explain::programs::install;
use crate::image::platform::Target;
use crate::plan::Plan;
use crate::plan::graph::Node;
use crate::tool::Tool;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What records are called of programs that LLVM's linker has failed with.
const RECORD: &str = "linker";

/// Who links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linker {
    /// What the user has configured.
    Users,
    /// What rustc takes by itself: `cc`.
    Default,
    /// LLVM's, with the start files that come with the standard library.
    Lld(PathBuf),
    /// The same, inside zig, by way of this script.
    Zig(Zig, PathBuf),
}

impl Linker {
    /// Makes what the arguments will name, where it is not there yet.
    pub(super) fn make(&self, plan: &Plan) -> Result<(), Error> {
        match self {
            Linker::Zig(zig, _) => zig.wrappers(&plan.target, &plan.cache).map(drop),
            _ => Ok(()),
        }
    }

    /// What cargo must be told.
    pub fn arguments(&self, target: &Target) -> Vec<OsString> {
        match self {
            Linker::Users | Linker::Default => Vec::new(),
            Linker::Lld(path) | Linker::Zig(_, path) => {
                // a JSON string is one of TOML
                let path = serde_json::Value::from(path.to_string_lossy());
                vec!["--config".into(), format!("target.{target}.linker={path}").into()]
            }
        }
    }
}

impl Linker {
    /// Of which kind it is, in one word that is the same on every machine.
    pub fn kind(&self) -> &'static str {
        match self {
            Linker::Users => "configured",
            Linker::Default => "cc",
            Linker::Lld(_) => "lld",
            Linker::Zig(..) => "zig",
        }
    }
}

impl fmt::Display for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Linker::Users => write!(f, "as configured"),
            Linker::Default => write!(f, "cc"),
            Linker::Lld(path) => write!(f, "{}", path.display()),
            Linker::Zig(zig, _) => write!(f, "zig {} ({})", zig.version(), zig.program().display()),
        }
    }
}

/// Tries the rungs in order.
pub fn choose(
    rustc: &Rustc,
    plan: &Plan,
    config: &cargo_config2::Config,
    said: &Said<'_>,
) -> Result<Linker, Error> {
    let (target, env) = (&plan.target, said.env);
    if configured(target, config, said)? {
        return Ok(Linker::Users);
    }
    let native = target.is_native();
    // what it makes is smaller; code of C may want what only a compiler of C links with it
    if plan.optimize.is_small()
        && target.is_musl()
        && is_pure(plan)
        && !flags::said(plan, said).iter().any(|flag| is_of_linking(flag))
        && plan.records.get::<()>(RECORD, &linked(plan, said)).is_none()
        && let Some(path) = bundled(&rustc.sysroot)
    {
        return Ok(Linker::Lld(path));
    }
    if native && Tool::find("cc", env.path()).is_some() {
        return Ok(Linker::Default);
    }
    if let Some(path) = lld(rustc, env).filter(|_| target.is_musl()) {
        return Ok(Linker::Lld(path));
    }
    if target.is_musl()
        && let Some(zig) = Zig::find(env, &plan.records)
    {
        let path = zig.planned(target, &plan.cache).folder.join("ld.lld");
        return Ok(Linker::Zig(zig, path));
    }
    let variable = format!("CARGO_TARGET_{}_LINKER", target.underscored().to_uppercase());
    let error = Error::new(Code::NoLinker, format!("no linker for `{target}`"))
        .note("looked for: a configured linker, `cc`, `rust-lld`, `ld.lld`, `zig`, `python3 -m ziglang`");
    let ways = if native { install(&["gcc"]) } else { [install(&["zig"]), install(&["lld"])].concat() };
    let error = ways.into_iter().fold(error, Error::help);
    Err(error.help(format!("or name one:     {variable}=PATH")))
}

/// The compiler that is to link `plan` once LLVM's linker has failed, by what cargo has `said`: where that was taken in its
/// place only for fewer bytes. Later runs take it at once.
///
/// A build script may have words for the linker that only a compiler understands, or link what only that one finds.
pub fn instead(linker: &Linker, plan: &Plan, said: &Said<'_>, words: &str) -> Option<Linker> {
    let Linker::Lld(path) = linker else { return None };
    let words = anstream::adapter::strip_str(words).to_string();
    let failed = words.contains(&format!("linking with `{}` failed", path.display()));
    if !(failed && plan.target.is_native() && Tool::find("cc", said.env.path()).is_some()) {
        return None;
    }
    plan.records.put(RECORD, &linked(plan, said), &());
    Some(Linker::Default)
}

/// What of `plan` decides whether LLVM's linker can link it, as far as is known before the build.
fn linked(plan: &Plan, said: &Said<'_>) -> impl Serialize + use<> {
    let packages = plan.graph.packages().map(|node| format!("{} {}", node.name, node.version));
    let images = plan.images.iter().map(|image| format!("{} {}", image.spec, image.bin));
    (
        plan.target.triple().to_owned(),
        images.collect::<Vec<_>>(),
        packages.collect::<Vec<_>>(),
        flags::said(plan, said),
        plan.optimize.words(),
    )
}

/// Whether a flag of the compiler's is about how it links: it was written for the linker that rustc takes by itself.
fn is_of_linking(flag: &str) -> bool {
    ["link-arg", "linker-flavor", "linker-features", "link-self-contained"]
        .iter()
        .any(|word| flag.contains(word))
}

/// Whether there is nothing but Rust in the program.
fn is_pure(plan: &Plan) -> bool {
    let brings_c = |node: &Node| {
        let package = node.package();
        compiles(&package).is_some() || library_of(&package).is_some()
    };
    plan.graph.is_known() && plan.optimize.other_allocator().is_none() && !plan.graph.packages().any(brings_c)
}

/// Whether a configuration file, a variable, `--config` or a compiler flag names a linker.
fn configured(target: &Target, config: &cargo_config2::Config, said: &Said<'_>) -> Result<bool, Error> {
    let unread = |reason: cargo_config2::Error| {
        Error::new(Code::Project, "cargo's configuration for the target cannot be read")
            .note(reason.to_string())
    };
    let triple = target.triple();
    let by_flag = |flag: &String| flag.contains("linker=");
    let in_line = said.line.iter().find_map(|table| table.get("target")?.get(triple)?.get("linker"));
    let flags = config.rustflags(triple).map_err(unread)?;
    Ok(in_line.is_some()
        || config.linker(triple).map_err(unread)?.is_some()
        || flags.is_some_and(|flags| flags.flags.iter().any(by_flag)))
}

/// The toolchain's own, one on `PATH`, or that of another toolchain: a linker is not tied to a compiler's version.
fn lld(rustc: &Rustc, env: &Env) -> Option<PathBuf> {
    bundled(&rustc.sysroot)
        .or_else(|| ["rust-lld", "ld.lld"].iter().find_map(|name| Tool::find(name, env.path())))
        .or_else(|| {
            let toolchains = fs::read_dir(env.rustup_home()?.join("toolchains")).ok()?;
            let mut found: Vec<_> = toolchains.flatten().filter_map(|entry| bundled(&entry.path())).collect();
            found.sort();
            found.pop() // stable before its pinned predecessors
        })
}

/// `rust-lld` of a sysroot, under the name of whatever host it has.
fn bundled(sysroot: &Path) -> Option<PathBuf> {
    let hosts = fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|path| path.is_file())
}

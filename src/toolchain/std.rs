//! The first rung: the standard library for the target.

mod small;

use super::remap::Remap;
use super::rustc::{Rustc, holds_std};
use super::source::{self, Beside, Kind, StdBuild};
use super::zig::Zig;
use crate::config::env::Env;
use crate::config::values::Preset;
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::plan::Plan;
use crate::size::{Library, Who};
use crate::tool::Tool;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// How the library gets there.
#[derive(Clone, Debug)]
pub enum Std {
    /// It is installed.
    Installed,
    /// This command will install it; only a dry run leaves it at that.
    Missing(Tool),
    /// It has been built from source in this folder.
    Source(PathBuf),
    /// It will be built from source into this folder, with zig's musl; only a dry run leaves it at that.
    Unbuilt(PathBuf, Zig),
    /// The one for the smallest programs will be built from source into this folder, with the musl that the other comes
    /// with; only a dry run leaves it at that.
    Small(PathBuf, Box<Std>),
}

impl fmt::Display for Std {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Std::Installed => write!(f, "installed"),
            Std::Missing(command) => write!(f, "missing, to be installed by: {command}"),
            Std::Source(folder) => write!(f, "built from source in {}", folder.display()),
            Std::Unbuilt(folder, _) => {
                write!(f, "missing, to be built from source into {}", folder.display())
            }
            Std::Small(folder, _) => {
                write!(f, "to be built for size from source into {}", folder.display())
            }
        }
    }
}

fn is_archive(extension: &OsStr) -> bool {
    extension == "a" || extension == "rlib"
}

/// Whether the library is there, and if not, how it will get there, or an error with what to type. Nothing is changed.
pub fn look(rustc: &Rustc, plan: &Plan, env: &Env, install: bool) -> Result<Std, Error> {
    match plan.optimize.preset {
        Some(Preset::Tiny) => small::look(rustc, plan, env, install),
        _ => usual(rustc, plan, env, install),
    }
}

/// The one that rustup would install.
fn usual(rustc: &Rustc, plan: &Plan, env: &Env, install: bool) -> Result<Std, Error> {
    if holds_std(&rustc.library) {
        return Ok(Std::Installed);
    }
    let home = env.rustup_home();
    let name = home.as_deref().and_then(|home| toolchain_name(&rustc.sysroot, home));
    match (name, Tool::find("rustup", env.path())) {
        (Some(name), Some(rustup)) if install => {
            let triple = plan.target.triple();
            Ok(Std::Missing(Tool::new(rustup).args(["target", "add", triple, "--toolchain", name])))
        }
        (Some(_), Some(_)) => {
            let why =
                "rustup may not install it: --offline, --frozen, --no-install or cargo's net.offline is set";
            from_source(rustc, plan, env, why)
        }
        _ => {
            let why = format!("`{}` is not a toolchain that rustup manages", rustc.sysroot.display());
            from_source(rustc, plan, env, &why)
        }
    }
}

/// The library that was built, or will be, where there is no installed one: for the reason `why`.
fn from_source(rustc: &Rustc, plan: &Plan, env: &Env, why: &str) -> Result<Std, Error> {
    // another libc's start files are nobody's but the system's
    if !(plan.target.is_musl() && source::available(&rustc.sysroot)) {
        return Err(missing(rustc, plan, env, why));
    }
    let place = std_build(rustc, plan, Kind::Usual, env).place()?;
    if place.is_dir() {
        return Ok(Std::Source(place));
    }
    if is_forbidden(plan) {
        return Err(missing(rustc, plan, env, why).note("--no-install forbids building it from source"));
    }
    match Zig::find(env, &plan.records) {
        Some(zig) => Ok(Std::Unbuilt(place, zig)),
        None => Err(missing(rustc, plan, env, why)
            .note("its source is here, but not what a program is linked from beside it: musl, its start files and an unwinder")
            .note("zig has all of them; a musl-gcc has no unwinder")
            .help("or build it from source, which happens by itself with zig: pip install ziglang")),
    }
}

/// Whether it must not be built: that takes no network, but is an installation all the same.
fn is_forbidden(plan: &Plan) -> bool {
    !(plan.install || plan.flags.no_network())
}

fn std_build<'a>(rustc: &'a Rustc, plan: &'a Plan, kind: Kind, env: &Env) -> StdBuild<'a> {
    StdBuild {
        kind,
        cargo: &plan.cargo,
        rustc: &rustc.program,
        sysroot: &rustc.sysroot,
        target: &plan.target,
        cache: &plan.cache,
        offline: plan.flags.no_network(),
        remap: Remap::shared(plan, &rustc.folders(env)),
    }
}

impl Std {
    /// Its archives, and those of the C library that comes with it, which is linked first.
    pub(super) fn archives(&self, rustc: &Rustc, target: &Target) -> Vec<Library> {
        let folder = match self {
            Std::Installed | Std::Missing(_) => rustc.library.clone(),
            // as it will be: beside it lies what the usual one is linked with
            Std::Small(sysroot, usual) if !sysroot.is_dir() => return usual.archives(rustc, target),
            Std::Source(sysroot) | Std::Unbuilt(sysroot, _) | Std::Small(sysroot, _) => {
                library(sysroot, target)
            }
        };
        let owner = |path: &Path| match path.file_name().is_some_and(|name| name == "libc.a") {
            true => Who::Native("libc".into()),
            false => Who::Std,
        };
        let mut archives = Vec::new();
        for folder in [folder.join("self-contained"), folder] {
            let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(is_archive)).collect();
            files.sort();
            archives.extend(files.into_iter().map(|path| Library { owner: owner(&path), path }));
        }
        archives
    }

    /// Makes sure that the library is there, and tells how it is now. `step` hears of what takes long.
    pub(super) fn bring(
        &self,
        rustc: &Rustc,
        plan: &Plan,
        env: &Env,
        step: &mut dyn FnMut(&str, String),
    ) -> Result<Std, Error> {
        match self {
            Std::Installed | Std::Source(_) => Ok(self.clone()),
            Std::Missing(add) if add.run()?.success() && holds_std(&rustc.library) => Ok(Std::Installed),
            // the targets of the third tier are among those that rustup does not have
            Std::Missing(add) => {
                let std = from_source(rustc, plan, env, &format!("tried in vain: {add}"))?;
                std.bring(rustc, plan, env, step)
            }
            Std::Unbuilt(place, zig) => {
                let what = format!("the standard library for {}, once for all projects", plan.target);
                step("Providing", what);
                std_build(rustc, plan, Kind::Usual, env).build(place, &Beside::Zig(zig.clone()))?;
                Ok(Std::Source(place.clone()))
            }
            Std::Small(place, usual) => {
                let beside = small::beside(usual, rustc, plan, env, step)?;
                let what =
                    format!("the standard library for {}, for size, once for all projects", plan.target);
                step("Providing", what);
                std_build(rustc, plan, Kind::Small, env).build(place, &beside)?;
                Ok(Std::Source(place.clone()))
            }
        }
    }

    /// What rustc must be told to find it.
    pub fn flag(&self) -> Option<String> {
        match self {
            Std::Installed | Std::Missing(_) => None,
            Std::Source(folder) | Std::Unbuilt(folder, _) | Std::Small(folder, _) => {
                Some(format!("--sysroot={}", folder.display()))
            }
        }
    }
}

/// Where a sysroot has the libraries for `target`.
fn library(sysroot: &Path, target: &Target) -> PathBuf {
    sysroot.join("lib/rustlib").join(target.triple()).join("lib")
}

fn missing(rustc: &Rustc, plan: &Plan, env: &Env, why: &str) -> Error {
    let triple = plan.target.triple();
    let mut error = Error::new(Code::NoStd, format!("the standard library for `{triple}` is not installed"))
        .at(rustc.program.display())
        .note(why);
    for other in env.rustup_home().iter().flat_map(|home| others(home, triple)) {
        error = error.help(format!("another toolchain has it: cargo +{other} scratch"));
    }
    commands(triple).into_iter().fold(error, Error::help)
}

/// What to type, by the way Rust came onto the machine.
fn commands(triple: &str) -> Vec<String> {
    let add = format!("rustup target add {triple}");
    let arch = match triple {
        "x86_64-unknown-linux-musl" => "sudo pacman -S rust-musl".to_owned(),
        "aarch64-unknown-linux-musl" => "sudo pacman -S rust-aarch64-musl".to_owned(),
        _ => format!("sudo pacman -S rustup && rustup default stable && {add}"),
    };
    vec![
        format!("with rustup:      {add}"),
        format!("Debian, Ubuntu:   sudo apt install rustup && rustup default stable && {add}"),
        format!("Fedora:           sudo dnf install rustup && rustup-init -y && {add}"),
        format!("Arch:             {arch}"),
        format!("Alpine:           apk add rustup && rustup-init -y && {add}"),
    ]
}

/// The name of a toolchain that rustup itself installed; one that is linked lies elsewhere.
fn toolchain_name<'a>(sysroot: &'a Path, rustup_home: &Path) -> Option<&'a str> {
    let toolchains = rustup_home.join("toolchains");
    let toolchains = toolchains.canonicalize().unwrap_or(toolchains);
    sysroot.strip_prefix(toolchains).ok()?.to_str()
}

/// The toolchains of rustup, linked ones too, that have the library for `triple`.
fn others(rustup_home: &Path, triple: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(rustup_home.join("toolchains")) else { return Vec::new() };
    let has = |entry: &fs::DirEntry| holds_std(&entry.path().join("lib/rustlib").join(triple).join("lib"));
    let mut names: Vec<_> =
        entries.flatten().filter(has).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

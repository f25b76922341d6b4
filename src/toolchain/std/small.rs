//! The standard library for the smallest programs (`--optimize tiny`): built from source, whatever is installed.
//!
//! What a program is linked from beside it is what the usual one has there: its own musl, so that no zig is needed where
//! that one is installed.

use super::{Beside, Kind, Std, is_forbidden, library, source, std_build, toolchain_name, usual};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::explain::programs::install as ways;
use crate::plan::Plan;
use crate::toolchain::rustc::Rustc;

/// How to go without.
const INSTEAD: &str = "or leave the standard library as it is: --optimize size";

/// Whether it is there, and if not, how it will get there, or an error with what to type. Nothing is changed.
pub fn look(rustc: &Rustc, plan: &Plan, env: &Env, install: bool) -> Result<Std, Error> {
    if !source::available(&rustc.sysroot) {
        return Err(sourceless(rustc, env));
    }
    let place = std_build(rustc, plan, Kind::Small, env).place()?;
    if place.is_dir() {
        return Ok(Std::Source(place));
    }
    if is_forbidden(plan) {
        let what = format!("the standard library for `{}` is to be built for size", plan.target);
        return Err(Error::new(Code::NoStd, what)
            .note("--no-install forbids building it from source")
            .help("leave --no-install out once: what is built is kept for all projects")
            .help(INSTEAD));
    }
    Ok(Std::Small(place, Box::new(usual(rustc, plan, env, install)?)))
}

/// What a program is linked from beside it, made sure of.
pub fn beside(
    usual: &Std,
    rustc: &Rustc,
    plan: &Plan,
    env: &Env,
    step: &mut dyn FnMut(&str, String),
) -> Result<Beside, Error> {
    match usual {
        // only its musl is wanted
        Std::Unbuilt(_, zig) => Ok(Beside::Zig(zig.clone())),
        usual => Ok(Beside::Library(match usual.bring(rustc, plan, env, step)? {
            Std::Source(sysroot) => library(&sysroot, &plan.target),
            _ => rustc.library.clone(),
        })),
    }
}

/// The error of a toolchain that does not carry the source.
fn sourceless(rustc: &Rustc, env: &Env) -> Error {
    let home = env.rustup_home();
    let name = home.as_deref().and_then(|home| toolchain_name(&rustc.sysroot, home));
    let called = name.map_or_else(|| rustc.sysroot.display().to_string(), str::to_owned);
    let error = Error::new(Code::NoStd, "`--optimize tiny` takes the source of the standard library")
        .at(rustc.program.display())
        .note(format!("the toolchain `{called}` has none: rust-src is not installed"));
    let ways = match name {
        Some(name) => vec![format!("with rustup:      rustup component add rust-src --toolchain {name}")],
        // a Debian has a second, newer Rust under another name
        None => {
            let web = "Debian, rustc-web: sudo apt install rust-web-src".to_owned();
            ways(&["rust-src"]).into_iter().chain([web]).collect()
        }
    };
    ways.into_iter().fold(error, Error::help).help(INSTEAD)
}

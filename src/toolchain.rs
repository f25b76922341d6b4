//! The toolchain: what must be there before cargo can build for the target, and what cargo must be told.
//!
//! A ladder: each rung is tried, each miss is explained. [`survey`] looks and changes nothing; [`prepare`] installs and
//! builds what the survey found missing. Nothing here replaces the user's own flags: what must be added joins them.

pub mod allocator;
mod cached;
pub mod compiler;
mod debug;
mod elsewhere;
mod flags;
mod gcc;
mod libclang;
pub mod libraries;
mod linker;
pub mod provide;
mod python;
mod relocations;
pub mod remap;
mod rustc;
mod said;
mod screen;
mod source;
mod std;
mod survey;
mod tools;
mod version;
mod zig;

pub use compiler::Compiler;
pub use elsewhere::elsewhere;
pub use libraries::Supply;
pub use linker::Linker;
pub use screen::Screen;
pub use std::Std;
pub use survey::{Survey, survey};
pub use version::Version;

use crate::config::env::Env;
use crate::config::values::Preset;
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::plan::Plan;
use crate::tool::Tool;
use ::std::ffi::OsString;
use ::std::path::PathBuf;
use provide::Workshop;
use said::Said;

const STATIC: &str = "-Ctarget-feature=+crt-static";

/// What cargo is called with.
#[derive(Clone, Debug, Default)]
pub struct Toolchain {
    /// What `cargo build` is told beside the plan's own flags.
    pub arguments: Vec<OsString>,
    /// Variables of its environment.
    pub variables: Vec<(OsString, OsString)>,
    /// What the user has said about cargo's display.
    pub screen: Screen,
    /// The folders that no program is to name.
    pub folders: Vec<PathBuf>,
    /// What runs in place of this machine's cargo.
    pub container: Option<Container>,
}

/// A cargo that runs in a container.
#[derive(Clone, Debug)]
pub struct Container {
    /// What errors call the engine.
    pub engine: &'static str,
    /// What starts cargo, up to the word `cargo`.
    pub cargo: Tool,
    /// The command that builds: `build`, or `zigbuild` where C is compiled.
    pub verb: &'static str,
}

impl Toolchain {
    /// What cargo is called with for several targets at once: most words and variables name their target.
    ///
    /// # Errors
    /// One variable would have to have two values.
    pub fn together(mut all: Vec<(Target, Toolchain)>) -> Result<Toolchain, Error> {
        debug::agree(all.iter_mut().map(|(_, one)| one));
        let mut whole = Toolchain::default();
        let mut told: Vec<(Target, Toolchain)> = Vec::new();
        for (target, one) in all {
            whole.screen = one.screen;
            whole.folders.clone_from(&one.folders);
            for (name, value) in &one.variables {
                let says = |(_, toolchain): &&(Target, Toolchain)| {
                    toolchain.variables.iter().any(|(known, other)| known == name && other != value)
                };
                if let Some((other, _)) = told.iter().find(says) {
                    return Err(apart(&name.to_string_lossy(), other, &target));
                }
                whole.variables.push((name.clone(), value.clone()));
            }
            whole.arguments.extend(one.arguments.iter().cloned());
            told.push((target, one));
        }
        Ok(whole)
    }
}

fn apart(name: &str, one: &Target, other: &Target) -> Error {
    Error::new(Code::Platform, format!("`{one}` and `{other}` cannot be built by one run of cargo"))
        .note(format!("{name} would have to have a value of its own for each of them"))
        .help(format!(
            "build each by itself: cargo scratch push --by-digest --platform {} REF",
            one.platform()
        ))
        .help("then join them: cargo scratch index REF DIGEST DIGEST")
}

/// Makes what `survey`, which has no problems, found missing: the standard library, then the compiler's scripts and
/// C++ library, then native libraries. `step` hears of each thing that takes long before it starts.
///
/// # Errors
/// What could not be made.
pub fn prepare(
    plan: &Plan,
    survey: &Survey,
    env: &Env,
    step: &mut dyn FnMut(&str, String),
) -> Result<Toolchain, Error> {
    let std = survey.std.as_ref().map(|std| std.bring(&survey.rustc, plan, env, step)).transpose()?;
    if let Some(linker) = &survey.linker {
        linker.make(plan)?;
    }
    if let Some(compiler) = &survey.compiler {
        compiler.make(plan, step)?;
    }
    let (identity, shared) = (survey.identity(plan, env), survey.shared(std.as_ref(), plan, env));
    for library in &survey.libraries {
        if let libraries::Source::Build(row) = &library.source {
            step("Providing", format!("{} for {}, once for all projects", row.name, plan.target));
            row.build(&workshop(plan, &identity, &shared.arguments, &shared.variables))?;
        }
    }
    allocator::make(plan, &workshop(plan, &identity, &shared.arguments, &shared.variables), step)?;
    Ok(survey.with(std.as_ref(), plan, env))
}

/// Makes the C++ library where one is to be had and is not there: a build has failed for want of it, because no table
/// knows all packages that compile C++. Whether it was made.
pub fn provide_cxx(plan: &Plan, survey: &Survey, step: &mut dyn FnMut(&str, String)) -> Result<bool, Error> {
    match &survey.compiler {
        Some(compiler) if !compiler.is_cxx_made(plan) => compiler.make_cxx(plan, step),
        _ => Ok(false),
    }
}

/// What rustc must be told for the target, whatever else it is told; `runtime` are the folders of what
/// comes with the C compiler.
fn needed(std: Option<&Std>, plan: &Plan, runtime: &[PathBuf]) -> Vec<String> {
    let mut flags = Vec::new();
    flags.extend(plan.target.is_dynamic_by_default().then(|| STATIC.to_owned()));
    flags.extend(std.and_then(Std::flag));
    // named even where it is not there yet: a build that turns out to need it has only to link again
    flags.extend(runtime.iter().map(|folder| format!("-Lnative={}", folder.display())));
    flags
}

/// What rustc is told of a program that nothing unwinds, where the user's own flags do not say it.
fn unwinding(plan: &Plan, said: &Said<'_>) -> Option<String> {
    let is_tiny = plan.optimize.preset == Some(Preset::Tiny);
    (is_tiny && !flags::is_said(plan, said, "force-unwind-tables")).then(|| source::UNWOUND.to_owned())
}

/// What rustc is told of the processors that `target` is for.
fn processor(target: &Target) -> Option<String> {
    target.level().map(|level| format!("-Ctarget-cpu={level}"))
}

fn workshop<'a>(
    plan: &'a Plan,
    compiler: &'a str,
    arguments: &'a [OsString],
    variables: &'a [(OsString, OsString)],
) -> Workshop<'a> {
    Workshop {
        cargo: &plan.cargo,
        cache: &plan.cache,
        target: &plan.target,
        arguments,
        variables,
        compiler,
        offline: plan.flags.no_network(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(triple: &str, variable: &str, value: &str) -> (Target, Toolchain) {
        let arguments = vec!["--config".into(), format!("target.{triple}.linker='x'").into()];
        let variables = vec![(variable.into(), value.into())];
        (Target::from_triple(triple).unwrap(), Toolchain { arguments, variables, ..Toolchain::default() })
    }

    #[test]
    fn what_names_its_target_is_said_together_and_what_does_not_must_agree() {
        let (amd64, arm64) = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl");
        let both = vec![one(amd64, "CC_x86_64_unknown_linux_musl", "a"), one(arm64, "CC_aarch64", "b")];
        let whole = Toolchain::together(both).unwrap();
        assert_eq!((whole.arguments.len(), whole.variables.len()), (4, 2));

        let agreed = Toolchain::together(vec![one(amd64, "CC", "a"), one(arm64, "CC", "a")]).unwrap();
        assert!(agreed.variables.iter().all(|pair| *pair == ("CC".into(), "a".into())), "{agreed:?}");
        let error = Toolchain::together(vec![one(amd64, "CC", "a"), one(arm64, "CC", "b")]).unwrap_err();
        assert_eq!(error.exit_status(), 2);
        assert!(error.what().contains(amd64) && error.what().contains(arm64), "{error}");
        assert!(error.notes()[0].starts_with("CC ") && error.helps()[0].contains("linux/amd64"), "{error:?}");
    }

    #[test]
    fn linkers_that_hear_of_no_build_id_in_different_words_do_not_part_a_build() {
        let flags = |word: &str| format!("-Copt-level=3\u{1f}{word}\u{1f}--cfg=x");
        let (amd64, arm64) = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl");
        let both = |one_: &str, other: &str| {
            let all = [(amd64, one_), (arm64, other)];
            Toolchain::together(all.map(|(target, word)| one(target, flags::ENCODED, &flags(word))).to_vec())
        };
        let compiler = "-Clink-arg=-Wl,--build-id=none";
        let whole = both(compiler, "-Clink-arg=--build-id=none").unwrap();
        let plain = "-Copt-level=3\u{1f}--cfg=x";
        assert!(whole.variables.iter().all(|(_, value)| value == plain), "{whole:?}");
        let same = both(compiler, compiler).unwrap();
        assert!(same.variables.iter().all(|(_, value)| *value == *flags(compiler)), "{same:?}");
        assert!(both(compiler, "-Ctarget-feature=+crt-static").is_err());
    }
}

//! The toolchain: what must be there before cargo can build for the target, and what cargo must be told.
//!
//! A ladder: each rung is tried, each miss is explained. Nothing here sets `RUSTFLAGS`, which would silently outrank
//! the user's own configuration; what must be added goes in by `--config`, which joins it.

mod linker;
mod screen;
mod std;

pub use linker::Linker;
pub use screen::Screen;
pub use std::Std;

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::Plan;
use crate::tool::Tool;
use ::std::ffi::OsString;
use ::std::path::{Path, PathBuf};

/// What the ladder found.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The target's standard library.
    pub std: Std,
    /// The linker.
    pub linker: Linker,
    /// What `cargo build` is told beside the plan's own flags.
    pub arguments: Vec<OsString>,
    /// What the user has said about cargo's display.
    pub screen: Screen,
    /// What to look at.
    pub warning: Option<String>,
}

/// The compiler's own words about itself.
#[derive(Clone, Debug)]
struct Rustc {
    program: PathBuf,
    sysroot: PathBuf,
    /// The folder of the target's standard library, whether or not it is there.
    library: PathBuf,
}

/// Finds, or installs where that is allowed and this is no dry run, what is needed to build `plan`.
pub fn prepare(plan: &Plan, env: &Env, dry_run: bool) -> Result<Toolchain, Error> {
    let config = cargo_config2::Config::load_with_options(
        env.folder(),
        cargo_config2::ResolveOptions::default().env(env.variables()),
    )
    .ok();
    // what we cannot read, cargo may: then everything in it is left to cargo, as if the user had chosen a linker
    let Some(config) = config else {
        let rustc = rustc(plan, None, env)?;
        let std = std::ensure(&rustc, plan, env, plan.install, dry_run)?;
        let warning =
            "cargo's configuration files could not be understood; the linker is left to cargo".to_owned();
        return Ok(Toolchain {
            std,
            linker: Linker::Users,
            arguments: Vec::new(),
            screen: Screen::default(),
            warning: Some(warning),
        });
    };
    let rustc = rustc(plan, config.build.rustc.as_deref(), env)?;
    // cargo may be told to stay off the network in more places than the command line
    let install = plan.install && config.net.offline != Some(true);
    let std = std::ensure(&rustc, plan, env, install, dry_run)?;
    let linker = linker::choose(&rustc, plan, &config, env)?;
    let mut arguments = linker.arguments(&plan.target);
    let (flags, warning) = static_runtime(plan, &config, env);
    arguments.extend(flags);
    Ok(Toolchain { std, linker, arguments, screen: Screen::of(&config, plan, env), warning })
}

fn rustc(plan: &Plan, configured: Option<&Path>, env: &Env) -> Result<Rustc, Error> {
    let program = configured.map(Path::to_owned).or_else(|| Tool::find("rustc", env.path()));
    let program = program.ok_or_else(|| {
        Error::new(Code::Tool, "rustc is not on PATH")
            .help("install Rust: https://rust-lang.org/tools/install")
    })?;
    if let Some(sysroot) = rustups(env).filter(|_| configured.is_none()) {
        let library = sysroot.join("lib/rustlib").join(plan.target.triple()).join("lib");
        if std::is_std(&library) {
            return Ok(Rustc { program, sysroot, library });
        }
    }
    let ask = ["--print=sysroot", "--print=target-libdir", "--target"];
    let said = Tool::new(&program).args(ask).arg(plan.target.triple()).read()?;
    let text = String::from_utf8_lossy(&said.stdout);
    match (said.status.success(), text.lines().collect::<Vec<_>>().as_slice()) {
        (true, [sysroot, library]) => Ok(Rustc { program, sysroot: sysroot.into(), library: library.into() }),
        _ => {
            let why = said.stderr.lines().next().unwrap_or("it says nothing").trim_start_matches("error: ");
            Err(Error::new(Code::NoStd, format!("rustc cannot build for `{}`", plan.target)).note(why))
        }
    }
}

/// The sysroot of the toolchain that rustup has already chosen for this run: it keeps each in a folder of its name.
/// Asking rustc would say the same, fifteen milliseconds later.
fn rustups(env: &Env) -> Option<PathBuf> {
    let name = env.get("RUSTUP_TOOLCHAIN")?;
    std::rustup_home(env)?.join("toolchains").join(name).canonicalize().ok()
}

/// Where a musl target links dynamically by default, it is told otherwise (rustc's target specifications, field
/// `crt_static_default`). Also what to warn of, where the user's own flags keep cargo from hearing it.
fn static_runtime(plan: &Plan, config: &cargo_config2::Config, env: &Env) -> (Vec<OsString>, Option<String>) {
    const DYNAMIC: [&str; 4] = ["riscv64gc", "loongarch64", "s390x", "powerpc64"];
    const STATIC: &str = "-Ctarget-feature=+crt-static";
    if !(plan.target.triple().contains("-musl") && DYNAMIC.contains(&plan.target.arch())) {
        return (Vec::new(), None);
    }
    let resolved = config.rustflags(plan.target.triple()).ok().flatten().map(|flags| flags.flags);
    if resolved.iter().flatten().any(|flag| flag.contains("+crt-static")) {
        return (Vec::new(), None);
    }
    let outranking =
        ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"].into_iter().find(|name| env.get(name).is_some());
    if let Some(name) = outranking {
        let why = format!("{name} outranks what `{}` needs; add {STATIC} to it", plan.target);
        return (Vec::new(), Some(why));
    }
    // flags for a target join ours, but switch off those for every build, so these are said again
    let general = config.build.rustflags.as_ref().map(|flags| flags.flags.clone());
    let mut flags = if resolved == general { general.unwrap_or_default() } else { Vec::new() };
    flags.push(STATIC.to_owned());
    // a JSON array of strings is one of TOML
    let list = serde_json::Value::from(flags);
    (vec!["--config".into(), format!("target.{}.rustflags={list}", plan.target).into()], None)
}

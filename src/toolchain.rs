//! The toolchain: what must be there before cargo can build for the target, and what cargo must be told.
//!
//! A ladder: each rung is tried, each miss is explained. [`survey`] looks and changes nothing; [`prepare`] installs and
//! builds what the survey found missing. Nothing here replaces the user's own flags: what must be added joins them.

mod cached;
pub mod compiler;
mod flags;
pub mod libraries;
mod linker;
pub mod provide;
mod said;
mod screen;
mod source;
mod std;
mod tools;
mod zig;

pub use compiler::Compiler;
pub use libraries::Supply;
pub use linker::Linker;
pub use screen::Screen;
pub use std::Std;

use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::Plan;
use crate::tool::Tool;
use ::std::ffi::OsString;
use ::std::path::{Path, PathBuf};
use flags::ENCODED;
use provide::Workshop;
use said::Said;

const STATIC: &str = "-Ctarget-feature=+crt-static";

/// What is there, what will be made, and what is missing. A rung that was missed has its error among the problems.
#[derive(Debug)]
pub struct Survey {
    /// The target's standard library.
    pub std: Option<Std>,
    /// The linker.
    pub linker: Option<Linker>,
    /// The C compiler.
    pub compiler: Option<Compiler>,
    /// The libraries that packages look for.
    pub libraries: Vec<Supply>,
    /// What is missing, in the order of the rungs.
    pub problems: Vec<Error>,
    /// What to look at.
    pub warnings: Vec<String>,
    rustc: Rustc,
    config: Option<cargo_config2::Config>,
    /// What `--config` says.
    line: Vec<toml::Table>,
}

/// What cargo is called with.
#[derive(Clone, Debug, Default)]
pub struct Toolchain {
    /// What `cargo build` is told beside the plan's own flags.
    pub arguments: Vec<OsString>,
    /// Variables of its environment.
    pub variables: Vec<(OsString, OsString)>,
    /// What the user has said about cargo's display.
    pub screen: Screen,
}

/// The compiler's own words about itself.
#[derive(Clone, Debug)]
struct Rustc {
    program: PathBuf,
    sysroot: PathBuf,
    /// The folder of the target's standard library, whether or not it is there.
    library: PathBuf,
}

/// Looks at every rung.
///
/// # Errors
/// There is no rustc, or it does not know the target.
pub fn survey(plan: &Plan, env: &Env) -> Result<Survey, Error> {
    let options = cargo_config2::ResolveOptions::default().env(env.variables());
    let config = cargo_config2::Config::load_with_options(env.folder(), options).ok();
    let line = crate::plan::command_line_config(&plan.flags, env);
    let said = Said { env, config: config.as_ref(), line: &line };
    let rustc = rustc(plan, config.as_ref().and_then(|config| config.build.rustc.as_deref()), env)?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();

    // cargo may be told to stay off the network in more places than the command line
    let install = plan.install && config.as_ref().is_none_or(|config| config.net.offline != Some(true));
    let std = std::look(&rustc, plan, env, install).map_err(|error| problems.push(error)).ok();
    let linker = match &config {
        Some(config) => linker::choose(&rustc, plan, config, env).map_err(|error| problems.push(error)).ok(),
        // what we cannot read, cargo may: then everything in it is left to cargo, as if the user had chosen a linker
        None => {
            warnings.push(
                "cargo's configuration files could not be understood; the linker is left to cargo".into(),
            );
            Some(Linker::Users)
        }
    };
    let compiler = compiler::choose(plan, &said).map_err(|error| problems.push(error)).ok();
    warnings.extend(compiler.as_ref().and_then(|compiler| compiler::doubtful(compiler, &plan.target, &said)));
    problems.extend(tools::missing(&plan.graph, &said));
    let identity = compiler.as_ref().map(|compiler| compiler.identity(&said, &plan.target));
    let identity = identity.unwrap_or_default();
    let workshop = workshop(plan, &identity, &[], &[]);
    let (libraries, missing) = libraries::supply(plan, &said, compiler.as_ref(), &workshop);
    problems.extend(missing);
    warnings.extend(flags::risky(plan, &said));
    Ok(Survey { std, linker, compiler, libraries, problems, warnings, rustc, config, line })
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
    Ok(survey.with(std.as_ref(), plan, env))
}

/// Makes the C++ library where one is to be had and was not made before: a build has failed for want of it, because no
/// table knows all packages that compile C++. Whether it is there now.
pub fn provide_cxx(plan: &Plan, survey: &Survey, step: &mut dyn FnMut(&str, String)) -> Result<bool, Error> {
    match &survey.compiler {
        Some(compiler) if !compiler::has_cxx(&plan.graph) => compiler.make_cxx(plan, step),
        _ => Ok(false),
    }
}

impl Survey {
    /// How cargo is called once everything is made.
    pub fn toolchain(&self, plan: &Plan, env: &Env) -> Toolchain {
        self.with(self.std.as_ref(), plan, env)
    }

    fn with(&self, std: Option<&Std>, plan: &Plan, env: &Env) -> Toolchain {
        let said = self.said(env);
        let variables = self.compiler.as_ref();
        let variables = variables.map(|compiler| compiler.variables(plan, &said)).unwrap_or_default();
        let mut ours = needed(std, plan, variables.runtime.as_deref());
        ours.retain(|flag| flag != STATIC || !flags::is_said(plan, &said, "+crt-static"));
        let joined = flags::join(plan, &said, ours);

        let identity = self.identity(plan, env);
        let workshop = workshop(plan, &identity, &[], &[]);
        let provided = self.libraries.iter().flat_map(|library| library.source.variables(&workshop));
        let linker = self.linker.iter().flat_map(|linker| linker.arguments(&plan.target));
        Toolchain {
            arguments: linker.chain(joined.arguments).collect(),
            screen: self.config.as_ref().map(|config| Screen::of(config, plan, env)).unwrap_or_default(),
            variables: variables.all.into_iter().chain(joined.variables).chain(provided).collect(),
        }
    }

    /// How cargo is called for what all projects share: the flags of this one's program have no part in it, and what
    /// the user has said to the compiler is said again, as `[env]` of this project is not heard elsewhere.
    fn shared(&self, std: Option<&Std>, plan: &Plan, env: &Env) -> Toolchain {
        let said = self.said(env);
        let variables = self.compiler.as_ref();
        let variables = variables.map(|compiler| compiler.variables(plan, &said)).unwrap_or_default();
        let ours = needed(std, plan, variables.runtime.as_deref()).join("\u{1f}");
        let users = compiler::users(&said, &plan.target);
        let linker = self.linker.iter().flat_map(|linker| linker.arguments(&plan.target));
        Toolchain {
            arguments: linker.collect(),
            variables: variables
                .all
                .into_iter()
                .chain(users)
                .chain([(ENCODED.into(), ours.into())])
                .collect(),
            ..Toolchain::default()
        }
    }

    fn said<'a>(&'a self, env: &'a Env) -> Said<'a> {
        Said { env, config: self.config.as_ref(), line: &self.line }
    }

    fn identity(&self, plan: &Plan, env: &Env) -> String {
        let compiler = self.compiler.as_ref();
        compiler.map(|compiler| compiler.identity(&self.said(env), &plan.target)).unwrap_or_default()
    }

    /// An error where the build cannot start: the first problem, and that there are more.
    ///
    /// # Errors
    /// That one.
    pub fn ready(&mut self) -> Result<(), Error> {
        let more = self.problems.len() > 1;
        match self.problems.drain(..).next() {
            None => Ok(()),
            Some(first) if more => Err(first.help("all that is missing at once: cargo scratch doctor")),
            Some(first) => Err(first),
        }
    }
}

/// What rustc must be told for the target, whatever else it is told; `runtime` is the folder of the C++ library.
fn needed(std: Option<&Std>, plan: &Plan, runtime: Option<&Path>) -> Vec<String> {
    let mut flags = Vec::new();
    flags.extend(is_dynamic_by_default(plan).then(|| STATIC.to_owned()));
    flags.extend(std.and_then(Std::flag));
    // named even where it is not there yet: a build that turns out to need it has only to link again
    flags.extend(runtime.map(|folder| format!("-Lnative={}", folder.display())));
    flags
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

/// Whether programs for the target are dynamic unless rustc is told otherwise (rustc's target specifications, field
/// `crt_static_default`).
fn is_dynamic_by_default(plan: &Plan) -> bool {
    const DYNAMIC: [&str; 4] = ["riscv64gc", "loongarch64", "s390x", "powerpc64"];
    plan.target.triple().contains("-musl") && DYNAMIC.contains(&plan.target.arch())
}

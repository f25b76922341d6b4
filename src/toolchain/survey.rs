//! The survey: what each rung of the ladder has for a plan. It looks and changes nothing.

use super::compiler::Variables;
use super::flags::ENCODED;
use super::libclang::{self, Libclang};
use super::remap::Remap;
use super::rustc::Rustc;
use super::said::Said;
use super::{
    Compiler, Linker, STATIC, Screen, Std, Supply, Toolchain, Version, allocator, compiler, debug, flags,
    libraries, linker, needed, processor, relocations, std, tools, unwinding, workshop,
};
use crate::config::env::Env;
use crate::error::{Caution, Error, Warning};
use crate::image::platform::Target;
use crate::plan::Plan;
use crate::size::Library;
use ::std::ffi::OsString;

/// What is there, what will be made, and what is missing. A rung that was missed has its error among the problems.
#[derive(Debug)]
pub struct Survey {
    /// The target's standard library.
    pub std: Option<Std>,
    /// The linker.
    pub linker: Option<Linker>,
    /// The C compiler.
    pub compiler: Option<Compiler>,
    libclang: Libclang,
    /// The libraries that packages look for.
    pub libraries: Vec<Supply>,
    /// What is missing, in the order of the rungs.
    pub problems: Vec<Error>,
    /// What to look at.
    pub warnings: Vec<Warning>,
    pub(super) rustc: Rustc,
    config: Option<cargo_config2::Config>,
    /// What `--config` says.
    line: Vec<toml::Table>,
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
    let rustc = Rustc::of(plan, config.as_ref().and_then(|config| config.build.rustc.as_deref()), env)?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();

    // cargo may be told to stay off the network in more places than the command line
    let install = plan.install && config.as_ref().is_none_or(|config| config.net.offline != Some(true));
    let std = std::look(&rustc, plan, env, install).map_err(|error| problems.push(error)).ok();
    let linker = match &config {
        Some(config) => {
            linker::choose(&rustc, plan, config, &said).map_err(|error| problems.push(error)).ok()
        }
        // what we cannot read, cargo may: then everything in it is left to cargo, as if the user had chosen a linker
        None => {
            let what = "cargo's configuration files could not be understood; the linker is left to cargo";
            warnings.push(Warning::new(Caution::CargoConfig, what));
            Some(Linker::Users)
        }
    };
    let building = plan.provide && (libraries::are_wanted(plan, &said) || allocator::wanted(plan).is_some());
    let compiler = compiler::choose(plan, &said, building).map_err(|error| problems.push(error)).ok();
    warnings.extend(compiler.as_ref().and_then(|compiler| compiler::doubtful(compiler, &plan.target, &said)));
    let libclang = libclang::find(&plan.graph, &said, &plan.records);
    problems.extend(tools::missing(&plan.graph, &libclang, &said));
    let identity = compiler.as_ref().map(|compiler| compiler.identity(&said, &plan.target));
    let identity = identity.unwrap_or_default();
    let workshop = workshop(plan, &identity, &[], &[]);
    let (libraries, missing) = libraries::supply(plan, &said, compiler.as_ref(), &workshop);
    problems.extend(missing);
    problems.extend(allocator::obstacle(plan, &said, compiler.as_ref(), &workshop));
    match flags::risky(plan, &said) {
        Ok(warning) => warnings.extend(warning),
        Err(error) => problems.push(error),
    }
    Ok(Survey { std, linker, compiler, libclang, libraries, problems, warnings, rustc, config, line })
}

impl Survey {
    /// How cargo is called once everything is made.
    pub fn toolchain(&self, plan: &Plan, env: &Env) -> Toolchain {
        self.with(self.std.as_ref(), plan, env)
    }

    pub(super) fn with(&self, std: Option<&Std>, plan: &Plan, env: &Env) -> Toolchain {
        let said = self.said(env);
        let variables = self.named(plan, &said);
        let mut ours = needed(std, plan, &variables.runtime);
        ours.retain(|flag| flag != STATIC || !flags::is_said(plan, &said, "+crt-static"));
        let is_bare = || self.linker.as_ref().is_some_and(|linker| linker.is_bare(plan, &said));
        ours.extend(debug::kept(plan, &said, is_bare));
        let remap = Remap::of(plan, &self.rustc.folders(env));
        ours.extend(remap.rustc());
        ours.extend(processor(&plan.target));
        ours.extend(unwinding(plan, &said));
        let archives = std.map(|std| std.archives(&self.rustc, &plan.target)).unwrap_or_default();
        let packed = relocations::packed(plan, self.linker.as_ref(), &archives, &said);
        ours.extend(packed.map(str::to_owned));
        let identity = self.identity(plan, env);
        let workshop = workshop(plan, &identity, &[], &[]);
        ours.extend(allocator::flags(plan, &workshop));
        let joined = flags::join(plan, &said, ours);

        let provided = self.libraries.iter().flat_map(|library| library.source.variables(&workshop));
        Toolchain {
            arguments: [self.linking(plan), joined.arguments].concat(),
            screen: self.config.as_ref().map(|config| Screen::of(config, &self.line)).unwrap_or_default(),
            variables: variables
                .all
                .into_iter()
                .chain(joined.variables)
                .chain(provided)
                .chain(self.libclang.variable())
                .chain(self.remapped(&remap, plan, &said))
                .collect(),
            folders: remap.outermost(),
            container: None,
        }
    }

    /// How cargo is called for what all projects share: the flags of this one's program have no part in it, and what
    /// the user has said to the compiler is said again, as `[env]` of this project is not heard elsewhere.
    pub(super) fn shared(&self, std: Option<&Std>, plan: &Plan, env: &Env) -> Toolchain {
        let said = self.said(env);
        let variables = self.named(plan, &said);
        let ours = needed(std, plan, &variables.runtime).join("\u{1f}");
        let users = compiler::users(&said, &plan.target);
        Toolchain {
            arguments: self.linking(plan),
            variables: variables
                .all
                .into_iter()
                .chain(users)
                .chain([(ENCODED.into(), ours.into())])
                .collect(),
            ..Toolchain::default()
        }
    }

    /// Has the C compiler link where LLVM's linker was taken for fewer bytes only and has failed, by what cargo has `said`;
    /// whether it will.
    pub fn link_otherwise(&mut self, plan: &Plan, env: &Env, said: &str) -> bool {
        let linker = self.linker.as_ref();
        let other = linker.and_then(|linker| linker::instead(linker, plan, &self.said(env), said));
        let is_other = other.is_some();
        self.linker = other.or(self.linker.take());
        is_other
    }

    /// What is not there yet that takes long to make or comes from elsewhere, in a few words: the first of it.
    pub fn absent(&self, plan: &Plan) -> Option<String> {
        let std = self.std.as_ref().filter(|std| !matches!(std, Std::Installed | Std::Source(_)));
        let std = std.map(|_| format!("the standard library for {}", plan.target));
        let build = |library: &&Supply| matches!(library.source, libraries::Source::Build(_));
        let library = || self.libraries.iter().find(build).map(|library| library.name.to_owned());
        let cxx = || {
            let compiler = self.compiler.as_ref()?;
            compiler.wants_cxx(plan).then(|| format!("the C++ library for {}", plan.target))
        };
        std.or_else(library).or_else(cxx)
    }

    /// What C compilers are told of it, if one is needed.
    fn remapped(&self, remap: &Remap, plan: &Plan, said: &Said<'_>) -> Vec<(OsString, OsString)> {
        match self.compiler {
            None | Some(Compiler::Unneeded) => Vec::new(),
            Some(_) => {
                // in the words of gcc and clang, which our scripts for zig understand
                remap.variables(plan, said, plan.target.level().map(|level| level.to_string()))
            }
        }
    }

    /// The compiler's variables.
    fn named(&self, plan: &Plan, said: &Said<'_>) -> Variables {
        self.compiler.as_ref().map(|compiler| compiler.variables(plan, said)).unwrap_or_default()
    }

    /// The words that name the linker.
    fn linking(&self, plan: &Plan) -> Vec<OsString> {
        self.linker.iter().flat_map(|linker| linker.arguments(&plan.target)).collect()
    }

    pub(super) fn said<'a>(&'a self, env: &'a Env) -> Said<'a> {
        Said { env, config: self.config.as_ref(), line: &self.line }
    }

    pub(super) fn identity(&self, plan: &Plan, env: &Env) -> String {
        let compiler = self.compiler.as_ref();
        compiler.map(|compiler| compiler.identity(&self.said(env), &plan.target)).unwrap_or_default()
    }

    /// Which compiler it is.
    pub fn version(&self, plan: &Plan, env: &Env) -> Option<Version> {
        Version::of(&self.rustc.program, env, &plan.records)
    }

    /// What every program can have of C and of Rust: the archives of the standard library and of what comes with it.
    pub fn runtime(&self, target: &Target) -> Vec<Library> {
        self.std.as_ref().map(|std| std.archives(&self.rustc, target)).unwrap_or_default()
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

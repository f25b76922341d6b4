//! The workbench: what a container of the official `rust` image must have to build a plan.
//!
//! The same knowledge as a build's on this machine (which packages compile C, which programs their build scripts
//! call, which library none of them brings along), with Debian's names for what is missing. C and C++ are compiled by
//! zig, by way of cargo-zigbuild, for the container's own platform and all others alike. Everything but C++ is linked by
//! LLVM's linker, which comes with Rust and knows every target.

use super::release::{self, Release};
use super::rustflags;
use super::tools::{Tools, provided};
use crate::error::{Code, Error};
use crate::explain::compilers::{Language, compiles};
use crate::explain::libraries::library_of;
use crate::image::platform::Target;
use crate::plan::graph::Node;
use crate::plan::sources::Sources;
use crate::plan::{Plan, Plans};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of cargo-zigbuild, on PyPI, that this was tried with.
pub const ZIGBUILD: &str = "0.24.1";

/// The version of zig, on PyPI as ziglang, that this was tried with.
pub const ZIG: &str = "0.17.1";

/// The way out of every refusal.
const PREBUILT: &str = "or build here and pack there: cargo scratch dockerfile --style prebuilt";

/// Another, where it is only the plain Dockerfile that cannot.
const BUILDER: &str = "or make images in a container without one: cargo scratch dockerfile --style builder";

/// Who builds in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// cargo, or cargo-zigbuild.
    Cargo,
    /// cargo scratch itself, which provides native libraries and works around build scripts.
    Scratch,
}

/// What a container must have.
#[derive(Clone, Debug, Serialize)]
pub struct Workbench {
    /// The image with Rust in it.
    pub release: Release,
    /// Packages of Debian's, sorted.
    pub packages: Vec<&'static str>,
    /// The crates that compile C or read C headers, sorted; zig is there for them.
    pub compiling: Vec<String>,
    /// The crates whose build scripts call the programs that `packages` have, sorted.
    pub calling: Vec<String>,
    /// Whether the standard library's source is needed.
    pub source: bool,
    /// Each platform, in the order of the plans.
    pub platforms: Vec<Row>,
    /// Variables of cargo's environment.
    pub variables: BTreeMap<String, String>,
    /// What builds: `build`, or `zigbuild` where C is compiled.
    pub verb: &'static str,
    /// The versions that are installed for the second.
    pub zigbuild: &'static str,
    /// The same.
    pub zig: &'static str,
}

/// A platform as a Dockerfile sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `linux/arm/v7`.
    pub platform: String,
    /// `$TARGETARCH$TARGETVARIANT` of BuildKit.
    pub name: String,
    /// The Rust target.
    pub triple: String,
}

impl Workbench {
    /// What `plans` take where `hands` build.
    ///
    /// # Errors
    /// A package that no container of the image can build, with what can be done.
    pub fn new(plans: &Plans, sources: &Sources, base: Option<&str>, hands: Hands) -> Result<Self, Error> {
        for plan in plans.iter() {
            buildable(plan)?;
            cargo_alone(plan, hands)?;
            plan.graph.packages().try_for_each(|node| compilable(node, plan, hands))?;
        }
        if let Some((package, folder)) = sources.outside.first() {
            return Err(Error::new(Code::Project, format!("`{package}` lies outside of the workspace"))
                .note(format!("it is in `{}`, which no container sees", folder.display()))
                .help("move it into the workspace, or depend on it by `git` or `version`")
                .help(PREBUILT));
        }
        let nodes = || plans.iter().flat_map(|plan| plan.graph.packages());
        let is_cxx = nodes()
            .filter_map(|node| compiles(&node.package()))
            .any(|compiles| compiles.language == Language::Cxx);
        let Tools { compiling, calling, mut packages } = Tools::of(plans);
        if !compiling.is_empty() {
            packages.insert("python3-pip");
        }
        Ok(Workbench {
            release: release::release(&plans.first.workspace, sources, base)?,
            packages: packages.into_iter().collect(),
            verb: if compiling.is_empty() { "build" } else { "zigbuild" },
            variables: variables(plans, sources, !is_cxx)?,
            compiling: compiling.into_iter().collect(),
            calling: calling.into_iter().collect(),
            source: plans.first.optimize.needs_source(),
            platforms: plans.iter().map(|plan| Row::of(&plan.target)).collect(),
            zigbuild: ZIGBUILD,
            zig: ZIG,
        })
    }
}

impl Row {
    /// That of `target`.
    pub fn of(target: &Target) -> Self {
        let platform = target.platform();
        let name = platform.split('/').skip(1).collect();
        Row { platform, name, triple: target.triple().to_owned() }
    }
}

/// Refuses what a container of the image cannot build.
fn buildable(plan: &Plan) -> Result<(), Error> {
    if !plan.target.is_musl() {
        return Err(Error::new(Code::Platform, format!("no Dockerfile is made for `{}`", plan.target))
            .note("its programs need the C library of the system that they are built on")
            .help("leave --target out, or name one of musl")
            .help(PREBUILT));
    }
    // rustup has no standard library for them (The rustc book, "Platform Support", tier 3)
    if ["s390x", "powerpc64"].contains(&plan.target.arch()) {
        return Err(Error::new(Code::NoStd, format!("rustup has no standard library for `{}`", plan.target))
            .note("so no container of the rust image can build for it")
            .help(PREBUILT));
    }
    if !plan.graph.is_known() {
        return Err(Error::new(Code::Project, "cargo cannot tell the packages of the build")
            .note("what a container must have to build them follows from those")
            .help("see why: cargo tree"));
    }
    Ok(())
}

/// Refuses what `hands` cannot be told by flags and variables.
fn cargo_alone(plan: &Plan, hands: Hands) -> Result<(), Error> {
    let Some(word) = plan.optimize.beyond_cargo().filter(|_| hands == Hands::Cargo) else { return Ok(()) };
    let error = Error::new(Code::Setting, format!("cargo alone cannot build with `{word}`"))
        .note("what it takes is built by cargo scratch itself");
    // where a container only compiles, no file is made, and the way out is another
    Err(if plan.builder.is_some() { error } else { error.help(BUILDER).help(PREBUILT) })
}

/// Refuses a package that `hands` cannot build in a container of the image.
fn compilable(node: &Node, plan: &Plan, hands: Hands) -> Result<(), Error> {
    let package = node.package();
    let scratch = hands == Hands::Scratch;
    if let Some(library) = library_of(&package).filter(|_| !(scratch && provided(node, plan).is_some())) {
        let way = plan.graph.path(&node.name).join(" → ");
        let what =
            format!("`{}` looks for {}, and the rust image has none for musl", node.name, library.name);
        let packages: Vec<_> = plan.graph.dependencies().map(Node::package).collect();
        let line = library.line(&packages).map(|line| format!("in Cargo.toml:   {line}"));
        let advice = Some(library.advice.to_owned()).filter(|advice| !advice.is_empty());
        let error = Error::new(Code::NoLibrary, what).note(format!("it is wanted by {way}"));
        let inside = provided(node, plan).map(|_| BUILDER.to_owned());
        return Err(line.into_iter().chain(advice).chain(inside).fold(error, Error::help).help(PREBUILT));
    }
    if compiles(&package).is_some_and(|compiles| compiles.deaf) && !scratch {
        let what = format!("`{}` takes no compiler for another target than the machine's", node.name);
        return Err(Error::new(Code::NoCompiler, what)
            .note("cargo scratch works around it where it runs itself; plain cargo cannot")
            .help(BUILDER)
            .help(PREBUILT));
    }
    Ok(())
}

fn variables(plans: &Plans, sources: &Sources, lld: bool) -> Result<BTreeMap<String, String>, Error> {
    let mut variables = BTreeMap::new();
    let plan = &plans.first;
    let variable =
        |key: &str| format!("CARGO_PROFILE_{}_{key}", plan.profile()).replace('-', "_").to_uppercase();
    // cargo-chef takes no `--config`, and hears of a profile by its variables as cargo does
    let values = plan.optimize.profile(plan.flags.profile()).map(|(_, values)| values);
    variables.extend(values.into_iter().flatten().map(|(key, value)| (variable(key), value)));
    if !sources.sets_strip {
        variables.insert(variable("strip"), "symbols".to_owned());
    }
    for plan in plans.iter() {
        let target = format!("CARGO_TARGET_{}", plan.target.underscored().to_uppercase());
        if lld {
            variables.insert(format!("{target}_LINKER"), "rust-lld".to_owned());
        }
        let crt_static =
            plan.target.is_dynamic_by_default().then(|| "-Ctarget-feature=+crt-static".to_owned());
        let cpu = plan.target.level().map(|level| format!("-Ctarget-cpu={level}"));
        let flags: Vec<_> = crt_static.into_iter().chain(cpu).collect();
        if !flags.is_empty() {
            let flags = [rustflags::general(plan)?, flags].concat();
            variables.insert(format!("{target}_RUSTFLAGS"), flags.join(" "));
        }
    }
    Ok(variables)
}

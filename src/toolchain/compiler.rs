//! The third rung: a C and C++ compiler, wanted only where a package of the graph compiles C.
//!
//! Found ones are named in variables of the target alone (`CC_x86_64_unknown_linux_musl`), so that build scripts and
//! macros, which run on this machine, stay with the machine's own compiler.

use super::gcc;
use super::said::Said;
use super::zig::Zig;
use crate::error::{Caution, Code, Error, Warning};
use crate::explain::compilers::{Compiles, Language, compiles};
use crate::explain::programs::install;
use crate::image::platform::Target;
use crate::plan::Plan;
use crate::plan::graph::{Graph, Node};
use crate::tool::Tool;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Who compiles C.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// Nobody: no package has any.
    Unneeded,
    /// The machine's own, for programs that are linked to its own libc.
    Machines,
    /// What this variable of the user's names.
    Users(String),
    /// Zig, which has a C library and C++ for every target.
    Zig(Zig),
    /// A gcc for musl, and its C++ where it has one.
    Gcc(PathBuf, Option<PathBuf>),
    /// None was found, and it is not known whether one is needed, or known that one is only a help.
    Unknown,
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Compiler::Unneeded => write!(f, "not needed"),
            Compiler::Users(variable) => write!(f, "as {variable} says"),
            Compiler::Machines => write!(f, "the machine's own"),
            Compiler::Zig(zig) => write!(f, "zig {} ({})", zig.version(), zig.program().display()),
            Compiler::Gcc(c, None) => write!(f, "{}", c.display()),
            Compiler::Gcc(c, Some(cxx)) => write!(f, "{}, {}", c.display(), cxx.display()),
            Compiler::Unknown => write!(f, "none"),
        }
    }
}

/// The packages that compile C or C++ for the target.
pub fn compiling(graph: &Graph) -> Vec<(&Node, Compiles)> {
    graph.packages().filter_map(|node| Some((node, compiles(&node.package())?))).collect()
}

/// Those of them that cannot do without.
fn requiring<'a>(graph: &'a Graph, target: &Target) -> Vec<(&'a Node, Compiles)> {
    let all = compiling(graph).into_iter();
    all.filter(|(_, compiles)| compiles.required_on(target.arch())).collect()
}

/// Whether one of them has C++.
pub fn has_cxx(graph: &Graph) -> bool {
    compiling(graph).iter().any(|(_, compiles)| compiles.language == Language::Cxx)
}

/// Whether a package has bindgen read C headers.
fn binds(graph: &Graph) -> bool {
    graph.packages().any(|node| node.package().builds_with("bindgen"))
}

/// Tries the rungs in order; nothing is written yet. `building` tells that a library will be built, which takes a
/// compiler though no package does.
pub fn choose(plan: &Plan, said: &Said<'_>, building: bool) -> Result<Compiler, Error> {
    let (target, graph) = (&plan.target, &plan.graph);
    // bindgen reads the headers that a compiler for the target has; without one it would read those of this machine
    if graph.is_known() && compiling(graph).is_empty() && !binds(graph) && !building {
        return Ok(Compiler::Unneeded);
    }
    if let Some(variable) = said.for_target("CC", target) {
        let needed = !requiring(graph, target).is_empty();
        return if needed && is_absent(&variable, said) {
            Err(absent(plan, &variable, said))
        } else {
            Ok(Compiler::Users(variable))
        };
    }
    if !target.is_musl() {
        return Ok(Compiler::Machines); // which knows glibc
    }
    if let Some(zig) = Zig::find(said.env, &plan.records) {
        return Ok(Compiler::Zig(zig));
    }
    match gcc::find(target, said.env) {
        // Debian's musl-gcc has no C++: what it cannot do is told before the build
        Some((c, None)) if has_cxx(graph) => Err(missing(plan, Some(&c))),
        Some((c, cxx)) => Ok(Compiler::Gcc(c, cxx)),
        None if requiring(graph, target).is_empty() => Ok(Compiler::Unknown),
        None => Err(missing(plan, None)),
    }
}

/// What the user has told the compiler and its archiver by variables, all of those that the crate cc reads.
pub fn users(said: &Said<'_>, target: &Target) -> Vec<(OsString, OsString)> {
    const HEARD: [&str; 9] =
        ["CC", "CFLAGS", "CXX", "CXXFLAGS", "CXXSTDLIB", "AR", "ARFLAGS", "RANLIB", "RANLIBFLAGS"];
    said.all(&HEARD, target)
}

impl Compiler {
    /// Tells who it is, and what the user has told it, for what is built once and kept: another compiler's work is not
    /// taken for this one's.
    pub fn identity(&self, said: &Said<'_>, target: &Target) -> String {
        format!("{self} {:?}", users(said, target))
    }

    /// Makes what the variables will name, where it is not there yet.
    pub fn make(&self, plan: &Plan, step: &mut dyn FnMut(&str, String)) -> Result<(), Error> {
        let Compiler::Zig(zig) = self else { return Ok(()) };
        zig.wrappers(&plan.target, &plan.cache)?;
        if has_cxx(&plan.graph) { self.make_cxx(plan, step).map(drop) } else { Ok(()) }
    }

    /// Makes the C++ library; whether there is one to be made.
    pub fn make_cxx(&self, plan: &Plan, step: &mut dyn FnMut(&str, String)) -> Result<bool, Error> {
        match self {
            Compiler::Zig(zig) => zig.cxx_runtime(&plan.target, &plan.cache, step).map(|_| true),
            _ => Ok(false),
        }
    }

    /// Whether the C++ library that it makes is there.
    pub fn is_cxx_made(&self, plan: &Plan) -> bool {
        matches!(self, Compiler::Zig(zig) if zig.cxx_folder(&plan.target, &plan.cache).is_dir())
    }

    /// Whether a package of `plan` takes a C++ library that [`Compiler::make`] will make first.
    pub fn wants_cxx(&self, plan: &Plan) -> bool {
        matches!(self, Compiler::Zig(_)) && has_cxx(&plan.graph) && !self.is_cxx_made(plan)
    }

    /// The variables by which build scripts find it, and the folder of its C++ library.
    pub fn variables(&self, plan: &Plan, said: &Said<'_>) -> Variables {
        let mut variables = self.named(plan);
        let suffix = format!("_{}", plan.target.underscored());
        let binds = !plan.graph.is_known() || binds(&plan.graph);
        variables.all.retain(|(name, _)| {
            let name = name.to_string_lossy();
            let base = name.strip_suffix(&suffix).unwrap_or(&name);
            said.for_target(base, &plan.target).is_none() && (binds || !base.starts_with("BINDGEN"))
        });
        if compiling(&plan.graph).iter().any(|(_, compiles)| compiles.deaf) {
            variables.all.extend(plain(&variables.all, &plan.target, said));
        }
        variables
    }

    fn named(&self, plan: &Plan) -> Variables {
        let target = &plan.target;
        match self {
            Compiler::Unneeded | Compiler::Users(_) | Compiler::Machines | Compiler::Unknown => {
                Variables::default()
            }
            Compiler::Zig(zig) => Variables {
                all: zig.planned(target, &plan.cache).variables(target),
                runtime: vec![
                    zig.planned(target, &plan.cache).libraries(),
                    zig.cxx_folder(target, &plan.cache),
                ],
            },
            Compiler::Gcc(c, gxx) => {
                let under = target.underscored();
                let mut all = vec![(format!("CC_{under}").into(), c.into())];
                all.extend(gxx.as_ref().map(|gxx| (format!("CXX_{under}").into(), gxx.into())));
                let gxx = gxx.as_deref().filter(|_| has_cxx(&plan.graph));
                Variables { all, runtime: gxx.and_then(gcc::runtime).into_iter().collect() }
            }
        }
    }
}

/// The same compilers under the names without a target, for packages whose `configure` hears no other (rdkafka-sys). What
/// is built for this machine looks at `HOST_CC` first (the crate cc), and stays with the machine's own.
fn plain(named: &[(OsString, OsString)], target: &Target, said: &Said<'_>) -> Vec<(OsString, OsString)> {
    let under = target.underscored();
    let mut plain = Vec::new();
    for (name, hosts) in [("CC", "cc"), ("CXX", "c++")] {
        let value = named.iter().find(|(known, _)| *known == *format!("{name}_{under}"));
        let Some((_, value)) = value.filter(|_| !said.is_set(name)) else { continue };
        plain.push((name.into(), value.clone()));
        let own = format!("HOST_{name}");
        plain.extend((!said.is_set(&own)).then(|| (own.into(), hosts.into())));
    }
    plain
}

/// A warning where `CC` is what every build on the machine takes, and does not look like a compiler for musl.
pub fn doubtful(compiler: &Compiler, target: &Target, said: &Said<'_>) -> Option<Warning> {
    let Compiler::Users(variable) = compiler else { return None };
    let value = said.env.get(variable).filter(|_| variable == "CC")?.to_string_lossy().into_owned();
    let musl = ["musl", "zig"].iter().any(|word| value.contains(word));
    (!musl).then(|| {
        let what = format!(
            "CC is `{value}`, and is taken for musl too; if it compiles for glibc, unset it or set CC_{} beside it",
            target.underscored()
        );
        Warning::new(Caution::DoubtfulCompiler, what)
    })
}

/// What build scripts are handed.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Names and values.
    pub all: Vec<(OsString, OsString)>,
    /// Where `libstdc++.a` or `libc++.a` is, and what else comes with the compiler.
    pub runtime: Vec<PathBuf>,
}

/// The commands that install one for `target`; `cxx` tells that it must have C++.
pub fn ways(target: &Target, cxx: bool) -> Vec<String> {
    let native = if cxx { "musl-g++" } else { "musl-gcc" };
    let gcc = if target.is_native() { install(&[native]) } else { Vec::new() };
    [install(&["zig"]), gcc].concat()
}

/// Whether what `variable` names cannot be there: neither the whole, as a path may have blanks, nor its first word, as
/// flags may follow. A path without a beginning starts at a folder that the build script alone knows.
fn is_absent(variable: &str, said: &Said<'_>) -> bool {
    let value = said.value(variable).unwrap_or_default();
    let value = value.to_string_lossy();
    let there = |name: &str| {
        name.contains('/') && !name.starts_with('/') || Tool::find(name, said.env.path()).is_some()
    };
    !there(&value) && !value.split_whitespace().next().is_some_and(there)
}

/// Says who needs a compiler, and that the one they would take is not there.
fn absent(plan: &Plan, variable: &str, said: &Said<'_>) -> Error {
    let value = said.value(variable).unwrap_or_default();
    let what = format!("`{variable}` names a C compiler that is not there: `{}`", value.display());
    let error = requiring(&plan.graph, &plan.target)
        .iter()
        .fold(Error::new(Code::NoCompiler, what), |error, (node, it)| {
            error.note(wanted(&plan.graph, node, it))
        });
    error.help(format!("let cargo scratch choose one:  unset {variable}"))
}

/// Who compiles what, and the way to it.
fn wanted(graph: &Graph, node: &Node, it: &Compiles) -> String {
    let way = graph.path(&node.name).join(" → ");
    format!("`{}` {} compiles {} ({way})", node.name, node.version, it.why)
}

/// Says who needs a compiler, what was looked for, and what to install.
fn missing(plan: &Plan, only_c: Option<&Path>) -> Error {
    let (target, graph) = (&plan.target, &plan.graph);
    let triple = target.triple();
    let language = if only_c.is_some() { "C++" } else { "C" };
    let mut error = Error::new(Code::NoCompiler, format!("no {language} compiler for `{triple}`"));
    let all = requiring(graph, target);
    let wanting = all.iter().filter(|(_, it)| only_c.is_none() || it.language == Language::Cxx);
    for (node, it) in wanting {
        error = error.note(wanted(graph, node, it));
    }
    let name = format!("CC_{}", target.underscored());
    error = match only_c {
        Some(c) => error.note(format!("`{}` compiles C alone", c.display())),
        None => error.note(format!(
            "looked for: the variables {name}, TARGET_CC and CC, `zig`, `python3 -m ziglang`, \
             `{}-linux-musl-gcc`, `musl-gcc`, a `cc` for musl",
            target.arch()
        )),
    };
    error = ways(target, only_c.is_some()).into_iter().fold(error, Error::help);
    error.help(format!("or name one:     {name}=PATH"))
}

//! The fourth rung: the libraries that `-sys` crates look for, which no system has in a form that musl takes.
//!
//! Each is the user's own, or ready in the cache, or to be built into it; what is none of these is told now, with the
//! line for Cargo.toml, since the build would only find out after minutes.

use super::compiler::Compiler;
use super::provide::{self, ROWS, Row, Workshop};
use super::said::Said;
use crate::error::{Code, Error};
use crate::explain::Package;
use crate::explain::libraries::{Library, library_of};
use crate::plan::Plan;
use crate::plan::graph::Node;
use std::ffi::OsString;

/// A library, who looks for it, and where it comes from.
#[derive(Clone, Debug)]
pub struct Supply {
    /// What people call the library.
    pub name: &'static str,
    /// The package that looks for it.
    pub package: String,
    /// Its source.
    pub source: Source,
}

/// Where a library comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The user's own variables say where it is.
    Users,
    /// It is in the cache.
    Cache(&'static Row),
    /// It will be built into the cache.
    Build(&'static Row),
}

impl Source {
    /// The variables by which the package will find it.
    pub fn variables(&self, workshop: &Workshop<'_>) -> Vec<(OsString, OsString)> {
        match self {
            Source::Users => Vec::new(),
            Source::Cache(row) | Source::Build(row) => row.variables(workshop),
        }
    }

    /// In one word, for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Source::Users => "users",
            Source::Cache(_) => "cache",
            Source::Build(_) => "build",
        }
    }

    /// In a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Source::Users => "as your variables say",
            Source::Cache(_) => "provided, from the cache",
            Source::Build(_) => "provided, to be built into the cache, once for all projects",
        }
    }
}

/// The rows for the packages of `plan` that look for a library which can be provided, each with its package. Those
/// whose place the user has named are not among them.
pub fn wanted<'a>(plan: &'a Plan, said: &Said<'_>) -> Vec<(&'a Node, &'static Row)> {
    looking(plan).filter(|(_, row)| !is_users(row, plan, said)).collect()
}

/// What stands for each library, and an error for each that can come from nowhere.
pub fn supply(
    plan: &Plan,
    said: &Said<'_>,
    compiler: Option<&Compiler>,
    workshop: &Workshop<'_>,
) -> (Vec<Supply>, Vec<Error>) {
    let (mut supplies, mut missing) = (Vec::new(), Vec::new());
    for (node, row) in looking(plan) {
        let source = if is_users(row, plan, said) {
            Source::Users
        } else if plan.provide && row.is_ready(workshop) {
            Source::Cache(row)
        } else {
            if let Some(error) = obstacle(plan, node, row, said, compiler) {
                missing.push(error);
                continue;
            }
            Source::Build(row)
        };
        supplies.push(Supply { name: row.name, package: node.name.clone(), source });
    }
    missing.extend(unprovided(plan, said));
    (supplies, missing)
}

/// The packages that look for a library of the table, each library once.
fn looking(plan: &Plan) -> impl Iterator<Item = (&Node, &'static Row)> {
    let musl = plan.target.triple().contains("-musl");
    ROWS.iter().filter(move |_| musl).filter_map(|row| {
        plan.graph.packages().find(|node| row.applies(&node.package())).map(|node| (node, row))
    })
}

fn is_users(row: &Row, plan: &Plan, said: &Said<'_>) -> bool {
    row.is_set_by_user(&plan.target, |name| said.is_set(name))
}

/// Why a library cannot be built here, and what to do.
fn obstacle(
    plan: &Plan,
    node: &Node,
    row: &Row,
    said: &Said<'_>,
    compiler: Option<&Compiler>,
) -> Option<Error> {
    let tools = row.missing_tools(said.env.path());
    let blanks = row.takes_make() && plan.cache.as_os_str().as_encoded_bytes().contains(&b' ');
    let why = if !plan.provide {
        "--no-provide is set".to_owned()
    } else if !tools.is_empty() {
        format!("building it takes {}, not found on PATH", tools.join(" and "))
    } else if matches!(compiler, None | Some(Compiler::Unknown | Compiler::Unneeded)) {
        "building it takes a C compiler".to_owned()
    } else if blanks {
        format!("building it takes make, which cannot work below `{}`, with its blanks", plan.cache.display())
    } else {
        return None;
    };
    let mut error = looks_for(plan, node, row.name).note(format!("it is not provided: {why}"));
    if plan.provide && blanks {
        error = error.help("keep the cache elsewhere:  --cache-dir DIR");
    }
    if plan.provide && !tools.is_empty() {
        let tools = tools.join(" ");
        error = error.help(format!("Debian, Ubuntu:  sudo apt install {tools}"));
        error = error.help(format!("Fedora:          sudo dnf install {tools}"));
    }
    let known = library_of(&node.package()).and_then(|library| library.line(&packages(plan)));
    let lines =
        known.map_or_else(|| row.fix.iter().map(|line| (*line).to_owned()).collect(), |line| vec![line]);
    Some(lines.iter().fold(error, |error, line| error.help(format!("in Cargo.toml:   {line}"))))
}

/// Packages whose library no row provides, and which build none by themselves.
fn unprovided(plan: &Plan, said: &Said<'_>) -> Vec<Error> {
    let packages = packages(plan);
    if !plan.target.triple().contains("-musl")
        || provide::pkg_config_is_users(&plan.target, |name| said.is_set(name))
    {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for node in plan.graph.packages() {
        let package = node.package();
        let provided = ROWS.iter().any(|row| row.applies(&package));
        let is_users = |library: &&Library| library.users.iter().any(|name| said.is_set(name));
        let Some(library) = library_of(&package).filter(|library| !provided && !is_users(library)) else {
            continue;
        };
        let mut error = looks_for(plan, node, library.name);
        error = match library.line(&packages) {
            Some(line) => error.help(format!("in Cargo.toml:   {line}")),
            None => error,
        };
        errors.push(if library.advice.is_empty() { error } else { error.help(library.advice) });
    }
    errors
}

fn packages(plan: &Plan) -> Vec<Package<'_>> {
    plan.graph.packages().map(Node::package).collect()
}

fn looks_for(plan: &Plan, node: &Node, library: &str) -> Error {
    let what = format!(
        "`{}` {} looks for {library}, and there is none for `{}`",
        node.name, node.version, plan.target
    );
    Error::new(Code::NoLibrary, what)
        .note(format!("it is wanted by {}", plan.graph.path(&node.name).join(" → ")))
}

//! The fourth rung: the libraries that `-sys` crates look for, which no system has in a form that musl takes.
//!
//! Each is the user's own, or ready in the cache, or to be built into it; what is none of these is told now, with the
//! line for Cargo.toml, since the build would only find out after minutes.

use super::compiler::{self, Compiler};
use super::provide::{self, ROWS, Row, Workshop};
use super::said::Said;
use crate::error::{Code, Error};
use crate::explain::libraries::{Library, library_of};
use crate::explain::programs::install;
use crate::plan::Plan;
use crate::plan::graph::Node;
use crate::sbom::{Package, Provided};
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

/// What of `supplies` was provided to the packages `inside` one program, and so is in it too.
pub fn provided(supplies: &[Supply], inside: &[Package]) -> Vec<Provided> {
    let mut all: Vec<Provided> = Vec::new();
    for supply in supplies {
        let (Source::Cache(row) | Source::Build(row)) = supply.source else { continue };
        let looks = |(_, package): &(usize, &Package)| !package.builds && package.name == supply.package;
        let by: Vec<_> = inside.iter().enumerate().filter(looks).map(|(at, _)| at).collect();
        for one in row.provided(&by) {
            match all.iter_mut().find(|known| known.name == one.name) {
                Some(known) => known.by.extend(one.by),
                None => all.push(one),
            }
        }
    }
    all.retain(|library| !library.by.is_empty());
    all.sort_by_key(|library| library.package);
    all
}

/// Whether a package of `plan` looks for a library that can be provided and whose place the user has not named.
pub fn are_wanted(plan: &Plan, said: &Said<'_>) -> bool {
    looking(plan).any(|(node, _)| !is_users(node, plan, said))
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
        let source = if is_users(node, plan, said) {
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
    let musl = plan.target.is_musl();
    ROWS.iter().filter(move |_| musl).filter_map(|row| {
        plan.graph.packages().find(|node| row.applies(&node.package())).map(|node| (node, row))
    })
}

/// Whether the user has said where the library is that `node` looks for.
fn is_users(node: &Node, plan: &Plan, said: &Said<'_>) -> bool {
    let library = library_of(&node.package());
    library.is_some_and(|library| provide::is_users(library, &plan.target, |name| said.is_set(name)))
}

/// What building `row` lacks beside a C compiler, and what to do.
pub fn lacking(row: &Row, plan: &Plan, said: &Said<'_>) -> Option<(String, Vec<String>)> {
    let tools = row.missing_tools(said.env.path());
    if !tools.is_empty() {
        let lacks: Vec<_> = tools.iter().map(|(tool, lack)| format!("{tool}, which {lack}")).collect();
        let tools: Vec<_> = tools.iter().map(|(tool, _)| *tool).collect();
        return Some((format!("building it takes {}", lacks.join(", and ")), install(&tools)));
    }
    let blanks = row.takes_make() && plan.cache.as_os_str().as_encoded_bytes().contains(&b' ');
    blanks.then(|| {
        let cache = plan.cache.display();
        let why = format!("building it takes make, which cannot work below `{cache}`, with its blanks");
        (why, vec!["keep the cache elsewhere:  --cache-dir DIR".to_owned()])
    })
}

/// Why a library cannot be built here, and what to do.
fn obstacle(plan: &Plan, node: &Node, row: &Row, said: &Said<'_>, found: Option<&Compiler>) -> Option<Error> {
    let (why, ways) = if !plan.provide {
        ("--no-provide is set".to_owned(), Vec::new())
    } else if let Some(lacking) = lacking(row, plan, said) {
        lacking
    } else if matches!(found, None | Some(Compiler::Unknown | Compiler::Unneeded)) {
        ("building it takes a C compiler".to_owned(), compiler::ways(&plan.target, false))
    } else {
        return None;
    };
    let error = looks_for(plan, node, row.name).note(format!("it is not provided: {why}"));
    let error = ways.into_iter().fold(error, Error::help);
    Some(match library_of(&node.package()) {
        Some(library) => helped(error, library, plan),
        None => error,
    })
}

/// Packages whose library no row provides, and which build none by themselves.
fn unprovided(plan: &Plan, said: &Said<'_>) -> Vec<Error> {
    let error = |node: &Node| {
        let package = node.package();
        let library = library_of(&package).filter(|_| !ROWS.iter().any(|row| row.applies(&package)))?;
        let error = || helped(looks_for(plan, node, library.name), library, plan);
        (!is_users(node, plan, said)).then(error)
    };
    plan.graph.packages().filter(|_| plan.target.is_musl()).filter_map(error).collect()
}

/// `error` with what puts `library` into the program without us.
fn helped(error: Error, library: &Library, plan: &Plan) -> Error {
    let packages: Vec<_> = plan.graph.dependencies().map(Node::package).collect();
    let line = library.line(&packages).map(|line| format!("in Cargo.toml:   {line}"));
    let advice = Some(library.advice.to_owned()).filter(|advice| !advice.is_empty());
    line.into_iter().chain(advice).fold(error, Error::help)
}

fn looks_for(plan: &Plan, node: &Node, library: &str) -> Error {
    let what = format!(
        "`{}` {} looks for {library}, and there is none for `{}`",
        node.name, node.version, plan.target
    );
    Error::new(Code::NoLibrary, what)
        .note(format!("it is wanted by {}", plan.graph.path(&node.name).join(" → ")))
}

//! Advice: which package brought a library into a program, by which way, and the line that takes it out again.

use crate::compile::NativeLibrary;
use crate::elf::Facts;
use crate::error::Error;
use crate::explain::Package;
use crate::explain::libraries::by_link;
use crate::plan::Plan;
use crate::plan::graph::Node;

/// `error`, which refuses a program with these `facts`, with whom to blame and what to type.
pub fn advise(error: Error, facts: &Facts, libraries: &[NativeLibrary], plan: &Plan) -> Error {
    let (target, triple) = (&plan.target, plan.target.triple());
    let found: Vec<_> = facts.needed.iter().filter_map(|needed| culprit(needed, libraries, plan)).collect();
    let error = found.iter().fold(error, |error, culprit| culprit.explain(error, plan));
    if triple.contains("-gnu") {
        let musl = triple.replace("-gnu", "-musl");
        return error
            .help(format!("build for musl, which is static by default: cargo scratch --target {musl}"))
            .help(format!("or link glibc statically: --config 'target.{target}.rustflags=[\"-Ctarget-feature=+crt-static\"]'"));
    }
    if facts.interpreter.as_deref().is_some_and(|path| path.contains("ld-musl")) && facts.needed.is_empty() {
        // https://github.com/rust-lang/rust/issues/95926: gcc's specs for musl know no static-pie
        return error
            .note("a linker such as `musl-gcc` makes a dynamic program of the static-pie that rustc asks for")
            .help("remove `linker` for this target from .cargo/config.toml: cargo's default links it")
            .help(format!(
                "or ask for no pie: --config 'target.{target}.rustflags=[\"-Crelocation-model=static\"]'"
            ));
    }
    if found.is_empty() {
        return error.help(
            "look for `-C target-feature=-crt-static`, `-C prefer-dynamic` or a linker script in RUSTFLAGS and \
             .cargo/config.toml",
        );
    }
    error
}

/// A library that a program needs, and who has linked it.
struct Culprit<'a> {
    needed: &'a str,
    package: String,
    /// Whether its build script has said so; otherwise it is the one that usually does.
    certain: bool,
}

/// The package whose build script linked `needed`, or the one of the graph that is known to look for it.
fn culprit<'a>(needed: &'a str, libraries: &[NativeLibrary], plan: &Plan) -> Option<Culprit<'a>> {
    let stem = needed.strip_prefix("lib").unwrap_or(needed).split(".so").next().unwrap_or_default();
    // `KIND=NAME`, `KIND:MODIFIERS=NAME`, `NAME`
    let linked = libraries.iter().find(|library| library.library.rsplit('=').next() == Some(stem));
    if let Some(library) = linked {
        return Some(Culprit { needed, package: name(&library.package.repr).to_owned(), certain: true });
    }
    let known = by_link(needed)?.packages.iter().find(|name| plan.graph.get(name).is_some())?;
    Some(Culprit { needed, package: (*known).to_owned(), certain: false })
}

impl Culprit<'_> {
    fn explain(&self, error: Error, plan: &Plan) -> Error {
        let Culprit { needed, package, certain } = self;
        let mut error = error.note(match certain {
            true => format!("{needed} was linked by the build script of `{package}`"),
            false => format!("{needed} is what `{package}` links"),
        });
        let way = plan.graph.path(package);
        if way.len() > 1 {
            error = error.note(format!("`{package}` is wanted by {}", way.join(" → ")));
        }
        let packages: Vec<Package<'_>> = plan.graph.packages().map(Node::package).collect();
        let library = by_link(needed);
        let line = library.and_then(|library| library.line(&packages));
        let advice = library.map_or("", |library| library.advice);
        match (&line, advice) {
            (None, "") => {
                return error.help(format!(
                    "see the documentation of `{package}` for linking its library statically (often a feature \
                     `vendored`, `bundled` or `static`)"
                ));
            }
            (Some(line), _) => error = error.help(format!("in Cargo.toml: {line}")),
            (None, _) => {}
        }
        if advice.is_empty() { error } else { error.help(advice) }
    }
}

/// The name in a package's id: `…#NAME@VERSION`, or the last part of the address where the fragment is a version alone
/// (The Cargo Book, "Package ID Specifications").
fn name(id: &str) -> &str {
    let (address, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => address.rsplit('/').next().unwrap_or(address).split('?').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_package_is_found_in_every_form_of_its_id() {
        for (id, expected) in [
            ("registry+https://example.org/index#openssl-sys@0.9.1", "openssl-sys"),
            ("path+file:///a/b/hello#0.1.0", "hello"),
            ("path+file:///a/b#hello@0.1.0", "hello"),
            ("git+https://example.org/hello?branch=x#0.1.0", "hello"),
        ] {
            assert_eq!(name(id), expected, "{id}");
        }
    }
}

//! Advice: which package brought a library into a program, by which way, and the line that takes it out again.

use crate::compile::{NativeLibrary, package_name};
use crate::elf::Facts;
use crate::error::Error;
use crate::explain::Package;
use crate::explain::libraries::{Library, by_link};
use crate::plan::Plan;
use crate::plan::graph::Node;

/// `error`, which refuses a program with these `facts`, with whom to blame and what to type.
pub fn advise(error: Error, facts: &Facts, libraries: &[NativeLibrary], plan: &Plan) -> Error {
    let (target, triple) = (&plan.target, plan.target.triple());
    if target.elf() != (facts.machine, facts.class, facts.data) {
        return error.help(format!("look for the `linker` of [target.{target}] in .cargo/config.toml"));
    }
    let mut told = Told::default();
    for needed in facts.needed.iter().filter(|needed| !comes_with_rust(needed)) {
        told.blame(needed, libraries, plan);
    }
    let nobody = told.helps.is_empty();
    let error = told.notes.into_iter().fold(error, Error::note);
    let error = told.helps.into_iter().fold(error, Error::help);
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
    if nobody || facts.needed.iter().any(|needed| comes_with_rust(needed)) {
        return error.help(
            "look for `-C target-feature=-crt-static`, `-C prefer-dynamic` or a linker script in RUSTFLAGS and \
             .cargo/config.toml",
        );
    }
    error
}

/// Whether every dynamic program of rustc's needs it, whatever made it dynamic: the C library, and GCC's unwinder.
fn comes_with_rust(needed: &str) -> bool {
    by_link(needed).is_some_and(|library| library.links.iter().any(|link| matches!(*link, "c" | "gcc_s")))
}

/// What is told of the libraries, each line once: OpenSSL is two files, with one fix for both.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    helps: Vec<String>,
}

impl Told {
    fn note(&mut self, line: String) {
        if !self.notes.contains(&line) {
            self.notes.push(line);
        }
    }

    fn help(&mut self, line: impl Into<String>) {
        let line = line.into();
        if !self.helps.contains(&line) {
            self.helps.push(line);
        }
    }

    /// Who brought `needed` into the program, and how it gets out again.
    fn blame(&mut self, needed: &str, libraries: &[NativeLibrary], plan: &Plan) {
        let library = by_link(needed);
        if let Some(package) = linked_by(needed, libraries, plan) {
            self.note(format!("{needed} was linked by the build script of `{package}`"));
            self.fix(package, library, plan);
        } else if let Some(package) = library.and_then(|library| looked_for_by(library, plan)) {
            self.note(format!("{needed} is what `{package}` links"));
            self.fix(package, library, plan);
        } else {
            let name = library.map_or_else(String::new, |library| format!(", {},", library.name));
            self.note(format!("{needed}{name} was linked by no build script"));
            match library.filter(|library| library.packages.is_empty()) {
                Some(library) => self.help(library.advice),
                None => self.help(format!(
                    "look for `#[link(name = \"{0}\")]` in the code of the packages, and for `-l{0}` in RUSTFLAGS and \
                     .cargo/config.toml",
                    stem(needed)
                )),
            }
        }
    }

    /// By which way `package` came into the program, and how it does without a shared `library`.
    fn fix(&mut self, package: &str, library: Option<&Library>, plan: &Plan) {
        let way = plan.graph.path(package);
        if way.len() > 1 {
            self.note(format!("`{package}` is wanted by {}", way.join(" → ")));
        }
        // another package that links the same library does not have the features of those in the table
        let known =
            library.filter(|library| library.packages.is_empty() || library.packages.contains(&package));
        let packages: Vec<Package<'_>> = plan.graph.dependencies().map(Node::package).collect();
        let line = known.and_then(|library| library.line(&packages));
        let advice = known.map_or("", |library| library.advice);
        if line.is_none() && advice.is_empty() {
            self.help(format!(
                "see the documentation of `{package}` for linking its library statically (often a feature `vendored`, \
                 `bundled` or `static`)"
            ));
        }
        if let Some(line) = line {
            self.help(format!("in Cargo.toml:   {line}"));
        }
        if !advice.is_empty() {
            self.help(advice);
        }
    }
}

/// The package whose build script linked `needed`; before others one that is in the program, since the build scripts
/// of what other build scripts use link too.
fn linked_by<'a>(needed: &str, libraries: &'a [NativeLibrary], plan: &Plan) -> Option<&'a str> {
    let names = libraries.iter().filter(|library| links(&library.library, needed));
    let names: Vec<_> = names.map(|library| package_name(&library.package)).collect();
    names.iter().find(|name| plan.graph.get(name).is_some()).or(names.first()).copied()
}

/// The package of the program that is known to look for `library`.
fn looked_for_by(library: &Library, plan: &Plan) -> Option<&'static str> {
    library.packages.iter().find(|name| plan.graph.get(name).is_some()).copied()
}

/// Whether what a build script `said`, `[KIND[:MODIFIERS]=]NAME[:RENAME]` (The rustc book, "-l"), links the file
/// `needed`.
fn links(said: &str, needed: &str) -> bool {
    let name = said.split_once('=').map_or(said, |(_, name)| name);
    let name = name.rsplit(':').next().unwrap_or(name);
    // the whole name of a file with the modifier `verbatim`, where that is not the library's own name for itself
    name == stem(needed) || name == needed
}

/// What `-l` calls the library in the file `needed`.
fn stem(needed: &str) -> &str {
    needed.strip_prefix("lib").unwrap_or(needed).split(".so").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_known_in_every_form_of_a_build_scripts_word_for_it() {
        for said in [
            "ssl",
            "dylib=ssl",
            "static:+bundle,-whole-archive=ssl",
            "dylib=crypt:ssl",
            "dylib:+verbatim=libssl.so.3",
        ] {
            assert!(links(said, "libssl.so.3"), "{said}");
        }
        for said in ["", "dylib=", "ssl3", "dylib=crypto", "ssl:crypto", "static=libssl"] {
            assert!(!links(said, "libssl.so.3"), "{said}");
        }
    }
}

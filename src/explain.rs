//! The knowledge: what well-known crates need in order to build for musl and to run in an empty image.
//!
//! Tables of facts, a row a fact, and pure functions over them: nothing is read, run or printed here. A row was
//! written after reading the crate's manifest and build script, or its documentation. What is not known is left
//! out, since a build that is refused for a wrong reason is worse than one that fails with cargo's own message.

pub mod compilers;
pub mod failures;
pub mod libraries;
pub mod processor;
pub mod programs;
pub mod runtime;

/// A package of the resolved graph that is compiled for the target through normal edges.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// Its name on the registry, with the dashes that it has there.
    pub name: &'a str,
    /// Its version, as Cargo.lock writes it.
    pub version: &'a str,
    /// The features that a build turns on, those that other features turned on included. `cargo metadata` counts in
    /// what dev-dependencies turn on (a client whose tests run a server of hyper's looks like a server); `cargo tree
    /// --edges normal,build` does not.
    pub features: &'a [String],
    /// The names of its direct build dependencies that are active for this target and these features.
    pub build_dependencies: &'a [String],
}

impl Package<'_> {
    /// Whether any of `features` is active.
    pub fn has_any(&self, features: &[&str]) -> bool {
        self.features.iter().any(|feature| features.contains(&feature.as_str()))
    }

    /// Whether its build script is built with `dependency`.
    pub fn builds_with(&self, dependency: &str) -> bool {
        self.build_dependencies.iter().any(|name| name == dependency)
    }
}

/// Packages for tests, without the noise of owned strings.
#[cfg(test)]
pub(crate) mod example {
    use super::Package;

    /// What a package of a test owns.
    pub struct Owned {
        name: &'static str,
        features: Vec<String>,
        build_dependencies: Vec<String>,
    }

    /// A package with `features`, whose build script uses `build_dependencies`; both are separated by blanks.
    pub fn package(name: &'static str, features: &str, build_dependencies: &str) -> Owned {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Owned { name, features: words(features), build_dependencies: words(build_dependencies) }
    }

    impl Owned {
        /// The package, in version 1.2.3.
        pub fn get(&self) -> Package<'_> {
            Package {
                name: self.name,
                version: "1.2.3",
                features: &self.features,
                build_dependencies: &self.build_dependencies,
            }
        }
    }
}

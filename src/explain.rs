//! What is known of the crates that people use: a stand-in until the tables come.

/// A package of the resolved graph that is compiled for the target.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The features that are active.
    pub features: &'a [String],
    /// The names of its direct build dependencies that are active.
    pub build_dependencies: &'a [String],
}

//! What is generated for a project to keep: Dockerfiles, a .dockerignore, a bake file, workflows.
//!
//! All of it follows from the same [`Plans`](crate::plan::Plans) as a build, so that both give the same image, and so
//! that a committed file can be compared with what the metadata gives today.

pub mod files;
pub mod workflows;

use std::path::PathBuf;

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where it goes, from the workspace's folder.
    pub path: PathBuf,
    /// All of it; ends with a line end.
    pub text: String,
}

//! What is generated for a project to keep: Dockerfiles, a .dockerignore, a bake file, workflows.
//!
//! All of it follows from the same [`Plans`](crate::plan::Plans) as a build, so that both give the same image, and so
//! that a committed file can be compared with what the metadata gives today.

mod context;
pub mod dockerfile;
pub mod files;
mod release;
pub mod workbench;
pub mod workflows;

use dockerfile::Style;
use std::path::PathBuf;

/// What the command line asks of a generated file beside the plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The command that makes the file, as it is typed.
    pub made: String,
    /// How the image is made.
    pub style: Style,
    /// The image to build in, in place of the one that follows from the project.
    pub base: Option<String>,
}

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where it goes, from the workspace's folder.
    pub path: PathBuf,
    /// All of it; ends with a line end.
    pub text: String,
}

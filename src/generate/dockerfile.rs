//! The project's Dockerfile, in three styles: the same image as a build's, made by other tools.
//!
//! * `multi-stage`: builds in the official `rust` image. Cache mounts keep registry, git and target folder, so that a
//!   change of the project's own code compiles nothing else.
//! * `chef`: the same with cargo-chef, which keeps compiled dependencies in a layer; for builders whose cache mounts do
//!   not outlive a run, and for those that have none.
//! * `prebuilt`: `FROM scratch`, and the root file system that `cargo scratch -o rootfs` wrote.
//!
//! What a Dockerfile cannot say is said in its comments: the revision is a label that changes with every commit, and
//! so comes from the command line; layers and times are the builder's.

mod image;
mod words;

use self::image::Stage;
pub use self::image::{REVISION, stage};
use super::context::{self, Context};
use super::workbench::{Hands, Row, Workbench};
use super::{Generated, Request};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::plan::{Plans, sources};
use crate::templates::{BUILDER, CHEF, Document, MULTI_STAGE, PREBUILT};
use serde::Serialize;
use words::Words;

/// How the image is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Build in the rust image, with BuildKit's cache mounts
    #[default]
    MultiStage,
    /// The same with cargo-chef, for builders without lasting cache mounts
    Chef,
    /// Pack the root file system that `cargo scratch -o rootfs` wrote
    Prebuilt,
    /// A container that makes images with cargo scratch itself, without a socket
    Builder,
}

impl Style {
    /// Where the file goes, from the workspace's folder.
    pub fn path(self) -> &'static str {
        match self {
            Style::Builder => BUILDER.path,
            Style::MultiStage | Style::Chef | Style::Prebuilt => MULTI_STAGE.path,
        }
    }
}

/// Where the prebuilt style looks for root file systems, and says to put them: the usual place, wherever a machine has its
/// target folder.
const ROOTFS: &str = "target/scratch/rootfs";

/// The version of cargo-chef, on crates.io, that this was tried with.
const CHEF_VERSION: &str = "0.1.78";

/// In bytes; BuildKit says "dockerfile line greater than max allowed size of 65535".
const LONGEST_LINE: usize = 65535;

/// What the templates are filled with.
#[derive(Serialize)]
struct Values<'a> {
    made: &'a str,
    /// Whether there are several platforms.
    cross: bool,
    /// `linux/amd64 and linux/arm64`.
    platform_names: String,
    platforms: Vec<Row>,
    /// Whether a platform has a variant. One that has none is told with one by some builders (`v8`), and not heard.
    variants: bool,
    /// The folder of root file systems, from the workspace's.
    rootfs: &'static str,
    /// Words of `cargo scratch` that choose what is built.
    words: Vec<String>,
    images: Vec<Stage>,
    /// Absent in the style that builds nothing.
    build: Option<Build>,
}

#[derive(Serialize)]
struct Build {
    workbench: Workbench,
    context: Context,
    /// Words of `cargo build` that choose what is built.
    words: Vec<String>,
    /// The same for cargo-chef.
    chef_words: Vec<String>,
    chef: &'static str,
    /// The name of the cache mount that holds the target folder.
    cache: String,
    /// The folder of the profile's programs, below that of the target.
    folder: String,
}

/// The Dockerfile for `plans` in the style that `request` names.
///
/// # Errors
/// A package that no container can build; a name that cannot be written safely.
pub fn dockerfile(plans: &Plans, request: &Request, env: &Env) -> Result<Generated, Error> {
    let document: &Document = match request.style {
        Style::MultiStage => &MULTI_STAGE,
        Style::Chef => &CHEF,
        Style::Prebuilt => &PREBUILT,
        Style::Builder => return super::builder::builder(plans, request, env),
    };
    let platforms: Vec<_> = plans.iter().map(|plan| Row::of(&plan.target)).collect();
    let build = (request.style != Style::Prebuilt).then(|| build(plans, request, env)).transpose()?;
    let names: Vec<_> = platforms.iter().map(|row| row.platform.as_str()).collect();
    let values = Values {
        made: &request.made,
        cross: platforms.len() > 1,
        platform_names: listed(&names),
        variants: platforms.iter().any(|row| row.platform.matches('/').count() > 1),
        rootfs: ROOTFS,
        words: Words::of(&plans.first).scratch,
        images: image::stages(plans)?,
        platforms,
        build,
    };
    let text = document.render(&values)?;
    if let Some(line) = text.lines().find(|line| line.len() > LONGEST_LINE) {
        let start: String = line.chars().take(40).collect();
        return Err(Error::new(Code::Name, format!("the line `{start}…` is too long for a Dockerfile"))
            .note(format!("builders take lines of at most {LONGEST_LINE} bytes")));
    }
    Ok(Generated { path: document.path.into(), text })
}

fn build(plans: &Plans, request: &Request, env: &Env) -> Result<Build, Error> {
    let plan = &plans.first;
    context::lock(&plan.workspace, true)?; // before the next question makes cargo write one
    let base = request.base.as_deref();
    let mut workbench = Workbench::new(plans, &sources::sources(plan)?, base, Hands::Cargo)?;
    workbench.release.pinned(&request.digests);
    let context = context::context(plan, workbench.release.pin, env)?;
    let Words { cargo, chef, .. } = Words::of(plan);
    // The Cargo Book, "Build cache"
    let profile = plan.profile();
    let folder = match profile.as_str() {
        "dev" | "test" => "debug",
        "bench" => "release",
        profile => profile,
    };
    Ok(Build {
        workbench,
        context,
        words: cargo,
        chef_words: chef,
        chef: CHEF_VERSION,
        cache: format!("{}-target", plan.images.first().map(image::stage).transpose()?.unwrap_or_default()),
        folder: folder.to_owned(),
    })
}

/// `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

//! What is generated for a project to keep: Dockerfiles, a .dockerignore, a bake file, workflows.
//!
//! All of it follows from the same [`Plans`] as a build, so that both give the same image, and so that a committed
//! file can be compared with what the metadata gives today. One row of [`KINDS`] and one function a kind.

pub mod bake;
pub mod builder;
mod context;
pub mod dockerfile;
pub mod files;
mod host;
pub mod ignore;
pub mod pin;
mod release;
mod rustflags;
mod tools;
pub mod workbench;
pub mod workflows;

use crate::config::env::Env;
use crate::error::Error;
use crate::image::digest::Digest;
use crate::plan::Plans;
use dockerfile::Style;
use host::Host;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where it goes, from the workspace's folder.
    pub path: PathBuf,
    /// All of it; ends with a line end.
    pub text: String,
}

/// What the command line asks of a generated file beside the plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The command that makes the file, as it is typed.
    pub made: String,
    /// How the image is made.
    pub style: Style,
    /// The image to build in, in place of the one that follows from the project.
    pub base: Option<String>,
    /// Whether that image is named with its digest.
    pub pin: bool,
    /// The digests of such images, by their names.
    pub digests: BTreeMap<String, Digest>,
}

/// A kind of file.
#[derive(Debug)]
pub struct Kind {
    /// What `init` calls it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    make: fn(&Plans, &Request, &Env) -> Result<Generated, Error>,
    /// Whether a project has it unless it says otherwise.
    usual: fn(&Plans, Option<Host>) -> bool,
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "dockerfile",
        about: "a Dockerfile for the same images as a build's",
        make: dockerfile::dockerfile,
        usual: |_, _| true,
    },
    Kind {
        name: "dockerignore",
        about: "a .dockerignore that sends a build what git has",
        make: ignore::ignore,
        usual: |_, _| true,
    },
    Kind {
        name: "bake",
        about: "a bake file for all images and platforms in one run of BuildKit",
        make: bake::bake,
        usual: |plans, _| plans.first.images.len() > 1 || !plans.others.is_empty(),
    },
    Kind {
        name: "builder",
        about: "a Dockerfile for a container that makes the images, without a socket",
        make: builder::builder,
        usual: |_, _| false,
    },
    Kind {
        name: "github",
        about: "a workflow for GitHub: every platform on its own runner, pushed, joined, attested, released",
        make: |plans, request, env| host::finds(plans, env).and_then(|()| workflows::github(plans, request)),
        usual: |_, host| host == Some(Host::GitHub),
    },
    Kind {
        name: "gitlab",
        about: "the same for GitLab",
        make: |plans, request, env| host::finds(plans, env).and_then(|()| workflows::gitlab(plans, request)),
        usual: |_, host| host == Some(Host::GitLab),
    },
    Kind {
        name: "action",
        about: "an action for the workflows of GitHub that builds or pushes one image",
        make: |plans, request, _| workflows::action(plans, request),
        usual: |_, _| false,
    },
];

/// The files that `names` choose, in the order of [`KINDS`]; without a name, those that such a project usually has.
///
/// # Errors
/// What one of them cannot say.
pub fn set(names: &[String], plans: &Plans, request: &Request, env: &Env) -> Result<Vec<Generated>, Error> {
    let host = host::of(plans, env);
    let wanted = |kind: &&Kind| match names {
        [] => (kind.usual)(plans, host),
        names => names.iter().any(|name| name == kind.name),
    };
    KINDS.iter().filter(wanted).map(|kind| (kind.make)(plans, request, env)).collect()
}

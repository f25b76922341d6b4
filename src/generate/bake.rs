//! `docker-bake.hcl`: all images of the Dockerfile in one run of BuildKit, here or on a cluster.
//!
//! What changes from run to run (registry, version, commit, caches) is a variable; everything else follows from the
//! plan. (docker/buildx, docs/bake-reference.md.)

use super::context::{self, Registry};
use super::dockerfile::{REVISION, Style, stage};
use super::{Generated, Request};
use crate::config::env::Env;
use crate::error::Error;
use crate::image::reference::Reference;
use crate::plan::{ImagePlan, Plans};
use crate::templates::{BAKE, MULTI_STAGE};
use serde::Serialize;

/// The label with the version of the package.
const VERSION: &str = "org.opencontainers.image.version";

#[derive(Serialize)]
struct Values<'a> {
    made: &'a str,
    dockerfile: &'static str,
    /// The version that all packages have, if they have one.
    version: Option<String>,
    revision: &'static str,
    /// `linux/amd64`.
    platforms: Vec<String>,
    registries: Vec<Registry>,
    ssh: bool,
    images: Vec<Target>,
}

/// One image.
#[derive(Serialize)]
struct Target {
    /// What its stage is called.
    name: String,
    tags: Vec<Tag>,
    /// `LEVEL:NAME=VALUE`.
    annotations: Vec<String>,
}

#[derive(Serialize)]
struct Tag {
    /// All but the tag.
    repository: String,
    /// The tag alone.
    word: String,
    /// Whether the name has no registry of its own.
    local: bool,
    /// Whether the tag is the version.
    version: bool,
}

/// The bake file for `plans`.
///
/// # Errors
/// A name that cannot be written safely; what a Dockerfile cannot build.
pub fn bake(plans: &Plans, request: &Request, env: &Env) -> Result<Generated, Error> {
    let plan = &plans.first;
    let version = version(&plan.images);
    // what is built elsewhere needs nobody's token
    let (registries, ssh) = match request.style {
        Style::Prebuilt => (Vec::new(), false),
        _ => {
            let context = context::context(plan, None, env)?;
            (context.registries, context.ssh)
        }
    };
    let several = !plans.others.is_empty();
    let target = |image: &ImagePlan| Target::new(image, version.as_deref(), several);
    let values = Values {
        made: &request.made,
        dockerfile: MULTI_STAGE.path,
        revision: REVISION,
        platforms: plans.iter().map(|plan| plan.target.platform()).collect(),
        registries,
        ssh,
        images: plan.images.iter().map(target).collect::<Result<_, Error>>()?,
        version,
    };
    Ok(Generated { path: BAKE.path.into(), text: BAKE.render(&values)? })
}

/// The version that all of `images` have.
fn version(images: &[ImagePlan]) -> Option<String> {
    let mut versions = images.iter().map(|image| image.recipe.run.labels.get(VERSION));
    let first = versions.next()??;
    versions.all(|version| version == Some(first)).then(|| Reference::slug_tag(first))
}

impl Target {
    fn new(image: &ImagePlan, version: Option<&str>, several: bool) -> Result<Self, Error> {
        let tag = |tag: &Reference| Tag {
            repository: tag.name(),
            word: tag.tag().to_owned(),
            local: !tag.has_host(),
            version: version == Some(tag.tag()),
        };
        // an index is there only where there is more than one platform
        let level = if several { "index,manifest" } else { "manifest" };
        let annotations = image.recipe.annotations.iter();
        Ok(Target {
            name: stage(image)?,
            tags: image.tags.iter().map(tag).collect(),
            annotations: annotations.map(|(name, value)| format!("{level}:{name}={value}")).collect(),
        })
    }
}

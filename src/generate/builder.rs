//! The builder: a container that has all that this project's images take, and makes them without a socket, a daemon or
//! privileges, because an image archive is nothing but a file.
//!
//! Its first stage, `toolchain`, has everything but cargo-scratch; `--builder` compiles in that.

use super::workbench::{Hands, Workbench};
use super::{Generated, Request};
use crate::config::env::Env;
use crate::error::Error;
use crate::image::reference::Reference;
use crate::plan::sources::{self, Sources};
use crate::plan::{Plan, Plans};
use crate::templates::{BUILDER, TOOLCHAIN};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;

/// The stage that compiles, by itself.
pub struct Toolchain {
    /// The Dockerfile.
    pub text: String,
    /// What is in it.
    pub workbench: Workbench,
}

/// What the templates are filled with.
#[derive(Serialize)]
struct Values<'a> {
    made: &'a str,
    /// What the image is called, but for `-builder`.
    name: String,
    /// What it leaves in the workspace.
    archive: String,
    /// The image that cargo-scratch is built in.
    installer: String,
    version: &'static str,
    platforms: Vec<super::workbench::Row>,
    build: Build,
}

#[derive(Serialize)]
struct Stage {
    platforms: Vec<super::workbench::Row>,
    build: Build,
}

#[derive(Serialize)]
struct Build {
    workbench: Workbench,
    /// The lines of the toolchain file that rustup has to see; they stand in the text, which so needs no other file.
    pin: Vec<String>,
}

/// Dockerfile.builder for `plans`.
///
/// # Errors
/// A package that no container can build; a name that cannot be written safely.
pub fn builder(plans: &Plans, request: &Request, _: &Env) -> Result<Generated, Error> {
    let plan = &plans.first;
    let mut build = Build::new(plans, &sources::sources(plan)?, request.base.as_deref(), Hands::Scratch)?;
    build.workbench.release.pinned(&request.digests);
    let bin = plan.images.first().map(|image| image.bin.as_str()).unwrap_or_default();
    let values = Values {
        made: &request.made,
        name: Reference::slug(bin).unwrap_or_else(|| "cargo-scratch".to_owned()),
        archive: format!("target/scratch/{bin}.tar"),
        installer: build.workbench.release.installer.clone(),
        version: env!("CARGO_PKG_VERSION"),
        platforms: build.workbench.platforms.clone(),
        build,
    };
    Ok(Generated { path: BUILDER.path.into(), text: BUILDER.render(&values)? })
}

/// The stage in which cargo itself compiles `plans`, whose packages are `sources`.
///
/// # Errors
/// The same, and native libraries, which cargo scratch would have to be inside for.
pub fn toolchain(plans: &Plans, sources: &Sources) -> Result<Toolchain, Error> {
    let build = Build::new(plans, sources, None, Hands::Cargo)?;
    let workbench = build.workbench.clone();
    let mut stage = Stage { platforms: workbench.platforms.clone(), build };
    // they depend on the profile, and are given to each run
    stage.build.workbench.variables = BTreeMap::new();
    Ok(Toolchain { text: TOOLCHAIN.render(&stage)?, workbench })
}

impl Build {
    fn new(plans: &Plans, sources: &Sources, base: Option<&str>, hands: Hands) -> Result<Self, Error> {
        let mut workbench = Workbench::new(plans, sources, base, hands)?;
        if hands == Hands::Scratch {
            // it knows better how to link, and strips on the way into the image
            workbench.variables = BTreeMap::new();
        }
        Ok(Build { pin: pin(&plans.first, &workbench), workbench })
    }
}

/// What the toolchain file says, without blank lines and comments.
fn pin(plan: &Plan, workbench: &Workbench) -> Vec<String> {
    let path = workbench.release.pin.map(|name| plan.workspace.join(name));
    let text = path.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let lines = text.lines().map(|line| line.trim().replace('\t', " "));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

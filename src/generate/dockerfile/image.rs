//! The stage that becomes an image, and the one that its files are laid out in.

use crate::config::values::Copy;
use crate::error::{Code, Error};
use crate::generate::context::copyable;
use crate::image::reference::Reference;
use crate::plan::{Authorities, CERTIFICATES, CopyPlan, ImagePlan, Plans};
use crate::rootfs::{GROUP, PASSWD};
use crate::zones::{FOLDER, Zone};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The label that changes with every commit.
pub const REVISION: &str = "org.opencontainers.image.revision";

/// What the stage of an image cannot be called: the stages that the templates have, the image without content, and the
/// group that a bake file builds where no target is named, which would hide a target of that name.
const TAKEN: [&str; 7] = ["toolchain", "tools", "build", "planner", "chef", "scratch", "default"];

/// One image.
#[derive(Serialize)]
pub struct Stage {
    /// What its stage is called.
    name: String,
    /// The first of its tags.
    tag: String,
    /// The binary's name.
    bin: String,
    /// The built program, below the folder of the profile.
    built: String,
    /// Where it stands in the image.
    program: String,
    /// Lines of the user databases, unless the user brings them.
    passwd: Vec<&'static str>,
    group: Vec<&'static str>,
    /// Folders that must be there, with their modes.
    folders: Vec<(&'static str, String)>,
    certificates: Option<Certificates>,
    zones: Option<Zones>,
    copies: Vec<Copied>,
    /// Paths whose mode the user has set, as `find` takes them.
    modes: Vec<(String, String)>,
    /// Seconds since 1970.
    created: u64,
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    user: String,
    /// Whether that is a number.
    numeric: bool,
    workdir: String,
    expose: Vec<String>,
    volumes: Vec<String>,
    stop_signal: Option<String>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
}

#[derive(Serialize)]
struct Certificates {
    /// Why they are there.
    why: String,
    /// Whether those of Debian's package, which are Mozilla's, are among them.
    mozilla: bool,
    /// Files of the project's, and last where they are copied to; empty without any.
    files: Vec<String>,
    path: &'static str,
}

#[derive(Serialize)]
struct Zones {
    why: String,
    /// None: all that there are.
    names: Vec<&'static str>,
    folder: &'static str,
}

#[derive(Serialize)]
struct Copied {
    source: String,
    /// Below the folder that the image's root is laid out in.
    destination: String,
}

/// A stage for each image of `plans`.
///
/// # Errors
/// Something of the image that a Dockerfile cannot make, or that cannot be written safely.
pub fn stages(plans: &Plans) -> Result<Vec<Stage>, Error> {
    let mut stages = Vec::new();
    let mut names = BTreeSet::new();
    for images in plans.images() {
        let stage = Stage::new(&images, &plans.first.workspace)?;
        // (that of its files ends in `.files`, and no binary has a name with a dot)
        if !names.insert(stage.name.clone()) {
            let what = format!("two binaries would have the stage `{}`", stage.name);
            return Err(
                Error::new(Code::Name, what).help("name one of them: cargo scratch dockerfile --bin NAME")
            );
        }
        stages.push(stage);
    }
    Ok(stages)
}

/// What the stage of `image` is called.
pub fn stage(image: &ImagePlan) -> Result<String, Error> {
    let name = Reference::slug(&image.bin)
        .ok_or_else(|| Error::new(Code::Name, format!("no stage can be called after `{}`", image.bin)))?;
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    Ok(if TAKEN.contains(&name.as_str()) || !starts { format!("image-{name}") } else { name })
}

impl Stage {
    /// `images` are those of one program, one for each platform.
    fn new(images: &[&ImagePlan], workspace: &Path) -> Result<Self, Error> {
        let [image, ..] = images else {
            return Err(Error::new(Code::Selection, "there is no image to make"));
        };
        let run = &image.recipe.run;
        let mut labels = run.labels.clone();
        // whether there is one depends on what was committed when; a comment tells how it is given
        labels.remove(REVISION);
        let lines = |path: &str, text: &'static str| {
            let brought = image.copies.iter().any(|copy| copy.copy.destination == path);
            if brought { Vec::new() } else { text.lines().collect() }
        };
        let work = (run.working_dir != "/").then(|| ("755", run.working_dir.clone()));
        let volumes = run.volumes.iter().map(|path| ("1777", path.clone()));
        let mut stage = Stage {
            name: stage(image)?,
            tag: image.tags.first().map(ToString::to_string).unwrap_or_default(),
            bin: image.bin.clone(),
            built: if image.example { format!("examples/{}", image.bin) } else { image.bin.clone() },
            program: image.program.to_string(),
            passwd: lines("/etc/passwd", PASSWD),
            group: lines("/etc/group", GROUP),
            folders: work.into_iter().chain(volumes).collect(),
            certificates: certificates(images, workspace)?,
            zones: images.iter().find_map(|image| image.zones.as_ref()).map(|zones| Zones {
                why: zones.reason.clone().unwrap_or_else(|| "as the settings say".to_owned()),
                names: match zones.zones.len() == Zone::all().len() {
                    true => Vec::new(),
                    false => zones.zones.iter().map(|zone| zone.name).collect(),
                },
                folder: FOLDER,
            }),
            copies: Vec::new(),
            modes: Vec::new(),
            created: image.recipe.created,
            env: run.env.clone(),
            labels,
            user: run.user.clone(),
            numeric: run.user.chars().all(|c| c.is_ascii_digit() || c == ':'),
            workdir: run.working_dir.clone(),
            expose: run.exposed_ports.iter().cloned().collect(),
            volumes: run.volumes.iter().cloned().map(copyable).collect::<Result<_, _>>()?,
            stop_signal: run.stop_signal.clone(),
            entrypoint: run.entrypoint.clone(),
            cmd: run.cmd.clone(),
        };
        for copy in &image.copies {
            stage.copy(copy, workspace)?;
        }
        Ok(stage)
    }

    fn copy(&mut self, plan: &CopyPlan, workspace: &Path) -> Result<(), Error> {
        let Copy { destination, mode, .. } = &plan.copy;
        let source = inside(&plan.source, workspace, "--copy")?;
        let is_folder = plan.source.is_dir();
        let name = source.rsplit('/').next().unwrap_or_default();
        let destination = match destination.strip_suffix('/') {
            Some(folder) => format!("{folder}/{name}"),
            None => destination.clone(),
        };
        copyable(destination.clone())?;
        if let Some(mode) = mode {
            self.modes.push((destination.clone(), format!("{mode:o}")));
        }
        // a folder's content goes to a folder, which the `/` says
        let end = if is_folder { "/" } else { "" };
        self.copies
            .push(Copied { source: format!("{source}{end}"), destination: format!("{destination}{end}") });
        Ok(())
    }
}

fn certificates(images: &[&ImagePlan], workspace: &Path) -> Result<Option<Certificates>, Error> {
    let Some(found) = images.iter().find_map(|image| image.certificates.as_ref()) else { return Ok(None) };
    let files = found.sources.iter().filter_map(|source| match source {
        Authorities::File(_, path) => Some(inside(path, workspace, "--ca-certs")),
        Authorities::Mozilla => None,
    });
    Ok(Some(Certificates {
        why: found.reason.clone().unwrap_or_else(|| "as the settings say".to_owned()),
        mozilla: found.sources.contains(&Authorities::Mozilla),
        files: match files.collect::<Result<Vec<_>, _>>()? {
            files if files.is_empty() => files,
            files => [files, vec!["/certificates/".to_owned()]].concat(),
        },
        path: CERTIFICATES,
    }))
}

/// `path` from the workspace's folder, which is all that a Dockerfile sees.
fn inside(path: &Path, workspace: &Path, flag: &str) -> Result<String, Error> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (whole, root) = (real(path), real(workspace));
    let below = whole.strip_prefix(&root).ok().filter(|below| !below.as_os_str().is_empty());
    let Some(below) = below.and_then(Path::to_str) else {
        return Err(Error::new(Code::Asset, format!("`{}` lies outside of the workspace", path.display()))
            .note(format!("{flag} names it, and a Dockerfile sees nothing but `{}`", workspace.display()))
            .help("put it into the workspace, or make the image without a Dockerfile: cargo scratch"));
    };
    copyable(below.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn no_image_can_have_the_name_of_a_stage_of_the_templates() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/dockerfile");
        let files = [folder, &format!("{folder}/parts")].map(|folder| fs::read_dir(folder).unwrap());
        let paths = files.into_iter().flatten().map(|entry| entry.unwrap().path());
        let text: String = paths.filter_map(|path| fs::read_to_string(path).ok()).collect();
        let names: BTreeSet<_> = text.lines().filter_map(|line| Some(line.split_once(" AS ")?.1)).collect();
        for name in names {
            // the stages of Dockerfile.builder stand in no file with those of images
            let own = ["builder", "cargo-scratch"].contains(&name);
            // a name that is made of a binary's has no dot, as crates have none
            let of_image = name.starts_with("[[ image.name ]]");
            assert!(own || of_image || TAKEN.contains(&name), "{name}");
        }
    }
}

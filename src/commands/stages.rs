//! The stages that `build`, `run` and `test-image` share: from plans to images that are proven, and into an archive.

use super::workplace::Workplace;
use crate::compile::{self, Artifacts};
use crate::config::env::Env;
use crate::error::{Caution, Error, Warning, escaped};
use crate::image::Image;
use crate::image::archive::Archive;
use crate::image::bundle::Bundle;
use crate::image::layer::{Layer, Source};
use crate::plan::{ImagePlan, Plan, Plans};
use crate::report::{Place, Program};
use crate::sbom::{Inventory, auditable};
use crate::toolchain::allocator;
use crate::twin::Twin;
use crate::ui::{Format, Ui};
use crate::verify::{Sighting, Verified};
use crate::{report, rootfs, verify};
use std::ffi::OsString;
use std::path::PathBuf;

/// An image whose program is proven: all that is left is to write it.
pub struct Ready<'a> {
    /// The program.
    pub program: Program<'a>,
    /// What it lies in, bottom first.
    pub layers: Vec<Layer>,
    /// What is kept of the program beside the image.
    pub twin: Option<Twin>,
    /// The path of a folder of this machine that is in the program, known once that is packed.
    pub sighting: Sighting,
    /// The list of its packages that was put into the program.
    pub noted: Option<Vec<u8>>,
    /// What was compiled into the program.
    pub inventory: Inventory,
}

/// What a build has made: programs that are proven, and all that cargo has told of them.
pub struct Made<'a> {
    /// The images of one program, one for each platform, for every program.
    pub programs: Vec<Vec<Ready<'a>>>,
    /// What cargo made.
    pub artifacts: Artifacts,
}

/// Makes what is missing, compiles, and proves.
///
/// # Errors
/// cargo's, or a program is refused.
pub fn ready<'a>(plans: &'a Plans, workplace: &Workplace<'_>, env: &Env, ui: &Ui) -> Result<Made<'a>, Error> {
    plans.first.optimize.given_up().iter().for_each(|what| ui.status("Giving up", what));
    ready_with(plans, workplace, &[], env, ui)
}

/// The same with `variables` in cargo's environment.
///
/// # Errors
/// The same.
pub fn ready_with<'a>(
    plans: &'a Plans,
    workplace: &Workplace<'_>,
    variables: &[(OsString, OsString)],
    env: &Env,
    ui: &Ui,
) -> Result<Made<'a>, Error> {
    let mut toolchain = workplace.prepare(env, ui)?;
    toolchain.variables.extend_from_slice(variables);
    ui.detail("Running", compile::command(plans, &toolchain));
    let artifacts = workplace.build(plans, &toolchain, Some(ui.terminal()), ui)?;
    let mut programs = Vec::new();
    for images in plans.images() {
        let ready = images.into_iter().zip(plans.iter());
        let ready = ready.map(|(image, plan)| {
            let inventory = inventory(image, plan, &artifacts, workplace, env);
            proven(image, plan, plans, &artifacts, inventory, &toolchain.folders, ui)
        });
        programs.push(ready.collect::<Result<Vec<_>, Error>>()?);
    }
    Ok(Made { programs, artifacts })
}

/// What was compiled into the program of `image`, as far as something of it wants to know.
pub fn inventory(
    image: &ImagePlan,
    plan: &Plan,
    artifacts: &Artifacts,
    workplace: &Workplace<'_>,
    env: &Env,
) -> Inventory {
    let mut inventory = Inventory::default();
    if image.papers.auditable || !image.papers.sboms.is_empty() {
        inventory = compile::inventory(image, plan, artifacts, env.cargo_home().as_deref());
        inventory.provided = workplace.provided(plan, &inventory.packages);
        inventory.provided.extend(allocator::provided(plan, inventory.root));
    }
    inventory
}

/// What is noted of `inventory` in the program of `image`.
///
/// # Errors
/// It cannot be written.
pub fn noted(image: &ImagePlan, inventory: &Inventory) -> Result<Option<Vec<u8>>, Error> {
    image.papers.auditable.then(|| auditable::section(inventory)).transpose()
}

/// Writes what is kept of the programs beside their images.
///
/// # Errors
/// A program changed, or a file cannot be written.
pub fn keep(ready: &[Ready<'_>], ui: &Ui) -> Result<(), Error> {
    for twin in ready.iter().filter_map(|one| one.twin.as_ref()) {
        twin.write()?;
        ui.status(
            "Kept",
            format!("{} (debug information, {})", twin.path().display(), report::size(twin.size())),
        );
    }
    Ok(())
}

/// Writes the images of one program into `archive`.
///
/// # Errors
/// A file changed, or the archive cannot be written.
pub fn assembled(ready: &[Ready<'_>], mut archive: Archive) -> Result<Bundle, Error> {
    let all = ready.iter().flat_map(|one| &one.layers).map(Layer::size).sum();
    let _doing = archive.progress().clone().begin("Packing", all);
    let mut images = Vec::new();
    for one in ready {
        images.push(Image::assemble(&one.layers, &one.program.image.recipe, &mut archive)?);
    }
    let annotations = ready.first().map(|first| first.program.image.recipe.annotations.clone());
    Bundle::new(archive, images, &annotations.unwrap_or_default())
}

/// Shows what would be done.
///
/// # Errors
/// Standard output cannot be written.
pub fn show(plans: &Plans, workplace: &Workplace<'_>, env: &Env, ui: &Ui) -> Result<(), Error> {
    let command = compile::command(plans, &workplace.toolchain(env)?);
    let mut each = Vec::new();
    match workplace {
        Workplace::Host(surveys) => {
            each.extend(surveys.iter().map(|(plan, survey)| (*plan, Place::Host(survey))));
        }
        Workplace::Container(builder) => {
            let words = builder.words()?;
            each.extend(plans.iter().map(|plan| (plan, Place::Container(words.clone()))));
        }
    }
    for (plan, place) in &each {
        match ui.format {
            Format::Json => ui.json(&report::plan_json(plan, place, &command))?,
            Format::Human => {
                for line in report::plan_lines(plan, place, &command) {
                    ui.line(escaped(&line))?;
                }
            }
        }
    }
    Ok(())
}

fn proven<'a>(
    image: &'a ImagePlan,
    plan: &Plan,
    plans: &Plans,
    artifacts: &Artifacts,
    mut inventory: Inventory,
    folders: &[PathBuf],
    ui: &Ui,
) -> Result<Ready<'a>, Error> {
    let noted = noted(image, &inventory)?;
    let artifact = artifacts.of(image, plans)?;
    let mut program = verify::verify(artifact, &artifacts.libraries, plan, noted.as_deref())?;
    if allocator::is_wanted(plan) {
        verify::allocator(&program, plan)?;
    }
    let saved = match program.saved() {
        0 => String::new(),
        saved => format!(", symbols taken out save {}", report::size(saved)),
    };
    let summary = report::summary(&program.facts, program.report.as_ref());
    let platform = match plans.others[..] {
        [] => String::new(),
        _ => format!(" for {}", plan.target.platform()),
    };
    let size = report::size(program.size());
    ui.status("Verified", format!("{}{platform}: {summary}, {size}{saved}", image.bin));
    look(&program, image, ui);
    let sighting = program.watch_for(folders);
    inventory.compiler = verify::compiler(program.file().file());
    let twin = Twin::of(&program, image, plan, !plans.others.is_empty())?;
    let (size, saved) = (program.size(), program.saved());
    let build_id = program.report.as_ref().and_then(|report| report.build_id.clone());
    let debug = twin.as_ref().map(|twin| twin.path().to_owned());
    let (layers, warnings) = rootfs::layers(image, plan, program)?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(Ready {
        program: Program { image, size, saved, build_id, debug, comparison: None },
        layers,
        twin,
        sighting,
        noted,
        inventory,
    })
}

/// Warns of what should be in `program` and is not.
fn look(program: &Verified, image: &ImagePlan, ui: &Ui) {
    if image.papers.auditable && !program.lists_packages {
        let what = format!(
            "`{}` does not have the list of its packages: something is behind its last section",
            image.bin
        );
        ui.warning(&Warning::new(Caution::Unlisted, what).help("leave it out: --auditable=false"));
    }
}

/// Warns of programs that name a folder of this machine, once they have been packed.
pub fn warn_of_folders(ready: &[Ready<'_>], ui: &Ui) {
    for one in ready {
        if let Some(Some(path)) = one.sighting.get() {
            let what = format!("`{}` names a folder of this machine: `{path}`", one.program.image.bin);
            let warning = Warning::new(Caution::BuildPath, what);
            ui.warning(&warning.help("where it comes from: cargo scratch build --verify-reproducible"));
        }
    }
}

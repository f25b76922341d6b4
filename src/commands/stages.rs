//! The stages that `build`, `run` and `test-image` share: from plans to images that are proven, and into an archive.

use super::workplace::Workplace;
use crate::compile::{self, Artifacts};
use crate::config::env::Env;
use crate::error::{Caution, Error, Warning, escaped};
use crate::image::Image;
use crate::image::archive::Archive;
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::image::foreseen::{self, Foreseen};
use crate::image::layer::Layer;
use crate::plan::{ImagePlan, Plan, Plans};
use crate::report::{Place, Program};
use crate::sbom::{Inventory, auditable};
use crate::sink::{self, Destination, Earlier, Means};
use crate::toolchain::allocator;
use crate::twin::Twin;
use crate::ui::{Format, Ui};
use crate::verify::{Found, Proven};
use crate::{report, rootfs, verify};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;

/// An image whose program is proven: all that is left is to write it.
pub struct Ready<'a> {
    /// The program.
    pub program: Program<'a>,
    /// What it lies in, bottom first.
    pub layers: Vec<Layer>,
    /// What is kept of the program beside the image.
    pub twin: Option<Twin>,
    /// The proof of it.
    pub proof: Rc<Proven>,
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
pub fn ready<'a>(
    plans: &'a Plans,
    workplace: &mut Workplace<'_>,
    env: &Env,
    ui: &Ui,
) -> Result<Made<'a>, Error> {
    plans.first.optimize.given_up().iter().for_each(|what| ui.status("Giving up", what));
    ready_with(plans, workplace, &[], env, ui)
}

/// The same with `variables` in cargo's environment.
///
/// # Errors
/// The same.
pub fn ready_with<'a>(
    plans: &'a Plans,
    workplace: &mut Workplace<'_>,
    variables: &[(OsString, OsString)],
    env: &Env,
    ui: &Ui,
) -> Result<Made<'a>, Error> {
    let mut toolchain = workplace.prepare(env, ui)?;
    toolchain.variables.extend_from_slice(variables);
    ui.detail("Running", compile::command(plans, &toolchain));
    let artifacts = workplace.build(plans, (&toolchain, variables), Some(ui.terminal()), env, ui)?;
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

/// Brings the images of one program together for `destinations`: as an earlier run has left them in an archive, or in a new
/// one, with such of their layers as an earlier one has.
///
/// # Errors
/// A file changed, or the archive cannot be written.
pub fn packed(ready: &[Ready<'_>], destinations: &[Destination], means: &Means<'_>) -> Result<Bundle, Error> {
    let images = ready.iter().map(|one| one.program.image);
    let name: Vec<_> = images
        .map(|image| (&image.package.repr, &image.bin, image.example, &image.recipe))
        .map(|(package, bin, example, recipe)| {
            format!("{package} {bin} {example} {} {}\n", recipe.target, recipe.compression)
        })
        .collect();
    let created = ready.first().map_or(0, |first| first.program.image.recipe.created);
    let earlier = means.earlier();
    if let Some(bundle) = up_to_date(ready, earlier, created) {
        return Ok(Bundle { archive: bundle.archive.watched(&means.progress), ..bundle });
    }
    let archive = sink::open(destinations, means, created, &Digest::of(name.concat().as_bytes()))?;
    let key = |one: &Ready<'_>| {
        let compression = one.program.image.recipe.compression;
        one.layers.iter().filter_map(|layer| foreseen::key(layer, created, compression)).collect::<Vec<_>>()
    };
    let wanted: Vec<_> = ready.iter().flat_map(key).collect();
    assembled(ready, archive.after(earlier.with(&wanted)))
}

/// The images of one program in an archive of an `earlier` run, if they are the same to the byte.
fn up_to_date(ready: &[Ready<'_>], earlier: &Earlier, created: u64) -> Option<Bundle> {
    let layers = earlier.layers();
    let mut blobs = Foreseen::new(&layers, created);
    let images = ready.iter().map(|one| Image::assemble(&one.layers, &one.program.image.recipe, &mut blobs));
    // an error is only that a layer is not known
    let images: Vec<_> = images.collect::<Result<_, Error>>().ok()?;
    let root = Bundle::root(&images, &annotations(ready), &mut blobs).ok()?;
    Bundle::of(earlier.whole(&root.digest)?, images, root).ok()
}

fn annotations(ready: &[Ready<'_>]) -> BTreeMap<String, String> {
    ready.first().map(|first| first.program.image.recipe.annotations.clone()).unwrap_or_default()
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
    Bundle::new(archive, images, &annotations(ready))
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
    let proof = Rc::new(verify::proven(artifact, &artifacts.libraries, plan, noted.as_deref(), folders)?);
    if let Some(row) = allocator::wanted(plan) {
        proof.if_new(|program| verify::allocator(program, row.name, plan))?;
    }
    let found = proof.found.clone();
    let saved = match found.saved {
        0 => String::new(),
        saved => format!(", symbols taken out save {}", report::size(saved)),
    };
    let platform = match plans.others[..] {
        [] => String::new(),
        _ => format!(" for {}", plan.target.platform()),
    };
    let size = report::size(found.size);
    ui.status("Verified", format!("{}{platform}: {}, {size}{saved}", image.bin, found.summary));
    look(&found, image, ui);
    inventory.compiler = found.compiler;
    let several = !plans.others.is_empty();
    let twin = match image.split_debug {
        true => Some(proof.open(|program| Twin::of(program, image, plan, several))?),
        false => None,
    };
    let debug = twin.as_ref().map(|twin| twin.path().to_owned());
    let (layers, warnings) = rootfs::layers(image, plan, proof.clone())?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    let Found { size, saved, build_id, .. } = found;
    let program = Program { image, size, saved, build_id, debug, comparison: None };
    Ok(Ready { program, layers, twin, proof, noted, inventory })
}

/// Warns of what should be in a program and is not.
fn look(found: &Found, image: &ImagePlan, ui: &Ui) {
    if image.papers.auditable && !found.lists_packages {
        let what = format!(
            "`{}` does not have the list of its packages: something is behind its last section",
            image.bin
        );
        ui.warning(&Warning::new(Caution::Unlisted, what).help("leave it out: --auditable=false"));
    }
}

/// Warns of programs that name a folder of this machine, and has later runs know what this one has found; once they have
/// been packed.
///
/// # Errors
/// A signal.
pub fn look_back(ready: &[Ready<'_>], ui: &Ui) -> Result<(), Error> {
    for one in ready {
        one.proof.remember()?;
        if let Some(path) = one.proof.names() {
            let what = format!("`{}` names a folder of this machine: `{path}`", one.program.image.bin);
            let warning = Warning::new(Caution::BuildPath, what);
            ui.warning(&warning.help("where it comes from: cargo scratch build --verify-reproducible"));
        }
    }
    Ok(())
}

//! Images to be run: built from a project into an archive that nobody sees, or there already and without a fault.

use super::look::reach;
use super::measured;
use super::stages;
use super::workplace::Workplace;
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::content::{self, Found};
use crate::error::{Code, Error};
use crate::image::compression::Compression;
use crate::plan::{self, Plans, Request};
use crate::registry::Access;
use crate::runtime::{Image, platform};
use crate::sink::{self, Means};
use crate::source::{self, Source, Ways};
use crate::ui::Ui;
use crate::verify::image::judge;

/// The faults of an image that are told; `verify` tells all.
const TOLD: usize = 5;

/// The plan of `request` for this machine alone. No output gets the images, and nothing is gained by compressing them.
///
/// # Errors
/// As [`plan::plan`], or this machine runs none of the platforms.
pub fn planned(request: &Request, env: &Env) -> Result<Plans, Error> {
    let Plans { first, others, warnings } = plan::plan(request, env)?;
    let mut plans: Vec<_> = std::iter::once(first).chain(others).collect();
    let platforms: Vec<_> = plans.iter().map(|plan| plan.target.platform()).collect();
    let name = plans[0].images.first().map_or_else(String::new, |image| image.bin.clone());
    let mut first = plans.swap_remove(platform::best(&name, &platforms)?);
    for image in &mut first.images {
        image.destinations.clear();
        image.recipe.compression = Compression::None;
    }
    Ok(Plans { first, others: Vec::new(), warnings })
}

/// Builds what is planned, in `workplace`: the very archives that an output would get.
///
/// # Errors
/// cargo's, or a program is refused.
pub fn built(plans: &Plans, workplace: &mut Workplace<'_>, env: &Env, ui: &Ui) -> Result<Vec<Image>, Error> {
    let plan = &plans.first;
    let watch = ui.watch();
    let mut means = Means::new(&[], env, &plan.archives, &plan.access, plan.by_digest)?;
    means.progress = watch.progress();
    means.records = plan.records.clone();
    let mut images = Vec::new();
    let made = stages::ready(plans, workplace, env, ui)?;
    measured::limits(&made, plans, workplace, env, ui)?;
    for ready in made.programs {
        let Some(image) = ready.first().map(|first| first.program.image) else { continue };
        stages::keep(&ready, ui)?;
        let mut bundle = stages::packed(&ready, &[], &means)?;
        stages::look_back(&ready, ui)?;
        let file = sink::opened(&mut bundle, &image.tags)?;
        sink::keep(&mut bundle, &means);
        let found = content::open_file(file, &image.bin)?;
        images.push(of_this_machine(found, image.bin.clone())?);
    }
    plan.records.write();
    Ok(images)
}

/// What `source` names, of which all for this machine has been read and is without a fault. `flags` is what the command
/// line says of registries, `wanted` the platform that it names.
///
/// # Errors
/// It is not there, for no platform of this machine, or not sound.
pub fn there(
    source: &Source,
    wanted: Option<&str>,
    flags: Layer,
    env: &Env,
    ui: &Ui,
) -> Result<Image, Error> {
    let (watch, own) = (ui.watch(), platform::own());
    let access = Access { progress: watch.progress(), ..reach(flags, env)? };
    let found = source::open(source, &Ways { env, access: &access, platform: Some(wanted.unwrap_or(&own)) })?;
    let image = of_this_machine(found, source.to_string())?;
    let faults = judge(&image.found)?.faults;
    if faults.is_empty() {
        return Ok(image);
    }
    let mut error = Error::new(Code::Invalid, format!("`{source}` is not run: it is not sound"));
    for fault in faults.kept().iter().take(TOLD) {
        error = error.note(fault.to_string());
    }
    let rest = faults.len().saturating_sub(TOLD);
    if rest > 0 {
        error = error.note(format!("and {rest} more"));
    }
    Err(error.help(format!("cargo scratch verify {source}     tells all")))
}

/// Leaves of `found` the image for this machine.
fn of_this_machine(mut found: Found, name: String) -> Result<Image, Error> {
    if found.images.is_empty() {
        let error = Error::new(Code::Invalid, format!("there is no image in `{name}`"));
        return Err(found.faults.iter().take(TOLD).fold(error, |error, fault| error.note(fault.to_string())));
    }
    let platform = |image: &content::Stored| image.settings.platform();
    let platforms: Vec<_> = found.images.iter().map(platform).collect();
    let chosen = found.images.swap_remove(platform::best(&name, &platforms)?);
    found.images = vec![chosen];
    Ok(Image { found, chosen: 0, name })
}

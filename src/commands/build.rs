//! `cargo scratch [build]` and `cargo scratch push`: build, prove, pack, and give it to where it goes.

use super::workplace::Workplace;
use crate::compile::Artifacts;
use crate::config::env::Env;
use crate::error::{Code, Error, escaped};
use crate::image::Image;
use crate::image::bundle::Bundle;
use crate::image::layer::{Layer, Source};
use crate::plan::{self, ImagePlan, Plan, Plans, Request};
use crate::report::{Place, Program};
use crate::sink::{Delivery, Destination, Means, Receipt};
use crate::ui::{Format, Ui};
use crate::{compile, report, rootfs, sink, verify};
use std::path::Path;

/// Runs the command; with `dry_run` it ends at the plan.
pub fn build(request: &Request, dry_run: bool, env: &Env, ui: &Ui) -> Result<(), Error> {
    let plans = plan::plan(request, env)?;
    carry_out(&plans, dry_run, env, ui, &mut |made| {
        result(ui, &made.receipt.result, || {
            report::image_json(made.programs, made.bundle, made.kind, made.receipt)
        })
    })
}

/// An image that an output has got.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// Its programs, one for each platform.
    pub programs: &'a [Program<'a>],
    /// The image.
    pub bundle: &'a Bundle,
    /// What the output is called.
    pub kind: &'static str,
    /// What the output has got.
    pub receipt: &'a Receipt,
}

/// Hears of every image that an output has got.
type Told<'a> = &'a mut dyn FnMut(Made<'_>) -> Result<(), Error>;

/// Builds what is planned, and tells `told` of each image; with `dry_run` it shows the plan.
pub fn carry_out(plans: &Plans, dry_run: bool, env: &Env, ui: &Ui, told: Told<'_>) -> Result<(), Error> {
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let common = &plans.first;
    let places: Vec<_> = common.images.iter().flat_map(|image| image.destinations.clone()).collect();
    let means = Means::new(&places, env, &common.archives, &common.access, common.by_digest)?;
    for image in &common.images {
        sink::reachable(&image.destinations, &image.tags, &means)?;
    }
    let workplace = Workplace::find(plans, env, ui)?;
    if dry_run {
        return show(plans, &workplace, env, ui);
    }
    let toolchain = workplace.prepare(env, ui)?;
    ui.detail("Running", compile::command(plans, &toolchain));
    let artifacts = workplace.build(plans, &toolchain, ui)?;

    // all proofs and all layers before the first archive: what is refused leaves nothing behind
    let mut programs = Vec::new();
    for images in plans.images() {
        let ready = images.into_iter().zip(plans.iter());
        let ready = ready.map(|(image, plan)| proven(image, plan, plans, &artifacts, ui));
        programs.push(ready.collect::<Result<Vec<_>, Error>>()?);
    }
    let mut failed = None;
    for ready in programs {
        if let Err(error) = give(&ready, &means, ui, told) {
            // the one that is told last gives the status
            if let Some(earlier) = failed.replace(error) {
                ui.error(&earlier);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// An image whose program is proven: all that is left is to write it.
struct Ready<'a> {
    program: Program<'a>,
    layers: Vec<Layer>,
}

fn proven<'a>(
    image: &'a ImagePlan,
    plan: &Plan,
    plans: &Plans,
    artifacts: &Artifacts,
    ui: &Ui,
) -> Result<Ready<'a>, Error> {
    let program = verify::verify(artifacts.of(image, plans)?, &artifacts.libraries, plan)?;
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
    let (size, saved) = (program.size(), program.saved());
    let (layers, warnings) = rootfs::layers(image, plan, program)?;
    warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(Ready { program: Program { image, size, saved }, layers })
}

/// Writes the images of one program and gives them to their outputs.
fn give(ready: &[Ready<'_>], means: &Means<'_>, ui: &Ui, told: Told<'_>) -> Result<(), Error> {
    let programs: Vec<_> = ready.iter().map(|ready| ready.program).collect();
    let Some(plan) = programs.first().map(|first| first.image) else { return Ok(()) };
    let mut archive = sink::open(&plan.destinations, means, plan.recipe.created)?;
    let mut images = Vec::new();
    for one in ready {
        images.push(Image::assemble(&one.layers, &one.program.image.recipe, &mut archive)?);
    }
    let mut bundle = Bundle::new(archive, images, &plan.recipe.annotations)?;
    let layers: Vec<_> = ready.iter().map(|one| &one.layers[..]).collect();
    let mut delivery =
        Delivery { bundle: &mut bundle, layers: &layers, bin: &plan.bin, tags: &plan.tags, means };
    let mut started = |destination: &Destination| {
        if let Some(verb) = destination.kind.verbs.0 {
            ui.status(verb, format!("{} ({})", destination.called(&plan.tags, means), destination.kind.name));
        }
    };
    let outcomes = sink::deliver(&mut delivery, &plan.destinations, &mut started);
    let mut failed = None;
    for (destination, outcome) in outcomes {
        let receipt = match outcome {
            Ok(receipt) => receipt,
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    ui.error(&earlier);
                }
                continue;
            }
        };
        receipt.warnings.iter().for_each(|warning| ui.warning(warning));
        let kind = destination.kind;
        let facts = [&[kind.name.to_owned()], &receipt.remarks[..], &[report::size(receipt.size)]].concat();
        ui.status(kind.verbs.1, format!("{} ({})", destination.called(&plan.tags, means), facts.join(", ")));
        told(Made { programs: &programs, bundle: &bundle, kind: kind.name, receipt: &receipt })?;
    }
    failed.map_or(Ok(()), Err)
}

fn show(plans: &Plans, workplace: &Workplace<'_>, env: &Env, ui: &Ui) -> Result<(), Error> {
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
            Format::Json => result(ui, "", || report::plan_json(plan, place, &command))?,
            Format::Human => {
                for line in report::plan_lines(plan, place, &command) {
                    result(ui, escaped(&line), || serde_json::Value::Null)?;
                }
            }
        }
    }
    Ok(())
}

/// Prints one result in the form that was asked for.
pub fn result(
    ui: &Ui,
    human: impl std::fmt::Display,
    json: impl FnOnce() -> serde_json::Value,
) -> Result<(), Error> {
    let printed = match ui.format {
        Format::Human => ui.result(human),
        Format::Json => ui.result(json()),
    };
    printed.map_err(|reason| Error::io(Code::Output, "write", Path::new("standard output"), &reason))
}

//! `cargo scratch [build]` and `cargo scratch push`: build, prove, pack, and give it to where it goes.

use super::provenance::{Before, Signers};
use super::stages::{self, Ready};
use super::workplace::Workplace;
use super::{compared, measured, papers, reproduce};
use crate::config::env::Env;
use crate::error::Error;
use crate::image::bundle::Bundle;
use crate::plan::{self, Plans, Request};
use crate::report::Program;
use crate::sink::{Delivery, Destination, Means, Receipt};
use crate::ui::Ui;
use crate::{report, sink};

/// How far a build goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Whether it ends at the plan.
    pub dry_run: bool,
    /// Whether only what is the same when it is built again is delivered.
    pub twice: bool,
}

/// Runs the command.
pub fn build(request: &Request, wanted: Wanted, env: &Env, ui: &Ui) -> Result<(), Error> {
    let plans = plan::plan(request, env)?;
    let twice = wanted.twice.then_some(request);
    carry_out(&plans, wanted.dry_run, twice, env, ui, &mut |made| {
        ui.result(&made.receipt.result, || {
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

/// Builds what is planned, and tells `told` of each image; with `dry_run` it shows the plan. Where it is to be built
/// `twice`, that is what the plan was made of.
pub fn carry_out(
    plans: &Plans,
    dry_run: bool,
    twice: Option<&Request>,
    env: &Env,
    ui: &Ui,
    told: Told<'_>,
) -> Result<(), Error> {
    plans.warnings.iter().for_each(|warning| ui.warning(warning));
    let common = &plans.first;
    let places: Vec<_> = common.images.iter().flat_map(|image| image.destinations.clone()).collect();
    let watch = ui.watch();
    let mut means = Means::new(&places, env, &common.archives, &common.access, common.by_digest)?;
    means.progress = watch.progress();
    means.records = common.records.clone();
    for image in &common.images {
        sink::reachable(&image.destinations, &image.tags, &means)?;
    }
    let signers = Signers::of(plans, env, ui)?;
    let mut workplace = Workplace::find(plans, env, ui)?;
    if dry_run {
        return stages::show(plans, &workplace, env, ui);
    }
    let mut before = Before::of(plans, &workplace, env);
    // all proofs and all layers before the first archive: what is refused leaves nothing behind
    let mut made = stages::ready(plans, &mut workplace, env, ui)?;
    before.linked(&workplace);
    measured::limits(&made, plans, &workplace, env, ui)?;
    if let Some(request) = twice {
        reproduce::again(request, plans, &workplace, &made, env, ui)?;
    }
    compared::compare(&mut made, plans, env, ui)?;
    let mut failed = None;
    for ready in made.programs {
        if let Err(error) = give(&ready, plans, (&before, &signers), &means, ui, told) {
            // the one that is told last gives the status
            if let Some(earlier) = failed.replace(error) {
                ui.error(&earlier);
            }
        }
    }
    common.records.write();
    failed.map_or(Ok(()), Err)
}

/// Writes the images of one program and gives them to their outputs.
fn give(
    ready: &[Ready<'_>],
    plans: &Plans,
    known: (&Before, &Signers),
    means: &Means<'_>,
    ui: &Ui,
    told: Told<'_>,
) -> Result<(), Error> {
    let programs: Vec<_> = ready.iter().map(|ready| ready.program.clone()).collect();
    let Some(plan) = programs.first().map(|first| first.image) else { return Ok(()) };
    stages::keep(ready, ui)?;
    let mut bundle = stages::packed(ready, &plan.destinations, means)?;
    stages::look_back(ready, ui)?;
    let attachments = papers::papers(ready, plans, &bundle, known, ui)?;
    let layers: Vec<_> = ready.iter().map(|one| &one.layers[..]).collect();
    let mut delivery = Delivery {
        bundle: &mut bundle,
        layers: &layers,
        bin: &plan.bin,
        tags: &plan.tags,
        attachments: &attachments,
        means,
    };
    let mut started = |destination: &Destination| {
        if let Some(verb) = destination.kind.verbs.0 {
            ui.status(verb, format!("{} ({})", destination.called(&plan.tags, means), destination.kind.name));
        }
    };
    let outcomes = sink::deliver(&mut delivery, &plan.destinations, &mut started);
    sink::keep(&mut bundle, means);
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
        let verb = if receipt.fresh { "Fresh" } else { kind.verbs.1 };
        ui.status(verb, format!("{} ({})", destination.called(&plan.tags, means), facts.join(", ")));
        told(Made { programs: &programs, bundle: &bundle, kind: kind.name, receipt: &receipt })?;
    }
    failed.map_or(Ok(()), Err)
}

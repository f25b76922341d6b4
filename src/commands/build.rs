//! `cargo scratch [build]`: build, prove, pack.

use crate::compile::Artifacts;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::explain::failures::lacks_cxx;
use crate::image::Image;
use crate::image::layer::Source;
use crate::plan::{self, Plan, Request};
use crate::toolchain::{self, Survey, Toolchain};
use crate::ui::{Format, Ui};
use crate::{compile, report, rootfs, sink, verify};
use std::fs;
use std::path::Path;

/// Runs the command; with `dry_run` it ends at the plan.
pub fn build(request: &Request, dry_run: bool, env: &Env, ui: &Ui) -> Result<(), Error> {
    let plan = plan::plan(request, env)?;
    plan.warnings.iter().for_each(|warning| ui.warning(warning));
    let places: Vec<_> = plan.images.iter().flat_map(|image| image.destinations.clone()).collect();
    sink::reachable(&places, &plan.archives)?;
    let mut survey = toolchain::survey(&plan, env)?;
    survey.warnings.iter().for_each(|warning| ui.warning(warning));
    survey.ready()?;
    if dry_run {
        return show(&plan, &survey, &survey.toolchain(&plan, env), ui);
    }
    let toolchain = toolchain::prepare(&plan, &survey, env, &mut |verb, what| ui.status(verb, what))?;
    ui.detail("Running", compile::command(&plan, &toolchain));
    let artifacts = compiled(&plan, &survey, &toolchain, ui)?;

    // all proofs and all layers before the first archive: what is refused leaves nothing behind
    let mut ready = Vec::new();
    for image in &plan.images {
        let program = verify::verify(artifacts.of(image)?, &artifacts.libraries, &plan)?;
        let saved = match program.saved() {
            0 => String::new(),
            saved => format!(", symbols taken out save {}", report::size(saved)),
        };
        let summary = report::summary(&program.facts, program.report.as_ref());
        ui.status("Verified", format!("{}: {summary}, {}{saved}", image.bin, report::size(program.size())));
        let (size, saved) = (program.size(), program.saved());
        let (layers, warnings) = rootfs::layers(image, &plan, program)?;
        warnings.iter().for_each(|warning| ui.warning(warning));
        ready.push((image, layers, size, saved));
    }

    for (image, layers, size, saved) in ready {
        let Some(first) = image.destinations.first() else { continue };
        default_folder(&plan, &first.path)?;
        let archive = sink::archive::open(first, image.recipe.created)?;
        let packed = Image::assemble(&layers, &image.recipe, archive)?;
        for receipt in sink::deliver(packed, &image.tags, &image.destinations)? {
            let tags: Vec<_> = image.tags.iter().map(ToString::to_string).collect();
            ui.status(
                "Packed",
                format!("{} ({}, {})", tags.join(", "), receipt.kind, report::size(receipt.size)),
            );
            result(ui, receipt.path.display(), || report::image_json(image, &receipt, size, saved))?;
        }
    }
    Ok(())
}

/// Builds; once more, if all that was missing is a C++ library that can be had.
fn compiled(plan: &Plan, survey: &Survey, toolchain: &Toolchain, ui: &Ui) -> Result<Artifacts, Error> {
    let build = || compile::build(plan, toolchain, ui.terminal());
    let built = match build() {
        Err(failed)
            if lacks_cxx(&failed.said)
                && toolchain::provide_cxx(plan, survey, &mut |verb, what| ui.status(verb, what))? =>
        {
            build()
        }
        built => built,
    };
    built.map_err(|failed| failed.error)
}

/// Creates `target/scratch`; any other folder is the user's, and a mistyped one an error.
fn default_folder(plan: &Plan, archive: &Path) -> Result<(), Error> {
    match archive.parent() {
        Some(folder) if plan.archives == folder => {
            fs::create_dir_all(folder).map_err(|reason| Error::io(Code::Output, "create", folder, &reason))
        }
        _ => Ok(()),
    }
}

fn show(plan: &Plan, survey: &Survey, toolchain: &Toolchain, ui: &Ui) -> Result<(), Error> {
    match ui.format {
        Format::Json => result(ui, "", || report::plan_json(plan, survey, toolchain)),
        Format::Human => {
            let lines = report::plan_lines(plan, survey, toolchain);
            lines
                .iter()
                .try_for_each(|line| result(ui, crate::error::escaped(line), || serde_json::Value::Null))
        }
    }
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

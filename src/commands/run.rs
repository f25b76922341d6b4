//! `cargo scratch run`: an image, built or there already, started where this machine can, and followed to its end.
//!
//! The program owns standard input and output, and its status is ours.

use super::workplace::Workplace;
use super::{runnable, stages};
use crate::config::env::Env;
use crate::config::layers::Layer;
use crate::error::{Caution, Code, Error, Warning, escaped};
use crate::interrupt;
use crate::plan::{Plans, Request};
use crate::report;
use crate::runtime::{Engine, Image, Place, Wanted, follow};
use crate::sandbox;
use crate::source::Source;
use crate::ui::Ui;
use std::thread;

/// The status of a program that SIGKILL has ended, as a shell shows it.
const KILLED: u8 = 137;

/// What is run.
#[derive(Debug)]
pub enum Origin {
    /// The one program that this chooses in a project.
    Project(Box<Request>),
    /// What is there already, for the platform that is named, with what the command line says of registries.
    There(Source, Option<String>, Layer),
}

/// Runs the command and returns the program's status; with `dry_run` it ends at the plan.
///
/// # Errors
/// There is no image, no place for it, or it cannot start there.
pub fn run(origin: Origin, wanted: Wanted, dry_run: bool, env: &Env, ui: &Ui) -> Result<u8, Error> {
    let ui = &if dry_run { *ui } else { ui.lent() };
    let place = |find: fn(Engine, &Env) -> Result<Place, Error>| {
        let place = find(wanted.engine, env)?;
        place.can(&wanted).map(|()| place)
    };
    let (place, image) = match origin {
        Origin::There(source, platform, flags) => thread::scope(|scope| {
            let place = scope.spawn(|| place(if dry_run { Place::find } else { Place::presumed }));
            let image = runnable::there(&source, platform.as_deref(), flags, env, ui);
            let place =
                place.join().unwrap_or_else(|_| Err(Error::new(Code::Sandbox, "lost sight of it")))?;
            Ok::<_, Error>((place, Some(image?)))
        })?,
        Origin::Project(request) => {
            let place = place(Place::find)?;
            let plans = runnable::planned(&request, env)?;
            plans.warnings.iter().for_each(|warning| ui.warning(warning));
            one(&plans)?;
            let mut workplace = Workplace::find(&plans, env, ui)?;
            let image = match dry_run {
                true => stages::show(&plans, &workplace, env, ui).map(|()| None),
                false => {
                    runnable::built(&plans, &mut workplace, env, ui).map(|images| images.into_iter().next())
                }
            };
            (place, image?)
        }
    };
    match image {
        Some(image) if !dry_run => start(&image, &place, wanted, env, ui),
        image => show(image.as_ref(), &place, ui).map(|()| 0),
    }
}

/// Refuses all but one program, as `cargo run` does.
fn one(plans: &Plans) -> Result<(), Error> {
    let images = &plans.first.images;
    if images.len() <= 1 {
        return Ok(());
    }
    let names: Vec<_> = images.iter().map(|image| format!("`{}`", image.bin)).collect();
    Err(Error::new(Code::Selection, format!("one program can be run, these are {}", names.join(", ")))
        .help("choose one: cargo scratch run --bin NAME"))
}

fn start(image: &Image, place: &Place, wanted: Wanted, env: &Env, ui: &Ui) -> Result<u8, Error> {
    ui.status("Running", format!("{} ({})", image.name, place.name()));
    let limited = wanted.memory.is_some();
    let again = wanted.again();
    let mut running = match place.start(image, wanted, env) {
        // only presumed: where there is no sandbox, there may be an engine
        Err(_) if again.engine == Engine::Auto && sandbox::available().is_err() => {
            let place = Place::find(Engine::Auto, env)?;
            ui.status("Running", format!("{} ({})", image.name, place.name()));
            place.start(image, again, env)?
        }
        started => started?,
    };
    running.notes().iter().for_each(|note| ui.warning(note));
    let told = running.notes().len();
    let mut killed = false;
    let status = follow(&mut running, &mut interrupt::take, &mut |why| {
        killed = true;
        ui.warning(&why.into());
    })?;
    let notes = running.notes().get(told..).unwrap_or_default();
    notes.iter().for_each(|note| ui.warning(note));
    // docker tells it late or not at all, and the kernel tells nobody
    if status == KILLED && limited && !killed && notes.is_empty() {
        let what = "the program was killed, as the kernel does with one that takes more memory than it may (--memory)";
        ui.warning(&Warning::new(Caution::OutOfMemory, what));
    }
    if let Err(left) = running.leave() {
        ui.error(&left);
    }
    Ok(status)
}

/// Tells what would be run, and where; of a project, the plan has told what.
pub fn show(image: Option<&Image>, place: &Place, ui: &Ui) -> Result<(), Error> {
    let known =
        image.map(|image| Ok::<_, Error>((image.name.as_str(), &image.stored()?.settings))).transpose()?;
    let lines: Vec<_> =
        report::run_lines(known, place).iter().map(|line| escaped(line).into_owned()).collect();
    ui.result(lines.join("\n"), || report::run_json(known, place))
}

//! `cargo scratch test-image`: images, built or there already, each started where this machine can and tested.

use super::run::{Origin, show};
use super::workplace::Workplace;
use super::{runnable, stages};
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::report;
use crate::runtime::{Image, Place, Wanted};
use crate::smoke::{self, Condition, Request, Test};
use crate::ui::{Format, Ui};
use std::time::Duration;

/// What is asked of images, of which each has ports of its own.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Requests.
    pub http: Vec<Request>,
    /// All else.
    pub others: Vec<Condition>,
    /// The time for all of it.
    pub timeout: Duration,
    /// The time to end; `None` if that is not tested.
    pub grace: Option<Duration>,
}

/// Runs the command; with `dry_run` it ends at the plan.
///
/// # Errors
/// There is no image, no place for it, or it fails its test.
pub fn test_image(
    origin: Origin,
    wanted: Wanted,
    asked: &Asked,
    dry_run: bool,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let place = Place::find(wanted.engine, env)?;
    place.can(&wanted)?;
    let images = match origin {
        Origin::There(source, platform, flags) => {
            vec![runnable::there(&source, platform.as_deref(), flags, env, ui)?]
        }
        Origin::Project(request) => {
            let plans = runnable::planned(&request, env)?;
            plans.warnings.iter().for_each(|warning| ui.warning(warning));
            // what cannot be asked is told before anything is built
            for image in &plans.first.images {
                asked.of(&Vec::from_iter(&image.recipe.run.exposed_ports))?;
            }
            let mut workplace = Workplace::find(&plans, env, ui)?;
            if dry_run {
                stages::show(&plans, &workplace, env, ui)?;
                return show(None, &place, ui);
            }
            runnable::built(&plans, &mut workplace, env, ui)?
        }
    };
    let mut failed = None;
    for image in &images {
        let tested = match dry_run {
            true => show(Some(image), &place, ui),
            false => test(image, &place, &wanted, asked, env, ui),
        };
        if let Err(error) = tested {
            // the one that is told last gives the status
            if let Some(earlier) = failed.replace(error) {
                ui.error(&earlier);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn test(
    image: &Image,
    place: &Place,
    wanted: &Wanted,
    asked: &Asked,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let test = asked.of(&image.stored()?.settings.exposed_ports)?;
    ui.status("Testing", format!("{} ({})", image.name, place.name()));
    let outcome = smoke::run(image, place, wanted, &test, env, ui)?;
    let failed = outcome.error(&image.name);
    // a failure is told by its error; programs read both
    if failed.is_none() || ui.format == Format::Json {
        ui.result(format!("ok: {outcome}"), || report::smoke_json(&image.name, &outcome))?;
    }
    failed.map_or(Ok(()), Err)
}

impl Asked {
    /// The test of an image that exposes these ports.
    ///
    /// # Errors
    /// A request could be for several ports, or for none.
    fn of(&self, exposed: &[impl AsRef<str>]) -> Result<Test, Error> {
        let get = |request: &Request| {
            request.of(exposed).map(Condition::Http).map_err(|why| {
                Error::new(Code::Usage, "a request needs a port")
                    .at("--http")
                    .note(why)
                    .help(format!("say which: --http {}", request.with_port()))
            })
        };
        let mut conditions = self.http.iter().map(get).collect::<Result<Vec<_>, Error>>()?;
        conditions.extend(self.others.iter().cloned());
        if conditions.is_empty() {
            conditions.push(Condition::Start);
        }
        Ok(Test { conditions, timeout: self.timeout, grace: self.grace })
    }
}

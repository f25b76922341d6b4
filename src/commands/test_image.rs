//! `cargo scratch test-image`: an image passes its test, or the error says what it did in its place.

use super::build::result;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::registry::Access;
use crate::report;
use crate::runtime::{Image, Place, Wanted};
use crate::smoke::{self, Condition, Test};
use crate::source::{self, Source, Ways};
use crate::ui::Ui;
use std::time::Duration;

/// What is asked of images, of which each has ports of its own.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Requests.
    pub http: Vec<smoke::Asked>,
    /// All else.
    pub others: Vec<Condition>,
    /// The time for all of it.
    pub timeout: Duration,
    /// The time to end; `None` if that is not tested.
    pub grace: Option<Duration>,
}

impl Asked {
    /// The test of `image`.
    fn of(&self, image: &Image) -> Result<Test, Error> {
        let exposed = &image.stored()?.settings.exposed_ports;
        let get = |asked: &smoke::Asked| {
            asked.clone().of(exposed).map(Condition::Http).map_err(|why| {
                Error::new(Code::Usage, "a request needs a port")
                    .at("--http")
                    .note(why)
                    .help(format!("say which: --http {}", asked.with_port()))
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

/// Runs the command for an image that is there.
pub fn test_image(source: &Source, wanted: Wanted, asked: &Asked, env: &Env, ui: &Ui) -> Result<(), Error> {
    let place = Place::find(wanted.engine, env)?;
    let access = Access::default();
    let found = source::open(source, &Ways { env, access: &access, platform: None })?;
    let image = Image { found, chosen: 0, name: source.to_string() };
    test(&image, &place, wanted, asked, env, ui)
}

/// Tests one image.
fn test(
    image: &Image,
    place: &Place,
    wanted: Wanted,
    asked: &Asked,
    env: &Env,
    ui: &Ui,
) -> Result<(), Error> {
    let outcome = smoke::run(image, place, wanted, &asked.of(image)?, env, ui)?;
    match outcome.error(&image.name) {
        None => result(ui, format!("ok: {outcome}"), || report::smoke_json(&image.name, &outcome)),
        Some(error) => {
            if ui.format == crate::ui::Format::Json {
                result(ui, "", || report::smoke_json(&image.name, &outcome))?;
            }
            Err(error)
        }
    }
}

//! What the commands share that take an image which is there already: the way to it, and its platform among several.

use crate::config::env::Env;
use crate::config::layers::{Layer, resolve};
use crate::content::{Found, Stored};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::plan::access::access;
use crate::registry::Access;
use crate::source::{self, Source, Ways};
use crate::ui::{Ui, Watch};

/// How images are reached, and which of several is meant.
pub struct Way<'a> {
    env: &'a Env,
    access: Access,
    platform: Option<&'a str>,
    /// Shows how much of it has come; goes last.
    _watch: Watch,
}

impl<'a> Way<'a> {
    /// As `flags` and the environment say.
    ///
    /// # Errors
    /// They make no sense.
    pub fn new(flags: Layer, platform: Option<&'a str>, env: &'a Env, ui: &Ui) -> Result<Self, Error> {
        let watch = ui.watch();
        let access = Access { progress: watch.progress(), ..reach(flags, env)? };
        Ok(Way { env, access, platform, _watch: watch })
    }

    /// What is at `source`: one image at least.
    ///
    /// # Errors
    /// It cannot be read, or has no image, or none for the platform.
    pub fn open(&self, source: &Source) -> Result<Found, Error> {
        let ways = Ways { env: self.env, access: &self.access, platform: self.platform };
        let mut found = source::open(source, &ways)?;
        if found.images.is_empty() {
            let none = Error::new(Code::Invalid, format!("there is no image in {}", found.place));
            let error = found.faults.iter().take(3).fold(none, |error, fault| error.note(fault.to_string()));
            return Err(error.help(format!("cargo scratch verify {}", found.place)));
        }
        if let Some(wanted) = self.platform {
            let all: Vec<_> = found.images.iter().map(platform).collect();
            found.images.retain(|image| same(&platform(image), wanted));
            if found.images.is_empty() {
                let what = format!("{} has no image for {wanted}", found.place);
                return Err(Error::new(Code::Platform, what).help(format!("it has {}", all.join(", "))));
            }
        }
        Ok(found)
    }
}

/// How registries are reached, as the command line and the environment say.
///
/// # Errors
/// A setting of theirs cannot be read.
pub fn reach(flags: Layer, env: &Env) -> Result<Access, Error> {
    let (variables, _) = Layer::of_variables(env);
    access(&[resolve(&[flags, variables])?])
}

/// The platform that `image` is for, by its configuration, or else by the index.
pub fn platform(image: &Stored) -> String {
    match image.settings.platform() {
        said if said.is_empty() => image.platform.clone().unwrap_or_default(),
        said => said,
    }
}

/// Whether two words are for the same machines: a variant that the architecture implies may be left out.
pub fn same(a: &str, b: &str) -> bool {
    let target = |word: &str| Target::from_platform(word).ok();
    a == b || target(a).is_some_and(|a| target(b).is_some_and(|b| a == b))
}

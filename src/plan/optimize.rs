//! What the program is compiled for, and what cargo and rustc are told of it. The user's Cargo.toml stays as it is.

use crate::config::layers::Resolved;
use crate::config::values::{Allocator, Panic, Preset};
use crate::error::{Code, Error};
use std::fmt::Display;

/// What the settings say of it, for all images of one build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Optimization {
    /// What is given up for what.
    pub preset: Option<Preset>,
    /// What a panic does, where the user has said so.
    pub panic: Option<Panic>,
    /// The allocator, where the user has said so.
    pub allocator: Option<Allocator>,
    /// Whether the default build is made too, for the report of what the preset saves.
    pub compare: bool,
}

impl Optimization {
    /// What `resolved` say.
    ///
    /// # Errors
    /// They do not agree.
    pub fn of(resolved: &[Resolved]) -> Result<Self, Error> {
        Ok(Optimization {
            preset: agreed(resolved, "optimize", |one| one.settings.optimize)?,
            panic: agreed(resolved, "panic", |one| one.settings.panic)?,
            allocator: agreed(resolved, "allocator", |one| one.settings.allocator)?,
            compare: !resolved.iter().any(|one| one.settings.no_compare),
        })
    }
}

/// The one value of a setting that one run of cargo can have.
fn agreed<T: PartialEq + Display>(
    resolved: &[Resolved],
    name: &str,
    value: impl Fn(&Resolved) -> Option<T>,
) -> Result<Option<T>, Error> {
    let mut values = resolved.iter().map(value);
    let first = values.next().flatten();
    match values.find(|other| *other != first) {
        None => Ok(first),
        Some(other) => {
            let said = first.or(other).map(|value| value.to_string()).unwrap_or_default();
            Err(Error::new(Code::Setting, format!("the packages do not agree on `{name}`"))
                .note("one run of cargo builds all of them")
                .help(format!("say it for all: --{name} {said}")))
        }
    }
}

//! What the user has said outside of our own settings: variables of the environment and cargo's configuration,
//! which is in files and on the command line.

use crate::config::env::Env;
use crate::image::platform::Target;
use std::ffi::OsString;

/// The places, read once.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// The environment.
    pub env: &'a Env,
    /// cargo's configuration files, where they could be understood.
    pub config: Option<&'a cargo_config2::Config>,
    /// What `--config` says.
    pub line: &'a [toml::Table],
}

impl Said<'_> {
    /// Whether the variable `name` will reach build scripts: from the environment, or from `[env]` of the
    /// configuration (The Cargo Book, "[env]").
    pub fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// What it will be for them; one that is set in the environment is not set anew.
    pub fn value(&self, name: &str) -> Option<OsString> {
        let text = |value: &toml::Value| value.get("value").unwrap_or(value).as_str().map(OsString::from);
        let in_line = |table: &toml::Table| text(table.get("env")?.get(name)?);
        self.env
            .get(name)
            .map(OsString::from)
            .or_else(|| self.line.iter().rev().find_map(in_line))
            .or_else(|| Some(self.config?.env.get(name)?.value.clone()))
    }

    /// The first set of the names by which build scripts ask for the variable `name` when they build for `target`.
    pub fn for_target(&self, name: &str, target: &Target) -> Option<String> {
        names(name, target).into_iter().find(|name| self.is_set(name))
    }

    /// All variables among `names`, by any name, that are set for `target`, with their values.
    pub fn all(&self, names: &[&str], target: &Target) -> Vec<(OsString, OsString)> {
        let all = names.iter().flat_map(|name| self::names(name, target));
        all.filter_map(|name| Some((OsString::from(&name), self.value(&name)?))).collect()
    }
}

/// The names by which build scripts ask for the variable `name`, the first one first (the crate cc, "External
/// configuration via environment variables").
fn names(name: &str, target: &Target) -> [String; 4] {
    let triple = target.triple();
    [
        format!("{name}_{triple}"),
        format!("{name}_{}", under(triple)),
        format!("TARGET_{name}"),
        name.to_owned(),
    ]
}

/// A triple as it stands in the names of variables.
pub fn under(triple: &str) -> String {
    triple.replace(['-', '.'], "_")
}

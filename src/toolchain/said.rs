//! What the user has said outside of our own settings: variables of the environment and cargo's configuration,
//! which is in files and on the command line.

use crate::config::env::Env;
use crate::image::platform::Target;

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
        let in_line = |table: &toml::Table| table.get("env").and_then(|env| env.get(name)).is_some();
        self.env.get(name).is_some()
            || self.config.is_some_and(|config| config.env.contains_key(name))
            || self.line.iter().any(in_line)
    }

    /// The first set of the names by which build scripts ask for the variable `name` when they build for `target`
    /// (the crate cc, "External configuration via environment variables").
    pub fn for_target(&self, name: &str, target: &Target) -> Option<String> {
        let triple = target.triple();
        [
            format!("{name}_{triple}"),
            format!("{name}_{}", under(triple)),
            format!("TARGET_{name}"),
            name.into(),
        ]
        .into_iter()
        .find(|name| self.is_set(name))
    }
}

/// A triple as it stands in the names of variables.
pub fn under(triple: &str) -> String {
    triple.replace(['-', '.'], "_")
}

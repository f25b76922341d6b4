//! Settings of two images compared: how a container starts, and what is said about it.

use super::Side;
use crate::content::Config;
use serde_json::Value;
use std::collections::BTreeMap;

/// The keys of `config` that [`Config`] has, and what docker's old builder notes there of the container it worked in.
const UNDERSTOOD: [&str; 11] = [
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Hostname",
    "Image",
    "Labels",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
];
/// What else has a row here, or is told apart: content, times and the record of how it was made.
const APART: [&str; 11] = [
    "architecture",
    "config",
    "container",
    "container_config",
    "created",
    "docker_version",
    "history",
    "id",
    "os",
    "rootfs",
    "variant",
];

/// A setting that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is: `env`, `label`, `user`, or the key of a configuration.
    pub field: String,
    /// Its name, where a field has several.
    pub name: Option<String>,
    /// What it was; `None` if it is new.
    pub before: Option<String>,
    /// What it is; `None` if it is gone.
    pub after: Option<String>,
}

/// Values by field and name; the number keeps the order of the fields.
type Values = BTreeMap<(usize, String, Option<String>), String>;

/// What changed from `a` to `b`.
pub fn between(a: Side<'_>, b: Side<'_>) -> Vec<Setting> {
    let (a, b) = (values(a), values(b));
    let mut all: Vec<_> = a.keys().chain(b.keys()).collect();
    all.sort();
    all.dedup();
    let changed = all.into_iter().filter(|key| a.get(key) != b.get(key));
    let setting = |key: &(usize, String, Option<String>)| Setting {
        field: key.1.clone(),
        name: key.2.clone(),
        before: a.get(key).cloned(),
        after: b.get(key).cloned(),
    };
    changed.map(setting).collect()
}

/// What is empty may as well be left out.
fn values(side: Side<'_>) -> Values {
    let config = side.config;
    let mut values = Values::new();
    let mut add = |at: usize, field: &str, name: Option<&str>, value: &str| {
        if name.is_some() || !value.is_empty() {
            values.insert((at, field.to_owned(), name.map(str::to_owned)), value.to_owned());
        }
    };
    add(0, "platform", None, &config.platform());
    add(1, "user", None, &config.user);
    add(2, "entrypoint", None, &words(&config.entrypoint));
    add(3, "cmd", None, &words(&config.cmd));
    add(4, "workdir", None, directory(config));
    for pair in &config.env {
        // of two with one name the last counts
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(5, "env", Some(name), value);
    }
    config.exposed_ports.iter().for_each(|port| add(6, "expose", Some(port), ""));
    config.volumes.iter().for_each(|path| add(7, "volume", Some(path), ""));
    add(8, "stop", None, &config.stop_signal);
    config.labels.iter().for_each(|(name, value)| add(9, "label", Some(name), value));
    for (name, value) in pairs(side.annotations) {
        add(10, "annotation", Some(name), &text(value));
    }
    for (key, value) in pairs(&side.document["config"]) {
        if !UNDERSTOOD.contains(&key) && !is_empty(value) {
            add(11, key, None, &text(value));
        }
    }
    for (key, value) in pairs(side.document) {
        if !APART.contains(&key) && !is_empty(value) {
            add(12, key, None, &text(value));
        }
    }
    values
}

/// A container without a folder of its own starts in the root.
fn directory(config: &Config) -> &str {
    if config.working_dir.is_empty() { "/" } else { &config.working_dir }
}

fn words(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { serde_json::to_string(words).unwrap_or_default() }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pairs(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// What Go's writers leave in place of nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Bool(true) => false,
    }
}

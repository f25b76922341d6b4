//! The configuration of an image, as its JSON says it (OCI image spec, config.md); what is left out is empty.

use super::document::Document;
use super::fault::{Fault, Rule};
use crate::image::digest::Digest;
use serde_json::Value;

/// What a container starts with, and what the image says it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `architecture`.
    pub architecture: String,
    /// `os`.
    pub os: String,
    /// `variant`.
    pub variant: String,
    /// `created`, as it is written.
    pub created: String,
    /// `config.User`.
    pub user: String,
    /// `config.Env`: `NAME=VALUE`.
    pub env: Vec<String>,
    /// `config.Entrypoint`.
    pub entrypoint: Vec<String>,
    /// `config.Cmd`.
    pub cmd: Vec<String>,
    /// `config.WorkingDir`.
    pub working_dir: String,
    /// The keys of `config.ExposedPorts`: `PORT/PROTOCOL`.
    pub exposed_ports: Vec<String>,
    /// The keys of `config.Volumes`.
    pub volumes: Vec<String>,
    /// `config.Labels`.
    pub labels: Vec<(String, String)>,
    /// `config.StopSignal`.
    pub stop_signal: String,
    /// `rootfs.diff_ids`.
    pub diff_ids: Vec<Digest>,
    /// `history`.
    pub history: Vec<History>,
}

/// An entry of `history`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// `created`, as it is written.
    pub created: String,
    /// `created_by`.
    pub created_by: String,
    /// `empty_layer`: it stands for no layer.
    pub empty_layer: bool,
}

impl Config {
    /// What `document` says; a value of a wrong type goes to `faults` and counts as left out.
    pub fn read(document: &Document, faults: &mut Vec<Fault>) -> Self {
        let json = &document.json;
        if json.is_null() {
            return Config::default(); // said already
        }
        let mut fields = Fields { place: &document.place, faults };
        let run = &json["config"];
        if !(run.is_null() || run.is_object()) {
            fields.wrong("config", "an object");
        }
        let rootfs = &json["rootfs"];
        if rootfs["type"] != "layers" {
            fields.wrong("rootfs.type", "`layers`");
        }
        if !rootfs["diff_ids"].is_array() {
            fields.wrong("rootfs.diff_ids", "a list");
        }
        let config = Config {
            architecture: fields.text(json, "architecture"),
            os: fields.text(json, "os"),
            variant: fields.text(json, "variant"),
            created: fields.text(json, "created"),
            user: fields.text(run, "User"),
            env: fields.texts(run, "Env"),
            entrypoint: fields.words(run, "Entrypoint"),
            cmd: fields.words(run, "Cmd"),
            working_dir: fields.text(run, "WorkingDir"),
            exposed_ports: fields.keys(run, "ExposedPorts"),
            volumes: fields.keys(run, "Volumes"),
            labels: fields.pairs(run, "Labels"),
            stop_signal: fields.text(run, "StopSignal"),
            diff_ids: fields.digests(rootfs, "diff_ids"),
            history: fields.history(json),
        };
        for (key, value) in [("architecture", &config.architecture), ("os", &config.os)] {
            if value.is_empty() {
                fields.wrong(key, "a text, and is required");
            }
        }
        let times = [&config.created].into_iter().chain(config.history.iter().map(|entry| &entry.created));
        if times.into_iter().any(|time| !time.is_empty() && !is_time(time)) {
            fields.wrong("created", "a time of RFC 3339");
        }
        let full = config.history.iter().filter(|entry| !entry.empty_layer).count();
        if !config.history.is_empty() && full != config.diff_ids.len() {
            let why = format!("the history tells of {full} layers, and there are {}", config.diff_ids.len());
            faults.push(Fault::new(Rule::History, document.place.clone(), why));
        }
        config
    }

    /// `linux/arm64`, with the variant where there is one.
    pub fn platform(&self) -> String {
        let parts = [&self.os, &self.architecture, &self.variant];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("/")
    }
}

/// Whether `text` is a time of RFC 3339, 5.6, with any offset.
fn is_time(text: &str) -> bool {
    let utc = match text.char_indices().rev().nth(5) {
        Some((at, '+' | '-')) if at > 10 => {
            let (hours, minutes) = (text.get(at + 1..at + 3), text.get(at + 4..));
            let within = |part: Option<&str>, most: u8| {
                part.is_some_and(|part| {
                    part.bytes().all(|byte| byte.is_ascii_digit())
                        && part.parse().is_ok_and(|part: u8| part < most)
                })
            };
            if text.get(at + 3..at + 4) != Some(":") || !within(hours, 24) || !within(minutes, 60) {
                return false;
            }
            format!("{}Z", &text[..at])
        }
        _ => text.to_owned(),
    };
    humantime::parse_rfc3339(&utc).is_ok() || utc.starts_with("0001-01-01T00:00:00")
}

/// Takes fields out of JSON, and notes those of a wrong type.
struct Fields<'a> {
    place: &'a str,
    faults: &'a mut Vec<Fault>,
}

impl Fields<'_> {
    fn wrong(&mut self, key: &str, wanted: &str) {
        self.faults.push(Fault::new(Rule::Document, self.place, format!("`{key}` is not {wanted}")));
    }

    fn text(&mut self, object: &Value, key: &str) -> String {
        match &object[key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            _ => {
                self.wrong(key, "a text");
                String::new()
            }
        }
    }

    fn texts(&mut self, object: &Value, key: &str) -> Vec<String> {
        let list = match &object[key] {
            Value::Null => return Vec::new(),
            Value::Array(list) => list,
            _ => {
                self.wrong(key, "a list of texts");
                return Vec::new();
            }
        };
        let texts: Vec<_> = list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.len() < list.len() {
            self.wrong(key, "a list of texts");
        }
        texts
    }

    /// Words of a command. One text in their place is what some old builders wrote; docker takes it for one word.
    fn words(&mut self, object: &Value, key: &str) -> Vec<String> {
        match &object[key] {
            Value::String(word) => vec![word.clone()],
            _ => self.texts(object, key),
        }
    }

    /// The keys of Go's `map[string]struct{}`.
    fn keys(&mut self, object: &Value, key: &str) -> Vec<String> {
        match &object[key] {
            Value::Null => Vec::new(),
            Value::Object(map) => map.keys().cloned().collect(),
            _ => {
                self.wrong(key, "an object");
                Vec::new()
            }
        }
    }

    fn pairs(&mut self, object: &Value, key: &str) -> Vec<(String, String)> {
        let map = match &object[key] {
            Value::Null => return Vec::new(),
            Value::Object(map) => map,
            _ => {
                self.wrong(key, "an object of texts");
                return Vec::new();
            }
        };
        let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        let pairs: Vec<_> = map.iter().filter_map(pair).collect();
        if pairs.len() < map.len() {
            self.wrong(key, "an object of texts");
        }
        pairs
    }

    fn digests(&mut self, object: &Value, key: &str) -> Vec<Digest> {
        let texts = self.texts(object, key);
        let digests: Vec<_> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        if digests.len() < texts.len() {
            self.wrong(key, "a list of digests");
        }
        digests
    }

    fn history(&mut self, object: &Value) -> Vec<History> {
        let list = match &object["history"] {
            Value::Null => return Vec::new(),
            Value::Array(list) => list,
            _ => {
                self.wrong("history", "a list");
                return Vec::new();
            }
        };
        let mut history = Vec::new();
        for entry in list {
            if !entry.is_object() {
                self.wrong("history", "a list of objects");
            }
            let empty_layer = match &entry["empty_layer"] {
                Value::Null => false,
                Value::Bool(empty) => *empty,
                _ => {
                    self.wrong("history[].empty_layer", "true or false");
                    false
                }
            };
            let (created, created_by) = (self.text(entry, "created"), self.text(entry, "created_by"));
            history.push(History { created, created_by, empty_layer });
        }
        history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_that_builders_write() {
        for time in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59.123456789Z",
            "2024-01-01T00:00:00+02:00",
            "0001-01-01T00:00:00Z", // what Go writes where there is none
        ] {
            assert!(is_time(time), "{time}");
        }
        for time in [
            "",
            "yesterday",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00+2:00",
            "2024-01-01T00:00:00+99:00",
        ] {
            assert!(!is_time(time), "{time}");
        }
    }
}

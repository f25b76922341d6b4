//! Layers of settings: flags over variables over the package's metadata over the workspace's.
//!
//! A layer is raw text by key. The keys, their types and their errors all come from the clap definition of
//! [`Settings`], so no source has a table of its own.

use super::env::Env;
use super::{NAMED, Settings};
use crate::error::{Code, Error};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// The prefix of the variables.
pub const PREFIX: &str = "CARGO_SCRATCH_";

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line, in this folder.
    Flags(PathBuf),
    /// The environment, in this folder.
    Variables(PathBuf),
    /// A metadata table (its name) of this manifest.
    Metadata(&'static str, PathBuf),
}

impl Origin {
    /// The folder that relative paths are meant from.
    pub fn folder(&self) -> &Path {
        match self {
            Origin::Flags(folder) | Origin::Variables(folder) => folder,
            Origin::Metadata(_, manifest) => manifest.parent().unwrap_or(Path::new(".")),
        }
    }

    /// Whether it came with the project rather than from the person at the keyboard.
    pub fn is_metadata(&self) -> bool {
        matches!(self, Origin::Metadata(..))
    }

    fn key(&self, key: &str) -> String {
        match self {
            Origin::Flags(_) => format!("--{key}"),
            Origin::Variables(_) => format!("{PREFIX}{}", key.replace('-', "_").to_uppercase()),
            Origin::Metadata(table, _) => format!("{key} in [{table}]"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flags(_) => write!(f, "the command line"),
            Origin::Variables(_) => write!(f, "the environment"),
            Origin::Metadata(table, manifest) => write!(f, "{}, [{table}]", manifest.display()),
        }
    }
}

/// What one source says: values by key, in the order in which they were written.
#[derive(Clone, Debug)]
pub struct Layer {
    origin: Origin,
    values: BTreeMap<String, Vec<OsString>>,
}

/// The settings that hold, and who said each value of those that keep more than one.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    origins: BTreeMap<String, Vec<Origin>>,
}

impl Resolved {
    /// The origins of the values of `key`, in the order of its values.
    pub fn origins(&self, key: &str) -> &[Origin] {
        self.origins.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Layer {
    /// What the command line says.
    pub fn of_flags(matches: &ArgMatches, env: &Env) -> Self {
        let mut values = BTreeMap::new();
        for arg in keys().get_arguments() {
            let id = arg.get_id().as_str();
            // a command need not have all of them
            if matches.try_contains_id(id).is_err()
                || matches.value_source(id) != Some(ValueSource::CommandLine)
            {
                continue;
            }
            let said = match arg.get_action() {
                ArgAction::SetTrue => vec![OsString::from("true")],
                _ => matches.get_raw(id).map_or_else(Vec::new, |raw| raw.map(OsStr::to_owned).collect()),
            };
            values.insert(key(arg), said);
        }
        Layer { origin: Origin::Flags(env.folder().to_owned()), values }
    }

    /// Says `values` too, after what it says of `key` already.
    pub fn add(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let mut values = values.into_iter().map(OsString::from).peekable();
        if values.peek().is_some() {
            self.values.entry(key.to_owned()).or_default().extend(values);
        }
    }

    /// What the environment says, and the names of variables that look like ours and are not, each with the nearest
    /// one that is. They are no error: the environment belongs to more than one program and version.
    ///
    /// A variable of a setting with several values has one a line.
    pub fn of_variables(env: &Env) -> (Self, Vec<(String, Option<String>)>) {
        let origin = Origin::Variables(env.folder().to_owned());
        let known: BTreeMap<String, String> =
            keys().get_arguments().map(key).map(|key| (origin.key(&key), key)).collect();
        let (mut values, mut unknown) = (BTreeMap::new(), Vec::new());
        for (name, value) in env.with_prefix(PREFIX) {
            let name = format!("{PREFIX}{name}");
            match known.get(&name) {
                Some(key) => {
                    let lines = value.to_str().map(|text| text.lines().map(OsString::from).collect());
                    values.insert(key.clone(), lines.unwrap_or_else(|| vec![value.to_owned()]));
                }
                None => {
                    // what all have in common would make everything look near
                    let bare = known.keys().filter_map(|known| known.strip_prefix(PREFIX));
                    let near = nearest(name.trim_start_matches(PREFIX), bare);
                    unknown.push((name, near.map(|near| format!("{PREFIX}{near}"))));
                }
            }
        }
        (Layer { origin, values }, unknown)
    }

    /// What a metadata table says; `table` is its name and `metadata` the whole of `[….metadata]`.
    pub fn of_metadata(
        table: &'static str,
        metadata: &serde_json::Value,
        manifest: &Path,
    ) -> Result<Self, Error> {
        let origin = Origin::Metadata(table, manifest.to_owned());
        let keys: Vec<String> = keys().get_arguments().map(key).collect();
        let mut values = BTreeMap::new();
        let wrong = |what: String| Error::new(Code::Setting, what).at(&origin);
        match metadata.get("scratch") {
            None => {}
            Some(serde_json::Value::Object(entries)) => {
                for (name, value) in entries {
                    if !keys.contains(name) {
                        let error = wrong(format!("unknown key `{name}`"));
                        return Err(match nearest(name, keys.iter().map(String::as_str)) {
                            Some(near) => error.help(format!("did you mean `{near}`?")),
                            None => error.help(format!("the keys are {}", keys.join(", "))),
                        });
                    }
                    values.insert(
                        name.clone(),
                        words(name, value).map_err(|why| wrong(format!("`{name}` {why}")))?,
                    );
                }
            }
            Some(_) => return Err(wrong(format!("`[{table}]` is not a table"))),
        }
        Ok(Layer { origin, values })
    }
}

/// Lays `layers`, strongest first, over each other.
pub fn resolve(layers: &[Layer]) -> Result<Resolved, Error> {
    let (mut line, mut origins) = (vec![OsString::from("cargo-scratch")], BTreeMap::new());
    for arg in keys().get_arguments() {
        let key = key(arg);
        let saying = layers.iter().filter(|layer| {
            // a layer that chooses a target silences what weaker ones say of the platform, and the other way round
            layer.values.contains_key(&key) && !outranked(layers, layer, &key)
        });
        let heard: Vec<&Layer> = match NAMED.contains(&key.as_str()) {
            // the strongest last, so that its values win by name
            true => saying.collect::<Vec<_>>().into_iter().rev().collect(),
            false => saying.take(1).collect(),
        };
        for layer in heard {
            let words = flags(arg, layer.values.get(&key).map_or(&[], Vec::as_slice), &layer.origin)?;
            let said: &mut Vec<Origin> = origins.entry(key.clone()).or_default();
            said.extend(std::iter::repeat_n(layer.origin.clone(), words.len()));
            line.extend(words);
        }
    }
    let settings = keys().try_get_matches_from(line).and_then(|matches| Settings::from_arg_matches(&matches));
    let settings = settings.map_err(|error| Error::new(Code::Setting, reason(&error)))?;
    Ok(Resolved { settings, origins })
}

/// The words of the command line that stand for `values`, each checked alone so that its error can name its place.
fn flags(arg: &Arg, values: &[OsString], origin: &Origin) -> Result<Vec<OsString>, Error> {
    let key = key(arg);
    let wrong = |why: String| Error::new(Code::Setting, format!("`{}`: {why}", origin.key(&key))).at(origin);
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match values.iter().map(|value| value.to_str()).collect::<Vec<_>>()[..] {
            [Some("true" | "1")] => Ok(vec![OsString::from(format!("--{key}"))]),
            [Some("false" | "0")] => Ok(Vec::new()),
            _ => Err(wrong("expected true or false".into())),
        };
    }
    let word = |value: &OsString| {
        let mut word = OsString::from(format!("--{key}="));
        word.push(value);
        word
    };
    let words: Vec<OsString> = values.iter().map(word).collect();
    let alone =
        keys().try_get_matches_from(std::iter::once(OsString::from("cargo-scratch")).chain(words.clone()));
    match alone {
        Ok(_) => Ok(words),
        Err(error) => Err(wrong(reason(&error))),
    }
}

/// Platform and target choose the same thing under two names, and so do tag and repo.
fn outranked(layers: &[Layer], layer: &Layer, key: &str) -> bool {
    let other = match key {
        "platform" => "target",
        "target" => "platform",
        "tag" => "repo",
        "repo" => "tag",
        _ => return false,
    };
    layers.iter().take_while(|stronger| !std::ptr::eq(*stronger, layer)).any(|l| l.values.contains_key(other))
}

/// The setting itself, without the command around it.
fn keys() -> Command {
    Settings::augment_args(Command::new("cargo-scratch").disable_help_flag(true))
}

fn key(arg: &Arg) -> String {
    arg.get_long().unwrap_or_default().to_owned()
}

/// What a value of TOML says as words of a command line.
fn words(key: &str, value: &serde_json::Value) -> Result<Vec<OsString>, &'static str> {
    use serde_json::Value::{Array, Bool, Number, Object, String as Text};
    let scalar = |value: &serde_json::Value| match value {
        Text(text) => Ok(text.clone()),
        Bool(flag) => Ok(flag.to_string()),
        Number(number) => Ok(number.to_string()),
        // how cargo hands on a date of TOML
        Object(date) => match date.get("$__toml_private_datetime") {
            Some(Text(text)) => Ok(text.clone()),
            _ => Err("is a table, expected a value or a list"),
        },
        _ => Err("holds a value that is neither a string nor a number nor a boolean"),
    };
    let separator = if key == "copy" { ':' } else { '=' };
    let words: Result<Vec<String>, _> = match value {
        Array(values) => values.iter().map(scalar).collect(),
        Object(pairs) if NAMED.contains(&key) && pairs.keys().any(|name| name.contains(separator)) => {
            Err("has a name with the character that ends names")
        }
        Object(pairs) if NAMED.contains(&key) => {
            pairs.iter().map(|(name, value)| Ok(format!("{name}{separator}{}", scalar(value)?))).collect()
        }
        value => scalar(value).map(|word| vec![word]),
    };
    Ok(words?.into_iter().map(OsString::from).collect())
}

/// The heart of a clap error: the reason, without usage and hints that speak of a command line.
fn reason(error: &clap::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

/// The candidate that `word` is most likely a slip of.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    if word.len() > 256 {
        return None; // a slip of nothing, and the search takes the square of its length
    }
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests;

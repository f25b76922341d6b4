//! What the program is compiled for, and what cargo is told of it. The user's Cargo.toml stays as it is.
//!
//! cargo is told of a profile of its own on the command line, which inherits the chosen one (The Cargo Book, "Custom
//! profiles"): so all that the user has said there holds, but for what is asked for here, and so do opt-levels of single
//! packages. A profile has a folder of its own, in which neither build disturbs the files of the other.
//!
//! For size it is opt-level "z", not "s", with fat LTO and one codegen unit: everything else equal, that made ripgrep and
//! hyperfine 3 to 4 % smaller, and the starter, which is the standard library mostly, by some hundred bytes (Rust 1.95 for
//! x86_64; the bytes are in `docs/optimize.md`).

use crate::config::cargo::CargoFlags;
use crate::config::layers::Resolved;
use crate::config::values::{Allocator, Cpu, Panic, Preset};
use crate::error::{Code, Error};
use crate::image::platform::Level;
use std::fmt::Display;

/// What the settings say of it, for all images of one build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Optimization {
    /// What is given up for what.
    pub preset: Option<Preset>,
    /// What a panic does, where the user has said so.
    pub panic: Option<Panic>,
    /// What processors of amd64 must have, where it is more than all have.
    pub cpu: Option<Level>,
    /// The allocator, where the user has said so.
    pub allocator: Option<Allocator>,
    /// Whether the default build is made too, for the report of what the preset saves.
    pub compare: bool,
    /// Whether a panic unwinds, whoever has said so.
    pub unwinds: bool,
}

impl Optimization {
    /// What `resolved` say.
    ///
    /// # Errors
    /// They do not agree.
    pub fn of(resolved: &[Resolved]) -> Result<Self, Error> {
        // what is said of the default is not said of another one
        let preset = |one: &Resolved| one.settings.optimize.filter(|preset| *preset != Preset::None);
        let cpu = |one: &Resolved| one.settings.cpu.filter(|Cpu(level)| level.is_some());
        let allocator = |one: &Resolved| one.settings.allocator.filter(|one| *one != Allocator::System);
        let own = Optimization {
            preset: agreed(resolved, "optimize", preset)?,
            panic: agreed(resolved, "panic", |one| one.settings.panic)?,
            cpu: agreed(resolved, "cpu", cpu)?.and_then(|Cpu(level)| level),
            allocator: agreed(resolved, "allocator", allocator)?,
            compare: !resolved.iter().any(|one| one.settings.no_compare),
            unwinds: true,
        };
        match (own.preset, own.panic) {
            (Some(Preset::Tiny), Some(Panic::Unwind)) => {
                Err(Error::new(Code::Usage, "`--optimize tiny` cannot keep `--panic unwind`")
                    .note("its standard library ends the program at a panic")
                    .help("leave one of them out, or unwind with: --optimize size --panic unwind"))
            }
            _ => Ok(own),
        }
    }

    /// Whether the program is another one than that of the default build.
    pub fn is_any(&self) -> bool {
        !self.words().is_empty()
    }

    /// The flags that ask for it, as they are typed, one word each.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name}={value}")));
        };
        word("optimize", self.preset.map(|preset| preset.to_string()));
        word("panic", self.panic.map(|panic| panic.to_string()));
        word("cpu", self.cpu.map(|level| level.to_string()));
        word("allocator", self.other_allocator().map(|allocator| allocator.to_string()));
        words
    }

    /// The flags that take it back, as they are typed.
    pub fn taken_back(&self) -> Vec<&'static str> {
        let flags = [
            (self.preset.is_some(), "--optimize none"),
            (self.panic == Some(Panic::Abort), "--panic unwind"),
            (self.cpu.is_some(), "--cpu x86-64"),
            (self.other_allocator().is_some(), "--allocator system"),
        ];
        flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect()
    }

    /// Whether it takes the source of the standard library.
    pub fn needs_source(&self) -> bool {
        self.preset == Some(Preset::Tiny)
    }

    /// The flag that asks for more than cargo and rustc can be told.
    pub fn beyond_cargo(&self) -> Option<String> {
        let tiny = self.preset.filter(|preset| *preset == Preset::Tiny);
        let tiny = tiny.map(|preset| format!("--optimize {preset}"));
        tiny.or_else(|| Some(format!("--allocator {}", self.other_allocator()?)))
    }

    /// The allocator that takes the place of the usual one.
    pub fn other_allocator(&self) -> Option<Allocator> {
        self.allocator.filter(|allocator| *allocator != Allocator::System)
    }

    /// Whether bytes matter more than anything else.
    pub fn is_small(&self) -> bool {
        matches!(self.preset, Some(Preset::Size | Preset::Tiny))
    }

    /// Whether bytes matter, and there are some to be saved for which nobody has asked yet.
    pub fn saves_more(&self) -> bool {
        self.preset == Some(Preset::Size) && self.panic.is_none() && self.unwinds
    }

    /// What a panic does, where it is known without the profile.
    pub fn panics(&self) -> Option<Panic> {
        self.panic.or_else(|| (self.preset == Some(Preset::Tiny)).then_some(Panic::Abort))
    }

    /// What the program does without, a line each.
    pub fn given_up(&self) -> Vec<&'static str> {
        let mut lines = Vec::new();
        if self.preset == Some(Preset::Tiny) {
            lines.extend([
                "messages and backtraces of panics: a panic is a trap (SIGILL or SIGTRAP), without a word",
                "unwinding: catch_unwind and join catch no panic; and speed, in the standard library too",
            ]);
        }
        lines.extend(self.other_allocator().map(|_| "memory: at peak, the allocator takes more than musl's"));
        lines
    }

    /// The values of the profile, by their keys.
    fn values(&self) -> Vec<(&'static str, &'static str)> {
        let mut values = match self.preset {
            Some(Preset::Size | Preset::Tiny) => vec![("opt-level", "z")],
            Some(Preset::Speed) => vec![("opt-level", "3")],
            Some(Preset::None) | None => Vec::new(),
        };
        if !values.is_empty() {
            values.extend([("lto", "fat"), ("codegen-units", "1")]);
        }
        values.extend(self.panics().map(|panic| match panic {
            Panic::Unwind => ("panic", "unwind"),
            Panic::Abort => ("panic", "abort"),
        }));
        values
    }

    /// The profile that takes the place of `chosen`: its name, and its values by their keys; `None` where it is `chosen`
    /// itself.
    pub fn profile(&self, chosen: &str) -> Option<(String, Vec<(&'static str, String)>)> {
        // other flags of rustc want a folder of their own too
        if !self.is_any() {
            return None;
        }
        let words = [
            self.preset.map(|preset| preset.to_string()),
            self.panic.map(|panic| panic.to_string()),
            self.cpu.map(|level| level.variant().to_owned()),
            self.other_allocator().map(|allocator| allocator.to_string()),
        ];
        let name = ["scratch".to_owned(), chosen.to_owned()].into_iter().chain(words.into_iter().flatten());
        let inherits = [("inherits", chosen.to_owned())];
        let values = self.values().into_iter().map(|(key, value)| (key, value.to_owned()));
        Some((name.collect::<Vec<_>>().join("-"), inherits.into_iter().chain(values).collect()))
    }

    /// `flags`, with that profile. It comes before all that `--config` says already: of two values of one key cargo takes the
    /// last, so the user has the last word on this profile too.
    pub fn profiled(&self, flags: &CargoFlags) -> CargoFlags {
        let mut flags = flags.clone();
        if let Some((name, values)) = self.profile(flags.profile()) {
            let value = |value: &str| match value.parse::<u8>() {
                Ok(number) => number.to_string(),
                Err(_) => format!("{value:?}"),
            };
            let ours = values.iter().map(|(key, text)| format!("profile.{name}.{key}={}", value(text)));
            flags.config = ours.chain(flags.config).collect();
            flags.profile = Some(name);
        }
        flags
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::{Layer, resolve};
    use serde_json::{Value, json};
    use std::path::Path;

    #[test]
    fn a_preset_is_a_profile_over_the_chosen_one_and_says_nothing_of_what_was_not_asked_for() {
        let config = |optimize: Optimization, chosen: &str| {
            let flags = CargoFlags { profile: Some(chosen.into()), ..CargoFlags::default() };
            let flags = optimize.profiled(&flags);
            (flags.profile().to_owned(), flags.config)
        };
        let size = Optimization { preset: Some(Preset::Size), ..Optimization::default() };
        let of = |name: &str, values: &[&str]| {
            let config = values.iter().map(|value| format!("profile.{name}.{value}"));
            (name.to_owned(), config.collect::<Vec<_>>())
        };
        let values = ["inherits=\"release\"", "opt-level=\"z\"", "lto=\"fat\"", "codegen-units=1"];
        assert_eq!(config(size.clone(), "release"), of("scratch-release-size", &values));
        let abort = Optimization { panic: Some(Panic::Abort), ..Optimization::default() };
        let values = ["inherits=\"dist\"", "panic=\"abort\""];
        assert_eq!(config(abort, "dist"), of("scratch-dist-abort", &values));
        let speed = Optimization { preset: Some(Preset::Speed), panic: Some(Panic::Unwind), ..size };
        let (name, values) = config(speed, "release");
        assert_eq!(name, "scratch-release-speed-unwind");
        assert_eq!(values[1..2], ["profile.scratch-release-speed-unwind.opt-level=3"]);
        let (name, values) = config(Optimization::default(), "release");
        assert!(name == "release" && values.is_empty());
    }

    #[test]
    fn the_user_has_the_last_word_on_the_profile_too() {
        let size = Optimization { preset: Some(Preset::Size), ..Optimization::default() };
        let own = "profile.scratch-release-size.opt-level='s'".to_owned();
        let flags = CargoFlags { config: vec![own.clone()], ..CargoFlags::default() };
        let config = size.profiled(&flags).config;
        assert_eq!(config.last(), Some(&own), "{config:?}");
        assert!(config[..config.len() - 1].iter().any(|value| value.contains("opt-level")), "{config:?}");
    }

    #[test]
    fn packages_that_say_the_default_agree_with_those_that_say_nothing() {
        let of = |settings: Value| {
            let metadata = json!({ "scratch": settings });
            let layer = Layer::of_metadata("package.metadata.scratch", &metadata, Path::new("Cargo.toml"));
            resolve(&[layer.unwrap()]).unwrap()
        };
        let said = of(json!({ "optimize": "none", "cpu": "x86-64", "allocator": "system" }));
        let own = Optimization::of(&[of(json!({})), said.clone()]).unwrap();
        assert!(!own.is_any(), "{own:?}");
        let error = Optimization::of(&[said, of(json!({ "optimize": "size" }))]).unwrap_err();
        assert!(error.helps()[0].contains("--optimize size"), "{error:?}");
    }

    #[test]
    fn what_is_asked_for_is_told_as_it_is_typed() {
        let all = Optimization {
            preset: Some(Preset::Speed),
            panic: Some(Panic::Abort),
            cpu: Some(Level::V3),
            allocator: Some(Allocator::Mimalloc),
            compare: true,
            unwinds: false,
        };
        let words = ["--optimize=speed", "--panic=abort", "--cpu=x86-64-v3", "--allocator=mimalloc"];
        assert_eq!(all.words(), words);
        let system = Optimization { allocator: Some(Allocator::System), ..Optimization::default() };
        assert!(!system.is_any());
    }
}

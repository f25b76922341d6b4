//! What rustc is told for the target, joined to the user's own flags and never instead of them.
//!
//! cargo takes the compiler's flags from one of three places and lets the others be: the variables, then the tables
//! for the target, then `[build]` (The Cargo Book, "build.rustflags"). So ours go where the user's own are.

use super::Said;
use crate::config::env::Env;
use crate::explain::processor::risky_flags;
use crate::plan::Plan;
use std::ffi::OsString;

/// How cargo is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Words of its command line.
    pub arguments: Vec<OsString>,
    /// Variables of its environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// `ours` beside what the user has said.
pub fn join(plan: &Plan, said: &Said<'_>, mut ours: Vec<String>) -> Joined {
    if ours.is_empty() {
        return Joined::default();
    }
    let triple = plan.target.triple();
    if let Some(mut flags) = of_variables(said.env) {
        flags.append(&mut ours);
        let value = flags.join("\u{1f}");
        return Joined {
            variables: vec![("CARGO_ENCODED_RUSTFLAGS".into(), value.into())],
            ..Joined::default()
        };
    }
    // flags for a target join ours, but switch off those for every build, so these are said again
    let by_flag = crate::plan::command_line_config(&plan.flags, said.env);
    let by_flag = by_flag
        .iter()
        .any(|table| table.get("target").and_then(|target| target.get(triple)?.get("rustflags")).is_some());
    if let Some(config) = said.config.filter(|_| !by_flag) {
        let general = config.build.rustflags.as_ref().map(|flags| &flags.flags);
        let resolved = config.rustflags(triple).ok().flatten().map(|flags| flags.flags);
        if let Some(general) = general.filter(|general| resolved.as_ref() == Some(general)) {
            ours.splice(0..0, general.iter().cloned());
        }
    }
    // a JSON array of strings is one of TOML
    let list = serde_json::Value::from(ours);
    Joined {
        arguments: vec!["--config".into(), format!("target.{triple}.rustflags={list}").into()],
        ..Joined::default()
    }
}

/// The flags that stand in variables, which outrank every table: `CARGO_ENCODED_RUSTFLAGS`, then `RUSTFLAGS`.
fn of_variables(env: &Env) -> Option<Vec<String>> {
    let words = |text: &str, separator| {
        text.split(separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    match (env.get("CARGO_ENCODED_RUSTFLAGS"), env.get("RUSTFLAGS")) {
        (Some(encoded), _) => Some(words(&encoded.to_string_lossy(), '\u{1f}')),
        (None, Some(plain)) => Some(words(&plain.to_string_lossy(), ' ')),
        (None, None) => None,
    }
}

/// Whether one of the flags that hold without us is `wanted`.
pub fn is_said(plan: &Plan, said: &Said<'_>, wanted: &str) -> bool {
    let resolved = said.config.and_then(|config| config.rustflags(plan.target.triple()).ok().flatten());
    let resolved = resolved.map(|flags| flags.flags).unwrap_or_default();
    let variables = of_variables(said.env).unwrap_or_default();
    resolved.iter().chain(&variables).any(|flag| flag.contains(wanted))
}

/// A warning where the flags tie the program to this machine's kind of processor: an image travels.
pub fn risky(plan: &Plan, said: &Said<'_>) -> Option<String> {
    let resolved = said.config.and_then(|config| config.rustflags(plan.target.triple()).ok().flatten());
    let all = of_variables(said.env).or(resolved.map(|flags| flags.flags))?;
    let risk = risky_flags(&all)?;
    Some(format!("`{}` in the compiler's flags: the image will run only on {}", risk.flag, risk.only_on))
}

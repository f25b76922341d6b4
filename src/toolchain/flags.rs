//! What rustc is told for the target, joined to the user's own flags and never instead of them.
//!
//! cargo takes the compiler's flags from one of three places and lets the others be: the variables, then the tables
//! for the target, then `[build]` (The Cargo Book, "build.rustflags"). So ours go where the user's own are.

use super::said::Said;
use crate::config::env::Env;
use crate::error::{Caution, Code, Error, Warning};
use crate::explain::processor::{processor, risky_flags};
use crate::image::platform::Target;
use crate::plan::Plan;
use std::ffi::OsString;
use toml::{Table, Value};

/// The key of a table for the target alone: where a run builds for several, each has flags of its own.
///
/// A condition that nobody else writes, and not the target's name: cargo joins the flags of every table that fits, but
/// two values of one key only if both are lists, and the user's may be a string. The kinds of ARM have no condition
/// that tells them apart, so there the name it is.
fn table(target: &Target) -> String {
    match target.rustc() {
        ("arm", _) => target.triple().to_owned(),
        (arch, endian) => {
            format!("\"cfg(all(not(any()),target_arch=\\\"{arch}\\\",target_endian=\\\"{endian}\\\"))\"")
        }
    }
}

/// The variable that cargo looks at first; words are separated by the character U+001F.
pub const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";

/// How cargo is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Words of its command line.
    pub arguments: Vec<OsString>,
    /// Variables of its environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// `ours` beside what the user has said.
pub fn join(plan: &Plan, said: &Said<'_>, ours: Vec<String>) -> Joined {
    if ours.is_empty() {
        return Joined::default();
    }
    let list = match own(plan, said) {
        Own::Variables(flags) => {
            let value = [flags, ours].concat().join("\u{1f}");
            return Joined { variables: vec![(ENCODED.into(), value.into())], ..Joined::default() };
        }
        // cargo joins the two
        Own::Target(_) => ours,
        // flags for a target switch off those for every build, so these are said again
        Own::General(flags) => [flags, ours].concat(),
    };
    // a JSON array of strings is one of TOML
    let list = serde_json::Value::from(list);
    Joined {
        arguments: vec!["--config".into(), format!("target.{}.rustflags={list}", table(&plan.target)).into()],
        ..Joined::default()
    }
}

/// The user's flags, by the place that cargo takes them from.
enum Own {
    Variables(Vec<String>),
    Target(Vec<String>),
    General(Vec<String>),
}

impl Own {
    fn flags(self) -> Vec<String> {
        match self {
            Own::Variables(flags) | Own::Target(flags) | Own::General(flags) => flags,
        }
    }
}

fn own(plan: &Plan, said: &Said<'_>) -> Own {
    if let Some(flags) = of_variables(said.env) {
        return Own::Variables(flags);
    }
    let triple = plan.target.triple();
    let resolved = said.config.and_then(|config| config.rustflags(triple).ok().flatten());
    let resolved = resolved.map(|flags| flags.flags).unwrap_or_default();
    let general = said.config.and_then(|config| config.build.rustflags.clone());
    let general = general.map(|flags| flags.flags).unwrap_or_default();
    let by_flag = of_line(said, |table| table.get("target")?.get(triple)?.get("rustflags"));
    match (resolved == general, by_flag.is_empty()) {
        (false, _) => Own::Target([resolved, by_flag].concat()),
        (true, false) => Own::Target(by_flag),
        (true, true) => {
            let by_flag = of_line(said, |table| table.get("build")?.get("rustflags"));
            Own::General([general, by_flag].concat())
        }
    }
}

/// The flags of the command line's `--config`, each a list or words in one string.
fn of_line(said: &Said<'_>, at: impl Fn(&Table) -> Option<&Value>) -> Vec<String> {
    let flags = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        value => value.as_str().map(|text| words(text, ' ')).unwrap_or_default(),
    };
    said.line.iter().filter_map(at).flat_map(flags).collect()
}

/// The flags that stand in variables, which outrank every table, even with nothing in them: `CARGO_ENCODED_RUSTFLAGS`,
/// then `RUSTFLAGS`.
fn of_variables(env: &Env) -> Option<Vec<String>> {
    match (env.exact(ENCODED), env.exact("RUSTFLAGS")) {
        (Some(encoded), _) => Some(words(&encoded.to_string_lossy(), '\u{1f}')),
        (None, Some(plain)) => Some(words(&plain.to_string_lossy(), ' ')),
        (None, None) => None,
    }
}

fn words(text: &str, separator: char) -> Vec<String> {
    text.split(separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The flags that hold without us.
pub fn said(plan: &Plan, said: &Said<'_>) -> Vec<String> {
    own(plan, said).flags()
}

/// Whether one of the flags that hold without us is `wanted`.
pub fn is_said(plan: &Plan, said: &Said<'_>, wanted: &str) -> bool {
    self::said(plan, said).iter().any(|flag| flag.contains(wanted))
}

/// A warning where the flags tie the program to this machine's kind of processor: an image travels.
///
/// # Errors
/// They name another processor than the plan does.
pub fn risky(plan: &Plan, said: &Said<'_>) -> Result<Option<Warning>, Error> {
    let users = self::said(plan, said);
    let wanted = plan.target.level();
    if let (Some(level), Some(named)) = (wanted, processor(&users)) {
        return match named == level.cpu() {
            true => Ok(None),
            false => Err(Error::new(
                Code::Setting,
                format!("two processors to compile for: `{named}` and `{level}`"),
            )
            .note(format!(
                "`target-cpu={named}` is in the compiler's flags, and the image is for {}",
                plan.target.platform()
            ))
            .help("leave one of them out: RUSTFLAGS, `rustflags` of cargo's configuration, or --cpu")),
        };
    }
    let Some(risk) = risky_flags(&users) else { return Ok(None) };
    let what =
        format!("`{}` in the compiler's flags: the image will run only on {}", risk.flag, risk.only_on);
    let warning = Warning::new(Caution::Processor, what);
    let is_amd64 = plan.target.architecture() == "amd64" && wanted.is_none();
    Ok(Some(match is_amd64 {
        true => {
            warning.help("to have the image say so: --cpu x86-64-v3 in place of the flag, or another level")
        }
        false => warning,
    }))
}

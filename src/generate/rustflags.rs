//! The compiler's flags that the project has for every build, where a Dockerfile has some for the target.
//!
//! cargo takes those for the target, which it joins from its files and from the variable, or else those for every build
//! (The Cargo Book, "build.rustflags"): so beside ours, these have to be said again.

use crate::error::{Code, Error};
use crate::plan::Plan;
use toml::{Table, Value};

/// The flags in `[build]` of the workspace's configuration and of `--config`, where they hold for the target of `plan`:
/// nothing of the machine counts, as no container sees it.
///
/// # Errors
/// One of them has a blank, and no variable of an image can say it.
pub fn general(plan: &Plan) -> Result<Vec<String>, Error> {
    // a container that only compiles is told by words of cargo's, which join
    if plan.builder.is_some() {
        return Ok(Vec::new());
    }
    let files = [".cargo/config", ".cargo/config.toml"].map(|file| plan.workspace.join(file));
    let files = files.iter().find_map(|file| std::fs::read_to_string(file).ok()?.parse().ok());
    let line = plan.flags.config.iter().filter_map(|text| text.parse().ok());
    let tables: Vec<Table> = files.into_iter().chain(line).collect();
    let flags = of(&tables, plan.target.triple());
    match flags.iter().find(|flag| flag.contains(char::is_whitespace)) {
        None => Ok(flags),
        Some(flag) => Err(Error::new(Code::Setting, format!("no Dockerfile can say the flag `{flag}`"))
            .at(".cargo/config.toml")
            .note("it is in `[build] rustflags`, which cargo does not read beside the flags for a target")
            .help("write it without a blank, or under [target.'cfg(all())'], which is joined")),
    }
}

fn of(tables: &[Table], triple: &str) -> Vec<String> {
    let rustflags = |table: &Value| table.get("rustflags").map(words);
    let for_target = |table: &Table| {
        let Some(targets) = table.get("target").and_then(Value::as_table) else { return false };
        // a condition is taken for one that holds: who writes it writes it for what is built
        targets.iter().any(|(name, table)| {
            (name == triple || name.starts_with("cfg(")) && table.get("rustflags").is_some()
        })
    };
    if tables.iter().any(for_target) {
        return Vec::new();
    }
    tables.iter().filter_map(|table| rustflags(table.get("build")?)).flatten().collect()
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        value => value.as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_for_every_build_are_said_again_unless_there_are_some_for_the_target() {
        let triple = "x86_64-unknown-linux-musl";
        let flags = |text: &str| of(&[text.parse().unwrap()], triple);
        assert_eq!(flags("build.rustflags = ['--cfg', 'x']"), ["--cfg", "x"]);
        assert_eq!(flags("build.rustflags = '--cfg  x'"), ["--cfg", "x"]);
        for own in [triple, "'cfg(all())'"] {
            let text = format!("build.rustflags = ['-g']\ntarget.{own}.rustflags = ['--cfg=x']");
            assert!(flags(&text).is_empty(), "cargo does not read them either: {text}");
        }
        assert_eq!(flags("build.rustflags = ['-g']\ntarget.other.rustflags = ['-O']"), ["-g"]);
        assert!(flags("").is_empty());
    }
}

//! The floor plan: a module uses only modules of lower floors, and the three privileged acts have one place each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every module at the top of `src`, lowest floor first; modules of one row do not use each other.
const FLOORS: &[&[&str]] = &[
    &["error", "progress", "shell", "temporary"],
    &["interrupt", "regular", "ui"],
    &["lock", "tool", "elf"],
    &["image", "certificates", "zones", "resolve"],
    &["content", "cache"],
    &["config", "explain", "sbom", "templates"],
    &["credentials"],
    &["registry"],
    &["sink"],
    &["plan", "sandbox", "source", "size"],
    &["toolchain", "runtime", "signature"],
    &["compile", "smoke", "provenance"],
    &["verify"],
    &["rootfs", "report", "reproduce", "twin"],
    &["generate"],
    &["builder"],
    &["commands"],
    &["cli"],
    &["main", "lib"],
];

/// What only one module may do: the words, and the file, with its folder, that is the module.
const PRIVILEGES: &[(&[&str], &str)] = &[
    (&["Command::new(", "process::Command"], "src/tool.rs"),
    (&["println!", "eprintln!", "print!(", "io::stdout()", "io::stderr()"], "src/ui.rs"),
    (&["env::var", "env::vars", "env::current_dir"], "src/config/env.rs"),
];

/// `Command` here is clap's, and `io::stderr()` is a child's, or takes what a child says.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("src/cli/completions.rs", "Command::new("),
    ("src/config/layers.rs", "Command::new("),
    ("src/tool/run.rs", "io::stderr()"),
];

#[test]
fn no_module_uses_one_of_its_own_floor_or_above() {
    let floor = |module: &str| FLOORS.iter().position(|floor| floor.contains(&module));
    let mut listed: BTreeSet<&str> = FLOORS.iter().copied().flatten().copied().collect();
    for (file, source) in sources() {
        let module = module_of(&file);
        let own = floor(&module).unwrap_or_else(|| panic!("{module} has no floor"));
        listed.remove(module.as_str());
        for used in uses(&source) {
            let other = floor(&used).unwrap_or_else(|| panic!("{}: {used} has no floor", file.display()));
            assert!(used == module || other < own, "{}: {module} may not use {used}", file.display());
        }
    }
    assert!(listed.is_empty(), "stale rows: {listed:?}");
}

#[test]
fn a_privileged_act_has_one_place() {
    for (file, source) in sources() {
        let name = file.to_string_lossy().into_owned();
        for (words, place) in PRIVILEGES {
            let within =
                place.strip_suffix(".rs").is_some_and(|folder| name.starts_with(&format!("{folder}/")));
            for word in words.iter().filter(|_| name != *place && !within) {
                if EXCEPTIONS.contains(&(name.as_str(), word)) {
                    continue;
                }
                assert!(!source.contains(word), "{name} has `{word}`, which belongs to {place}");
            }
        }
    }
}

#[test]
fn the_table_in_the_crate_docs_names_every_module() {
    let docs = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let table: String = docs.lines().filter(|line| line.starts_with("//! | ")).collect();
    for module in FLOORS.iter().copied().flatten().filter(|module| **module != "lib") {
        assert!(table.contains(&format!("`{module}`")), "{module} is not in the floor plan of src/lib.rs");
    }
}

#[test]
fn files_hold_one_idea() {
    for (file, source) in sources() {
        let lines = source.lines().count();
        assert!(lines <= 330, "{} has {lines} lines: it holds two ideas", file.display());
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file with its text, without comments and without tests.
fn sources() -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![root().join("src")];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().unwrap() != "tests.rs" {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                let relative = path.strip_prefix(root()).unwrap().to_owned();
                all.insert(relative, code.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    assert!(all.len() > 20);
    // a module that only tests see is no module of the program
    let mark = "#[cfg(test)]\nmod ";
    let names = |text: &String| {
        text.split(mark)
            .skip(1)
            .filter_map(|rest| Some(rest.split_once(';')?.0.to_owned()))
            .collect::<Vec<_>>()
    };
    let only_tests: BTreeSet<String> = all.values().flat_map(names).collect();
    all.retain(|path, _| !only_tests.contains(&*path.file_stem().unwrap().to_string_lossy()));
    all
}

/// `src/image/gzip/block.rs` belongs to `image`.
fn module_of(file: &Path) -> String {
    let first = file.strip_prefix("src").unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// The modules of the crate that `source` names.
fn uses(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mark in ["crate::", "cargo_scratch::"] {
        for (at, _) in source.match_indices(mark) {
            let rest = &source[at + mark.len()..];
            let names = match rest.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap(),
                None => rest,
            };
            for name in names.split(',').take(if rest.starts_with('{') { usize::MAX } else { 1 }) {
                let name: String =
                    name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !name.is_empty() {
                    found.insert(name);
                }
            }
        }
    }
    found
}

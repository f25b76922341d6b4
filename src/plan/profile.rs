//! What the user has said in the chosen profile; what is said there is never replaced.
//!
//! cargo has no command that tells a profile's value, so its sources are read in cargo's way: `--config`,
//! `CARGO_PROFILE_*`, the `.cargo/config.toml` files, the workspace's manifest (The Cargo Book, "Profiles").

use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use crate::elf::Strip;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The keys by which the program of a preset is another one.
const REPLACED: [&str; 4] = ["opt-level", "lto", "codegen-units", "panic"];

/// A profile, with all that it inherits.
pub struct Profile {
    name: String,
    /// `--config`, the last one first, as that one counts.
    line: Vec<Table>,
    env: Env,
    /// The nearest first.
    files: Vec<Table>,
}

/// What the compiler takes out of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stripping {
    /// The profile leaves it open.
    Unsaid,
    /// Nothing.
    Nothing,
    /// This.
    Of(Strip),
}

impl Profile {
    /// The chosen profile as cargo hears it.
    pub fn heard(flags: &CargoFlags, env: &Env, workspace_manifest: &Path) -> Self {
        let files = cargo_config2::Walk::with_cargo_home(env.folder(), env.cargo_home());
        let files: Vec<_> = files.chain([workspace_manifest.to_owned()]).collect();
        Profile::of(flags, env.clone(), files.iter().map(PathBuf::as_path))
    }

    /// The chosen profile by the workspace's own files, and the command line: nothing of the machine counts.
    pub fn within(flags: &CargoFlags, workspace: &Path) -> Self {
        let files = [".cargo/config", ".cargo/config.toml", "Cargo.toml"].map(|file| workspace.join(file));
        let nothing = Env::new::<String, String>([], workspace);
        Profile::of(flags, nothing, files.iter().map(PathBuf::as_path))
    }

    fn of<'a>(flags: &CargoFlags, env: Env, files: impl Iterator<Item = &'a Path>) -> Self {
        let mut line = command_line(flags, &env);
        line.reverse();
        // a file that cannot be read or parsed is cargo's to complain about
        Profile { name: flags.profile().to_owned(), line, env, files: files.filter_map(read).collect() }
    }

    /// What is set for `strip`.
    pub fn strip(&self) -> Stripping {
        match self.value("strip").0 {
            None => Stripping::Unsaid,
            Some(Value::Boolean(true)) => Stripping::Of(Strip::All),
            Some(Value::String(word)) if word == "symbols" => Stripping::Of(Strip::All),
            Some(Value::String(word)) if word == "debuginfo" => Stripping::Of(Strip::Debug),
            Some(_) => Stripping::Nothing,
        }
    }

    /// Whether the program gets debug information.
    pub fn has_debug(&self) -> bool {
        match self.value("debug") {
            (None, root) => root == "dev",
            (Some(Value::Boolean(set)), _) => set,
            (Some(Value::Integer(level)), _) => level != 0,
            (Some(value), _) => value.as_str() != Some("none"),
        }
    }

    /// Whether a panic ends the program.
    pub fn aborts(&self) -> bool {
        self.value("panic").0.is_some_and(|value| value.as_str() != Some("unwind"))
    }

    /// What is set for the keys that a preset replaces, in the order of [`REPLACED`].
    pub fn replaced(&self) -> Vec<Option<Value>> {
        REPLACED.iter().map(|key| self.value(key).0).collect()
    }

    /// Whether debug information is to lie in other files than the program.
    pub fn splits_debug(&self) -> bool {
        self.value("split-debuginfo").0.is_some_and(|value| value.as_str() != Some("off"))
    }

    /// The value of `key`, or else the profile whose default holds.
    fn value(&self, key: &str) -> (Option<Value>, String) {
        let mut profile = self.name.clone();
        for _ in 0..16 {
            // longer chains are loops, which cargo refuses
            if let Some(value) = self.own(&profile, key) {
                return (Some(value), profile);
            }
            let inherits = self.own(&profile, "inherits");
            profile = match (profile.as_str(), inherits) {
                ("release" | "dev", _) => break,
                ("bench", None) => "release".into(),
                ("test", None) => "dev".into(),
                (_, Some(Value::String(parent))) => parent,
                _ => break,
            };
        }
        (None, profile)
    }

    /// The value of `key` in the profile `name` itself.
    fn own(&self, name: &str, key: &str) -> Option<Value> {
        let of = |table: &Table| table.get("profile")?.get(name)?.get(key).cloned();
        let variable = format!("CARGO_PROFILE_{name}_{key}").replace('-', "_").to_uppercase();
        let set = || self.env.get(&variable).map(|value| typed(&value.to_string_lossy()));
        self.line.iter().find_map(of).or_else(set).or_else(|| self.files.iter().find_map(of))
    }
}

/// A variable's text as the kind of value that it looks like.
fn typed(text: &str) -> Value {
    match (text.parse(), text.parse()) {
        (Ok(set), _) => Value::Boolean(set),
        (_, Ok(number)) => Value::Integer(number),
        _ => Value::String(text.to_owned()),
    }
}

/// Each `--config` is a piece of TOML or the path of a file.
pub fn command_line(flags: &CargoFlags, env: &Env) -> Vec<Table> {
    let parse = |text: &String| text.parse::<Table>().ok().or_else(|| read(&env.folder().join(text)));
    flags.config.iter().filter_map(parse).collect()
}

fn read(path: &Path) -> Option<Table> {
    std::fs::read_to_string(path).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(manifest: &str, flags: &CargoFlags, vars: &[(&str, &str)]) -> Profile {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        std::fs::write(&path, manifest).unwrap();
        let home = folder.path().join("home");
        let mut all = vec![("CARGO_HOME", home.to_str().unwrap())];
        all.extend(vars);
        Profile::heard(flags, &Env::new(all, folder.path()), &path)
    }

    fn sets(manifest: &str, flags: &CargoFlags, vars: &[(&str, &str)]) -> bool {
        of(manifest, flags, vars).strip() != Stripping::Unsaid
    }

    fn profile(name: &str) -> CargoFlags {
        CargoFlags { profile: Some(name.into()), ..CargoFlags::default() }
    }

    #[test]
    fn the_manifest_the_environment_and_the_command_line_are_heard() {
        let plain = CargoFlags::default();
        assert!(!sets("[profile.release]\nlto = true", &plain, &[]));
        assert!(sets("[profile.release]\nstrip = false", &plain, &[]));
        assert!(!sets("[profile.dev]\nstrip = false", &plain, &[]));
        assert!(sets("", &plain, &[("CARGO_PROFILE_RELEASE_STRIP", "none")]));
        let config = CargoFlags { config: vec!["profile.release.strip='none'".into()], ..plain };
        assert!(sets("", &config, &[]));
    }

    #[test]
    fn of_a_workspace_only_its_own_files_are_heard() {
        let home = tempfile::tempdir().unwrap();
        let workspace = home.path().join("w");
        let strips = "[profile.release]\nstrip = true\n";
        for folder in [home.path(), &workspace] {
            std::fs::create_dir_all(folder.join(".cargo")).unwrap();
        }
        std::fs::write(home.path().join(".cargo/config.toml"), strips).unwrap();
        let plain = CargoFlags::default();
        assert_eq!(Profile::within(&plain, &workspace).strip(), Stripping::Unsaid);
        std::fs::write(workspace.join(".cargo/config.toml"), strips).unwrap();
        assert_ne!(Profile::within(&plain, &workspace).strip(), Stripping::Unsaid);
    }

    #[test]
    fn a_profile_inherits() {
        let manifest = "[profile.small]\ninherits = 'release'\n[profile.release]\nstrip = true";
        assert!(sets(manifest, &profile("small"), &[]));
        assert!(!sets(manifest, &profile("dev"), &[]));
        assert!(sets(manifest, &profile("bench"), &[]));
        assert!(!sets("[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'a'", &profile("a"), &[]));
    }

    #[test]
    fn a_value_means_what_it_means_to_cargo() {
        let plain = CargoFlags::default();
        let strip = |value: &str| of(&format!("[profile.release]\nstrip = {value}"), &plain, &[]).strip();
        for (value, meant) in [
            ("true", Stripping::Of(Strip::All)),
            ("'symbols'", Stripping::Of(Strip::All)),
            ("'debuginfo'", Stripping::Of(Strip::Debug)),
            ("false", Stripping::Nothing),
            ("'none'", Stripping::Nothing),
        ] {
            assert_eq!(strip(value), meant, "{value}");
        }
        let debug = |value: &str| of(&format!("[profile.release]\ndebug = {value}"), &plain, &[]).has_debug();
        for value in ["true", "1", "2", "'limited'", "'line-tables-only'", "'full'"] {
            assert!(debug(value), "{value}");
        }
        for value in ["false", "0", "'none'"] {
            assert!(!debug(value), "{value}");
        }
        assert!(!of("", &plain, &[]).has_debug());
        assert!(of("[profile.mine]\ninherits = 'test'", &profile("mine"), &[]).has_debug());
        assert!(!of("", &plain, &[("CARGO_PROFILE_RELEASE_DEBUG", "0")]).has_debug());
        let split = [("CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO", "packed")];
        assert!(of("", &plain, &split).splits_debug() && !of("", &plain, &[]).splits_debug());
    }

    #[test]
    fn the_nearer_place_outranks_the_farther_one() {
        let manifest = "[profile.release]\ndebug = 0";
        let variable = [("CARGO_PROFILE_RELEASE_DEBUG", "1")];
        assert!(of(manifest, &CargoFlags::default(), &variable).has_debug());
        let line = ["profile.release.debug=1", "profile.release.debug=0"].map(str::to_owned).to_vec();
        let flags = CargoFlags { config: line, ..CargoFlags::default() };
        assert!(!of("", &flags, &variable).has_debug());
    }
}

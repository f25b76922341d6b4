//! Whether the user has said how the binary is to be stripped; if so, nothing is done behind their back.
//!
//! cargo has no command that tells a profile's value, so its sources are read in cargo's way: `--config`,
//! `CARGO_PROFILE_*`, the `.cargo/config.toml` files, the workspace's manifest (The Cargo Book, "Profiles").

use crate::config::cargo::CargoFlags;
use crate::config::env::Env;
use std::path::Path;
use toml::Table;

/// Whether `strip` is set for the chosen profile or one that it inherits from.
pub fn sets_strip(flags: &CargoFlags, env: &Env, workspace_manifest: &Path) -> bool {
    let mut tables = command_line(flags, env);
    let cargo_home = env.get("CARGO_HOME").map(|home| env.folder().join(home));
    let cargo_home = cargo_home.or_else(|| Some(Path::new(env.get("HOME")?).join(".cargo")));
    // a file that cannot be read or parsed is cargo's to complain about
    tables.extend(
        cargo_config2::Walk::with_cargo_home(env.folder(), cargo_home).filter_map(|path| read(&path)),
    );
    tables.extend(read(workspace_manifest));
    is_set(flags.profile(), &tables, env)
}

/// Whether what is in the workspace's own files, and on the command line, sets it: nothing of the machine counts.
pub fn sets_strip_within(flags: &CargoFlags, workspace: &Path) -> bool {
    let nothing = Env::new::<String, String>([], workspace);
    let mut tables = command_line(flags, &nothing);
    let files = [".cargo/config", ".cargo/config.toml", "Cargo.toml"];
    tables.extend(files.iter().filter_map(|file| read(&workspace.join(file))));
    is_set(flags.profile(), &tables, &nothing)
}

fn is_set(profile: &str, tables: &[Table], env: &Env) -> bool {
    let mut profile = profile.to_owned();
    for _ in 0..16 {
        // longer chains are loops, which cargo refuses
        if env.get(&format!("CARGO_PROFILE_{}_STRIP", profile.replace('-', "_").to_uppercase())).is_some() {
            return true;
        }
        let mut inherits = None;
        for settings in tables.iter().filter_map(|table| table.get("profile")?.get(&profile)) {
            if settings.get("strip").is_some() {
                return true;
            }
            inherits = inherits.or(settings.get("inherits").and_then(toml::Value::as_str));
        }
        profile = match (profile.as_str(), inherits) {
            ("release" | "dev", _) => return false,
            ("bench", None) => "release".into(),
            ("test", None) => "dev".into(),
            (_, Some(parent)) => parent.to_owned(),
            (_, None) => return false,
        };
    }
    false
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

    fn sets(manifest: &str, flags: &CargoFlags, vars: &[(&str, &str)]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        std::fs::write(&path, manifest).unwrap();
        let home = folder.path().join("home");
        let mut all = vec![("CARGO_HOME", home.to_str().unwrap())];
        all.extend(vars);
        sets_strip(flags, &Env::new(all, folder.path()), &path)
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
        assert!(!sets_strip_within(&plain, &workspace));
        std::fs::write(workspace.join(".cargo/config.toml"), strips).unwrap();
        assert!(sets_strip_within(&plain, &workspace));
    }

    #[test]
    fn a_profile_inherits() {
        let manifest = "[profile.small]\ninherits = 'release'\n[profile.release]\nstrip = true";
        assert!(sets(manifest, &profile("small"), &[]));
        assert!(!sets(manifest, &profile("dev"), &[]));
        assert!(sets(manifest, &profile("bench"), &[]));
        assert!(!sets("[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'a'", &profile("a"), &[]));
    }
}

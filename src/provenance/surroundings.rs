//! What stands around a build and changes what cargo makes of it: variables by their names, and cargo's configuration.
//!
//! No value of a variable is told: a flag may be a path, or a secret. A file of the workspace is told by its digest, which
//! is the same for everybody who has the workspace; of one elsewhere, which is the machine's, only that it was there.

use crate::config::env::Env;
use crate::image::digest::Digest;
use crate::regular::RegularFile;
use std::path::Path;

/// The bytes of a file of configuration that is read.
const LIMIT: u64 = 1 << 20;
/// Variables that cargo hears (The Cargo Book, "Environment Variables").
const NAMES: [&str; 6] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_BOOTSTRAP",
];
/// How the names of others begin: keys of the configuration (The Cargo Book, "Configuration").
const BEGINNINGS: [&str; 2] = ["CARGO_PROFILE_", "CARGO_BUILD_"];
/// Where and how fast is no matter of what.
const WITHOUT: [&str; 3] = ["CARGO_BUILD_JOBS", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The names of the variables that were set, sorted.
    pub variables: Vec<String>,
    /// The files, nearest first.
    pub files: Vec<ConfigFile>,
}

/// A file of cargo's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// One of the workspace: its path there, and its digest where it could be read.
    Workspace(String, Option<Digest>),
    /// One in a folder above the workspace, or beside it.
    Outside,
    /// The one in cargo's home.
    Home,
}

impl Surroundings {
    /// Those of a run of cargo in `env` for `workspace`; cargo of a container, which is not `here`, sees no files but the
    /// workspace's.
    pub fn of(workspace: &Path, here: bool, env: &Env) -> Self {
        let names = env.with_prefix("").map(|(name, _)| name).filter(|name| counts(name));
        let home = env.cargo_home();
        let file = |path: std::path::PathBuf| match path.strip_prefix(workspace) {
            Ok(within) => {
                let bytes = RegularFile::open(&path, true).and_then(|file| file.bytes(LIMIT)).ok().flatten();
                let name = within.to_string_lossy().into_owned();
                Some(ConfigFile::Workspace(name, bytes.map(|bytes| Digest::of(&bytes))))
            }
            Err(_) if !here => None,
            Err(_) if path.parent() == home.as_deref() => Some(ConfigFile::Home),
            Err(_) => Some(ConfigFile::Outside),
        };
        let files = cargo_config2::Walk::with_cargo_home(env.folder(), home.clone());
        Surroundings {
            variables: names.map(str::to_owned).collect(),
            files: files.filter_map(file).collect(),
        }
    }
}

fn counts(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let of_target =
        || name.starts_with("CARGO_TARGET_") && (name.ends_with("_RUSTFLAGS") || name.ends_with("_LINKER"));
    let known =
        NAMES.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start)) || of_target();
    known && !WITHOUT.contains(&name) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn h2_what_is_told_of_the_surroundings_has_no_value_and_no_folder_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let text = "[registry]\ntoken = \"canary\"\n";
        for place in ["canary/.cargo", "canary/work/.cargo", "canary/work/member/.cargo", "home"] {
            fs::create_dir_all(at(place)).unwrap();
            fs::write(at(place).join("config.toml"), text).unwrap();
        }
        let home = at("home").display().to_string();
        let variables = [
            ("CARGO_HOME", home.as_str()),
            ("RUSTFLAGS", "--cfg canary"),
            ("CARGO_PROFILE_RELEASE_LTO", "canary"),
            ("CARGO_BUILD_RUSTC_WRAPPER", "/home/canary"),
            ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", "canary"),
            ("CARGO_BUILD_JOBS", "2"),
            ("CARGO_TARGET_DIR", "/canary"),
            ("CARGO_REGISTRY_TOKEN", "canary"),
            ("CARGO_PROFILE_canary", "x"),
            ("CARGO_PROFILE_RELEASE_DEBUG", ""),
            ("API_TOKEN", "canary"),
        ];
        let env = Env::new(variables, at("canary/work/member"));
        let found = Surroundings::of(&at("canary/work"), true, &env);
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
        let names = [
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS",
            "RUSTFLAGS",
        ];
        assert_eq!(found.variables, names);
        let digest = Some(Digest::of(text.as_bytes()));
        let within = [
            ConfigFile::Workspace("member/.cargo/config.toml".into(), digest.clone()),
            ConfigFile::Workspace(".cargo/config.toml".into(), digest),
        ];
        assert_eq!(found.files[..2], within);
        assert_eq!(found.files[2], ConfigFile::Outside);
        assert_eq!(found.files.last(), Some(&ConfigFile::Home));
        assert_eq!(Surroundings::of(&at("canary/work"), false, &env).files, within);
    }
}

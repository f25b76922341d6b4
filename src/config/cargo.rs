//! Cargo's own flags, with cargo's names and meaning, and how they are handed on to it.

use crate::ui::Color;
use std::ffi::OsString;
use std::path::PathBuf;

/// What to build and how: the part of the command line that is cargo's.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cargo")]
pub struct CargoFlags {
    /// Package to build, once a package
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,

    /// All packages of the workspace that have a binary
    #[arg(long, conflicts_with = "package")]
    pub workspace: bool,

    /// Package to leave out of --workspace
    #[arg(long, value_name = "SPEC", requires = "workspace")]
    pub exclude: Vec<String>,

    /// Binary to build, once a binary; each gets an image of its own
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub bin: Vec<String>,

    /// All binaries of the chosen packages
    #[arg(long)]
    pub bins: bool,

    /// Example to build, once an example
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub example: Vec<String>,

    /// Features to activate
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,

    /// Activate all features
    #[arg(long)]
    pub all_features: bool,

    /// Do not activate the default features
    #[arg(long)]
    pub no_default_features: bool,

    /// Profile to build with [default: release]
    #[arg(long, value_name = "NAME", conflicts_with = "release")]
    pub profile: Option<String>,

    /// Build with the release profile, which is the default
    #[arg(short, long, hide = true)]
    pub release: bool,

    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,

    /// Folder for everything that is built
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,

    /// Number of jobs cargo runs at once
    #[arg(short, long, value_name = "N", allow_hyphen_values = true)]
    pub jobs: Option<String>,

    /// Require that Cargo.lock stays as it is
    #[arg(long)]
    pub locked: bool,

    /// Use no network
    #[arg(long)]
    pub offline: bool,

    /// The same as --locked and --offline
    #[arg(long)]
    pub frozen: bool,

    /// Override a value of cargo's configuration
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub config: Vec<String>,
}

impl CargoFlags {
    /// The profile that cargo builds with.
    pub fn profile(&self) -> &str {
        self.profile.as_deref().unwrap_or("release")
    }

    /// Whether the network must not be used.
    pub fn no_network(&self) -> bool {
        self.offline || self.frozen
    }

    /// The flags that every cargo command takes.
    pub fn common(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        let mut flag = |set: bool, word: &str| words.extend(set.then(|| OsString::from(word)));
        flag(self.locked, "--locked");
        flag(self.offline, "--offline");
        flag(self.frozen, "--frozen");
        for value in &self.config {
            words.extend(["--config".into(), value.into()]);
        }
        words
    }

    /// The flags that choose features.
    pub fn features(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        words.extend(self.all_features.then(|| "--all-features".into()));
        words.extend(self.no_default_features.then(|| "--no-default-features".into()));
        for features in &self.features {
            words.extend(["--features".into(), features.into()]);
        }
        words
    }

    /// These flags with those that `extra`, the words after `--`, has of the same kind: what is asked of cargo before
    /// the build must be asked as the build will be.
    #[must_use]
    pub fn heard(&self, extra: &[String]) -> Self {
        let mut flags = self.clone();
        let mut words = extra.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None if word.starts_with("-F") && word.len() > 2 => ("-F", word.get(2..)),
                None => (word.as_str(), None),
            };
            match name {
                "--config" | "--features" | "-F" => {
                    let value = value.map(str::to_owned).or_else(|| words.next().cloned());
                    let list = if name == "--config" { &mut flags.config } else { &mut flags.features };
                    list.extend(value);
                }
                "--all-features" => flags.all_features = true,
                "--no-default-features" => flags.no_default_features = true,
                "--locked" => flags.locked = true,
                "--offline" => flags.offline = true,
                "--frozen" => flags.frozen = true,
                _ => {}
            }
        }
        flags
    }

    /// The flags of `cargo build` beside the choice of packages, binaries and target.
    pub fn build(&self, verbose: u8, quiet: bool, color: Color) -> Vec<OsString> {
        let mut words = self.common();
        words.extend(self.features());
        words.extend(quiet.then(|| "--quiet".into()));
        words.extend((0..verbose).map(|_| OsString::from("-v")));
        if let Some(jobs) = &self.jobs {
            words.push(format!("--jobs={jobs}").into());
        }
        if let Some(folder) = &self.target_dir {
            words.extend(["--target-dir".into(), folder.into()]);
        }
        if color != Color::Auto {
            words.push(format!("--color={}", color.word()).into()); // else `term.color` decides
        }
        words.push(format!("--profile={}", self.profile()).into());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_after_the_dashes_is_heard_too() {
        let own = CargoFlags { features: vec!["a".into()], ..CargoFlags::default() };
        let words = ["--features", "b", "-Fc", "--features=d", "--config", "x=1", "--config=y=2", "--frozen"];
        let flags = own.heard(&words.map(str::to_owned));
        assert_eq!(flags.features, ["a", "b", "c", "d"]);
        assert_eq!(flags.config, ["x=1", "y=2"]);
        assert!(flags.frozen && !flags.locked && !flags.all_features);
        assert_eq!(own.heard(&["--features".into()]).features, ["a"], "cargo will complain about it");
    }
}

//! Registries: what the client asks of one, and what it does where one is slow, wrong, broken or hostile.
//!
//! All of it by the command line against [`support::registry`](crate::support::registry), one fault a row.

mod answers;
mod auth;
mod config;
mod digests;
mod floods;
mod leads;
mod platforms;
mod proxy;
mod pushes;
mod resume;
mod retries;
mod secrets;
mod silence;
mod tls;

use crate::support::registry::Registry;
use crate::support::{Fake, Run};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;

/// A user with a home of their own, whose project is built within milliseconds.
struct User {
    fake: Fake,
}

impl User {
    fn new() -> Self {
        let fake = Fake::bare("app");
        fs::create_dir(fake.path("home")).unwrap();
        User { fake }
    }

    /// One who has logged in, as `docker login` notes it.
    fn of(host: &str, name: &str, password: &str) -> Self {
        let user = User::new();
        user.config(
            &json!({ "auths": { host: { "auth": base64(&format!("{name}:{password}")) } } }).to_string(),
        );
        user
    }

    /// Writes the user's `config.json`.
    fn config(&self, text: &str) -> std::path::PathBuf {
        self.fake.file("home/.docker/config.json", text)
    }

    /// A credential helper on the user's `PATH`, as a script.
    fn helper(&self, name: &str, script: &str) {
        let path =
            self.fake.file(&format!("home/bin/docker-credential-{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A run of the program, without what this machine's user has.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.fake.command(words);
        for name in [
            "DOCKER_CONFIG",
            "DOCKER_AUTH_CONFIG",
            "REGISTRY_AUTH_FILE",
            "XDG_RUNTIME_DIR",
            "XDG_CONFIG_HOME",
        ] {
            command.env_remove(name);
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap();
        let folders = std::env::split_paths(path).chain([self.fake.path("home/bin")]);
        let path = std::env::join_paths(folders).unwrap();
        command.env("PATH", path).env("HOME", self.fake.path("home")).env_remove("SSL_CERT_FILE");
        command
    }

    /// Pushes as `me/app:1` to `registry`, with further words of the command line.
    fn push(&self, registry: &Registry, words: &[&str]) -> Run {
        self.push_to(&registry.name("me/app:1"), words)
    }

    /// Pushes under the full name `name`.
    fn push_to(&self, name: &str, words: &[&str]) -> Run {
        Run::of(self.command(&[&["push", name], words].concat()))
    }

    /// A file with bytes that do not compress, for a blob of that size.
    fn large(&self, name: &str, size: usize) {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut word = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()
        };
        let bytes: Vec<u8> = std::iter::repeat_with(&mut word).take(size / 8).flatten().collect();
        self.fake.file(name, bytes);
    }
}

/// Tries all of `rows` at once: most of them wait most of the time.
fn side_by_side<T: Send>(rows: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for row in rows {
            scope.spawn(|| test(row));
        }
    });
}

fn base64(text: &str) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(text)
}

/// Asserts that `run` has pushed one image, and that `registry` has it whole under `me/app:1`. Returns its digest.
#[track_caller]
fn pushed(run: &Run, registry: &Registry) -> String {
    assert_eq!(run.status, 0, "{run:?}");
    let digest = registry.tagged("me/app", "1").expect("the tag is there");
    assert_eq!(run.stdout, format!("{}@{digest}\n", registry.name("me/app")), "{run:?}");
    digest
}

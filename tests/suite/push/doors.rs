//! Who may push, and over what: passwords and certificates.

use super::{digest, printed, pushed, scratch};
use crate::support::distribution::{Distribution, Door, PASSWORD, USER};
use crate::support::{Fake, Run, sha256, tool};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::json;
use std::path::PathBuf;

/// Notes a password in the user's `config.json`, as `docker login` does where there is no credential helper.
pub fn login(fake: &Fake, host: &str, user: &str, password: &str) -> PathBuf {
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let config = json!({ "auths": { host: { "auth": auth } } });
    fake.file("home/.docker/config.json", config.to_string())
}

#[test]
fn e1_needs_registry_without_a_password_the_way_to_log_in_is_told() {
    let (registry, fake) = (Distribution::start(Door::Password), Fake::new("app", ""));
    let name = registry.name("app:1");
    let none = scratch(&fake, &["push", &name]);
    none.refused(6, &["error[registry]", &format!("docker login {}", registry.host())]);
    login(&fake, &registry.host(), USER, "wrong-canary");
    let wrong = scratch(&fake, &["push", &name]);
    wrong.refused(6, &["error[registry]", &format!("docker login {}", registry.host())]);
    assert!(!wrong.stderr.contains("canary"), "{wrong:?}");
    let asked = registry.asked();
    assert!(asked.iter().all(|asked| asked.status == 401), "{asked:?}");
    assert!(asked.len() <= 6, "what a password does not open is not tried again and again: {asked:?}");
}

#[test]
fn f4_needs_registry_a_password_of_docker_login_opens_and_is_not_touched() {
    let (registry, fake) = (Distribution::start(Door::Password), Fake::new("app", ""));
    let config = login(&fake, &registry.host(), USER, PASSWORD);
    let before = std::fs::read(&config).unwrap();
    let run = scratch(&fake, &["push", "-vv", &registry.name("app:1")]);
    printed(&run, &registry.name("app:1"));
    assert!(!format!("{run:?}").contains(PASSWORD), "{run:?}");
    assert_eq!(sha256(&std::fs::read(&config).unwrap()), sha256(&before));
}

#[test]
fn f3_needs_registry_needs_docker_needs_podman_what_docker_login_and_podman_login_have_written_is_read() {
    let (registry, fake) = (Distribution::start(Door::Password), Fake::new("app", ""));
    let words = ["login", "--username", USER, "--password", PASSWORD];
    let mut login = tool("docker");
    login.args(words).arg(registry.host()).env("DOCKER_CONFIG", fake.path("docker"));
    let said = Run::of(login);
    assert_eq!(said.status, 0, "{said:?}");
    let file = fake.path("auth.json");
    let mut login = tool("podman");
    login.args(words).arg("--tls-verify=false").arg("--authfile").arg(&file).arg(registry.host());
    let said = Run::of(login);
    assert_eq!(said.status, 0, "{said:?}");
    for (variable, value) in [("DOCKER_CONFIG", fake.path("docker")), ("REGISTRY_AUTH_FILE", file)] {
        let name = registry.name(&format!("{}:1", variable.to_lowercase()));
        let mut command = super::alone(fake.command(["push", &name]), &fake);
        command.env(variable, value);
        printed(&Run::of(command), &name);
    }
}

#[test]
fn e13_needs_registry_needs_openssl_needs_skopeo_a_certificate_is_trusted_when_it_is_named() {
    let (registry, fake) = (Distribution::start(Door::Tls), Fake::new("app", ""));
    let authority = registry.authority().display().to_string();
    let port = registry.host().rsplit_once(':').unwrap().1.to_owned();
    for host in [registry.host(), format!("localhost:{port}")] {
        let before = registry.asked();
        let name = format!("{host}/app:1");
        scratch(&fake, &["push", &name]).refused(6, &["error[registry]", "certificate", "--cacert"]);
        // plain HTTP is for those that do not speak TLS
        let insecure = scratch(&fake, &["push", &name, "--insecure-registry", &host]);
        insecure.refused(6, &["certificate"]);
        assert_eq!(registry.asked(), before, "nothing was asked of a stranger");
        let first = pushed(&fake, &name, &["--cacert", &authority]);
        assert_eq!(digest(&registry, &name), first);
        let mut command = super::alone(fake.command(["push", &name]), &fake);
        command.env("SSL_CERT_FILE", &authority);
        assert_eq!(printed(&Run::of(command), &name), first);
    }
}

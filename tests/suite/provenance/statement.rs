//! What a statement says, and what it does not.

use super::{ED25519, PREDICATE, STATEMENT, key, statement};
use crate::support::{Archive, Fake, Project, Run, git, sha256};
use serde_json::{Value, json};
use std::path::Path;

/// What the outermost manifest or index of `out.tar` has for a digest, by its bytes.
fn manifest(fake: &Fake) -> String {
    let archive = &Archive::read_all(&fake.path("out.tar"))[0];
    let index: Value = serde_json::from_slice(&archive.files["index.json"]).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    let blob = &archive.files[&format!("blobs/{}", digest.replace(':', "/"))];
    assert_eq!(sha256(blob), digest);
    digest.strip_prefix("sha256:").unwrap().to_owned()
}

#[test]
fn h6_a_statement_is_about_the_very_image_and_has_what_slsa_asks_for() {
    let fake = Fake::new("hello", "");
    fake.lock();
    let statement = statement(&fake, &["--features", "", "--locked", "-t", "ghcr.io/me/hello:1"]);
    assert_eq!((&statement["_type"], &statement["predicateType"]), (&json!(STATEMENT), &json!(PREDICATE)));
    let subject = json!([{ "name": "hello", "digest": { "sha256": manifest(&fake) } }]);
    assert_eq!(statement["subject"], subject);
    let definition = &statement["predicate"]["buildDefinition"];
    let asked = &definition["externalParameters"];
    for (key, value) in [
        ("package", json!("hello")),
        ("version", json!("0.1.0")),
        ("binary", json!("hello")),
        ("manifest", json!("Cargo.toml")),
        ("targets", json!(["x86_64-unknown-linux-musl"])),
        ("profile", json!("release")),
        ("features", json!([])),
        ("allFeatures", json!(false)),
        ("defaultFeatures", json!(true)),
        ("locked", json!(true)),
    ] {
        assert_eq!(asked[key], value, "{key}");
    }
    assert_eq!(definition["internalParameters"]["cargo"], "1.91.0");
    assert!(definition["internalParameters"]["rustc"]["version"].is_string(), "the program itself says it");
    let lock = std::fs::read(fake.path("Cargo.lock")).unwrap();
    let lock = json!({ "name": "Cargo.lock", "digest": { "sha256": sha256(&lock).strip_prefix("sha256:").unwrap() } });
    assert_eq!(
        definition["resolvedDependencies"][0], lock,
        "and no source, as git does not know the project"
    );
    let run = &statement["predicate"]["runDetails"];
    assert!(run["builder"]["id"].as_str().unwrap().ends_with("#own-machine"));
    assert_eq!(run["metadata"], Value::Null, "no time, no run");
}

#[test]
fn h6_of_several_platforms_the_index_and_each_manifest_are_subjects() {
    let fake = Fake::new("hello", "");
    let command = |words: &[&str]| {
        let mut command = fake.command(crate::support::PLAIN.iter().chain(words));
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
        Run::of(command)
    };
    let run = command(&["--platform", "linux/amd64,linux/arm64"]);
    assert_eq!(run.status, 0, "{run:?}");
    let statement: Value =
        serde_json::from_slice(&std::fs::read(fake.path("out.intoto.json")).unwrap()).unwrap();
    let subjects = statement["subject"].as_array().unwrap();
    let names: Vec<_> = subjects.iter().map(|subject| subject["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["hello", "hello (linux/amd64)", "hello (linux/arm64)"]);
    assert_eq!(subjects[0]["digest"]["sha256"], manifest(&fake));
    let run = super::verified(&fake, &[]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn h6_needs_git_the_source_is_a_commit_only_where_the_tree_is_that_commit() {
    let fake = Fake::new("hello", "");
    repository(&fake, Some("git@example.org:me/hello.git"));
    let head = git(&fake.path(""), &["rev-parse", "HEAD"]);
    let source = |fake: &Fake| {
        let statement = statement(fake, &[]);
        let definition = &statement["predicate"]["buildDefinition"];
        (definition["resolvedDependencies"][0].clone(), definition["internalParameters"]["source"].clone())
    };
    let clean = json!({
        "name": "source", "uri": "git+ssh://example.org/me/hello.git", "digest": { "gitCommit": head },
    });
    assert_eq!(source(&fake), (clean, json!({ "commit": head, "dirty": false })));
    fake.file("src/main.rs", "fn main() {}");
    let (dirty, chosen) = source(&fake);
    assert_eq!((&dirty["annotations"]["scratch_dirty"], &dirty["digest"]), (&json!(true), &Value::Null));
    assert_eq!(chosen, json!({ "commit": head, "dirty": true }));
    let told = super::verified(&fake, &[]);
    assert!(told.stdout.contains("with changes that are in no commit"), "{told:?}");
    // a remote that only this machine has is no address for others
    git(&fake.path(""), &["checkout", "--quiet", "."]);
    git(&fake.path(""), &["remote", "set-url", "origin", "/srv/canary/hello"]);
    let (local, _) = source(&fake);
    assert_eq!(local, json!({ "name": "source", "digest": { "gitCommit": head } }));
}

#[test]
fn h6_needs_git_in_ci_the_workflow_is_the_builder_and_its_ref_is_the_sources() {
    let fake = Fake::new("hello", "");
    repository(&fake, Some("https://github.com/me/hello"));
    let head = git(&fake.path(""), &["rev-parse", "HEAD"]);
    let mut command = fake.command(crate::support::PLAIN);
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_WORKFLOW_REF", "me/hello/.github/workflows/release.yml@refs/tags/v1"),
        ("GITHUB_REPOSITORY", "me/hello"),
        ("GITHUB_RUN_ID", "17"),
        ("GITHUB_REF", "refs/tags/v1"),
        ("GITHUB_SHA", &head),
    ] {
        command.env(name, value);
    }
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let statement: Value =
        serde_json::from_slice(&std::fs::read(fake.path("out.intoto.json")).unwrap()).unwrap();
    let source = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(source["uri"], "git+https://github.com/me/hello@refs/tags/v1");
    let details = &statement["predicate"]["runDetails"];
    assert_eq!(
        details["builder"]["id"],
        "https://github.com/me/hello/.github/workflows/release.yml@refs/tags/v1"
    );
    assert_eq!(details["metadata"]["invocationId"], "https://github.com/me/hello/actions/runs/17/attempts/1");
}

#[test]
fn h6_needs_git_needs_openssl_the_same_commit_gives_the_same_bytes_in_another_folder() {
    let origin = Fake::new("hello", "");
    repository(&origin, Some("https://example.org/me/hello"));
    let (private, _) = key(&origin, "own", &ED25519);
    let mut seen = Vec::new();
    for time in ["1", "2"] {
        let project = Project::empty();
        let path = origin.path("").display().to_string();
        git(&project.path(""), &["clone", "--quiet", "--no-hardlinks", &path, "."]);
        git(&project.path(""), &["remote", "set-url", "origin", "https://example.org/me/hello"]);
        let fake = Fake::of(project);
        let private = private.to_str().unwrap();
        let command = |words: &[&str]| {
            let mut command = fake.command(crate::support::PLAIN.iter().chain(words));
            command
                .env("USER", format!("canary-{time}"))
                .env("LANG", format!("xx_{time}"))
                .env("GITHUB_ACTIONS", "");
            Run::of(command)
        };
        let signed = ["--sign", private];
        seen.push([(&[][..], "out.intoto.json"), (&signed, "out.sigstore.json")].map(|(words, name)| {
            let run = command(words);
            assert_eq!(run.status, 0, "{run:?}");
            std::fs::read(fake.path(name)).unwrap()
        }));
    }
    assert!(seen[0] == seen[1], "{seen:?}");
}

#[test]
fn h2_needs_git_needs_openssl_nothing_of_the_machine_its_user_or_its_secrets_is_in_a_statement() {
    let fake = Fake::new("hello", "");
    repository(&fake, Some("https://user:canary-token@example.org/me/hello?private_token=canary-query"));
    let (private, _) = key(&fake, "canary-key-name", &ED25519);
    let secret = std::fs::read_to_string(&private).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    let mut command = fake.command(crate::support::PLAIN);
    command.args(["--sign", private.to_str().unwrap(), "--config", "registry.token='canary-config'"]);
    command.args(["--config", "profile.release.opt-level=2"]);
    for (name, value) in [
        ("HOME", "/home/canary-user"),
        ("USER", "canary-user"),
        ("HOSTNAME", "canary-host"),
        ("API_TOKEN", "canary-secret"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_TOKEN", "canary-github"),
        ("GITHUB_SERVER_URL", "https://me:canary-server@github.com"),
        ("GITHUB_WORKFLOW_REF", "me/hello/.github/workflows/x.yml@refs/heads/main"),
        ("CI_JOB_TOKEN", "canary-gitlab"),
        ("COSIGN_PASSWORD", "canary-password"),
        ("RUSTFLAGS", "--cfg canary"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"),
    ] {
        command.env(name, value);
    }
    fake.file(".cargo/config.toml", "[registries.own]\ntoken = \"canary-file\"\n");
    command.env("CARGO_HOME", std::env::var_os("CARGO_HOME").unwrap_or_else(|| home(".cargo")));
    command.env("RUSTUP_HOME", std::env::var_os("RUSTUP_HOME").unwrap_or_else(|| home(".rustup")));
    command.arg("-v");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let bundle: Value =
        serde_json::from_slice(&std::fs::read(fake.path("out.sigstore.json")).unwrap()).unwrap();
    let statement = String::from_utf8(super::payload(&bundle)).unwrap();
    let here = fake.path("").display().to_string();
    let image = std::fs::read(fake.path("out.tar")).unwrap();
    for canary in ["canary", secret, &here, fake.tools().to_str().unwrap()] {
        assert!(!statement.contains(canary) && !bundle.to_string().contains(canary), "{canary}: {statement}");
    }
    for canary in ["canary-token", "canary-query", "canary-config", "canary-password", secret] {
        assert!(!run.stderr.contains(canary) && !run.stdout.contains(canary), "{canary}: {run:?}");
        assert!(!image.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary}");
    }
    let json: Value = serde_json::from_str(&statement).unwrap();
    let definition = &json["predicate"]["buildDefinition"];
    assert_eq!(
        definition["externalParameters"]["config"],
        json!(["registry.token", "profile.release.opt-level=2"])
    );
    let variables: Vec<_> =
        definition["externalParameters"]["variables"].as_array().unwrap().iter().collect();
    assert!(
        variables.contains(&&json!("RUSTFLAGS"))
            && variables.contains(&&json!("CARGO_PROFILE_RELEASE_OPT_LEVEL"))
    );
    let config = std::fs::read(fake.path(".cargo/config.toml")).unwrap();
    assert_eq!(
        definition["externalParameters"]["configFiles"][0],
        json!({ "name": ".cargo/config.toml", "digest": { "sha256": sha256(&config).strip_prefix("sha256:").unwrap() } })
    );
    assert_eq!(definition["resolvedDependencies"][0]["uri"], "git+https://example.org/me/hello");
}

#[test]
fn h6_who_wants_no_statement_gets_none() {
    let fake = Fake::new("hello", "");
    fake.pack(&["--provenance=false"]);
    assert!(!fake.path("out.intoto.json").exists());
    assert_eq!(super::verified(&fake, &[]).status, 4);
}

/// Makes `fake` a repository with all that it has in one commit.
fn repository(fake: &Fake, remote: Option<&str>) {
    fake.lock();
    fake.file(".gitignore", "/target\n/out*\n*.pem\n*.pub\n");
    git(&fake.path(""), &["init", "--quiet"]);
    git(&fake.path(""), &["add", "."]);
    git(&fake.path(""), &["commit", "--quiet", "-m", "one"]);
    if let Some(remote) = remote {
        git(&fake.path(""), &["remote", "add", "origin", remote]);
    }
}

fn home(name: &str) -> std::ffi::OsString {
    Path::new(&std::env::var_os("HOME").unwrap()).join(name).into()
}

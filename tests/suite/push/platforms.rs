//! Several platforms: one build, one index, and every reader gets its own part of it.

use super::{TWO, digest, printed, pushed, read};
use crate::judges::{Left, said};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Project, Run, scratch_for, sha256};
use serde_json::Value;

/// The manifests of an index by architecture.
fn parts(index: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let parts = index["manifests"].as_array().unwrap().iter();
    parts.map(|part| (text(&part["platform"]["architecture"]), text(&part["digest"]))).collect()
}

#[test]
fn needs_registry_needs_skopeo_one_build_makes_an_index_that_comes_last() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::bare("app"));
    let name = registry.name("me/app:1");
    let printed = pushed(&fake, &name, &["--platform", TWO]);
    let builds = fake.builds();
    let [(build, _)] = &builds[..] else { panic!("{builds:?}") };
    for target in ["--target=x86_64-unknown-linux-musl", "--target=aarch64-unknown-linux-musl"] {
        assert_eq!(build.matches(target).count(), 1, "{build}");
    }
    assert_eq!(digest(&registry, &name), printed);
    let index = read(&registry, &["--raw"], &name);
    let parts = parts(&index);
    assert_eq!(parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["amd64", "arm64"]);
    for (architecture, digest_) in &parts {
        assert_eq!(&digest(&registry, &registry.name(&format!("me/app@{digest_}"))), digest_);
        let config = read(&registry, &["--config"], &registry.name(&format!("me/app@{digest_}")));
        assert_eq!(config["architecture"], *architecture);
    }
    let asked = registry.asked();
    let puts: Vec<_> =
        asked.iter().filter(|asked| asked.method == "PUT").map(|asked| &asked.target).collect();
    assert!(puts.last().unwrap().ends_with("/manifests/1"), "the name comes last: {puts:?}");
    assert!(puts.iter().rev().take(3).all(|target| target.contains("/manifests/")), "{puts:?}");

    // the same again
    pushed(&fake, &name, &["--platform", TWO]);
    assert!(registry.asked().len() - asked.len() <= 5);
}

#[test]
fn needs_registry_needs_docker_needs_podman_needs_skopeo_needs_aarch64_std_needs_binfmt_aarch64_all_readers_agree()
 {
    let registry = Distribution::start(Door::Open);
    let project = Project::new("hello", "");
    project.file("src/main.rs", "fn main() { println!(\"hello from {}\", std::env::consts::ARCH); }\n");
    let name = registry.name("me/hello:1");
    let push = |words: &[&str]| {
        let mut command = scratch_for("aarch64-unknown-linux-musl");
        command.arg("push").args(words).current_dir(project.path(""));
        Run::of(command)
    };
    let whole = printed(&push(&[&name, "--platform", TWO]), &name);
    let by_digest = registry.name(&format!("me/hello@{whole}"));
    let _left = [
        Left("docker", vec![format!("rmi -f {by_digest}")]),
        Left("podman", vec![format!("rmi -f {by_digest}")]),
    ];

    assert_eq!(digest(&registry, &name), whole);
    for (architecture, part) in parts(&read(&registry, &["--raw"], &name)) {
        let platform = format!("linux/{architecture}");
        let manifest = registry.skopeo(&[
            "inspect",
            "--raw",
            &format!("docker://{}", registry.name(&format!("me/hello@{part}"))),
        ]);
        assert_eq!(sha256(manifest.stdout.as_bytes()), part);
        let manifest: Value = serde_json::from_str(&manifest.stdout).unwrap();
        let config = manifest["config"]["digest"].as_str().unwrap();
        let line = match architecture.as_str() {
            "amd64" => "hello from x86_64\n",
            _ => "hello from aarch64\n",
        };

        // as a runner of that platform alone does it
        let alone = push(&[&registry.name("me/hello"), "--by-digest", "--platform", &platform]);
        assert_eq!(alone.stdout.trim_end(), registry.name(&format!("me/hello@{part}")), "{alone:?}");

        let pulled = said("docker", &["pull", "-q", "--platform", &platform, &by_digest]);
        assert_eq!(pulled.status, 0, "{pulled:?}");
        let ran = said("docker", &["run", "--rm", "--network=none", "--platform", &platform, &by_digest]);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, line), "{ran:?}");
        let seen =
            said("docker", &["image", "inspect", "-f", "{{.Id}} {{index .RepoDigests 0}}", &by_digest]);
        assert_eq!(seen.stdout.trim(), format!("{config} {by_digest}"), "{seen:?}");
        // this engine keeps one platform by a digest
        assert_eq!(said("docker", &["rmi", "-f", &by_digest]).status, 0);

        let pull = ["pull", "-q", "--tls-verify=false", "--platform", &platform, &by_digest];
        let pulled = said("podman", &pull);
        assert_eq!(
            (pulled.status, format!("sha256:{}", pulled.stdout.trim()).as_str()),
            (0, config),
            "{pulled:?}"
        );
        let limits = ["--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
        let ran = said(
            "podman",
            &[&["--runtime", "runc", "run", "--rm"], &limits[..], &[pulled.stdout.trim()]].concat(),
        );
        assert_eq!((ran.status, ran.stdout.as_str()), (0, line), "{ran:?}");
        let digests = said("podman", &["image", "inspect", "-f", "{{.RepoDigests}}", pulled.stdout.trim()]);
        assert!(digests.stdout.contains(&whole) && digests.stdout.contains(&part), "{digests:?}");
        assert_eq!(said("podman", &["rmi", "-f", pulled.stdout.trim()]).status, 0);
    }
}

#[test]
fn needs_registry_needs_skopeo_levels_of_amd64_are_joined_and_the_best_that_this_machine_has_is_run() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::bare("app"));
    let (name, repository) = (registry.name("me/app:1"), registry.name("me/app"));
    let levels = ["linux/amd64", "linux/amd64/v2"];
    let digests =
        levels.map(|platform| pushed(&fake, &name, &["--by-digest", "--no-compare", "--platform", platform]));
    let [plain, v2] = &digests;
    let joined = fake.scratch(["index", &*name, plain, v2]);
    printed(&joined, &name);
    let index = read(&registry, &["--raw"], &name);
    let entries = index["manifests"].as_array().unwrap().iter();
    let variants: Vec<_> = entries.map(|entry| entry["platform"]["variant"].clone()).collect();
    assert_eq!(variants, [Value::Null, "v2".into()]);
    let run = fake.scratch(["run", "--image", &name]);
    assert_eq!((run.status, run.stdout.as_str()), (0, "hello\n"), "{run:?}");
    // the same level a second time is no other platform
    let again =
        pushed(&fake, &name, &["--by-digest", "--no-compare", "--cpu", "x86-64-v2", "--label", "a=b"]);
    fake.scratch(["index", &*name, v2, &again]).refused(6, &["two images are for linux/amd64/v2"]);
    let seen = fake.scratch(["inspect", &format!("{repository}@{v2}")]);
    assert!(seen.stdout.contains("platform     linux/amd64/v2\n"), "{seen:?}");
}

//! Pushes to a registry that is not ours, which readers that are not ours read back.

mod counts;
mod documents;
mod doors;
mod outputs;
mod platforms;
mod trouble;

use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Run, alone, sha256};
use serde_json::Value;

/// What a new image is pushed with; each makes another image.
const FIRST: [&str; 2] = ["--label", "run=first"];
/// Two platforms.
const TWO: &str = "linux/amd64,linux/arm64";

fn scratch(fake: &Fake, words: &[&str]) -> Run {
    Run::of(alone(fake.command(words), fake))
}

/// Pushes what `words` make of `fake` as `name`, and returns the digest that is printed.
#[track_caller]
fn pushed(fake: &Fake, name: &str, words: &[&str]) -> String {
    let run = scratch(fake, &[&["push", name], words].concat());
    printed(&run, name)
}

/// The digest that a run has printed for the image `name`, which has a tag.
#[track_caller]
fn printed(run: &Run, name: &str) -> String {
    assert_eq!(run.status, 0, "{run:?}");
    let (repository, _) = name.rsplit_once(':').unwrap();
    let digest = run.stdout.strip_prefix(&format!("{repository}@")).map(str::trim_end);
    let digest = digest.unwrap_or_else(|| panic!("{run:?}"));
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{run:?}");
    digest.to_owned()
}

/// What skopeo reads as `name`, a tag or a digest.
#[track_caller]
fn read(registry: &Distribution, words: &[&str], name: &str) -> Value {
    let run = registry.skopeo(&[&["inspect"], words, &[&format!("docker://{name}")]].concat());
    assert_eq!(run.status, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// The digest of what `name` leads to, as skopeo has computed it.
#[track_caller]
fn digest(registry: &Distribution, name: &str) -> String {
    let digest = read(registry, &[], name)["Digest"].as_str().unwrap().to_owned();
    let raw = registry.skopeo(&["inspect", "--raw", &format!("docker://{name}")]);
    assert_eq!(sha256(raw.stdout.as_bytes()), digest);
    digest
}

#[test]
fn needs_registry_needs_skopeo_an_image_is_read_back_whole_under_its_digest() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    for compression in ["gzip", "none", "zstd"] {
        let name = registry.name(&format!("me/app:{compression}"));
        let printed = pushed(&fake, &name, &["--compression", compression]);
        assert_eq!(digest(&registry, &name), printed);
        // skopeo holds every blob against its digest
        let copy = format!("dir:{}", fake.path(compression).display());
        let run = registry.skopeo(&["copy", "--insecure-policy", "-q", &format!("docker://{name}"), &copy]);
        assert_eq!(run.status, 0, "{run:?}");
    }
}

#[test]
fn a_registry_alone_is_no_name() {
    let fake = Fake::new("app", "");
    for registry in ["ghcr.io", "localhost:5000", "127.0.0.1:5000"] {
        let run = scratch(&fake, &["push", registry]);
        run.refused(
            2,
            &[&format!("`{registry}` names no repository"), &format!("push {registry}/REPOSITORY")],
        );
    }
    scratch(&fake, &["push", "app"]).refused(2, &["names no registry"]);
    assert!(fake.builds().is_empty(), "before anything is built");
}

#[test]
fn needs_registry_needs_skopeo_several_tags_are_of_one_image() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::bare("app"));
    let names = ["1.2.3", "1.2", "latest"].map(|tag| registry.name(&format!("app:{tag}")));
    let run = scratch(&fake, &["push", &names[0], &names[1], &names[2]]);
    let printed = printed(&run, &names[0]);
    for name in &names {
        assert_eq!(digest(&registry, name), printed);
        assert!(run.stderr.contains(name), "{run:?}");
    }
    let asked = registry.asked();
    let puts = asked.iter().filter(|asked| asked.method == "PUT" && asked.target.contains("/manifests/"));
    assert_eq!(puts.count(), names.len(), "{asked:?}");
}

#[test]
fn needs_registry_needs_skopeo_a_tag_moves_on_and_the_old_image_stays_under_its_digest() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let name = registry.name("app:1");
    let first = pushed(&fake, &name, &FIRST);
    let second = pushed(&fake, &name, &[]);
    assert_ne!(first, second);
    assert_eq!(digest(&registry, &name), second);
    assert_eq!(digest(&registry, &registry.name(&format!("app@{first}"))), first);
}

#[test]
fn needs_registry_needs_skopeo_images_that_were_pushed_by_digest_are_joined() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::bare("app"));
    let together = registry.name("me/both:1");
    pushed(&fake, &together, &["--platform", TWO]);
    let index = read(&registry, &["--raw"], &together);
    let repository = registry.name("me/app");
    let mut lines = Vec::new();
    for image in index["manifests"].as_array().unwrap() {
        lines.push(format!("{repository}@{}", image["digest"].as_str().unwrap()));
    }
    let run = scratch(&fake, &["push", &repository, "--by-digest"]);
    assert_eq!((run.status, run.stdout.trim_end()), (0, lines[0].as_str()), "{run:?}");
    let run = scratch(&fake, &["push", &repository, "--by-digest", "--platform", TWO]);
    assert_eq!(run.status, 0, "{run:?}");
    let asked = registry.asked();
    let mut puts = asked
        .iter()
        .filter(|asked| asked.method == "PUT" && asked.target.starts_with("/v2/me/app/manifests/"));
    assert!(puts.all(|put| put.target.contains("sha256:")), "none has a tag: {asked:?}");

    let joined = format!("{repository}:joined");
    let run = scratch(&fake, &["index", &joined, &lines[0], &lines[1], "--tag", &format!("{repository}:2")]);
    let whole = printed(&run, &joined);
    assert_eq!(whole, digest(&registry, &together), "the same as one run makes");
    assert_eq!(whole, digest(&registry, &joined));
    assert_eq!(whole, digest(&registry, &format!("{repository}:2")));

    let absent = format!("{repository}@sha256:{}", "0".repeat(64));
    let run = scratch(&fake, &["index", &joined, &lines[0], &absent]);
    run.refused(6, &["sha256:0000"]);
    let twin = scratch(&fake, &[&["push", &repository, "--by-digest"], &FIRST[..]].concat());
    let run = scratch(&fake, &["index", &joined, &lines[0], twin.stdout.trim_end()]);
    run.refused(6, &["two images are for linux/amd64"]);
    assert_eq!(whole, digest(&registry, &joined), "what failed has changed nothing");
}

#[test]
fn e15_needs_registry_needs_skopeo_what_another_repository_has_is_not_sent_again() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let names = ["one/app:1", "other/place/app:1"].map(|name| registry.name(name));
    let run = scratch(&fake, &["push", &names[0], &names[1]]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(digest(&registry, &names[0]), digest(&registry, &names[1]));
    let asked = registry.asked();
    let mounted =
        asked.iter().filter(|a| a.method == "POST" && a.target.contains("mount=") && a.status == 201);
    let sent = |repository: &str| {
        let part = format!("/v2/{repository}/blobs/uploads/");
        asked.iter().filter(|a| a.method != "POST" && a.target.starts_with(&part)).count()
    };
    assert!(sent("one/app") > 0);
    assert_eq!((mounted.count(), sent("other/place/app")), (sent("one/app"), 0), "{asked:?}");
}

#[test]
fn e15_needs_registry_needs_skopeo_pushes_at_the_same_time_end_well() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let name = registry.name("app:1");
    let labels: Vec<String> = (0..4).map(|run| format!("run={run}")).collect();
    let runs = std::thread::scope(|scope| {
        let start = |label| {
            let (fake, name) = (&fake, &name);
            scope.spawn(move || pushed(fake, name, &["--label", label]))
        };
        let running: Vec<_> = labels.iter().map(|label| start(label)).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(runs.contains(&digest(&registry, &name)), "one of them was the last");
    for run in runs {
        assert_eq!(digest(&registry, &registry.name(&format!("app@{run}"))), run);
    }
}

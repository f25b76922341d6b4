//! Documents about an image in a registry that knows nothing of them: Debian's is older than the list of referrers.

use super::{digest, pushed, scratch};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Run, alone, git, sha256};
use oci_spec::image::{ImageIndex, ImageManifest, MediaType};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What `words` of skopeo's `inspect --raw` of `name` says.
#[track_caller]
fn raw(registry: &Distribution, name: &str) -> String {
    let run = registry.skopeo(&["inspect", "--raw", &format!("docker://{name}")]);
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

/// The manifests that refer to the image of `repository` with the digest `image`, by type.
#[track_caller]
fn referrers(registry: &Distribution, repository: &str, image: &str) -> BTreeMap<String, ImageManifest> {
    let list = raw(registry, &format!("{repository}:{}", image.replace(':', "-")));
    let list: ImageIndex = serde_json::from_str(&list).unwrap();
    let read = |entry: &oci_spec::image::Descriptor| {
        let text = raw(registry, &format!("{repository}@{}", entry.digest()));
        assert_eq!(sha256(text.as_bytes()), entry.digest().to_string());
        let manifest: ImageManifest = serde_json::from_str(&text).unwrap();
        assert_eq!(entry.artifact_type(), manifest.artifact_type());
        assert_eq!(entry.annotations(), manifest.annotations());
        assert_eq!(manifest.subject().as_ref().unwrap().digest().to_string(), image);
        (manifest.artifact_type().as_ref().unwrap().to_string(), manifest)
    };
    list.manifests().iter().map(read).collect()
}

#[test]
fn h5_needs_registry_needs_skopeo_documents_are_found_by_the_tag_and_sent_once() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let (repository, name) = (registry.name("me/app"), registry.name("me/app:1"));
    let output = format!("registry={name}");
    let words = ["--output", &output, "--output", "docker-archive=app.tar"];
    let run = scratch(&fake, &words);
    assert_eq!(run.status, 0, "{run:?}");
    let image = digest(&registry, &name);
    let found = referrers(&registry, &repository, &image);
    assert!(run.stderr.contains(&format!("{} documents attached", found.len())), "{run:?}");
    for (kind, ending) in
        [("application/vnd.cyclonedx+json", "cdx.json"), ("application/spdx+json", "spdx.json")]
    {
        let manifest = &found[kind];
        assert_eq!(*manifest.config().media_type(), MediaType::EmptyJSON);
        let layer = &manifest.layers()[0];
        assert_eq!(layer.media_type().to_string(), kind);
        let beside = fs::read(fake.path(&format!("app.{ending}"))).unwrap();
        assert_eq!(layer.digest().to_string(), sha256(&beside), "it is the same beside the archive");
        let title = &layer.annotations().as_ref().unwrap()["org.opencontainers.image.title"];
        assert_eq!(*title, format!("app.{ending}"));
    }

    // the same again: nothing is sent
    let before = registry.asked().len();
    let again = scratch(&fake, &words);
    assert!(again.status == 0 && again.stderr.contains("all of it was there"), "{again:?}");
    let asked = registry.asked().split_off(before);
    assert!(asked.iter().all(|asked| matches!(asked.method.as_str(), "GET" | "HEAD")), "{asked:?}");
    assert_eq!(referrers(&registry, &repository, &image).len(), found.len());

    // another reader takes one away whole
    let entry = raw(&registry, &format!("{repository}:{}", image.replace(':', "-")));
    let entry: ImageIndex = serde_json::from_str(&entry).unwrap();
    let from = format!("docker://{repository}@{}", entry.manifests()[0].digest());
    let to = format!("oci:{}:x", fake.path("copied").display());
    let run = registry.skopeo(&["copy", &from, &to]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn h5_needs_registry_inspect_lists_the_documents_about_an_image() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let name = registry.name("app:1");
    let image = pushed(&fake, &name, &[]);
    let run = scratch(&fake, &["inspect", &format!("registry:{name}"), "--message-format", "json"]);
    assert_eq!(run.status, 0, "{run:?}");
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    let attachments = said["attachments"].as_array().unwrap();
    let kinds: Vec<_> = attachments.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["in-toto", "CycloneDX", "SPDX"], "statements are read first");
    for one in attachments {
        assert_eq!(one["subject"], image);
        assert_eq!(one["document"]["media_type"], one["artifact"]);
        assert!(one["document"]["size"].as_u64().unwrap() > 100, "{one}");
    }
    let page = scratch(&fake, &["inspect", &format!("registry:{name}")]).stdout;
    assert!(page.contains("sbom         CycloneDX: sha256:") && page.contains("SPDX: sha256:"), "{page}");
}

#[test]
fn h2_needs_registry_needs_skopeo_needs_git_no_secret_goes_to_a_registry_with_the_documents() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let (repository, name) = (registry.name("app"), registry.name("app:1"));
    fake.lock();
    fake.file(".gitignore", "/target\n/home\n");
    let project = fake.path("");
    for words in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "one"],
        &["remote", "add", "origin", "https://me:canary-of-git@git.example.org/me/app.git"],
    ] {
        git(&project, words);
    }
    let mut command = alone(fake.command(["push", &name]), &fake);
    command.env("HOME", fake.path("home/canary-user")).env("USER", "canary-user");
    command.env("CANARY_TOKEN", "canary-in-the-environment").env("GITHUB_TOKEN", "canary-of-ci");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let folder = project.to_string_lossy().trim_end_matches('/').to_owned();
    let canaries = ["canary-in-the-environment", "canary-of-ci", "canary-of-git", "canary-user", &folder];
    // what stands in the lists and manifests, with their annotations; all three kinds are there
    let image = digest(&registry, &name);
    let found = referrers(&registry, &repository, &image);
    assert!(found.len() == 3 && found.values().all(|one| one.annotations().is_some()), "{found:?}");
    for one in found.values() {
        let told = format!("{one:?}");
        assert!(canaries.iter().all(|canary| !told.contains(canary)), "{told}");
    }
    assert!(canaries.iter().all(|canary| !run.stderr.contains(canary) || *canary == folder), "{run:?}");
    // and in all that the registry keeps
    let mut looked = 0;
    search(&registry.data(), &mut |path, bytes| {
        looked += 1;
        for canary in canaries {
            assert!(
                memchr::memmem::find(bytes, canary.as_bytes()).is_none(),
                "{canary} is in {}",
                path.display()
            );
        }
    });
    assert!(looked > 10, "{looked} files");
}

fn search(folder: &Path, look: &mut dyn FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => search(&path, look),
            false => look(&path, &fs::read(&path).unwrap()),
        }
    }
}

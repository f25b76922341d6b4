//! E16, and indexes: several platforms in one push, and pushes of several runs that become one.

use super::{User, pushed};
use crate::support::Run;
use crate::support::registry::{ALWAYS, Answer, Registry};
use serde_json::Value;

const BOTH: [&str; 2] = ["--platform", "linux/amd64,linux/arm64"];

/// The platforms of the index that `repository` has under `1`, sorted.
fn platforms(registry: &Registry) -> Vec<String> {
    let digest = registry.tagged("me/app", "1").unwrap();
    let bytes = registry.state(|state| state.manifests[&("me/app".to_owned(), digest)].clone());
    let index: Value = serde_json::from_slice(&bytes).unwrap();
    let list = index["manifests"].as_array().unwrap();
    let mut names: Vec<_> =
        list.iter().map(|one| one["platform"]["architecture"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_index_is_pushed_after_its_images() {
    let (registry, user) = (Registry::start(), User::new());
    pushed(&user.push(&registry, &BOTH), &registry);
    assert_eq!(platforms(&registry), ["amd64", "arm64"]);
    let puts: Vec<_> = registry.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    let last: Vec<_> =
        puts.iter().rev().take(3).map(|seen| seen.path().rsplit('/').next().unwrap().to_owned()).collect();
    assert!(last[0] == "1" && last[1].starts_with("sha256:") && last[2].starts_with("sha256:"), "{last:?}");
    assert_eq!(registry.state(|state| state.tags.len()), 1);
}

#[test]
fn e16_an_index_is_not_pushed_where_one_of_its_images_fails() {
    let user = User::new();
    // the second manifest, and the second large blob
    for (what, turns) in [("PUT /manifests/sha256:", 1..2), ("PUT /blobs/uploads/", 2..usize::MAX)] {
        let registry = Registry::start();
        registry.bend(what, turns, Answer::error(403, "DENIED", "quota is used up"));
        let run = user.push(&registry, &BOTH);
        run.refused(6, &["403", "quota is used up", "sha256:", "the index was not pushed"]);
        assert!(registry.state(|state| state.tags.is_empty()));
        assert_eq!(registry.count("PUT /manifests/1"), 0);
        // what the error names is there
        let named = run
            .stderr
            .lines()
            .filter(|line| line.contains("has sha256:"))
            .flat_map(|line| line.split([' ', ',']));
        let named: Vec<_> = named.filter(|word| word.starts_with("sha256:")).map(str::to_owned).collect();
        assert!(!named.is_empty(), "{run:?}");
        registry.state(|state| {
            for digest in &named {
                let key = ("me/app".to_owned(), digest.clone());
                assert!(state.blobs.contains_key(&key) || state.manifests.contains_key(&key), "{digest}");
            }
        });
    }
}

#[test]
fn images_of_separate_runs_become_one_index() {
    let (registry, user) = (Registry::start(), User::new());
    let mut digests = Vec::new();
    for platform in ["linux/amd64", "linux/arm64"] {
        let run = user.push(&registry, &["--platform", platform, "--by-digest"]);
        assert_eq!(run.status, 0, "{run:?}");
        digests.push(run.stdout.trim_end().to_owned());
    }
    assert!(registry.state(|state| state.tags.is_empty()));
    let name = registry.name("me/app:1");
    let index = |digests: &[String]| {
        let words: Vec<_> = ["index", &name].into_iter().chain(digests.iter().map(String::as_str)).collect();
        Run::of(user.command(&words))
    };
    let joined = pushed(&index(&digests), &registry);
    assert_eq!(platforms(&registry), ["amd64", "arm64"]);
    // as one run for both would have made it
    let other = Registry::start();
    assert_eq!(pushed(&user.push(&other, &BOTH), &other), joined);

    let unknown = format!("sha256:{}", "0".repeat(64));
    index(&[digests[0].clone(), unknown.clone()]).refused(6, &["404", "MANIFEST_UNKNOWN", &unknown]);
    assert_eq!(registry.tagged("me/app", "1"), Some(joined.clone()), "as it was");
    registry.bend("PUT /manifests/1", ALWAYS, Answer::error(403, "DENIED", "no"));
    index(&digests[..1]).refused(6, &["403", "DENIED"]);
    assert_eq!(registry.tagged("me/app", "1"), Some(joined));
}

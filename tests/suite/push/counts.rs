//! What a push costs: no request more than it takes, and the same memory whatever the size.

use super::pushed;
use crate::support::distribution::{Asked, Distribution, Door, PASSWORD, USER};
use crate::support::{Fake, Run, through, tool};
use std::collections::BTreeMap;
use std::fs::File;

/// The requests for blobs by digest, and the number of all others. The upload of a blob is known by its `?digest=`;
/// each is opened by a request that does not say for which.
fn counted(asked: &[Asked]) -> (BTreeMap<String, usize>, usize) {
    let (mut blobs, mut others, mut opened) = (BTreeMap::new(), 0, 0);
    for asked in asked {
        let target = asked.target.replace("%3A", ":");
        let digest = target.find("sha256:").map(|at| target[at..at + 71].to_owned());
        match digest {
            Some(digest) if target.contains("/blobs/") => *blobs.entry(digest).or_insert(0) += 1,
            None if target.contains("/blobs/uploads/") => opened += 1,
            _ => others += 1,
        }
    }
    let uploaded = asked.iter().filter(|a| a.method == "PUT" && a.target.contains("/blobs/"));
    assert_eq!(uploaded.count(), opened, "an upload is one POST and one PUT: {asked:?}");
    for asked in asked.iter().filter(|a| a.method == "PUT" && a.target.contains("/blobs/")) {
        let target = asked.target.replace("%3A", ":");
        let at = target.find("sha256:").unwrap();
        *blobs.get_mut(&target[at..at + 71]).unwrap() += 1; // its POST
    }
    (blobs, others)
}

#[test]
fn needs_registry_three_requests_for_a_new_blob_one_for_a_present_one_five_for_the_rest() {
    for door in [Door::Open, Door::Password] {
        let (registry, fake) = (Distribution::start(door), Fake::bare("app"));
        super::doors::login(&fake, &registry.host(), USER, PASSWORD);
        let name = registry.name("app:1");
        fake.file("data", vec![7; 100_000]);
        let data = ["--copy", "data:/srv/data"];

        pushed(&fake, &name, &data);
        let first = registry.asked();
        let (blobs, others) = counted(&first);
        assert!(blobs.len() >= 3, "layers and a configuration: {first:?}");
        assert!(blobs.values().all(|count| *count <= 3), "{first:?}");
        assert!(others <= 5, "{first:?}");

        // the same again
        pushed(&fake, &name, &data);
        let all = registry.asked();
        let again = &all[first.len()..];
        assert!(again.len() <= 5, "{again:?}");
        assert!(again.iter().all(|asked| matches!(asked.method.as_str(), "GET" | "HEAD")), "{again:?}");

        // a change of one layer
        fake.file("data", vec![8; 100_000]);
        pushed(&fake, &name, &data);
        let rest = registry.asked().split_off(all.len());
        let (changed, others) = counted(&rest);
        let present = changed.iter().filter(|(digest, _)| blobs.contains_key(*digest));
        let present: Vec<_> = present.map(|(_, count)| *count).collect();
        assert_eq!(present, vec![1; blobs.len() - 2], "{rest:?}");
        assert!(changed.values().all(|count| *count <= 3) && others <= 5, "{rest:?}");
    }
}

#[test]
fn needs_registry_a_further_tag_is_one_request_more() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::bare("app"));
    pushed(&fake, &registry.name("app:1"), &[]);
    let first = registry.asked().len();
    let names = ["2", "3", "4"].map(|tag| registry.name(&format!("app:{tag}")));
    let run = super::scratch(&fake, &["push", &names[0], &names[1], &names[2]]);
    assert_eq!(run.status, 0, "{run:?}");
    let rest = registry.asked().split_off(first);
    let (blobs, others) = counted(&rest);
    assert!(blobs.values().all(|count| *count == 1), "{rest:?}");
    assert!(others <= 5 + 2, "{rest:?}");
}

#[test]
fn e17_needs_registry_needs_time_memory_does_not_grow_with_the_image() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let peak = |name: &str, mib: u64| {
        File::create(fake.path("data")).unwrap().set_len(mib << 20).unwrap();
        let words = ["push", &registry.name(name), "--copy", "data:/srv/data", "--compression", "none"];
        let run = Run::of(through(tool("time"), ["-f", "%M"], &super::alone(fake.command(words), &fake)));
        assert_eq!(run.status, 0, "{run:?}");
        run.stderr.lines().last().unwrap().parse::<u64>().unwrap()
    };
    let (small, large) = (peak("small:1", 1), peak("large:1", 64));
    assert!(large <= small + (4 << 10), "{small} and {large} KiB");
}

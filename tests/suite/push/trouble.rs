//! A registry that ends, stops or is full in the middle of a push.

use super::{alone, digest, printed, scratch};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A project with a large file, and the words that make a large blob of it.
fn large() -> (Fake, [&'static str; 4]) {
    let fake = Fake::new("app", "");
    File::create(fake.path("data")).unwrap().set_len(64 << 20).unwrap();
    (fake, ["--copy", "data:/srv/data", "--compression", "none"])
}

fn started(fake: &Fake, name: &str, words: &[&str]) -> Child {
    let mut command = alone(fake.command([&["push", name], words].concat()), fake);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn e3_needs_registry_needs_skopeo_a_registry_that_restarts_in_the_middle_gets_all() {
    let (mut registry, (fake, words)) = (Distribution::start(Door::Open), large());
    let name = registry.name("app:1");
    let push = started(&fake, &name, &words);
    registry.wait_for_upload(1 << 20);
    registry.restart(); // what it said of the upload is worth nothing now: its secret is another one
    let run = Run::from(push.wait_with_output().unwrap());
    assert!(registry.asked().iter().any(|asked| asked.method == "POST"), "it was in the middle");
    assert_eq!(printed(&run, &name), digest(&registry, &name));
}

#[test]
fn e12_needs_registry_ctrl_c_ends_a_push_to_a_registry_that_does_nothing() {
    let (registry, (fake, words)) = (Distribution::start(Door::Open), large());
    let push = started(&fake, &registry.name("app:1"), &words);
    registry.wait_for_upload(1 << 20);
    registry.pause();
    kill_process(Pid::from_child(&push), Signal::INT).unwrap();
    let start = Instant::now();
    let run = Run::from(push.wait_with_output().unwrap());
    assert!(start.elapsed() < Duration::from_secs(10), "it waited for the registry");
    assert_eq!((run.status, run.stdout.as_str()), (130, ""), "{run:?}");
    assert!(!run.stderr.contains("_state"), "{run:?}");
}

#[test]
fn e1_needs_registry_a_registry_that_is_only_read_says_so_once() {
    let fake = Fake::new("app", "");
    let registry =
        Distribution::with(Door::Open, &[("REGISTRY_STORAGE_MAINTENANCE_READONLY", "{enabled: true}")]);
    let run = scratch(&fake, &["push", &registry.name("app:1")]);
    run.refused(6, &["error[registry]", "405"]);
    assert!(registry.asked().iter().all(|asked| asked.method != "PUT"));
}

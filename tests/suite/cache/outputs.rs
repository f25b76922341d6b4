//! Every output gets the blobs of an image that is there already.

use super::{Watch, identity, messages, project};
use crate::support::registry::Registry;
use crate::support::{Archive, Fake, Run, alone};
use std::fs;

#[test]
fn each_of_several_archives_is_left_alone_by_itself() {
    let fake = project();
    let words = ["-o", "a.tar", "-o", "oci-archive=b.tar", "--copy", "data:/srv/data"];
    let fresh = || {
        let all = messages(&fake, &words);
        all.iter().map(|one| one["fresh"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(fresh(), [false, false]);
    let before = identity(&fake.path("a.tar"));
    let expected = fs::read(fake.path("b.tar")).unwrap();
    assert_eq!(fresh(), [true, true]);
    fs::remove_file(fake.path("b.tar")).unwrap();
    let program = Watch::opening(&fake.program());
    assert_eq!(fresh(), [true, false]);
    assert!(!program.saw());
    assert_eq!(fs::read(fake.path("b.tar")).unwrap(), expected);
    fs::remove_file(fake.path("a.tar")).unwrap();
    assert_eq!(fresh(), [false, true]);
    assert!(!program.saw(), "the blobs of the other one are its own");
    assert_ne!(identity(&fake.path("a.tar")), before);
    Archive::read(&fake.path("a.tar"));
}

#[test]
fn a_push_after_a_build_packs_nothing_and_one_alone_packs_once() {
    let fake = project();
    let registry = Registry::start();
    let push = |name: &str| {
        let command = fake.command(["push", &registry.name(name)]);
        let run = Run::of(alone(command, &fake));
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout
    };
    let program = Watch::opening(&fake.program());
    let first = push("one/app:1");
    assert!(program.saw());
    let images = || {
        let entries = fs::read_dir(fake.path("target/scratch/cache")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("image-")).collect::<Vec<_>>()
    };
    assert_eq!(images().len(), 1, "for the next push");
    let second = push("two/app:1");
    assert!(!program.saw());
    assert_eq!(first.split('@').nth(1), second.split('@').nth(1));
    // the archive of a build serves as well
    assert_eq!(Run::of(alone(fake.command(["build"]), &fake)).status, 0);
    assert!(!program.saw());
    fs::remove_file(fake.path("target/scratch/cache").join(&images()[0])).unwrap();
    assert_eq!(push("three/app:1").split('@').nth(1), first.split('@').nth(1));
    assert!(!program.saw() && images().is_empty(), "no blob is kept twice");
}

#[test]
fn an_archive_that_is_up_to_date_is_loaded_as_it_is() {
    let fake = Fake::new("app", "");
    let run = || {
        let run = fake.scratch(["run", "--engine", "builtin", "--dry-run"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
    };
    run();
    let built = fake.scratch(["build", "--message-format", "json"]);
    assert_eq!(built.status, 0, "{}", built.stderr);
    let archive = fake.path("target/scratch/app.tar");
    let (before, bytes) = (identity(&archive), fs::read(&archive).unwrap());
    // another output of the same image, whose end is another one
    let copied = fake.scratch(["build", "-o", "oci-archive=other.tar"]);
    assert_eq!(copied.status, 0, "{}", copied.stderr);
    assert_eq!((identity(&archive), fs::read(&archive).unwrap()), (before, bytes));
    assert_eq!(Archive::read(&archive).id(), Archive::read(&fake.path("other.tar")).id());
}

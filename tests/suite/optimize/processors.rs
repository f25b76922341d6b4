//! `--cpu`: what the compiler is told, what the image says, and who does not start it.

use super::told;
use crate::support::{Archive, Fake, Run};
use cargo_scratch::image::platform::Level;
use serde_json::Value;

#[test]
fn a_level_is_told_the_compiler_and_stands_in_the_image() {
    let fake = Fake::bare("app");
    let build = told(&fake, &["--cpu", "x86-64-v3", "--no-compare", "-o", "one.tar"]);
    assert!(
        build.contains("-Ctarget-cpu=x86-64-v3") && build.contains("--profile=scratch-release-v3"),
        "{build}"
    );
    let image = Archive::read(&fake.path("one.tar"));
    let variant = |value: &Value| (value["architecture"].clone(), value["variant"].clone());
    let expected = ("amd64".into(), "v3".into());
    assert_eq!(variant(&image.config), expected);
    assert_eq!(variant(&image.index["manifests"][0]["platform"]), expected);

    let same = told(&fake, &["--platform", "linux/amd64/v3", "--no-compare", "-o", "two.tar"]);
    assert!(same.contains("-Ctarget-cpu=x86-64-v3"), "{same}");
    assert_eq!(Archive::read(&fake.path("two.tar")).id(), image.id());
    let verified = fake.scratch(["verify", "one.tar"]);
    assert!(verified.status == 0 && verified.stdout.contains("linux/amd64/v3"), "{verified:?}");
}

#[test]
fn of_several_platforms_amd64_alone_has_the_level() {
    let fake = Fake::bare("app");
    let words =
        ["--cpu", "x86-64-v2", "--platform", "linux/arm64,linux/amd64", "-o", "two.tar", "--no-compare"];
    let mut command = fake.command(words);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let (build, _) = fake.builds().pop().unwrap();
    assert_eq!(build.matches("-Ctarget-cpu=x86-64-v2").count(), 1, "{build}");
    let variants: Vec<_> =
        Archive::read_all(&fake.path("two.tar")).iter().map(|one| one.config["variant"].clone()).collect();
    assert_eq!(variants, [Value::Null, "v2".into()]);
}

#[test]
fn what_would_be_another_processor_than_the_image_says_is_refused() {
    let fake = Fake::bare("app");
    fake.scratch(["--cpu", "native"]).refused(2, &["an image travels", "x86-64-v2, x86-64-v3, x86-64-v4"]);
    fake.scratch(["--cpu", "znver4"]).refused(2, &["x86-64, x86-64-v2, x86-64-v3, x86-64-v4"]);
    let arm = ["--cpu", "x86-64-v3", "--platform", "linux/arm64"];
    fake.scratch(arm).refused(2, &["about linux/amd64", "linux/arm64", "leave --cpu out"]);
    let two = ["--platform", "linux/amd64,linux/amd64/v3"];
    fake.scratch(two)
        .refused(2, &["one run of cargo", "push --by-digest --platform linux/amd64/v3", "scratch index"]);
    let other = ["--cpu", "x86-64-v2", "--platform", "linux/amd64/v3"];
    fake.scratch(other).refused(2, &["two levels of amd64"]);

    let flags = |words: &[&str], flags: &str| {
        let mut command = fake.command(words);
        command.env("RUSTFLAGS", flags);
        Run::of(command)
    };
    let words = ["--cpu", "x86-64-v3", "--no-compare"];
    flags(&words, "-C target-cpu=haswell").refused(2, &["`haswell` and `x86-64-v3`", "RUSTFLAGS"]);
    assert!(fake.builds().is_empty());
    let same = flags(&words, "-C target-cpu=x86-64-v3");
    assert!(same.status == 0 && !same.stderr.contains("warning"), "{same:?}");
    let unsaid = flags(&["--dry-run"], "-C target-cpu=x86-64-v3");
    assert!(
        unsaid.stderr.contains("warning[processor]") && unsaid.stderr.contains("--cpu x86-64-v3"),
        "{unsaid:?}"
    );
}

#[test]
fn a_level_that_a_project_sets_is_no_obstacle_to_other_architectures() {
    let fake = Fake::new("app", "[package.metadata.scratch]\ncpu = \"x86-64-v3\"\n");
    let mut command = fake.command(["--dry-run", "--platform", "linux/arm64"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    let run = Run::of(command);
    assert!(
        run.status == 0 && !run.stdout.contains("target-cpu") && !run.stdout.contains("optimize "),
        "{run:?}"
    );
}

#[test]
fn what_this_machine_cannot_run_does_not_end_in_sigill() {
    let fake = Fake::bare("app");
    for level in Level::ALL {
        let archive = format!("{level}.tar");
        told(&fake, &["--cpu", level.cpu(), "--no-compare", "-o", &archive]);
        for words in [&["run", "--image", &archive][..], &["run", "--cpu", level.cpu()]] {
            let run = fake.scratch(words);
            match level.lacking()[..] {
                [] => assert_eq!((run.status, run.stdout.as_str()), (0, "hello\n"), "{run:?}"),
                [first, ..] => {
                    run.refused(2, &["this machine's processor lacks", first, "SIGILL", "--cpu x86-64"])
                }
            }
        }
    }
}

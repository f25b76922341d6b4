//! What a program is compiled for, as flags and settings ask for it: what cargo is told, and what comes of it.

mod compared;
mod generated;
mod processors;

use crate::support::{Archive, Fake, Project, Run, scratch};
use serde_json::Value;

/// The words of the one build that `words` lead to.
#[track_caller]
fn told(fake: &Fake, words: &[&str]) -> String {
    let before = fake.builds().len();
    let run = fake.scratch(words);
    assert_eq!(run.status, 0, "{run:?}");
    let builds = fake.builds();
    let [(build, _)] = &builds[before..] else { panic!("{builds:?}") };
    build.clone()
}

#[test]
fn a_preset_is_a_profile_of_its_own_over_the_chosen_one() {
    let fake = Fake::bare("app");
    let build = told(&fake, &["--optimize", "size", "--no-compare"]);
    let values = ["inherits=\"release\"", "opt-level=\"z\"", "lto=\"fat\"", "codegen-units=1"];
    for value in values {
        assert!(build.contains(&format!("--config profile.scratch-release-size.{value}")), "{build}");
    }
    assert!(build.contains("--profile=scratch-release-size") && !build.contains("panic"), "{build}");

    let words = ["--optimize", "speed", "--panic", "abort", "--profile", "dist", "--no-compare"];
    let build = told(&fake, &words);
    for value in ["inherits=\"dist\"", "opt-level=3", "lto=\"fat\"", "codegen-units=1", "panic=\"abort\""] {
        assert!(build.contains(&format!("--config profile.scratch-dist-speed-abort.{value}")), "{build}");
    }
    let build = told(&fake, &["--panic", "abort", "--no-compare"]);
    assert!(build.contains("--config profile.scratch-release-abort.panic=\"abort\""), "{build}");
    assert!(!build.contains("opt-level") && !build.contains("lto"), "{build}");
}

#[test]
fn what_the_project_sets_can_be_taken_back_for_a_run() {
    let fake = Fake::new(
        "app",
        "[package.metadata.scratch]\noptimize = \"size\"\nno-compare = true\ncpu = \"x86-64-v2\"\n",
    );
    assert!(told(&fake, &[]).contains("--profile=scratch-release-size-v2"));
    let build = told(&fake, &["--optimize", "none", "--cpu", "x86-64"]);
    assert!(build.contains("--profile=release") && !build.contains("target-cpu"), "{build}");
}

#[test]
fn a_plan_tells_the_flags_beside_the_profile_that_is_chosen() {
    let fake = Fake::bare("app");
    let words = ["--dry-run", "--optimize", "size", "--panic", "abort"];
    let human = fake.scratch(words);
    assert!(human.stdout.contains("\noptimize     --optimize=size --panic=abort\n"), "{human:?}");
    let json = fake.scratch(words.into_iter().chain(["--message-format", "json"]));
    let plan: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(plan["profile"], "release");
    assert_eq!(plan["optimize"], serde_json::json!(["--optimize=size", "--panic=abort"]));
    let plain = fake.scratch(["--dry-run"]);
    assert!(!plain.stdout.contains("optimize "), "{plain:?}");
}

#[test]
fn a_provenance_tells_what_was_asked_for() {
    let fake = Fake::new("app", "");
    let run = fake.scratch(["--optimize", "speed", "--no-compare"]);
    assert_eq!(run.status, 0, "{run:?}");
    let text = std::fs::read_to_string(fake.path("target/scratch/app.intoto.json")).unwrap();
    let statement: Value = serde_json::from_str(&text).unwrap();
    let asked = &statement["predicate"]["buildDefinition"]["externalParameters"];
    assert_eq!((&asked["profile"], &asked["optimize"][0]), (&"release".into(), &"--optimize=speed".into()));
    assert!(asked["config"].is_null(), "nobody has typed that: {asked}");
}

#[test]
fn what_makes_no_sense_is_refused_before_a_build() {
    let fake = Fake::bare("app");
    fake.scratch(["--optimize", "smallest"]).refused(2, &["size, tiny, speed or none"]);
    fake.scratch(["--panic", "ignore"]).refused(2, &["unwind or abort"]);
    fake.scratch(["--optimize", "tiny", "--panic", "unwind"]).refused(2, &["unwind", "--optimize size"]);
    assert!(fake.builds().is_empty());
}

#[test]
fn a_real_cargo_takes_the_profile_and_what_the_user_says_of_single_packages_holds() {
    let manifest =
        "[profile.release]\noverflow-checks = true\n[profile.release.package.app]\nopt-level = 1\n";
    let project = Project::new("app", manifest);
    let mut command = project.command(["--optimize", "size", "--panic", "abort", "--no-compare", "--", "-v"]);
    command.env("CARGO_PROFILE_RELEASE_DEBUG", "1");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let rustc = run.stderr.lines().find(|line| line.contains("--crate-name app")).unwrap();
    for word in
        ["opt-level=1", "panic=abort", "lto=fat", "codegen-units=1", "overflow-checks=on", "debuginfo=1"]
    {
        assert!(rustc.contains(word), "{word}: {rustc}");
    }
    assert!(project.path("target/scratch/app.tar").is_file());
    assert!(
        !project.path("target/x86_64-unknown-linux-musl/release").exists(),
        "the usual build is nobody's"
    );
}

#[test]
fn the_starter_has_at_most_420_kb_for_size_and_runs() {
    let project = Project::empty();
    let run = Run::of({
        let mut command = scratch();
        command.args(["new", "hello"]).current_dir(project.path(""));
        command
    });
    assert_eq!(run.status, 0, "{run:?}");
    let words =
        ["--optimize", "size", "--message-format", "json", "-o", "hello.tar", "--max-size", "420000B"];
    let mut command = project.command(words);
    command.current_dir(project.path("hello"));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let image: Value = serde_json::from_str(&run.stdout).unwrap();
    let program = &image["platforms"][0]["program"];
    let (size, default) =
        (program["size"].as_i64().unwrap(), program["comparison"]["size"].as_i64().unwrap());
    assert!(size < default && program["comparison"]["saved"] == default - size, "{program}");
    let root = Archive::read(&project.path("hello/hello.tar")).root();
    assert!(root.contains_key("hello"), "{root:?}");
    let mut command = project.command(["test-image", "--image", "hello/hello.tar"]);
    command.current_dir(project.path(""));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
}

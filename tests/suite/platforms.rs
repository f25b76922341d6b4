//! Several platforms in one run: one cargo, one index, and the same images as separate runs make.

use crate::support::{Archive, Fake, Project, Run, fixture, scratch_for};
use cargo_scratch::image::platform::Target;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const TWO: [&str; 2] = ["--platform", "linux/amd64,linux/arm64"];

/// A command that finds a linker for every target, as no machine of these tests has all of them.
fn command<'a>(fake: &Fake, words: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = fake.command(words);
    for target in ["AARCH64_UNKNOWN_LINUX_MUSL", "RISCV64GC_UNKNOWN_LINUX_MUSL"] {
        command.env(format!("CARGO_TARGET_{target}_LINKER"), "/bin/false");
    }
    command
}

#[test]
fn one_cargo_builds_for_all_and_one_index_leads_to_what_separate_runs_make() {
    let fake = Fake::new("app", "");
    let run =
        Run::of(command(&fake, TWO.into_iter().chain(["-o", "two.tar", "-o", "oci-archive=two.oci.tar"])));
    assert_eq!(run.status, 0, "{run:?}");
    let builds = fake.builds();
    let [(build, _)] = &builds[..] else { panic!("{builds:?}") };
    for target in ["--target=x86_64-unknown-linux-musl", "--target=aarch64-unknown-linux-musl"] {
        assert_eq!(build.matches(target).count(), 1, "{build}");
    }
    assert!(run.stderr.contains("linux/amd64 for docker load"), "{run:?}");

    let images = Archive::read_all(&fake.path("two.tar"));
    let [amd64, arm64] = &images[..] else { panic!("{}", images.len()) };
    assert_eq!(
        (&amd64.config["architecture"], &arm64.config["architecture"]),
        (&"amd64".into(), &"arm64".into())
    );
    let docker: Value = serde_json::from_slice(&amd64.files["manifest.json"]).unwrap();
    assert_eq!(docker[0]["Config"], format!("blobs/{}", amd64.id().replace(':', "/")));
    let other = Archive::read_all(&fake.path("two.oci.tar"));
    assert_eq!(other[0].index, amd64.index);

    for (platform, image) in [("linux/amd64", amd64), ("linux/arm64", arm64)] {
        let alone = Run::of(command(&fake, ["--platform", platform, "-o", "one.tar"]));
        assert_eq!(alone.status, 0, "{alone:?}");
        assert_eq!(Archive::read(&fake.path("one.tar")).id(), image.id(), "{platform}");
    }
}

#[test]
fn without_the_hosts_platform_docker_gets_the_first_that_was_named() {
    let fake = Fake::new("app", "");
    let run = Run::of(command(
        &fake,
        ["--platform", "linux/riscv64", "--platform", "linux/arm64", "-o", "two.tar"],
    ));
    assert_eq!(run.status, 0, "{run:?}");
    let first = match std::env::consts::ARCH {
        "aarch64" => "linux/arm64",
        _ => "linux/riscv64",
    };
    assert!(run.stderr.contains(&format!("{first} for docker load")), "{run:?}");
    assert_eq!(Archive::read_all(&fake.path("two.tar")).len(), 2);
}

#[test]
fn the_json_tells_each_platform_and_the_digest_of_the_whole() {
    let fake = Fake::new("app", "");
    let json = ["--message-format", "json", "-o", "two.tar"];
    let run = Run::of(command(&fake, TWO.into_iter().chain(json)));
    assert_eq!(run.status, 0, "{run:?}");
    let image: Value = serde_json::from_str(&run.stdout).unwrap();
    let images = Archive::read_all(&fake.path("two.tar"));
    assert_eq!(image["digest"], images[0].index["manifests"][0]["digest"]);
    let platforms = image["platforms"].as_array().unwrap();
    let configs: Vec<_> = platforms.iter().map(|platform| platform["config"].as_str().unwrap()).collect();
    assert_eq!(configs, [images[0].id(), images[1].id()]);

    let plans = Run::of(command(&fake, TWO.into_iter().chain(["--dry-run", "--message-format", "json"])));
    let plans: Vec<Value> = plans.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named: Vec<_> = plans.iter().map(|plan| plan["platform"].as_str().unwrap()).collect();
    assert_eq!(named, ["linux/amd64", "linux/arm64"]);
    assert_eq!(plans[0]["command"], plans[1]["command"], "there is one command");
}

#[test]
fn what_cannot_be_one_build_or_one_index_is_refused_with_the_reason() {
    let fake = Fake::new("app", "");
    let twice = "x86_64-unknown-linux-musl,x86_64-unknown-linux-gnu";
    fake.scratch(["--target", twice]).refused(2, &["both for linux/amd64", "the first image", "--tag NAME"]);
    let same = fake.scratch(["--dry-run", "--platform", "linux/amd64,linux/amd64"]);
    assert_eq!(same.status, 0, "said twice is no more than said once: {same:?}");

    let workspace = Project::empty();
    workspace.file("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n");
    for (name, own) in [("one", "[package.metadata.scratch]\nplatform = \"linux/arm64\"\n"), ("two", "")] {
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{own}");
        workspace.file(&format!("{name}/Cargo.toml"), package);
        workspace.file(&format!("{name}/src/main.rs"), "fn main() {}\n");
    }
    workspace.scratch(["--workspace", "--dry-run"]).refused(
        2,
        &["one set of targets", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl", "-p PACKAGE"],
    );
}

#[test]
fn needs_crates_io_needs_zig_needs_aarch64_std_c_code_is_compiled_for_each_platform_with_flags_of_its_own() {
    let project = Project::empty();
    let mut command = scratch_for("aarch64-unknown-linux-musl");
    command.args(["build", "--locked"]).args(TWO).current_dir(fixture(&project, "zstd"));
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    for (platform, machine) in [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")] {
        let verified = run.stderr.lines().find(|line| line.contains("Verified") && line.contains(platform));
        assert!(verified.is_some_and(|line| line.contains(machine)), "{run:?}");
    }
    assert_eq!(Archive::read_all(Path::new(run.stdout.trim())).len(), 2);
}

#[test]
fn every_musl_target_of_rustc_has_a_platform_or_is_refused_with_the_reason() {
    let said = Command::new("rustc").args(["--print", "target-list"]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let (mut known, mut refused) = (0, 0);
    for triple in said.lines().filter(|line| line.contains("-musl")) {
        match Target::from_triple(triple) {
            Ok(target) => {
                assert!(target.platform().starts_with("linux/"), "{triple}");
                known += 1;
            }
            Err(why) => {
                assert!(why.contains(triple) && why.contains("no container platform is known"), "{why}");
                refused += 1;
            }
        }
    }
    assert!(known >= 15 && refused >= 3, "{known} {refused}");
}

#[test]
fn b8_flags_in_a_variable_are_those_of_all_platforms_whoever_links() {
    let fake = Fake::new("app", "");
    // `cc` links for one, and for the other a linker that is no compiler
    let mut command = fake.command(TWO);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld");
    command.env("RUSTFLAGS", "-Copt-level=1");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let flags = fake.builds().pop().unwrap().1.remove("CARGO_ENCODED_RUSTFLAGS").unwrap();
    assert!(flags.starts_with("-Copt-level=1\u{1f}") && flags.contains("--remap-path-prefix="), "{flags}");
    assert!(!flags.contains("build-id"), "{flags}");
}

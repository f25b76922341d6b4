//! What generated files carry of it: the same profile for cargo, the same flags for cargo scratch.

use crate::support::{Fake, git};
use std::fs;

fn fake() -> Fake {
    let fake = Fake::bare("app");
    fake.lock();
    fake
}

#[test]
fn a_dockerfile_tells_cargo_of_the_same_profile_and_processor() {
    let fake = fake();
    for style in ["multi-stage", "chef"] {
        let words =
            ["dockerfile", "--style", style, "--optimize", "size", "--cpu", "x86-64-v3", "--panic", "abort"];
        let run = fake.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        let profile = "CARGO_PROFILE_SCRATCH_RELEASE_SIZE_ABORT_V3";
        for (key, value) in [
            ("INHERITS", "release"),
            ("OPT_LEVEL", "z"),
            ("LTO", "fat"),
            ("CODEGEN_UNITS", "1"),
            ("PANIC", "abort"),
        ] {
            assert!(run.stdout.contains(&format!("ENV {profile}_{key}=\"{value}\"\n")), "{key}: {run:?}");
        }
        for text in [
            "RUSTFLAGS=\"-Ctarget-cpu=x86-64-v3\"",
            "--profile=scratch-release-size-abort-v3",
            "/target/x86_64-unknown-linux-musl/scratch-release-size-abort-v3/app",
            "docker build --platform linux/amd64/v3",
            "\"\" | amd64v3) ;;",
        ] {
            assert!(run.stdout.contains(text), "{text}: {run:?}");
        }
    }
    let prebuilt = fake.scratch(["dockerfile", "--style", "prebuilt", "--optimize", "size"]);
    assert!(
        prebuilt
            .stdout
            .contains("cargo scratch -o rootfs=target/scratch/rootfs --optimize=size --no-compare"),
        "{prebuilt:?}"
    );
}

#[test]
fn flags_of_the_project_hold_beside_those_for_the_processor() {
    let fake = fake();
    let words = ["dockerfile", "--cpu", "x86-64-v3"];
    fake.file(".cargo/config.toml", "[build]\nrustflags = [\"--cfg=mark\"]\n");
    let run = fake.scratch(words);
    assert!(run.stdout.contains("RUSTFLAGS=\"--cfg=mark -Ctarget-cpu=x86-64-v3\""), "{run:?}");
    let plain = fake.scratch(["dockerfile"]);
    assert!(!plain.stdout.contains("RUSTFLAGS"), "cargo reads them by itself: {plain:?}");
    fake.file(".cargo/config.toml", "[build]\nrustflags = [\"--cfg=a b\"]\n");
    fake.scratch(words).refused(2, &["no Dockerfile can say the flag `--cfg=a b`", "cfg(all())"]);
    assert_eq!(fake.scratch(["dockerfile"]).status, 0);
}

#[test]
fn what_cargo_alone_cannot_build_is_refused_with_the_way_out() {
    let fake = fake();
    for words in [["--optimize", "tiny"], ["--allocator", "mimalloc"]] {
        let run = fake.scratch(["dockerfile"].into_iter().chain(words));
        run.refused(2, &["cargo alone cannot build", "--style builder", "--style prebuilt"]);
    }
    let builder = fake.scratch(["dockerfile", "--style", "builder", "--optimize", "tiny"]);
    assert!(builder.status == 0 && builder.stdout.contains("rustup component add rust-src"), "{builder:?}");
}

#[test]
fn workflows_build_with_the_same_flags_and_amd64_alone_with_the_level() {
    let fake = fake();
    git(&fake.path(""), &["init", "--quiet"]);
    git(&fake.path(""), &["remote", "add", "origin", "https://github.com/me/app"]);
    let words = ["init", "github", "gitlab", "action", "--optimize", "size", "--cpu", "x86-64-v3"];
    let run = fake.scratch(words.into_iter().chain(["--platform", "linux/amd64,linux/arm64"]));
    assert_eq!(run.status, 0, "{run:?}");
    let read = |path: &str| fs::read_to_string(fake.path(path)).unwrap();
    let (github, gitlab) = (read(".github/workflows/image.yml"), read(".gitlab-ci.yml"));
    for text in [&github, &gitlab] {
        assert!(text.contains("FLAGS: \"--locked --optimize=size --no-compare\""), "{text}");
    }
    assert!(github.contains("CARGO_SCRATCH_CPU: ${{ matrix.cpu }}"), "{github}");
    assert_eq!(github.matches("cpu: x86-64-v3").count(), 2, "one for each of two jobs: {github}");
    assert_eq!(gitlab.matches("CARGO_SCRATCH_CPU: x86-64-v3").count(), 1, "{gitlab}");
    let action = read(".github/actions/cargo-scratch/action.yml");
    assert!(action.contains("--locked --optimize=size --no-compare --cpu=x86-64-v3"), "{action}");
}

//! What caches and platforms must not do: give an image a program that is not its source's.

use super::projects::starter;
use super::{built, dockerfile, provided};
use crate::support::{Builder, Built, Project, Run, tool};
use std::fs::File;
use std::time::{Duration, SystemTime};

/// Cargo tells a change by the time of a file, and a layer keeps the time at which its content was first seen. The
/// third source here is the first one's, with its time, while the target folder has the second one's program.
#[test]
fn needs_buildkit_needs_debootstrap_an_image_has_its_own_sources_program_whatever_a_cache_has() {
    let project = Project::new("cached", "");
    project.file("Cargo.lock", "version = 4\n\n[[package]]\nname = \"cached\"\nversion = \"0.1.0\"\n");
    project.file("tests/a.rs", "// one\n");
    let text = dockerfile(&project, "multi-stage");
    let stamp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let main = |word: &str| format!("fn main() {{ println!(\"{word} {stamp}\") }}\n");
    let has = |built: &Built, word: &str| {
        let program = String::from_utf8_lossy(&built.root["cached"].content).into_owned();
        assert!(program.contains(&format!("{word} {stamp}")), "not {word}: {}", built.said);
    };
    let build = |project: &Project| built(Builder::BuildKit, &text, &project.path(""), &[]);

    project.file("src/main.rs", main("first"));
    has(&build(&project), "first");
    project.file("src/main.rs", main("second"));
    has(&build(&project), "second");
    project.file("src/main.rs", main("first"));
    project.file("tests/a.rs", format!("// {stamp}\n"));
    has(&build(&project), "first");

    // another project of the same name, cloned long ago
    let other = Project::new("cached", "");
    other.file("Cargo.lock", std::fs::read(project.path("Cargo.lock")).unwrap());
    other.file("tests/a.rs", "// other\n");
    let main = other.file("src/main.rs", main("other"));
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(main).unwrap().set_modified(old).unwrap();
    has(&build(&other), "other");
}

#[test]
fn needs_buildkit_needs_debootstrap_needs_git_another_platform_is_refused_with_the_line_to_type() {
    let project = starter();
    let text = dockerfile(&project, "multi-stage");
    provided(Builder::BuildKit, &text);
    let run = Builder::BuildKit.build(&text, &project.path(""), &["--platform=linux/arm64"]).unwrap_err();
    let told = "this image is for linux/amd64: docker build --platform linux/amd64 .";
    assert!(run.stderr.contains(told), "{run:?}");
}

#[test]
fn needs_buildkit_needs_debootstrap_needs_git_needs_aarch64_std_each_platform_by_itself_needs_binfmt_aarch64()
{
    let project = starter();
    let run = project.scratch(["dockerfile", "--platform=linux/amd64,linux/arm64"]);
    assert_eq!(run.status, 0, "{run:?}");
    for (arch, machine) in [("amd64", 62), ("arm64", 183)] {
        let name = format!("localhost/scratch-test-{arch}-{}:t", std::process::id());
        let platform = format!("--platform=linux/{arch}");
        let image = built(Builder::BuildKit, &run.stdout, &project.path(""), &[&platform, "--tag", &name]);
        let program = &image.root["hello"].content;
        assert_eq!(u16::from_le_bytes([program[18], program[19]]), machine, "e_machine");
        assert_eq!(image.config["architecture"], arch);
        let docker = |words: &[&str]| {
            let mut docker = tool("docker");
            docker.args(words).arg(&name);
            Run::of(docker)
        };
        let said = docker(&["run", "--rm", "--network=none", &platform, "--env=PORT=nowhere"]);
        docker(&["rmi"]);
        assert!(said.stderr.contains("nowhere"), "{said:?}");
    }
}

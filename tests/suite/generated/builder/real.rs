//! `--builder` and the builder with real engines, in a stand-in for the official image.

use crate::support::{Builder, Built, Fake, Project, Run, rust_image, same_config, through, tool};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

const IMAGE: &str = "rust:1-slim-bookworm";

/// The image that `words` make of `project`.
#[track_caller]
fn built(project: &Project, words: &[&str]) -> Built {
    let words = [&["-o", "out.tar"], words].concat();
    let run = project.scratch(&words);
    assert_eq!(run.status, 0, "{run:?}");
    let built = Built::read(&project.path("out.tar"));
    fs::remove_file(project.path("out.tar")).unwrap();
    built
}

/// Asserts that both images are alike; the bytes of the program follow from its linker.
#[track_caller]
fn alike(a: &Built, b: &Built, program: &str) {
    same_config(a, b);
    assert_eq!(a.root.keys().collect::<Vec<_>>(), b.root.keys().collect::<Vec<_>>());
    for (path, file) in &a.root {
        let other = &b.root[path];
        assert_eq!((file.kind, file.mode, file.owner), (other.kind, other.mode, other.owner), "{path}");
        assert!(file.content == other.content || path == program, "{path}");
    }
}

/// What the image in `archive` prints when docker runs it.
#[track_caller]
fn ran(archive: &Path, words: &[&str]) -> String {
    let loaded = said(tool("docker").args(["load", "--quiet", "--input"]).arg(archive));
    let name = loaded.trim().rsplit_once("Loaded image: ").unwrap().1.lines().next().unwrap().to_owned();
    said(tool("docker").args(["run", "--rm", "--network=none", &name]).args(words))
}

#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let run = Run::from(output);
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

/// The arguments of setpriv for a user that may speak to docker and has nothing else.
fn somebody() -> Vec<String> {
    let group = fs::metadata("/var/run/docker.sock").unwrap().gid();
    ["--reuid=65534".into(), "--regid=65534".into(), format!("--groups={group}")].to_vec()
}

fn give_to(owner: &str, project: &Project) {
    said(tool("chown").args(["-R", owner]).arg(project.path("")));
}

#[test]
fn needs_docker_needs_debootstrap_what_a_container_compiles_is_the_image_that_this_machine_makes() {
    rust_image::provide(Builder::Legacy, &[IMAGE]);
    let parent = Project::empty();
    assert_eq!(parent.scratch(["new", "hello"]).status, 0);
    let hello = Project::empty();
    said(tool("cp").args(["-r"]).arg(parent.path("hello/.")).arg(hello.path("")));
    let here = built(&hello, &[]);
    let there = built(&hello, &["--builder", "docker"]);
    alike(&here, &there, "hello");
    // what is not changed is not compiled again
    let again = hello.scratch(["--builder", "docker", "-v"]);
    assert!(!again.stderr.contains("Compiling") && !again.stderr.contains("Building"), "{again:?}");
    // neither place takes the other's work for its own
    let back = hello.scratch(["-o", "out.tar"]);
    assert!(!back.stderr.contains("Compiling"), "{back:?}");
    // its linker is LLVM's
    let split = hello.scratch(["--builder", "docker", "--split-debug", "-o", "out.tar"]);
    assert_eq!(split.status, 0, "{split:?}");
    assert!(hello.path("target/scratch/debug/hello.debug").is_file());
}

#[test]
fn needs_docker_needs_debootstrap_needs_crates_io_c_is_compiled_in_a_container_too() {
    rust_image::provide(Builder::Legacy, &[IMAGE]);
    let project = Project::new("app", "[build-dependencies]\ncc = \"1\"\n");
    project
        .file("src/seven.c", "#include <string.h>\nint seven(void) { return (int) strlen(\"seven..\"); }\n");
    project.file("build.rs", "fn main() { println!(\"cargo::rerun-if-changed=src\"); cc::Build::new().file(\"src/seven.c\").compile(\"seven\"); }\n");
    let main = "unsafe extern \"C\" { safe fn seven() -> i32; }\nfn main() { println!(\"{}\", seven()); }\n";
    project.file("src/main.rs", main);
    // zig links
    let run = project.scratch(["--builder", "docker", "--split-debug", "-o", "out.tar"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(project.path("target/scratch/debug/app.debug").is_file());
    assert_eq!(ran(&project.path("out.tar"), &[]), "7\n");

    // a build that fails is told as it is on this machine
    project.file("src/seven.c", "#include <nothing.h>\n");
    let run = project.scratch(["--builder", "docker", "-o", "out.tar"]);
    run_refused(&run, &["error[cargo]", "nothing.h", "docker run --rm"]);
}

#[track_caller]
fn run_refused(run: &Run, words: &[&str]) {
    assert_eq!(run.status, 101, "{run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "no {word:?} in {}", run.stderr);
    }
}

#[test]
fn needs_docker_needs_debootstrap_needs_setpriv_what_a_container_leaves_belongs_to_the_user() {
    rust_image::provide(Builder::Legacy, &[IMAGE]);
    let fake = Fake::new("app", "");
    fake.lock();
    give_to("65534:65534", &fake);
    let mut command = fake.command(["--builder", "docker"]);
    command.env("HOME", fake.path("home")).env_remove("CARGO_HOME");
    let run = Run::of(through(tool("setpriv"), somebody(), &command));
    assert_eq!(run.status, 0, "{run:?}");
    let archive = fake.path("target/scratch/app.tar");
    assert_eq!(ran(&archive, &[]), "app\n");
    let others = said(tool("find").arg(fake.path("")).args(["!", "-uid", "65534"]));
    assert_eq!(others, "", "nothing is root's");
}

#[test]
fn needs_docker_needs_debootstrap_needs_setpriv_the_builder_makes_an_image_without_a_socket() {
    rust_image::provide(Builder::Legacy, &[IMAGE]);
    let project = Project::new("app", "");
    project.lock();
    let text = project.scratch(["dockerfile", "--style", "builder"]).stdout;
    // this version is on no registry: the program that is tested stands for what would be installed
    let install = text.lines().find(|line| line.starts_with("RUN cargo install ")).unwrap();
    let text = text.replace(install, "COPY [\"cargo-scratch\", \"/usr/local/bin/\"]");
    let context = Project::empty();
    fs::copy(env!("CARGO_BIN_EXE_cargo-scratch"), context.path("cargo-scratch")).unwrap();
    context.file("Dockerfile", text);
    let name = format!("localhost/scratch-test-builder-{}", std::process::id());
    said(
        tool("docker")
            .env("DOCKER_BUILDKIT", "0")
            .args(["build", "--quiet", "--tag", &name])
            .arg(context.path("")),
    );

    give_to("4321:4321", &project);
    let here = project.path("").display().to_string();
    let mount = format!("{here}:{here}");
    let words = ["run", "--rm", "--user=4321:4321", "--network=none", "-v", &mount, "-w", &here, &name];
    let run = Run::of({
        let mut command = tool("docker");
        command.args(words);
        command
    });
    said(tool("docker").args(["rmi", "--no-prune", &name]));
    assert_eq!(run.status, 0, "{run:?}");
    let archive = project.path("target/scratch/app.tar");
    assert_eq!(run.stdout, format!("{}\n", archive.display()));
    assert_eq!(fs::metadata(&archive).unwrap().uid(), 4321);
    assert_eq!(ran(&archive, &[]), "app\n");
}

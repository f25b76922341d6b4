//! The builder: a container that makes images without a socket, and `--builder`, which compiles in it.

mod real;
mod scripted;

use crate::support::Project;

#[test]
fn the_builder_has_what_the_project_takes_and_says_how_it_is_used() {
    let project = Project::new("app", "rust-version = \"1.88\"\n");
    project.lock();
    let run = project.scratch(["dockerfile", "--style", "builder"]);
    assert_eq!(run.status, 0, "{run:?}");
    let text = run.stdout;
    for line in [
        "#   docker build -t app-builder - <Dockerfile.builder",
        "#   docker run --rm --user \"$(id -u):$(id -g)\" -v \"$PWD:$PWD\" -w \"$PWD\" app-builder",
        "FROM docker.io/library/rust:1.88-slim-bookworm AS toolchain",
        "RUN rustup target add x86_64-unknown-linux-musl",
        "FROM docker.io/library/rust:1-slim-bookworm AS cargo-scratch",
        concat!(
            "RUN cargo install --locked --root /usr/local --version ",
            env!("CARGO_PKG_VERSION"),
            " cargo-scratch"
        ),
        "USER 65532:65532",
        "ENTRYPOINT [\"cargo\", \"scratch\"]",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line:?} in {text}");
    }
    assert!(!text.contains("docker.sock") && !text.contains("zigbuild"), "{text}");
    // it needs no other file, so that standard input is enough
    assert!(!text.lines().any(|line| line.starts_with("COPY ") && !line.contains("--from=")), "{text}");

    let file = project.scratch(["init", "builder", "-q"]);
    assert_eq!(file.stdout, format!("{}\n", project.path("Dockerfile.builder").display()), "{file:?}");
    assert_eq!(project.scratch(["init", "builder", "--check"]).status, 0);
}

#[test]
fn a_toolchain_that_rustup_has_to_bring_stands_in_the_text() {
    let project = Project::new("app", "");
    project.lock();
    project.file("rust-toolchain.toml", "# mine\n[toolchain]\n\tchannel = \"nightly-2026-01-01\"\n");
    // the file is for the container: this machine's own toolchain asks cargo here
    let run = project.scratch(["dockerfile", "--style", "builder"]);
    assert_eq!(run.status, 0, "{run:?}");
    let line = "RUN printf '%s\\n' '[toolchain]' 'channel = \"nightly-2026-01-01\"' >rust-toolchain.toml \\";
    assert!(run.stdout.lines().any(|found| found == line), "{}", run.stdout);
}

#[test]
fn what_cargo_scratch_provides_is_fine_where_it_runs_itself_and_refused_where_it_does_not() {
    let project = Project::new("app", "[dependencies]\npq-sys = { path = \"pq-sys\" }\n");
    let manifest = "[package]\nname = \"pq-sys\"\nversion = \"0.7.5\"\nedition = \"2024\"\nlinks = \"pq\"\n";
    project.file("pq-sys/Cargo.toml", manifest);
    project.file("pq-sys/src/lib.rs", "");
    project.file("pq-sys/build.rs", "fn main() {}");
    project.lock();
    let run = project.scratch(["dockerfile", "--style", "builder"]);
    assert_eq!(run.status, 0, "{run:?}");
    for word in ["make", "perl", "python3-pip", "ziglang=="] {
        assert!(run.stdout.contains(word), "no {word}: {}", run.stdout);
    }
    project
        .scratch(["dockerfile"])
        .refused(3, &["error[no-library]", "`pq-sys` looks for PostgreSQL", "--style builder"]);
}

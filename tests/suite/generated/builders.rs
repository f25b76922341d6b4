//! That the builders and the stand-in for the `rust` image are fit to judge what we generate: a Dockerfile by hand.

use crate::support::{Builder, Built, Fake, Project, Run, rust_image, same_config, same_root, tool};
use std::os::unix::fs::PermissionsExt;

const IMAGE: &str = "rust:1.95-slim-bookworm";

/// `mount` is what a builder takes for its caches; the old one takes none.
fn dockerfile(mount: &str) -> String {
    format!(
        r#"FROM {IMAGE} AS build
WORKDIR /src
RUN rustup target add x86_64-unknown-linux-musl
COPY . .
RUN {mount}cargo build --release --target x86_64-unknown-linux-musl && cp target/x86_64-unknown-linux-musl/release/app /app
FROM scratch
COPY --from=build --chown=0:0 /app /app
ENV GREETING="hello, world"
LABEL org.opencontainers.image.title="app"
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGINT
ENTRYPOINT ["/app"]
"#
    )
}

#[track_caller]
fn build(builder: Builder, project: &Project, mount: &str) -> Built {
    rust_image::provide(builder, &[IMAGE]);
    let built = builder.build(&dockerfile(mount), &project.path(""), &[]);
    built.unwrap_or_else(|run| panic!("{builder:?} with the stand-in failed: {}{}", run.stdout, run.stderr))
}

fn starter() -> Project {
    let project = Project::new("app", "");
    project.file(".dockerignore", "target\n");
    project
}

const CACHES: &str = "--mount=type=cache,target=/usr/local/cargo/registry \
                      --mount=type=cache,target=/src/target,sharing=locked ";

#[test]
fn needs_buildkit_needs_debootstrap_the_three_builders_build_the_same_image_needs_buildah() {
    let project = starter();
    let buildkit = build(Builder::BuildKit, &project, CACHES);
    let legacy = build(Builder::Legacy, &project, "");
    let buildah = build(Builder::Buildah, &project, CACHES);
    assert_eq!(buildkit.root.keys().collect::<Vec<_>>(), ["app"]);
    for other in [&legacy, &buildah] {
        same_root(&buildkit, other);
        same_config(&buildkit, other);
    }

    let again = build(Builder::BuildKit, &project, CACHES);
    assert!(again.said.contains("CACHED") && !again.said.contains("Compiling"), "{}", again.said);
}

#[test]
fn needs_docker_needs_buildkit_needs_debootstrap_what_is_built_runs() {
    rust_image::provide(Builder::BuildKit, &[IMAGE]);
    let name = format!("localhost/scratch-test-runs-{}", std::process::id());
    let built =
        Builder::BuildKit.build(&dockerfile(CACHES), &starter().path(""), &["--tag", &format!("{name}:t")]);
    built.unwrap();
    let docker = |words: &[&str]| {
        let mut command = tool("docker");
        command.args(words).arg(format!("{name}:t"));
        Run::of(command)
    };
    let run = docker(&["run", "--rm", "--network=none", "--read-only"]);
    docker(&["rmi"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, "app\n"), "{run:?}");
}

#[test]
fn needs_docker_our_own_archive_is_read_like_theirs() {
    let fake = Fake::new("app", "");
    let run = fake.scratch(["-q", "-o", "app.tar"]);
    assert_eq!(run.status, 0, "{run:?}");
    let ours = Built::read(&fake.path("app.tar"));
    let program = fake.file("program", &ours.root["app"].content);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(ours.root["app"].mode)).unwrap();
    let text = |user: &str| format!("FROM scratch\nCOPY program /app\nUSER {user}\nENTRYPOINT [\"/app\"]\n");
    let user = ours.config["config"]["User"].as_str().unwrap();
    let theirs = Builder::Legacy.build(&text(user), &fake.path(""), &[]).unwrap();
    assert_eq!(ours.root["app"], theirs.root["app"]);
}

#[test]
fn needs_docker_needs_debootstrap_a_target_that_is_not_there_fails_at_once() {
    rust_image::provide(Builder::Legacy, &[IMAGE]);
    let mut command = tool("docker");
    let words =
        ["run", "--rm", "--network=none", IMAGE, "rustup", "target", "add", "riscv64gc-unknown-linux-musl"];
    command.args(words);
    let run = Run::of(command);
    assert_ne!(run.status, 0);
    assert!(run.stderr.contains("stand-in"), "{run:?}");
}

#[test]
#[should_panic(expected = "/app: Regular 0755 0:0")]
fn needs_docker_a_difference_is_told() {
    let project = starter();
    let other = |chown: &str| {
        let text = format!("FROM scratch\nCOPY --chown={chown} Cargo.toml /app\n");
        let mut built =
            Builder::Legacy.build(&text, &project.path(""), &[]).expect("no base image is needed");
        built.root.get_mut("app").unwrap().mode = 0o755; // whatever the umask was
        built
    };
    same_root(&other("0:0"), &other("1:0"));
}

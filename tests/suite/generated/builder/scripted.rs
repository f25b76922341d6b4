//! `--builder` with engines whose programs are scripts: what they are asked, and what becomes of their answers.

use crate::engines::program;
use crate::outputs::wait_until;
use crate::support::{Fake, Run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// An engine that has no image until it has built one, and "runs" cargo by handing out what the fake has built.
fn engine(fake: &Fake, name: &str, run: &str) {
    let tools = fake.tools().display().to_string();
    let body = "case $1 in version|info) echo ${ROOTLESS-1};; \
         image) test -f $here/text;; \
         build) echo \"$*\" >>$here/asked; cat >$here/text;; \
         run) for word; do echo \"$word\"; done >$here/words; env >$here/variables; RUN;; *) exit 99;; esac";
    program(fake, name, &body.replace("RUN", run).replace("TOOLS", &tools));
}

const BUILT: &str = "cat TOOLS/build.json";

fn words(fake: &Fake) -> Vec<String> {
    fs::read_to_string(fake.path("words")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn cargo_runs_in_the_container_and_sees_nothing_of_this_machine_but_the_workspace() {
    let fake = Fake::new("app", "");
    engine(&fake, "docker", BUILT);
    let mut command = fake.command(["--builder", "docker", "--locked"]);
    command
        .env("RUSTFLAGS", "-Copt-level=1")
        .env("AWS_SECRET_ACCESS_KEY", "abc")
        .env("CARGO_REGISTRY_TOKEN", "abc");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.stdout, format!("{}\n", fake.path("target/scratch/app.tar").display()));
    assert!(fake.builds().is_empty(), "this machine's cargo builds nothing");
    assert_eq!(fake.calls("fetch").len(), 1);

    let words = words(&fake);
    for word in
        ["--rm", "--pull=never", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none"]
    {
        assert!(words.iter().any(|other| other == word), "no {word} in {words:?}");
    }
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    assert!(words.contains(&format!("--user={user}:{group}")), "{words:?}");
    let after = |flag: &str| -> Vec<&String> {
        let pairs = words.windows(2).filter(|pair| pair[0] == flag);
        pairs.map(|pair| &pair[1]).collect()
    };
    let here = fake.path("").display().to_string();
    let mounts = after("--mount");
    assert_eq!(*mounts[0], format!("type=bind,source={here},target={here}"));
    assert_eq!(mounts.len(), 3, "{mounts:?}");
    assert!(mounts[1..].iter().all(|mount| mount.ends_with(",readonly")), "{mounts:?}");
    assert!(!words.iter().any(|word| word.contains("docker.sock") || word == "--privileged"), "{words:?}");

    // by name alone, and only what decides the program
    let own =
        ["HOME=", "CARGO_HOME=", "CARGO_NET_OFFLINE=", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER="];
    let others: Vec<_> =
        after("--env").into_iter().filter(|word| !own.iter().any(|own| word.starts_with(own))).collect();
    assert_eq!(others, ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"]);
    let build = words.iter().position(|word| word == "build").unwrap();
    assert_eq!(words[build - 1], "cargo");
    let target = fake.path("target/scratch/builder/target").display().to_string();
    let place = words.iter().position(|word| word == "--target-dir").unwrap();
    assert_eq!(words[place + 1], target);
    assert!(words.contains(&"--locked".to_owned()));
}

#[test]
fn what_is_kept_beside_the_image_is_asked_for_in_the_container_too() {
    let fake = Fake::new("app", "");
    engine(&fake, "docker", BUILT);
    let _ = fake.scratch(["--builder", "docker", "--split-debug"]);
    let asked = words(&fake).join("\n");
    // the container's linker is LLVM's own
    assert!(asked.contains("\"-Cstrip=none\",\"-Cdebuginfo=1\",\"-Clink-arg=--build-id=sha1\""), "{asked}");

    let mut command = fake.command(["--builder", "docker", "--split-debug"]);
    command.env("RUSTFLAGS", "-Copt-level=1");
    let _ = Run::of(command);
    assert!(words(&fake).contains(&"CARGO_ENCODED_RUSTFLAGS".to_owned()));
    let variables = fs::read_to_string(fake.path("variables")).unwrap();
    assert!(variables.contains("CARGO_ENCODED_RUSTFLAGS=-Copt-level=1\u{1f}-Cstrip=none"), "{variables}");
}

#[test]
fn the_image_is_built_once_for_a_text_and_from_nothing_else() {
    let fake = Fake::new("app", "[package.metadata.scratch]\nbuilder = \"docker\"\n");
    engine(&fake, "docker", BUILT);
    for _ in 0..2 {
        let run = fake.scratch::<&str>([]);
        assert_eq!(run.status, 0, "{run:?}");
    }
    let asked = fs::read_to_string(fake.path("asked")).unwrap();
    let [line] = asked.lines().collect::<Vec<_>>()[..] else { panic!("not built once: {asked}") };
    assert!(
        line.starts_with("build --tag localhost/cargo-scratch-builder:") && line.ends_with(" -"),
        "{line}"
    );
    let text = fs::read_to_string(fake.path("text")).unwrap();
    assert!(text.contains(" AS toolchain\n") && !text.contains("COPY"), "{text}");
    let name = line.split(' ').nth(2).unwrap();
    assert!(words(&fake).iter().any(|word| word == name));
}

#[test]
fn a_dry_run_shows_the_container_and_makes_nothing() {
    let fake = Fake::new("app", "");
    engine(&fake, "docker", BUILT);
    let run = fake.scratch(["--builder", "docker", "--dry-run"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("builder      docker, localhost/cargo-scratch-builder:"), "{}", run.stdout);
    assert!(
        run.stdout.contains(", to be built\n") && run.stdout.contains("docker run --rm"),
        "{}",
        run.stdout
    );
    let json = fake.scratch(["--builder=docker", "--dry-run", "--message-format=json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["builder"].as_str().unwrap().starts_with("docker, ") && json["linker"].is_null(), "{json}");
    assert!(!fake.path("asked").exists() && !fake.path("words").exists() && !fake.path("target").exists());
}

#[test]
fn podman_without_root_keeps_the_users_number_and_a_network_is_given_only_if_asked_for() {
    let fake = Fake::new("app", "");
    engine(&fake, "podman", BUILT);
    let mut command = fake.command(["--builder", "podman", "--builder-network", "host"]);
    command.env("ROOTLESS", "true");
    assert_eq!(Run::of(command).status, 0);
    let rootless = words(&fake);
    assert!(rootless.contains(&"--userns=keep-id".to_owned()), "{rootless:?}");
    assert!(rootless.contains(&"--network=host".to_owned()), "{rootless:?}");
    let mut command = fake.command(["--builder", "podman"]);
    command.env("ROOTLESS", "false");
    assert_eq!(Run::of(command).status, 0);
    assert!(!words(&fake).contains(&"--userns=keep-id".to_owned()));
    // of docker without root, the container's root is the user
    engine(&fake, "docker", BUILT);
    let mut command = fake.command(["--builder", "docker"]);
    command.env("ROOTLESS", "[name=seccomp,profile=builtin name=rootless]");
    assert_eq!(Run::of(command).status, 0);
    assert!(!words(&fake).iter().any(|word| word.starts_with("--user")));
}

#[test]
fn i1_a_builder_without_an_engine_is_told_before_anything_is_made() {
    let fake = Fake::new("app", "");
    program(&fake, "docker", "echo 'Cannot connect to the Docker daemon at unix:///x.' >&2; exit 1");
    let run = fake.scratch(["--builder", "docker"]);
    run.refused(6, &["error[engine]", "does not answer", "systemctl start docker", "leave --builder out"]);
    let empty = fake.path("empty");
    fs::create_dir_all(&empty).unwrap();
    for (engine, name) in [("docker", "`docker` is not on PATH"), ("podman", "`podman` is not on PATH")] {
        let mut command = fake.command(["--builder", engine]);
        command.env("PATH", &empty);
        Run::of(command).refused(6, &["error[engine]", name, "leave --builder out"]);
    }
    assert!(fake.builds().is_empty() && fake.calls("fetch").is_empty());
    assert!(!fake.path("target").exists());
}

#[test]
fn i1_an_image_that_cannot_be_built_shows_its_last_words() {
    let fake = Fake::new("app", "");
    let body = "case $1 in version|info) echo 1;; image) exit 1;; \
         build) cat >/dev/null; seq 1000; printf 'manifest \\033[31munknown\\n' >&2; exit 1;; *) exit 99;; esac";
    program(&fake, "docker", body);
    let run = fake.scratch(["-q", "--builder", "docker"]);
    assert_eq!(run.status, 6, "{run:?}");
    let error = &run.stderr[run.stderr.find("error[").unwrap()..];
    for words in [
        "did not build the image",
        "1000",
        "manifest \\u{1b}[31munknown",
        "docker build --target toolchain -",
    ] {
        assert!(error.contains(words), "no {words}: {error}");
    }
    assert!(error.len() < 4 << 10 && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn i1_a_container_that_does_not_start_is_no_failed_build() {
    let fake = Fake::new("app", "");
    engine(
        &fake,
        "docker",
        "echo 'docker: invalid mount config: bind source path does not exist' >&2; exit 125",
    );
    let run = fake.scratch(["-q", "--builder", "docker"]);
    run.refused(6, &["error[engine]", "did not start cargo", "bind source path", "must run on this machine"]);
    engine(&fake, "docker", "echo 'error: could not compile `app`' >&2; exit 101");
    let run = fake.scratch(["-q", "--builder", "docker"]);
    run.refused(101, &["error[cargo]", "cargo did not build the project", "docker run --rm"]);
}

#[test]
fn d3_a_signal_is_handed_to_the_container() {
    let fake = Fake::new("app", "");
    engine(&fake, "docker", "echo $$ >$here/pid; exec sleep 600");
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let _ = fs::remove_file(fake.path("pid"));
        let mut command = fake.command(["--builder", "docker"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let pid = || fs::read_to_string(fake.path("pid")).unwrap_or_default();
        wait_until("the container runs", || pid().ends_with('\n'));
        let start = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        Run::from(child.wait_with_output().unwrap()).refused(status, &["interrupted"]);
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(!fs::exists(format!("/proc/{}", pid().trim())).unwrap(), "it is reaped");
    }
}

#[test]
fn a_network_without_a_container_and_what_is_no_engine_are_refused() {
    let fake = Fake::new("app", "");
    fake.scratch(["--builder-network", "host"]).refused(2, &["is about a container", "--builder docker"]);
    let mut command = fake.command::<&str>([]);
    command.env("CARGO_SCRATCH_BUILDER", "containerd");
    Run::of(command).refused(2, &["CARGO_SCRATCH_BUILDER", "expected docker or podman"]);
}

#[test]
fn what_cargo_alone_cannot_build_is_refused_with_the_way_out_of_a_container() {
    let fake = Fake::new("app", "");
    engine(&fake, "docker", BUILT);
    let run = fake.scratch(["--builder", "docker", "--optimize", "tiny"]);
    run.refused(2, &["cargo alone cannot build with `--optimize tiny`", "leave --builder out"]);
    assert!(!run.stderr.contains("--style"), "no Dockerfile was asked for: {run:?}");
}

//! Engines that answer wrongly, late or not at all: a script in their place, and a socket behind the real program.

use crate::support::{Fake, Run};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::thread;

/// A project, and a program `name` on its `PATH` whose script is `body`.
fn engine(name: &str, body: &str) -> Fake {
    let fake = Fake::new("app", "");
    let path = fake.tools().join(name);
    fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    fake
}

#[test]
fn i1_an_engine_that_does_not_answer_is_told_before_the_build() {
    for (output, program, says, help) in [
        (
            "docker",
            "docker",
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            "docker-archive=FILE",
        ),
        (
            "docker",
            "docker",
            "permission denied while trying to connect to the Docker daemon socket",
            "usermod -aG docker",
        ),
        ("docker=far", "docker", "context \"far\": context not found", "docker context ls"),
        (
            "docker",
            "docker",
            "client version 1.52 is too new. Maximum supported API version is 1.41",
            "update the older one",
        ),
        ("podman", "podman", "cannot connect to Podman", "docker-archive=FILE"),
        ("containerd", "ctr", "failed to dial: permission denied", "CONTAINERD_ADDRESS"),
        ("docker", "docker", "\u{1b}[31mred\u{1b}[0m", "docker-archive=FILE"),
    ] {
        let fake = engine(program, &format!("printf '%s\\n' '{says}' >&2; exit 1"));
        let run = fake.scratch(["-o", output]);
        run.refused(6, &["error[engine]: the engine does not answer", help]);
        assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains("Verified"), "{run:?}");
        assert!(fake.builds().is_empty(), "told before the build");
    }
}

#[test]
fn i1_a_program_that_is_not_there_is_named_with_another_way() {
    let fake = Fake::new("app", "");
    let only = fake.tools().display().to_string();
    for (output, words) in [("docker", "`docker`"), ("podman", "`podman`"), ("containerd", "`ctr` or `k3s`")]
    {
        let mut command = fake.command(["-o", output]);
        command.env("PATH", &only);
        Run::of(command).refused(6, &["error[engine]", words, "not on PATH", "docker-archive=FILE"]);
    }
}

#[test]
fn i1_an_engine_that_fails_while_it_loads_does_not_take_the_other_outputs_with_it() {
    for (body, words) in [
        (
            "cat >/dev/null; echo 'write /var/lib/docker/tmp: no space left on device' >&2; exit 1",
            "no space left",
        ),
        ("echo 'closed early' >&2; exit 1", "closed early"),
        ("kill -9 $$", "the engine did not take the image"),
    ] {
        let fake = engine("docker", &format!("case $1 in load) {body};; *) echo 20.10;; esac"));
        let run = fake.scratch(["-o", "docker", "-o", "out.tar"]);
        assert_eq!(run.status, 6, "{run:?}");
        assert!(run.stderr.contains("error[engine]") && run.stderr.contains(words), "{run:?}");
        assert_eq!(run.stdout, format!("{}\n", fake.path("out.tar").display()));
    }
}

#[test]
fn i1_an_engine_that_says_yes_and_has_another_image_is_found_out() {
    let other = format!("sha256:{}", "0".repeat(64));
    for (output, program, body) in [
        (
            "docker",
            "docker",
            format!("case $1 in image) echo {other};; load) cat >/dev/null;; *) echo 1;; esac"),
        ),
        ("podman", "podman", format!("case $1 in image) echo {other} {other};; *) cat >/dev/null;; esac")),
        ("containerd", "ctr", "case $2 in ls) echo REF TYPE DIGEST;; *) cat >/dev/null;; esac".to_owned()),
    ] {
        let run = engine(program, &body).scratch(["-o", output, "-t", "app:1"]);
        run.refused(6, &["error[engine]", "another image as", "app:1", "its disk may be full"]);
    }
}

#[test]
fn i1_d3_an_engine_that_hangs_ends_with_ctrl_c() {
    let fake = engine("docker", "case $1 in load) touch \"$MARK\"; exec sleep 600;; *) echo 1;; esac");
    let mark = fake.path("mark");
    let mut command = fake.command(["-o", "docker"]);
    let child =
        command.env("MARK", &mark).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = child.spawn().unwrap();
    super::outputs::wait_until("it loads", || mark.exists());
    let start = std::time::Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
}

/// An engine behind a socket: it answers each request by `answer`, which gets the request's line.
fn socket(fake: &Fake, answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> String {
    let path = fake.path("docker.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let answer = std::sync::Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || serve(&stream.unwrap(), &*answer));
        }
    });
    format!("unix://{}", path.display())
}

/// One exchange; `None` breaks the connection off in the middle of what is sent.
fn serve(stream: &UnixStream, answer: &dyn Fn(&str) -> Option<String>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut header) = (String::new(), String::new());
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut chunked = false;
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        chunked |= header.to_lowercase().starts_with("transfer-encoding: chunked");
        header.clear();
    }
    let Some(body) = answer(&line) else { return };
    if chunked {
        // an archive, until the chunk that ends it
        let mut size = String::new();
        while reader.read_line(&mut size).is_ok_and(|read| read > 0) {
            let length = u64::from_str_radix(size.trim(), 16).unwrap();
            std::io::copy(&mut (&mut reader).take(length + 2), &mut std::io::sink()).unwrap();
            if length == 0 {
                break;
            }
            size.clear();
        }
    }
    let mut stream = stream;
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nConnection: close\r\n";
    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
}

#[test]
fn i1_needs_docker_what_the_real_program_makes_of_a_broken_engine_is_told() {
    let version = r#"{"Version":"20.10","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#;
    let other = format!(r#"{{"Id":"sha256:{}","RepoTags":["app:1"]}}"#, "0".repeat(64));
    let detail = r#"{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}"#;
    for (load, words) in [
        (Some(detail.to_owned()), "no space left on device"),
        (None, "the engine did not take the image"),
        (Some(r#"{"stream":"Loaded image: app:1"}"#.to_owned()), "another image as `app:1`"),
    ] {
        let fake = Fake::new("app", "");
        let other = other.clone();
        let host = socket(&fake, move |line| match line {
            line if line.contains("/images/load") => load.clone(),
            line if line.contains("/images/") => Some(other.clone()),
            line if line.contains("/version") => Some(version.to_owned()),
            _ => Some("OK".to_owned()),
        });
        let mut command = fake.command(["-o", "docker", "-t", "app:1"]);
        command.env("DOCKER_HOST", host).env_remove("DOCKER_CONTEXT");
        Run::of(command).refused(6, &["error[engine]", words]);
    }
}

#[test]
fn i1_needs_docker_no_engine_at_the_place_that_docker_host_names() {
    let fake = Fake::new("app", "");
    for host in ["unix:///nowhere.sock", "tcp://127.0.0.1:1", "bad://x"] {
        let mut command = fake.command(["-o", "docker"]);
        command.env("DOCKER_HOST", host).env_remove("DOCKER_CONTEXT");
        Run::of(command).refused(6, &["error[engine]: the engine does not answer", "docker-archive=FILE"]);
    }
}

//! Docker and Podman: a program sees there what it sees in the sandbox, and nothing of it is left.

use super::starter::{STARTER, get};
use super::{Going, gone, inmate_of};
use crate::support::{Fake, Run, built, tool};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// A project whose name no other test has, and what to ask of podman here.
fn fake(name: &str) -> Fake {
    let fake = inmate_of(&format!("{name}-{}", std::process::id()), "");
    let at = |name: &str| fake.path(name).display().to_string();
    let places = format!("graphroot = \"{}\"\nrunroot = \"{}\"\n", at("graph"), at("run"));
    fake.file("storage.conf", format!("[storage]\ndriver = \"vfs\"\n{places}"));
    // for machines without a network of podman's, and that may not raise limits
    let limits = "netns = \"none\"\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n";
    fake.file("containers.conf", format!("[engine]\nruntime = \"runc\"\n[containers]\n{limits}"));
    fake
}

fn command(fake: &Fake, engine: &str, words: &[&str], how: &[&str]) -> Command {
    let mut command = fake.command([&["run", "--engine", engine], words, &["--"], how].concat());
    podmans(&mut command, &fake.path(""));
    command
}

fn podmans(command: &mut Command, folder: &Path) {
    command.env("CONTAINERS_STORAGE_CONF", folder.join("storage.conf"));
    command.env("CONTAINERS_CONF", folder.join("containers.conf"));
}

/// What `engine` still has of a run of `fake`.
fn left(fake: &Fake, engine: &str) -> String {
    let bin = fake.path("");
    let name = fs::read_to_string(bin.join("Cargo.toml")).unwrap();
    let name = name.split('"').nth(1).unwrap().to_owned();
    let said = |words: &[&str]| {
        let mut tool = tool(engine);
        podmans(tool.args(words), &bin);
        let run = Run::of(tool);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
            .lines()
            .filter(|line| line.contains(&name))
            .map(|line| line.to_owned() + "\n")
            .collect::<String>()
    };
    said(&["ps", "--all", "--format", "{{.Names}} {{.Image}}"])
        + &said(&["images", "--format", "{{.Repository}}:{{.Tag}}"])
}

/// What the program says of itself, but for what belongs to one engine alone: a variable, more devices, and what mounts
/// forbid beyond writing.
fn seen(fake: &Fake, engine: &str) -> Vec<String> {
    fake.file("shown/file", "");
    fs::set_permissions(fake.path("shown"), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let words = ["-q", "--volume", "/data", "--workdir", "/data", "--env", "A=1", "-v", "shown:/shown"];
    let run = Run::of(command(fake, engine, &words, &["sees", "a", "b c"]));
    assert!(run.status == 0 && run.stderr.is_empty(), "{engine}: {run:?}");
    let own = ["variable container=", "variable TERM=", "devices "];
    let lines = run.stdout.lines().filter(|line| !own.iter().any(|start| line.starts_with(start)));
    // the mode of the root is the engine's
    lines
        .map(|line| line.replace("nodev,", "").replace("nosuid,", "").replace("/ ro 555", "/ ro 755"))
        .collect()
}

#[test]
fn needs_docker_a_program_sees_in_docker_what_it_sees_in_the_sandbox() {
    let fake = fake("docker");
    let (sandbox, docker) = (seen(&fake, "builtin"), seen(&fake, "docker"));
    assert!(sandbox.contains(&"Groups: 65532".to_owned()) && sandbox.contains(&"folder /data".to_owned()));
    assert_eq!(sandbox, docker);
    assert_eq!(left(&fake, "docker"), "");
}

#[test]
fn needs_podman_a_program_sees_in_podman_what_it_sees_in_the_sandbox() {
    let fake = fake("podman");
    assert_eq!(seen(&fake, "builtin"), seen(&fake, "podman"));
    assert_eq!(left(&fake, "podman"), "");
}

#[test]
fn needs_docker_memory_is_bounded_and_the_status_is_the_programs() {
    let fake = fake("limits");
    let run = |words: &[&str], how: &[&str]| Run::of(command(&fake, "docker", words, how));
    assert_eq!(run(&["-q"], &["echoes", "7"]).status, 7);
    let killed = run(&["--memory", "32MB"], &["takes", "64000000"]);
    assert!(killed.status == 137 && killed.stderr.contains("more memory than it may"), "{killed:?}");
    assert!(run(&["--memory", "128MB"], &["takes", "64000000"]).stdout.contains("took 64000000"));
    assert_eq!(left(&fake, "docker"), "");
}

#[test]
fn needs_docker_a_published_port_leads_to_the_program() {
    let fake = fake("ports");
    fs::copy(built("starter", Some(STARTER)), fake.program()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let publish = format!("127.0.0.1:{port}:8080");
    let mut going = Going::start(command(&fake, "docker", &["-p", &publish], &[]));
    assert_eq!(going.line(), "Started, serving at 8080");
    assert!(get(port).contains("Hello World from Rust"));
    // a second one finds the port taken, and the engine's own words are told
    let second = Run::of(command(&fake, "docker", &["-p", &publish], &[]));
    assert!(second.status == 6 && second.stderr.contains("error[engine]"), "{second:?}");
    assert!(second.stderr.contains("port is already allocated"), "{second:?}");
    going.send(Signal::INT);
    assert_eq!(going.end().status, 0);
    assert_eq!(left(&fake, "docker"), "");
}

#[test]
fn needs_docker_nothing_is_left_whatever_ends_first() {
    let fake = fake("ends");
    // the client, as its user may do or the machine
    let mut going = Going::start(command(&fake, "docker", &[], &["clean"]));
    assert_eq!(going.line(), "ready");
    assert!(left(&fake, "docker").lines().count() >= 1);
    let family = going.family();
    let client = Pid::from_raw(i32::try_from(family[0].0).unwrap()).unwrap();
    kill_process(client, Signal::KILL).unwrap();
    assert_eq!(going.end().status, 137);
    gone(&family);
    assert_eq!(left(&fake, "docker"), "");
    // ourselves, by Ctrl-C
    let mut going = Going::start(command(&fake, "docker", &[], &["clean"]));
    assert_eq!(going.line(), "ready");
    going.send(Signal::INT);
    assert_eq!(going.end().status, 0);
    assert_eq!(left(&fake, "docker"), "");
}

#[test]
fn needs_docker_an_image_that_was_there_before_stays_under_its_names() {
    let fake = fake("stays");
    let name = format!("run-stays-{}:1", std::process::id());
    assert_eq!(fake.scratch(["-q", "-o", "docker", "-t", &name, "--compression", "none"]).status, 0);
    let id = || {
        let mut inspect = tool("docker");
        inspect.args(["image", "inspect", "-f", "{{.Id}} {{.RepoTags}}", &name]);
        Run::of(inspect).stdout
    };
    let before = id();
    let run = Run::of(command(&fake, "docker", &["-q"], &["sees"]));
    let after = id();
    let _ = tool("docker").args(["rmi", &name]).output();
    assert_eq!(run.status, 0, "{run:?}");
    assert!(before == after && before.contains(&name), "{before} {after}");
}

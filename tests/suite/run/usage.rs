//! What is asked for and cannot be had is told in words, before anything is built.

use super::{inmate, ran};
use crate::support::{Fake, Project, Run};

#[test]
fn what_makes_no_sense_is_refused_before_the_build() {
    let fake = inmate();
    for (words, says) in [
        (&["-o", "out.tar"][..], &["error[usage]", "`--output`", "run --image DEST"][..]),
        (
            &["-p", "8080:80"],
            &["error[usage]", "`--publish 8080:80`", "this machine's network", "--engine docker"],
        ),
        (&["-v", "nowhere:/a"], &["error[usage]", "nowhere", "No such file"]),
        (&["-v", "src:/a", "-v", "src:/a"], &["error[usage]", "two mounts", "`/a`"]),
        (&["--image", "Cargo.toml", "--env", "A=b"], &["error[usage]", "`--env`", "there already"]),
        (&["--image", "Cargo.toml", "--bin", "x"], &["error[usage]", "`--bin`", "there already"]),
    ] {
        ran(&fake, words, &["sees"]).refused(2, says);
    }
    for words in [&["--memory", "64m"][..], &["-v", "a:b"], &["-p", "99999:1"], &["--network", "bridge"]] {
        let run = ran(&fake, words, &["sees"]);
        assert!(run.status == 2 && run.stderr.contains("error[usage]: invalid value"), "{run:?}");
    }
    assert!(fake.builds().is_empty());
}

#[test]
fn one_program_is_run_as_cargo_does_it() {
    let project = Project::new("one", "");
    project.file("src/bin/two.rs", "fn main() {}\n");
    let fake = Fake::of(project);
    let words = ["error[selection]", "`one`", "`two`", "--bin"];
    fake.scratch(["run", "--engine", "builtin"]).refused(2, &words);
    fake.scratch(["run", "--engine", "builtin", "--bins"]).refused(2, &words);
    assert!(fake.builds().is_empty());
    let run = fake.scratch(["run", "--engine", "builtin", "--bin", "two"]);
    assert_eq!((run.status, &*run.stdout), (0, "hello\n"), "{run:?}");
}

#[test]
fn another_platform_than_this_machines_is_refused_or_left_out() {
    let fake = inmate();
    let run = |platforms: &str| ran(&fake, &["--dry-run", "--platform", platforms], &[]);
    let both = run("linux/riscv64,linux/amd64");
    assert!(
        both.status == 0 && both.stdout.contains("linux/amd64") && !both.stdout.contains("riscv64"),
        "{both:?}"
    );
    run("linux/ppc64").refused(2, &["error[platform]", "linux/ppc64", "linux/amd64"]);
}

#[test]
fn a_plan_tells_what_would_run_and_where() {
    let fake = inmate();
    let run = ran(&fake, &["--dry-run", "--cmd", "x"], &[]);
    for line in ["  program    /inmate", "  cmd        [\"x\"]", "run          sandbox"] {
        assert!(run.stdout.lines().any(|other| other == line), "no {line}: {run:?}");
    }
    let run = ran(&fake, &["--dry-run", "--message-format", "json"], &[]);
    let objects: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<_> = objects.iter().map(|object| object["reason"].as_str().unwrap()).collect();
    assert_eq!((reasons, objects[1]["engine"].as_str()), (vec!["plan", "run"], Some("builtin")));
    assert!(fake.builds().is_empty());
}

#[test]
fn i2_where_there_is_nothing_to_run_in_all_reasons_are_told_needs_unshare() {
    let fake = inmate();
    // a kernel that gives a user no namespaces, as many distributions and containers do
    let mut command = crate::support::through(
        crate::support::tool("unshare"),
        [
            "--user",
            "--map-root-user",
            "/bin/sh",
            "-c",
            "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" \"$@\"",
        ],
        &fake.command(["run", "--env", "A=b"]),
    );
    command.env("PATH", fake.tools());
    let run = Run::of(command);
    run.refused(
        6,
        &["error[sandbox]", "the sandbox: ", "the Docker Engine: ", "Podman: ", "max_user_namespaces"],
    );
}

//! What programs read: every command's objects are those of the published schema, and every code is explained.

mod codes;
mod documented;

use crate::support::registry::Registry;
use crate::support::{Fake, Project, Run, alone, schema, tool};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// The objects of a run of `command` with JSON asked for, which ends with `status`.
#[track_caller]
fn told(mut command: Command, status: i32) -> Vec<Value> {
    command.arg("--message-format=json");
    let run = Run::of(command);
    assert_eq!(run.status, status, "{run:?}");
    let objects = schema::objects(&run.stdout);
    // whoever reads one stream alone misses nothing
    for (reason, mark) in [("error", "error["), ("warning", "warning[")] {
        let count = |object: &&Value| object["reason"] == reason;
        let said = run.stderr.lines().filter(|line| line.starts_with(mark)).count();
        assert_eq!(objects.iter().filter(count).count(), said, "{run:?}");
    }
    objects
}

/// Every command, as it goes well and as it goes wrong.
fn everything() -> Vec<Value> {
    let registry = Registry::start();
    let fake = Fake::new("hello", "");
    fake.file("k8s/a.yaml", "image: scratch://hello\nb: x scratch://hello\n");
    fake.file("notes", "x");
    fake.lock();
    let name = registry.name("me/hello:1");
    let run = |words: &[&str], status| told(alone(fake.command(words), &fake), status);
    let mut all = Vec::new();
    let mut tell = |words: &[&str], status| {
        let objects = run(words, status);
        all.extend(objects.clone());
        objects
    };
    tell(
        &["--dry-run", "--expose", "80", "--copy", "notes:/n", "--ca-certs", "mozilla", "--zoneinfo", "UTC"],
        0,
    );
    tell(&["build", "-o", "one.tar", "--env", "API_TOKEN=x", "--platform", "linux/amd64,linux/arm64"], 0);
    tell(
        &[
            "-o",
            "two.tar",
            "--copy",
            "notes:/n",
            "--label",
            "a=b",
            "-o",
            "oci-dir=layout",
            "-o",
            "rootfs=files",
        ],
        0,
    );
    tell(&["push", &name, "--dry-run"], 0);
    let pushed = tell(&["push", &name], 0);
    let digest = pushed[0]["digest"].as_str().unwrap().to_owned();
    tell(&["index", &registry.name("me/hello:all"), &digest], 0);
    let repository = registry.name("me");
    tell(&["resolve", "-f", "k8s", "--repo", &repository, "--list"], 0);
    tell(&["resolve", "-f", "k8s", "--repo", &repository], 0);
    tell(&["run", "--dry-run"], 0);
    tell(&["run", "--dry-run", "--image", "two.tar"], 0);
    tell(&["test-image", "--dry-run"], 0);
    tell(&["test-image", "--image", "two.tar", "--stdout", "hello", "--exit", "0"], 0);
    tell(&["test-image", "--image", "two.tar", "--http", ":80/=200", "--tcp", "80", "--timeout", "1s"], 4);
    tell(&["dockerfile"], 0);
    tell(&["init", "dockerfile"], 0);
    tell(&["init", "dockerfile"], 0);
    fake.file("Dockerfile", "FROM scratch\n");
    tell(&["init", "dockerfile", "--check"], 1);
    tell(&["doctor"], 0);
    let program = fake.program();
    tell(&["verify", program.to_str().unwrap(), "/bin/ls", "notes", "two.tar"], 4);
    fake.file("broken.tar", fs::read(fake.path("two.tar")).unwrap().split_at(2048).0);
    tell(&["verify", "broken.tar", "nowhere"], 4);
    tell(&["verify", "--provenance", "one.tar"], 0);
    tell(&["verify", "--provenance=notes", "one.tar"], 4);
    tell(&["inspect", "one.tar"], 0);
    tell(&["inspect", &name], 0);
    tell(&["diff", "one.tar", "two.tar"], 0);
    tell(&["diff", "one.tar", "notes", "--exit-code"], 4);
    tell(&["size"], 0);
    tell(&["explain"], 0);
    tell(&["explain", "error[platform]"], 0);
    tell(&["explain", "platfrom"], 2);
    tell(&["schema"], 0);
    tell(&["--nope"], 2);
    tell(&["verify"], 2);
    tell(&["--bin", "nope"], 2);
    tell(&["push", "hello"], 2);
    tell(&["-o", "/proc/x.tar"], 5);
    tell(&["push", "127.0.0.1:1/a"], 6);
    tell(&["inspect", "notes"], 4);
    tell(&["run", "--image", "notes", "--dry-run"], 4);
    let project = Project::empty();
    all.extend(told(project.command(["new", "hello"]), 0));
    all.extend(told(project.command(["new", "hello"]), 2));
    all.extend(told(project.command(["build"]), 1));
    all
}

#[test]
fn every_command_tells_objects_of_the_schema_and_every_reason_is_told() {
    let told: BTreeSet<_> =
        everything().iter().map(|object| object["reason"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, schema::reasons().into_iter().collect());
}

/// Those that differ in more than their values.
fn shapes(objects: Vec<Value>) -> Vec<Value> {
    fn shape(value: &Value) -> String {
        match value {
            Value::Object(object) => {
                object.iter().map(|(key, value)| [key, "{", &shape(value), "}"].concat()).collect()
            }
            Value::Array(items) => items.iter().map(shape).collect::<BTreeSet<_>>().into_iter().collect(),
            Value::Null => "0".into(),
            _ => "1".into(),
        }
    }
    objects
        .into_iter()
        .map(|object| (shape(&object) + &object["reason"].to_string(), object))
        .collect::<BTreeMap<_, _>>()
        .into_values()
        .collect()
}

#[test]
fn needs_check_jsonschema_another_reader_of_schemas_says_the_same() {
    let folder = Project::empty();
    let write = |(at, object): (usize, &Value)| folder.file(&format!("{at}.json"), object.to_string());
    let judged = |objects: &[Value]| {
        let mut check = tool("check-jsonschema");
        check.arg("--schemafile").arg(schema::file()).args(objects.iter().enumerate().map(write));
        Run::of(check)
    };
    let mut objects = shapes(everything());
    let run = judged(&objects);
    assert_eq!(run.status, 0, "{run:?}");
    // a key that is gone is noticed, one that is new is not
    let error = objects.iter_mut().find(|object| object["reason"] == "error").unwrap();
    error["news"] = true.into();
    let mut changed = error.clone();
    assert_eq!(judged(&[changed.clone()]).status, 0);
    assert!(schema::fits(&changed).unwrap_err().contains("error.news is in no schema"));
    changed.as_object_mut().unwrap().remove("news");
    changed.as_object_mut().unwrap().remove("code");
    assert_eq!(judged(&[changed]).status, 1);

    let mut check = tool("check-jsonschema");
    check.arg("--check-metaschema").arg(schema::file());
    assert_eq!(Run::of(check).status, 0);
}

#[test]
fn the_programs_own_output_is_all_that_a_run_prints() {
    let fake = Fake::new("hello", "");
    let words = ["run", "--engine", "builtin", "--env", "API_TOKEN=x", "--message-format", "json"];
    let run = fake.scratch(words);
    assert_eq!((run.status, run.stdout.as_str()), (0, "hello\n"), "{run:?}");
    assert!(run.stderr.contains("warning[secret]"), "{run:?}");
    // what went wrong before it could start has the stream to itself
    let run = fake.scratch(["run", "--bin", "nope", "--message-format", "json"]);
    assert_eq!((run.status, &schema::objects(&run.stdout)[0]["code"]), (2, &"selection".into()), "{run:?}");
}

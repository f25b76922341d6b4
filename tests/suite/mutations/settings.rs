//! Faults of how a container starts: settings in a form that no engine takes, and a start that leads nowhere.

use super::editor::Change;
use super::record::Record;
use super::{Base, PROGRAM, Row, row};
use cargo_scratch::content::Rule;
use serde_json::{Value, json};

fn one(base: &Base) -> bool {
    base.platforms == 1
}

fn set(config: &mut Value, key: &str, value: Value) {
    config["config"][key] = value;
}

fn program(records: &mut [Record]) -> &mut Record {
    records.iter_mut().find(|record| record.name() == "hello").unwrap()
}

pub const ROWS: &[Row] = &[
    row(
        "a variable without a value",
        Change::Config(|config| set(config, "Env", json!(["PATH"]))),
        Rule::Document,
        "Env",
    ),
    row(
        "a variable without a name",
        Change::Config(|config| set(config, "Env", json!(["=x"]))),
        Rule::Document,
        "Env",
    ),
    row(
        "a port that is a word",
        Change::Config(|config| set(config, "ExposedPorts", json!({ "http/tcp": {} }))),
        Rule::Document,
        "ExposedPorts",
    ),
    row(
        "a port beyond all ports",
        Change::Config(|config| set(config, "ExposedPorts", json!({ "65536": {} }))),
        Rule::Document,
        "ExposedPorts",
    ),
    row(
        "a volume that is no absolute path",
        Change::Config(|config| set(config, "Volumes", json!({ "data": {} }))),
        Rule::Document,
        "Volumes",
    ),
    row(
        "a signal that there is none of",
        Change::Config(|config| set(config, "StopSignal", json!("SIGSTOPP"))),
        Rule::Document,
        "StopSignal",
    ),
    row(
        "a working folder that is not absolute",
        Change::Config(|config| set(config, "WorkingDir", json!("app"))),
        Rule::Document,
        "WorkingDir",
    ),
    row(
        "a working folder that is a file",
        Change::Config(|config| set(config, "WorkingDir", json!("/data/file"))),
        Rule::Start,
        "/data/file",
    ),
    row("another system", Change::Config(|config| config["os"] = json!("plan9")), Rule::Platform, "plan9"),
    row(
        "another architecture than the index has",
        Change::Config(|config| config["architecture"] = json!("s390x")),
        Rule::Platform,
        "s390x",
    ),
    row(
        "an architecture that nobody knows",
        Change::Config(|config| config["architecture"] = json!("z80")),
        Rule::Platform,
        "z80",
    ),
    row(
        "an empty word to start",
        Change::Config(|config| set(config, "Entrypoint", json!([""]))),
        Rule::Start,
        "Entrypoint",
    ),
    row(
        "a program that is not there",
        Change::Config(|config| set(config, "Entrypoint", json!(["/helo"]))),
        Rule::Start,
        "/helo",
    ),
    row(
        "a program that is in no folder of PATH",
        Change::Config(|config| set(config, "Entrypoint", json!(["hello"]))),
        Rule::Start,
        "PATH",
    ),
    row(
        "a program that is a folder",
        Change::Config(|config| set(config, "Entrypoint", json!(["/data"]))),
        Rule::Start,
        "is a folder",
    ),
    row(
        "a program that nobody may execute",
        Change::Entries(PROGRAM, |all| *program(all) = program(all).clone().mode(0o644)),
        Rule::Start,
        "0644",
    ),
    row(
        "a program that only root may execute",
        Change::Entries(PROGRAM, |all| *program(all) = program(all).clone().mode(0o744)),
        Rule::Start,
        "65532",
    ),
    row(
        "a program in a folder that is closed",
        Change::Image(|image| {
            let mut moved = program(&mut image.layers[PROGRAM]).clone();
            moved.rename(b"closed/hello");
            image.push(vec![Record::folder("closed/").mode(0o700), moved]);
            image.config["config"]["Entrypoint"] = json!(["/closed/hello"]);
        }),
        Rule::Start,
        "/closed",
    ),
    row(
        "a program that a layer above has deleted",
        Change::Image(|image| image.push(vec![Record::file(".wh.hello", "")])),
        Rule::Start,
        "/hello",
    ),
    row(
        "links in a circle where the program should be",
        Change::Entries(PROGRAM, |all| {
            *all = vec![Record::symlink("circle", "hello"), Record::symlink("hello", "circle")];
        }),
        Rule::Start,
        "/hello",
    ),
    row(
        "a link to nothing where the program should be",
        Change::Entries(PROGRAM, |all| *all = vec![Record::symlink("hello", "bin/hello")]),
        Rule::Start,
        "/hello",
    ),
    row(
        "a user that nobody knows",
        Change::Config(|config| set(config, "User", json!("www-data"))),
        Rule::Start,
        "www-data",
    ),
    row(
        "a group that nobody knows",
        Change::Config(|config| set(config, "User", json!("65532:www-data"))),
        Rule::Start,
        "www-data",
    ),
    row(
        "a user without a group after the colon",
        Change::Config(|config| set(config, "User", json!("65532:"))),
        Rule::Start,
        "User",
    ),
    row(
        "a user beyond all numbers",
        Change::Config(|config| set(config, "User", json!("4294967296"))),
        Rule::Start,
        "4294967296",
    ),
    row(
        "a script whose interpreter is not there",
        Change::Entries(PROGRAM, |all| program(all).fill(b"#!/bin/sh\necho\n".to_vec())),
        Rule::Start,
        "/bin/sh",
    ),
    row(
        "a script without an interpreter",
        Change::Entries(PROGRAM, |all| program(all).fill(b"#!\necho\n".to_vec())),
        Rule::Program,
        "/hello",
    ),
    row(
        "a script whose interpreter it is itself",
        Change::Entries(PROGRAM, |all| program(all).fill(b"#!/hello\n".to_vec())),
        Rule::Program,
        "/hello",
    ),
    row(
        "a text where the program should be",
        Change::Entries(PROGRAM, |all| program(all).fill(b"hello\n".to_vec())),
        Rule::Program,
        "exec format error",
    ),
    row(
        "nothing in the program",
        Change::Entries(PROGRAM, |all| program(all).fill(Vec::new())),
        Rule::Program,
        "exec format error",
    ),
    row(
        "users in a file that is another's",
        Change::Image(|image| {
            image.push(vec![Record::file("etc/.wh.passwd", "")]);
            image.config["config"]["User"] = json!("nonroot");
        }),
        Rule::Start,
        "nonroot",
    )
    .of(one),
];

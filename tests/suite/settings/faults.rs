//! Settings that cannot be understood: the place, the reason and the nearest right word, before anything is written.

use super::image;
use crate::support::{Archive, Fake, Project, Run};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn b7_an_unknown_key_names_its_place_and_the_nearest_one() {
    for table in ["package", "workspace"] {
        let project = Fake::new("hello", &format!("[{table}.metadata.scratch]\nusr = \"1\"\n"));
        let place = format!("Cargo.toml, [{table}.metadata.scratch]");
        project.scratch(["build"]).refused(2, &["error[setting]", "`usr`", &place, "did you mean `user`?"]);
        assert!(!project.path("target").exists());
    }
    let project = Fake::new("hello", "[package.metadata.scratch]\n\"q\\u001b[31m\\n\" = 1\n");
    project.scratch(["build"]).refused(2, &["unknown key `q\\u{1b}[31m\\n`", "the keys are", "stop-signal"]);
}

#[test]
fn b7_a_wrong_type_or_value_names_its_key_and_its_place() {
    for (line, words) in [
        ("user = { a = 1 }", &["`user`", "expected a value or a list"][..]),
        ("user = [[1]]", &["`user`", "neither a string nor a number"]),
        ("user = []\nenv = { A = [1] }", &["`env`", "neither a string"]),
        ("user = \"\"", &["user in [package.metadata.scratch]", "UID[:GID]"]),
        ("user = [\"1\", \"2\"]", &["user in [package"]),
        ("user = -1", &["user in [package", "UID"]),
        ("env = [\"A\"]", &["env in [package", "NAME=VALUE"]),
        ("env = { \"A B\" = 1 }", &["env in [package"]),
        ("env = { A = \"\\u001b[0m\" }", &["env in [package", "control character"]),
        ("label = [\"=x\"]", &["label in [package"]),
        ("expose = 0", &["expose in [package", "1 to 65535"]),
        ("expose = [1.5]", &["expose in [package"]),
        ("workdir = \"data\"", &["workdir in [package", "absolute path"]),
        ("volume = [\"/a/../b\"]", &["volume in [package"]),
        ("tag = \"A B\"", &["tag in [package", "`a-b` is"]),
        ("tag = \"a:b:c\"", &["tag in [package"]),
        ("stop-signal = \"TERM\"", &["stop-signal in [package", "SIGTERM or 15"]),
        ("copy = \"a\"", &["copy in [package", "SRC:DEST"]),
        ("created = 1979-05-27", &["created in [package", "seconds since 1970"]),
        ("created = \"soon\"", &["created in [package", "seconds since 1970"]),
        ("compression = \"gzip:13\"", &["compression in [package"]),
        ("output = \"oci-archiv\"", &["no output is called `oci-archiv`", "did you mean `-o oci-archive`?"]),
        ("target = \"x86_64-apple-darwin\"", &["target in [package", "no Linux target"]),
        ("no-install = \"perhaps\"", &["no-install in [package", "true or false"]),
    ] {
        let project = Fake::new("hello", &format!("[package.metadata.scratch]\n{line}\n"));
        let run = project.scratch(["build"]);
        run.refused(2, words);
        assert!(
            run.stderr.contains("Cargo.toml, [package.metadata") || line.starts_with("output"),
            "{run:?}"
        );
        assert!(!project.path("target").exists(), "{line}");
    }
    for scratch in ["\"text\"", "3", "[1]", "true"] {
        let project = Fake::new("hello", &format!("[package.metadata]\nscratch = {scratch}\n"));
        project.scratch(["build"]).refused(2, &["is not a table", "Cargo.toml"]);
    }
}

#[test]
fn b7_a_huge_value_and_a_deep_one_are_bounded() {
    let huge = "x".repeat(10_000_000);
    let start = Instant::now();
    for line in [format!("user = \"{huge}\""), format!("\"{huge}\" = 1"), format!("tag = \"{huge}\"")] {
        let run = Project::new("hello", &format!("[package.metadata.scratch]\n{line}\n")).scratch(["build"]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.len() < 50_000, "an error of {} bytes", run.stderr.len());
        run.refused(2, &["Cargo.toml, [package.metadata.scratch]"]);
    }
    assert!(start.elapsed() < Duration::from_secs(30), "nothing is searched for the square of its length");
    let large = &huge[..1_000_000];
    let project = Fake::new("hello", &format!("[package.metadata.scratch]\nlabel = {{ a = \"{large}\" }}\n"));
    let image = image(&project, &project.scratch(["build"]));
    assert_eq!(image["run"]["Labels"]["a"].as_str(), Some(large), "what is valid is kept whole");
    let deep = format!("user = {}{}", "[".repeat(60), "]".repeat(60));
    let project = Fake::new("hello", &format!("[package.metadata.scratch]\n{deep}\n"));
    project.scratch(["build"]).refused(2, &["`user`"]);
}

#[test]
fn b7_nesting_beyond_any_reason_is_an_error_and_no_crash() {
    let project = Project::new("hello", "");
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).unwrap();
    for depth in [200, 20_000] {
        let deep = format!("user = {}{}", "[".repeat(depth), "]".repeat(depth));
        project.file("Cargo.toml", format!("{manifest}[package.metadata.scratch]\n{deep}\n"));
        let run = project.scratch(["build"]);
        assert!([1, 2].contains(&run.status), "{run:?}");
        run.refused(run.status, &["Cargo.toml"]);
        assert!(run.stderr.len() < 100_000);
    }
}

#[test]
fn a_variable_that_is_nearly_a_setting_is_a_warning() {
    let project = Fake::new("hello", "");
    let mut command = project.command(["build"]);
    command.env("CARGO_SCRATCH_WORKDR", "/x").env("CARGO_SCRATCH_QQQQ\u{1b}[31m", "1");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let lines: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("warning[")).collect();
    assert_eq!(
        lines,
        [
            "warning[unknown-variable]: the variable CARGO_SCRATCH_QQQQ\\u{1b}[31m is no setting",
            "warning[unknown-variable]: the variable CARGO_SCRATCH_WORKDR is no setting; did you mean CARGO_SCRATCH_WORKDIR?",
        ]
    );
    let mut command = project.command(["build"]);
    command.env("CARGO_SCRATCH_USER", "a b");
    Run::of(command).refused(2, &["`CARGO_SCRATCH_USER`", "UID[:GID]", "the environment"]);
}

#[test]
fn h2_a_variable_that_looks_like_a_secret_is_a_warning() {
    let project = Fake::new("hello", "[package.metadata.scratch]\nenv = { DB_PASSWORD = \"hunter2\" }\n");
    let run = project.scratch(["-e", "API_TOKEN=hunter2", "-e", "api_key=hunter2", "-e", "KEYBOARD=de"]);
    assert_eq!(run.status, 0, "{run:?}");
    for name in ["DB_PASSWORD", "API_TOKEN", "api_key"] {
        assert!(
            run.stderr.contains(&format!("warning[secret]: the variable {name} looks like a secret")),
            "{run:?}"
        );
    }
    assert!(!run.stderr.contains("KEYBOARD") && !run.stderr.contains("hunter2"), "{run:?}");
}

#[test]
fn compressions_are_what_the_outputs_can_carry() {
    let project = Fake::new("hello", "");
    let words = ["`-o docker-archive` cannot carry zstd", "--output oci-archive"];
    project.scratch(["--compression", "zstd"]).refused(2, &words);
    project.scratch(["--compression", "zstd", "-o", "oci-archive", "-o", "x.tar"]).refused(2, &words);
    assert!(!project.path("target").exists());
    let mut sizes = Vec::new();
    for (compression, ending) in
        [("none", "tar"), ("gzip:1", "tar+gzip"), ("gzip:12", "tar+gzip"), ("zstd", "tar+zstd")]
    {
        if ending == "tar+zstd" && !cfg!(feature = "zstd") {
            continue;
        }
        let run = project.scratch(["--compression", compression, "-o", "oci-archive=x.oci.tar"]);
        assert_eq!(run.status, 0, "{run:?}");
        let archive = Archive::read(&project.path("x.oci.tar"));
        for layer in archive.manifest["layers"].as_array().unwrap() {
            assert_eq!(layer["mediaType"], format!("application/vnd.oci.image.layer.v1.{ending}"));
        }
        assert!(archive.root()["hello"].content.starts_with(b"\x7fELF"));
        sizes.push(archive.manifest["layers"].as_array().unwrap().iter().map(size).sum::<u64>());
    }
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
    for wrong in ["gzip:0", "gzip:13", "zstd:23", "bzip2", "GZIP", "none:1", ""] {
        let run = project.scratch(["--compression", wrong, "-o", "oci-archive"]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{wrong:?}: {run:?}");
        assert!(run.stderr.contains("--compression"), "{run:?}");
    }
}

fn size(layer: &Value) -> u64 {
    assert_ne!(layer["size"], json!(0));
    layer["size"].as_u64().unwrap()
}

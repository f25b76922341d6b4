//! Settings: each can be said by flag, by variable and in Cargo.toml, and is seen in the image.

mod faults;
mod labels;
mod speech;
mod streams;

use crate::support::{Archive, Fake, Project, Run};
use serde_json::{Value, json};
use std::path::Path;

const BUNDLE: &str = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt";

/// A setting, its values, and what is then in the image.
struct Row {
    key: &'static str,
    values: &'static [&'static str],
    /// A JSON pointer into [`image`].
    place: &'static str,
    seen: Value,
}

fn rows() -> Vec<Row> {
    let row = |key, values, place, seen| Row { key, values, place, seen };
    vec![
        row("tag", &["me/a:1", "b:2"], "/tags", json!(["me/a:1", "b:2"])),
        row("output", &["docker-archive=named.tar"], "/file", json!("named.tar")),
        row("target", &["x86_64-unknown-linux-musl"], "/config/architecture", json!("amd64")),
        row("entrypoint", &["/hello", "", "-x"], "/run/Entrypoint", json!(["/hello", "", "-x"])),
        row("cmd", &["--port=1", "a,b \"c\""], "/run/Cmd", json!(["--port=1", "a,b \"c\""])),
        row("env", &["A=1", "B=x,y=z", "C="], "/run/Env", json!(["A=1", "B=x,y=z", "C=", BUNDLE])),
        row("workdir", &["/data dir"], "/run/WorkingDir", json!("/data dir")),
        row("user", &["1000:1001"], "/run/User", json!("1000:1001")),
        row("expose", &["80", "53/udp"], "/run/ExposedPorts", json!({"80/tcp": {}, "53/udp": {}})),
        row("volume", &["/v", "/w/x"], "/run/Volumes", json!({"/v": {}, "/w/x": {}})),
        row("label", &["a.b=c d"], "/run/Labels/a.b", json!("c d")),
        row("annotation", &["x.y=z\"'"], "/manifest/annotations/x.y", json!("z\"'")),
        row("stop-signal", &["SIGQUIT"], "/run/StopSignal", json!("SIGQUIT")),
        row("copy", &["my file:/etc/app.conf:mode=0600"], "/files/etc~1app.conf", json!("600 content")),
        row("ca-certs", &["mozilla", "my ca.pem"], "/run/Env/3", json!(BUNDLE)),
        row("zoneinfo", &["UTC", "Asia/Tokyo"], "/zones", json!(["Asia/Tokyo", "UTC"])),
        row("created", &["2023-11-14T22:13:20Z"], "/config/created", json!("2023-11-14T22:13:20Z")),
        row(
            "compression",
            &["none"],
            "/manifest/layers/0/mediaType",
            json!("application/vnd.oci.image.layer.v1.tar"),
        ),
    ]
}

#[test]
fn every_setting_can_be_a_flag() {
    let project = with_file(Fake::new("hello", ""));
    let words = rows().into_iter().flat_map(|row| {
        let flag = move |value: &&str| format!("--{}={value}", row.key);
        row.values.iter().map(flag).collect::<Vec<_>>()
    });
    check(&project, &project.scratch(words));
}

#[test]
fn every_setting_can_be_a_variable_with_a_value_a_line() {
    let project = with_file(Fake::new("hello", ""));
    let mut command = project.command(["build"]);
    for row in rows() {
        let name = row.key.replace('-', "_").to_uppercase();
        command.env(format!("CARGO_SCRATCH_{name}"), row.values.join("\n"));
    }
    check(&project, &Run::of(command));
}

#[test]
fn every_setting_can_be_a_key_of_the_packages_or_the_workspaces_metadata() {
    let line = |row: Row| format!("{} = {}\n", row.key, json!(row.values));
    let keys = rows().into_iter().map(line).collect::<Vec<_>>().concat();
    for table in ["package", "workspace"] {
        let project = with_file(Fake::new("hello", &format!("[{table}.metadata.scratch]\n{keys}")));
        check(&project, &project.scratch(["build"]));
    }
}

#[test]
fn metadata_may_use_tomls_own_types() {
    let project = with_file(Fake::new(
        "hello",
        r#"
        [package.metadata.scratch]
        user = 7
        expose = [80, "53/udp"]
        env = { A = "1", B = 2, C = true }
        label = { "a.b" = "c d" }
        copy = { "my file" = "/etc/app.conf:mode=0600" }
        created = 2023-11-14T23:13:20+01:00
        "#,
    ));
    let image = image(&project, &project.scratch(["build"]));
    assert_eq!(image["run"]["User"], "7");
    assert_eq!(image["run"]["ExposedPorts"], json!({"80/tcp": {}, "53/udp": {}}));
    assert_eq!(image["run"]["Env"], json!(["A=1", "B=2", "C=true"]));
    assert_eq!(image["run"]["Labels"]["a.b"], "c d");
    assert_eq!(image["files"]["etc/app.conf"], "600 content");
    assert_eq!(image["config"]["created"], "2023-11-14T22:13:20Z");
}

#[test]
fn without_a_word_the_image_is_as_the_help_says() {
    let project = Fake::new("hello", "");
    let image = image(&project, &project.scratch(["build"]));
    assert_eq!(image["run"]["User"], "65532:65532");
    assert_eq!(image["run"]["WorkingDir"], "/");
    assert_eq!(image["run"]["Entrypoint"], json!(["/hello"]));
    for absent in ["Cmd", "ExposedPorts", "Volumes", "StopSignal"] {
        assert_eq!(image["run"][absent], Value::Null, "{absent}");
    }
    assert_eq!(image["tags"], json!(["hello:0.1.0", "hello:latest"]));
    assert_eq!(image["file"], "target/scratch/hello.tar");
    assert_eq!(image["config"]["created"], "1970-01-01T00:00:00Z");
    assert_eq!(image["manifest"]["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
}

#[test]
fn a_flag_outranks_a_variable_outranks_the_package_outranks_the_workspace() {
    let workspace =
        "[workspace.metadata.scratch]\nuser = \"1\"\nworkdir = \"/w\"\nenv = { A = \"w\", W = \"w\" }\n";
    let package = "[package.metadata.scratch]\nuser = \"2\"\nenv = { A = \"p\", P = \"p\" }\n";
    let both = Fake::new("hello", &[workspace, package].concat());
    let seen = |project: &Fake, variable: Option<&str>, words: &[&str]| {
        let mut command = project.command(words);
        if let Some(user) = variable {
            command.env("CARGO_SCRATCH_USER", user).env("CARGO_SCRATCH_ENV", "A=v\nV=v");
        }
        let image = image(project, &Run::of(command));
        (image["run"]["User"].clone(), image["run"]["Env"].clone(), image["run"]["WorkingDir"].clone())
    };
    assert_eq!(
        seen(&Fake::new("hello", workspace), None, &[]),
        (json!("1"), json!(["A=w", "W=w"]), json!("/w"))
    );
    assert_eq!(seen(&both, None, &[]), (json!("2"), json!(["A=p", "P=p", "W=w"]), json!("/w")));
    assert_eq!(seen(&both, Some("3"), &[]), (json!("3"), json!(["A=v", "P=p", "V=v", "W=w"]), json!("/w")));
    assert_eq!(
        seen(&both, Some("3"), &["--user", "4", "-e", "A=f", "-e", "A=g"]),
        (json!("4"), json!(["A=g", "P=p", "V=v", "W=w"]), json!("/w")),
        "named values add up, and the last of one name wins"
    );
    assert_eq!(seen(&both, Some(""), &[]).0, json!("2"), "an empty variable is unset");
}

#[test]
fn lists_without_names_are_replaced_by_the_stronger_source() {
    let project = Fake::new("hello", "[package.metadata.scratch]\ncmd = [\"a\", \"b\"]\nexpose = [1, 2]\n");
    let image = image(&project, &project.scratch(["--cmd", "c"]));
    assert_eq!(image["run"]["Cmd"], json!(["c"]));
    assert_eq!(image["run"]["ExposedPorts"], json!({"1/tcp": {}, "2/tcp": {}}));
}

#[test]
fn a_platform_is_the_name_of_a_target() {
    let metadata = "[package.metadata.scratch]\ntarget = \"armv7-unknown-linux-musleabihf\"\n";
    let project = Fake::new("hello", metadata);
    for (words, target, platform) in [
        (&[][..], "armv7-unknown-linux-musleabihf", "linux/arm/v7"),
        (&["--platform", "linux/arm64"], "aarch64-unknown-linux-musl", "linux/arm64"),
        (&["--target", "riscv64gc-unknown-linux-musl"], "riscv64gc-unknown-linux-musl", "linux/riscv64"),
    ] {
        let mut command = project.command(["--dry-run", "--message-format", "json"].iter().chain(words));
        let linker = format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase());
        command.env(linker, "/bin/false");
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        let plan: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((plan["target"].as_str(), plan["platform"].as_str()), (Some(target), Some(platform)));
        let command = plan["command"].as_str().unwrap();
        assert!(command.contains(&format!("--target={target}")), "{command}");
    }
    let both = project.scratch(["--platform", "linux/arm64", "--target", "x86_64-unknown-linux-musl"]);
    assert_eq!((both.status, both.stdout.as_str()), (2, ""));
    assert!(both.stderr.contains("cannot be used with"), "{both:?}");
}

#[test]
fn e7_a_project_asks_for_no_push_and_says_nothing_about_whom_to_trust() {
    for (key, words) in [
        ("output = \"registry=ghcr.io/me/app\"", &["cannot ask for a push", "your credentials"][..]),
        ("insecure-registry = \"registry.example\"", &["`insecure-registry` cannot be set by a project"]),
        ("cacert = \"ca.pem\"", &["`cacert` cannot be set by a project", "--cacert"]),
    ] {
        let project = Fake::new("hello", &format!("[package.metadata.scratch]\n{key}\n"));
        project.scratch(["--dry-run"]).refused(2, &[&["error[setting]", "Cargo.toml"], words].concat());
    }
    let named = "[package.metadata.scratch]\ntag = \"ghcr.io/me/app:1\"\n";
    let plan =
        Fake::new("hello", named).scratch(["push", "--dry-run", "--insecure-registry", "registry.example"]);
    assert!(plan.stdout.contains("output     registry\n"), "{plan:?}");
    Fake::new("hello", "")
        .scratch(["push"])
        .refused(2, &["names no registry", "cargo scratch push REGISTRY/hello"]);
}

#[test]
fn source_date_epoch_outranks_every_other_time_and_must_be_seconds() {
    let project = Fake::new("hello", "");
    for (variable, words, seen) in [
        (Some("0"), &[][..], "1970-01-01T00:00:00Z"),
        (Some("1700000000"), &["--created", "5"], "2023-11-14T22:13:20Z"),
        (Some("8589934591"), &[], "2242-03-16T12:56:31Z"),
        (Some(""), &["--created", "5"], "1970-01-01T00:00:05Z"),
        (None, &["--created", "2023-11-14T23:13:20+01:00"], "2023-11-14T22:13:20Z"),
    ] {
        let mut command = project.command(words);
        if let Some(value) = variable {
            command.env("SOURCE_DATE_EPOCH", value);
        }
        let image = image(&project, &Run::of(command));
        assert_eq!(image["config"]["created"], seen, "{variable:?} {words:?}");
    }
    let before = project.listing();
    for (value, why) in [
        ("-1", "expected seconds since 1970\n"),
        ("abc", "expected seconds since 1970\n"),
        ("2023-11-14T22:13:20Z", "expected seconds since 1970\n"),
        ("9223372036854775808", "beyond the year 2242"),
        ("99999999999999999999", "expected seconds since 1970\n"),
        ("\u{1b}[2J", "`\\u{1b}[2J`"),
    ] {
        let mut command = project.command(["-o", "out.tar"]);
        command.env("SOURCE_DATE_EPOCH", value);
        Run::of(command).refused(2, &["SOURCE_DATE_EPOCH is", why]);
        assert_eq!(project.listing(), before);
    }
}

fn with_file(project: Fake) -> Fake {
    project.file("my file", "content");
    project.file("my ca.pem", include_str!("../fixtures/certificates/valid.pem"));
    project
}

/// Asserts that the image which `run` made is as all rows say.
#[track_caller]
fn check(project: &Project, run: &Run) {
    let image = image(project, run);
    for row in rows() {
        assert_eq!(image.pointer(row.place), Some(&row.seen), "{}", row.key);
    }
}

/// The one image that `run` made: its documents, its files as `MODE CONTENT`, its names and where it lies.
#[track_caller]
fn image(project: &Project, run: &Run) -> Value {
    assert_eq!(run.status, 0, "{run:?}");
    let path = Path::new(run.stdout.strip_suffix('\n').unwrap());
    let archive = Archive::read(path);
    let docker: Option<Value> =
        archive.files.get("manifest.json").map(|bytes| serde_json::from_slice(bytes).unwrap());
    let zones = archive.root().into_iter().filter(|(_, entry)| entry.kind.is_file());
    let zones = zones.filter_map(|(name, _)| Some(name.strip_prefix("usr/share/zoneinfo/")?.to_owned()));
    let files: serde_json::Map<String, Value> = archive
        .root()
        .into_iter()
        .filter(|(_, entry)| entry.size < 100)
        .map(|(name, e)| (name, json!(format!("{:o} {}", e.mode, String::from_utf8_lossy(&e.content)))))
        .collect();
    json!({
        "file": path.strip_prefix(project.path("")).unwrap(),
        "tags": docker.map(|docker| docker[0]["RepoTags"].clone()),
        "run": archive.config["config"],
        "config": archive.config,
        "manifest": archive.manifest,
        "files": files,
        "zones": zones.collect::<Vec<_>>(),
    })
}

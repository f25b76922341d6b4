//! What `inspect` shows of an image of ours.

use super::{inspected, look, text};
use crate::support::{Archive, Fake, Run, sha256, tool};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An image that says something of everything that an image can say.
fn full() -> (Fake, PathBuf) {
    let fake = Fake::new("app", "");
    fake.file("data/note.txt", "a note");
    fake.file("data/app.cdx.json", "{}");
    std::os::unix::fs::symlink("note.txt", fake.path("data/link")).unwrap();
    let path = fake.pack(&[
        "-t",
        "app:1",
        "--copy",
        "data:/data",
        "--env",
        "GREETING=hello there",
        "--label",
        "org.example.a=b",
        "--expose",
        "8080",
        "--cmd",
        "serve",
        "--workdir",
        "/data",
        "--stop-signal",
        "SIGINT",
        "--annotation",
        "org.example.c=d",
    ]);
    (fake, path)
}

#[test]
fn a_page_shows_all_that_an_image_says_within_100_columns() {
    let (_fake, path) = full();
    let run = look(&["inspect", text(&path)]);
    assert_eq!(run.status, 0, "{run:?}");
    for line in [
        "name         app:1",
        "platform     linux/amd64",
        "user         65532:65532",
        r#"entrypoint   ["/app"]"#,
        r#"cmd          ["serve"]"#,
        "workdir      /data",
        "GREETING=hello there",
        "expose       8080/tcp",
        "stop         SIGINT",
        "org.example.a=b",
        "org.example.c=d",
        "application/vnd.oci.image.layer.v1.tar, ",
        "sbom         CycloneDX: /data/app.cdx.json, 2 B",
        "faults       none",
        "program      /app: static (static-pie, x86_64, stripped, ",
        "    relro full, stack not executable",
    ] {
        assert!(run.stdout.contains(line), "no {line:?} in\n{}", run.stdout);
    }
    assert!(run.stderr.is_empty(), "{run:?}");
    // but for the first, which has a path in it
    for line in run.stdout.lines().skip(1) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn files_stand_in_columns_as_ls_has_them() {
    let (_fake, path) = full();
    let run = look(&["inspect", text(&path)]);
    let rows: Vec<_> =
        run.stdout.lines().filter(|line| line.starts_with("  ") && line.contains(" /")).collect();
    let rows: Vec<_> = rows.into_iter().filter(|row| !row.starts_with("   ")).collect();
    assert!(
        rows.iter().any(|row| row.starts_with("  -rwxr-xr-x 0:0 ") && row.ends_with(" /app")),
        "{rows:#?}"
    );
    assert!(
        rows.iter().any(|row| row.starts_with("  lrwxrwxrwx ") && row.ends_with("/data/link -> note.txt"))
    );
    assert!(
        rows.iter().any(|row| row.starts_with("  drwxr-xr-x ") && row.ends_with(" - 2 /data")),
        "{rows:#?}"
    );
    let at: Vec<_> = rows.iter().map(|row| row.find(" /").unwrap()).collect();
    assert!(at.windows(2).all(|pair| pair[0] == pair[1]), "{rows:#?}");
}

#[test]
fn of_many_files_the_first_are_shown_and_how_to_see_all() {
    let fake = Fake::new("app", "");
    for n in 0..60 {
        fake.file(&format!("data/{n:02}"), "x");
    }
    let path = fake.pack(&["--copy", "data:/data"]);
    let shown = |words: &[&str]| {
        let run = look(&[&["inspect"], words, &[text(&path)]].concat());
        (run.stdout.matches(" /data/").count(), run.stdout)
    };
    let (few, page) = shown(&[]);
    assert!(few < 45 && page.contains("more; all of them: --files"), "{page}");
    let (all, page) = shown(&["--files"]);
    assert!(all == 60 && !page.contains("--files"), "{page}");
    assert_eq!(inspected(text(&path))[0]["files"].as_array().unwrap().len(), few_and_own(&path));
}

/// The paths that another reader finds.
fn few_and_own(path: &std::path::Path) -> usize {
    Archive::read(path).root().len()
}

#[test]
fn json_agrees_with_another_reader_of_the_archive() {
    let (_fake, path) = full();
    let archive = Archive::read(&path);
    let all = inspected(text(&path));
    let [image] = &all[..] else { panic!("one platform") };
    assert_eq!((&image["reason"], &image["faults"]), (&json!("inspect"), &json!(0)));
    assert_eq!(image["config"], archive.id());
    assert_eq!(image["manifest"], archive.index["manifests"][0]["digest"]);
    let run = &archive.config["config"];
    for (ours, theirs) in [
        ("user", &run["User"]),
        ("entrypoint", &run["Entrypoint"]),
        ("cmd", &run["Cmd"]),
        ("env", &run["Env"]),
        ("workdir", &run["WorkingDir"]),
        ("labels", &run["Labels"]),
        ("stop_signal", &run["StopSignal"]),
        ("annotations", &archive.manifest["annotations"]),
    ] {
        assert_eq!(&image[ours], theirs, "{ours}");
    }
    let layers = image["layers"].as_array().unwrap();
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer["diff_id"].clone()).collect();
    assert_eq!(Value::Array(diff_ids), archive.config["rootfs"]["diff_ids"]);
    for (layer, descriptor) in layers.iter().zip(archive.manifest["layers"].as_array().unwrap()) {
        assert_eq!((&layer["digest"], &layer["size"]), (&descriptor["digest"], &descriptor["size"]));
        assert_eq!(layer["media_type"], descriptor["mediaType"]);
    }

    let root = archive.root();
    let files = image["files"].as_array().unwrap();
    assert_eq!(files.len(), root.len());
    let by_path: BTreeMap<_, _> = files.iter().map(|file| (file["path"].as_str().unwrap(), file)).collect();
    for (path, entry) in &root {
        let file = by_path[&*format!("/{path}")];
        assert_eq!(file["mode"], format!("{:04o}", entry.mode), "{path}");
        assert_eq!(file["link"].as_str(), entry.link.as_deref(), "{path}");
        if entry.kind.is_file() {
            assert_eq!(file["size"], entry.content.len(), "{path}");
            assert_eq!(file["digest"], sha256(&entry.content), "{path}");
        }
    }
    // a tar has a header and less than a block of padding for each entry, and two blocks at its end
    let number = |value: &Value| value.as_u64().unwrap();
    let bytes: u64 = files.iter().map(|file| number(&file["size"])).sum();
    let entries: u64 = layers.iter().map(|layer| number(&layer["entries"])).sum();
    let unpacked = number(&image["unpacked"]);
    assert_eq!(unpacked, layers.iter().map(|layer| number(&layer["unpacked"])).sum::<u64>());
    let overhead = unpacked - bytes - layers.len() as u64 * 1024;
    assert!(overhead >= entries * 512 && overhead < entries * 1024, "{overhead} for {entries} entries");
    let program = &image["programs"][0];
    assert_eq!((&program["path"], &program["static"]), (&json!("/app"), &json!(true)));
    assert_eq!(image["start"], "/app");
}

#[test]
fn one_platform_of_several_can_be_chosen() {
    let fake = Fake::new("app", "");
    let mut command = fake.command(["-o", "out.tar", "--platform", "linux/amd64,linux/arm64"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "/bin/false");
    assert_eq!(Run::of(command).status, 0);
    let path = fake.path("out.tar");
    let platforms =
        |images: &[Value]| images.iter().map(|image| image["platform"].clone()).collect::<Vec<_>>();
    assert_eq!(platforms(&inspected(text(&path))), ["linux/amd64", "linux/arm64"]);
    let run = look(&["inspect", "--platform", "linux/arm64/v8", text(&path)]);
    assert!(run.stdout.contains("linux/arm64") && !run.stdout.contains("linux/amd64"), "{run:?}");
    let run = look(&["inspect", "--platform", "linux/riscv64", text(&path)]);
    run.refused(2, &["error[platform]", "no image for linux/riscv64", "linux/amd64, linux/arm64"]);
}

#[test]
fn needs_gcc_the_packages_that_cargo_auditable_has_noted_are_counted() {
    use std::io::Write;
    let fake = Fake::new("app", "[profile.release]\nstrip = false\n");
    let json = r#"{"packages":[{"name":"app","version":"0.1.0","source":"local","root":true},{"name":"x","version":"2.0.0","source":"crates.io"}]}"#;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(json.as_bytes()).unwrap();
    let section = fake.file("section", packed.finish().unwrap());
    let mut objcopy = tool("objcopy");
    objcopy.arg(format!("--add-section=.dep-v0={}", section.display())).arg(fake.program());
    // as a linker does it: part of what is loaded, so that no strip takes it out
    objcopy.arg("--set-section-flags=.dep-v0=contents,alloc,load,readonly,data");
    let run = Run::of(objcopy);
    assert_eq!(run.status, 0, "{run:?}");
    let path = fake.pack(&[]);
    let image = &inspected(text(&path))[0];
    let packages = image["programs"][0]["packages"].as_array().unwrap_or_else(|| panic!("{image}"));
    assert_eq!(packages[1], json!({ "name": "x", "version": "2.0.0" }));
    let page = look(&["inspect", text(&path)]).stdout;
    assert!(page.contains("sbom         cargo-auditable: /app, 2 packages"), "{page}");
}

#[test]
fn b6_looking_runs_no_cargo_and_writes_nothing() {
    let (fake, path) = full();
    let marker = fake.path("marker");
    fake.file("tools/cargo", format!("#!/bin/sh\ntouch {}\n", marker.display()));
    let tools = fake.path("tools/cargo");
    std::fs::set_permissions(&tools, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fake.file(".cargo/config.toml", "[build]\nrustc-wrapper = \"tools/cargo\"\n");
    let before = fake.listing();
    for words in [vec!["inspect", text(&path)], vec!["diff", text(&path), text(&path)]] {
        let mut command = fake.command(words);
        command.env("CARGO", &tools).env("PATH", fake.path("tools")).env("TMPDIR", "/nowhere");
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
    }
    assert!(!marker.exists(), "cargo was started");
    assert_eq!(fake.listing(), before);
}

//! Names of binaries: hostile ones are refused before anything is written, odd ones are packed.

use super::{chosen, tags};
use crate::support::{Archive, Project};

#[test]
fn b1_a_hostile_name_is_refused_before_anything_is_written() {
    let marker = "touch ../marker #";
    let long = "x".repeat(201);
    let names = [
        "../evil",
        "..",
        "a/b",
        "/etc/passwd",
        "a\"b",
        "a\nb",
        "$(id)",
        "`id`",
        marker,
        ".wh.foo",
        ".wh..wh..opq",
        "\u{1b}[31mred",
        "\u{9b}1m",
        "a\u{202e}b",
        "a\\b",
        "a:b",
        "a=b",
        "a,b",
        "*",
        "",
        "日本語/..",
        &long,
    ];
    for name in names {
        let quoted = serde_json::to_string(name).unwrap(); // a JSON string is one of TOML
        let project = Project::new("package", &format!("[[bin]]\nname = {quoted}\npath = \"src/main.rs\"\n"));
        let before = project.listing();
        for words in [&["build"][..], &["--dry-run"], &["--bins"], &["--dry-run", "-o", "here/"]] {
            let run = project.scratch(words);
            assert!([1, 2].contains(&run.status), "{name:?} {words:?}: {run:?}");
            run.refused(run.status, &["error["]);
            assert!(!run.stderr.contains('\u{202e}'), "{run:?}");
            assert_eq!(project.listing(), before, "{name:?} {words:?}");
            assert!(!project.path("target").exists(), "{name:?} {words:?}");
        }
    }
}

#[test]
fn b1_an_escaped_name_can_still_be_read_in_the_error() {
    let project = Project::new("package", "[[bin]]\nname = \"a\\u001b[2Jb\\nc\"\npath = \"src/main.rs\"\n");
    project.scratch(["build"]).refused(2, &["error[name]", "`a\\u{1b}[2Jb\\nc`", "[[bin]]"]);
}

#[test]
fn b2_odd_but_harmless_names_are_packed() {
    let long = "x".repeat(200);
    for (name, repository) in [
        ("café", "caf"),
        ("-rf", "rf"),
        ("--help", "help"),
        ("con", "con"),
        ("Upper_Case", "upper_case"),
        ("x__1", "x_1"),
        (long.as_str(), long.as_str()),
    ] {
        let project =
            Project::new("package", &format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\n"));
        let run = project.scratch(["build"]);
        assert_eq!(run.status, 0, "{name}: {run:?}");
        let path = project.path(&format!("target/scratch/{name}.tar"));
        assert_eq!(run.stdout, format!("{}\n", path.display()));
        let archive = Archive::read(&path);
        assert_eq!(archive.config["config"]["Entrypoint"], serde_json::json!([format!("/{name}")]));
        assert!(archive.root()[name].content.starts_with(b"\x7fELF"));
        assert_eq!(tags(&archive), [format!("{repository}:0.1.0"), format!("{repository}:latest")]);
        let renamed = run.stderr.contains(&format!("the image is called `{repository}`"));
        assert_eq!(renamed, name != repository, "a new name is said: {run:?}");
        let flag = format!("--bin={name}");
        assert_eq!(chosen(&project, &[flag.as_str()]), [name]);
        assert_eq!(chosen(&project, &["--bin", name]), [name], "a name is no flag");
    }
}

#[test]
fn b2_a_name_that_no_registry_can_spell_asks_for_a_tag() {
    let project = Project::new("package", "[[bin]]\nname = \"日本\"\npath = \"src/main.rs\"\n");
    project.scratch(["build"]).refused(2, &["no image name can be made of `日本`", "--tag NAME"]);
    let archive = Archive::read(&project.build(["-t", "nippon:1"]));
    assert_eq!(tags(&archive), ["nippon:1"]);
    assert!(archive.root().contains_key("日本"));
}

#[test]
fn b2_a_version_becomes_a_tag() {
    let project = Project::new("hello", "");
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.file("Cargo.toml", manifest.replace("0.1.0", "1.0.0-rc.1+linux.x"));
    let archive = Archive::read(&project.build(["--quiet"]));
    assert_eq!(tags(&archive), ["hello:1.0.0-rc.1_linux.x", "hello:latest"]);
    let label = &archive.config["config"]["Labels"]["org.opencontainers.image.version"];
    assert_eq!(label, "1.0.0-rc.1+linux.x");
}

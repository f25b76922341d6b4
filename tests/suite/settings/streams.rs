//! The two streams: results on standard output, all else on standard error, and the status that goes with them.

use crate::support::{Fake, Project, Run, text};
use serde_json::Value;

#[test]
fn standard_output_carries_the_path_and_nothing_else() {
    let project = Project::new("hello", "build = \"build.rs\"\n");
    project.file("build.rs", "fn main() { println!(\"cargo::warning=mind\"); println!(\"noise\"); }\n");
    for words in [&[][..], &["-v"], &["-vv"], &["--color", "always"]] {
        let run = project.scratch(words);
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.stdout, format!("{}\n", project.path("target/scratch/hello.tar").display()));
        let is_there = run.stderr.contains("Packed") || run.stderr.contains("Fresh");
        assert!(run.stderr.contains("Verified") && is_there, "{run:?}");
    }
}

#[test]
fn quiet_leaves_only_warnings_and_errors() {
    let project = Project::new("hello", "");
    let run = project.scratch(["--quiet"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(run.stdout, format!("{}\n", project.path("target/scratch/hello.tar").display()));
    let warned = project.scratch(["-q", "-e", "A_TOKEN=x"]);
    assert_eq!(warned.stderr.lines().count(), 1, "{warned:?}");
    project.file("src/main.rs", "fn main() { nope() }\n");
    let failed = project.scratch(["-q"]);
    failed.refused(101, &["error[E0425]", "src/main.rs:1"]);
    assert!(!failed.stderr.contains("Compiling"), "{failed:?}");
}

#[test]
fn json_is_one_object_a_line() {
    let project = Fake::new("hello", "");
    let run = project.scratch(["--message-format", "json", "-o", "a.tar", "-o", "oci-archive=b.tar"]);
    assert_eq!(run.status, 0, "{run:?}");
    let images = objects(&run);
    let paths: Vec<_> = images.iter().map(|image| image["result"].as_str().unwrap()).collect();
    let expected = ["a.tar", "b.tar"].map(|name| project.path(name).display().to_string());
    assert_eq!(paths, expected);
    for image in &images {
        assert_eq!(image["reason"], "image");
        assert_eq!(image["bin"], "hello");
        let path = std::path::Path::new(image["result"].as_str().unwrap());
        assert_eq!(image["size"], path.metadata().unwrap().len());
        let archive = crate::support::Archive::read(path);
        assert_eq!(image["digest"], archive.index["manifests"][0]["digest"]);
        let [platform] = &image["platforms"].as_array().unwrap()[..] else { panic!("{image}") };
        assert_eq!((&platform["platform"], &platform["manifest"]), (&"linux/amd64".into(), &image["digest"]));
        assert_eq!(platform["config"], archive.id());
        assert_eq!(platform["program"]["size"], archive.root()["hello"].size);
    }
    let plan = objects(&project.scratch(["--dry-run", "--message-format", "json"]));
    assert_eq!((plan.len(), &plan[0]["reason"]), (1, &Value::from("plan")));
}

#[test]
fn errors_are_json_too_where_json_is_asked_for() {
    let broken = Project::new("hello", "");
    broken.file("src/main.rs", "fn main() { nope() }\n");
    let hostile = Project::new("hello", "[[bin]]\nname = \"a\\nb\\u001b[31m\"\npath = \"src/main.rs\"\n");
    let unknown = Project::new("hello", "[package.metadata.scratch]\nusr = 1\n");
    for (project, status, code, word) in [
        (&broken, 101, "cargo", "did not build"),
        (&hostile, 2, "name", "a\nb\u{1b}[31m"),
        (&unknown, 2, "setting", "unknown key `usr`"),
        (&Project::empty(), 1, "project", "no Cargo.toml"),
    ] {
        let run = project.scratch(["--message-format", "json"]);
        assert_eq!(run.status, status, "{run:?}");
        let objects = objects(&run);
        let [error] = &objects[..] else { panic!("{run:?}") };
        assert_eq!((error["reason"].as_str(), error["code"].as_str()), (Some("error"), Some(code)));
        assert_eq!(error["exit"], status);
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
        assert!(run.stderr.contains(&format!("error[{code}]")), "people see it too: {run:?}");
    }
}

#[test]
fn a_wrong_command_line_is_explained_on_standard_error() {
    let project = Fake::new("hello", "");
    let before = project.listing();
    for (words, said) in [
        (&["--bogus"][..], "--bogus"),
        (&["--usr", "1"], "--user"),
        (&["--user"], "--user"),
        (&["--user", "a b"], "UID[:GID]"),
        (&["--tag", "A B"], "`a-b` is"),
        (&["--tag", ""], "--tag"),
        (&["-e", "A"], "NAME=VALUE"),
        (&["-e", "A=\u{1b}[31m"], "control character"),
        (&["--expose", "0"], "1 to 65535"),
        (&["--target", "x86_64-apple-darwin"], "no Linux target"),
        (&["--platform", "linux/amd65"], "linux/amd64"),
        (&["--message-format", "xml"], "json"),
        (&["-q", "-v"], "cannot be used with"),
        (&["--profile", "dev", "--release"], "cannot be used with"),
        (&["--exclude", "x"], "--workspace"),
        (&["-p", "x", "--workspace"], "cannot be used with"),
        (&["buld"], "buld"),
        (&["build", "verify"], "verify"),
        (&["--user", "\u{1b}[2J"], "--user"),
        (&["\u{1b}[2J"], "unexpected argument"),
    ] {
        for format in ["human", "json"] {
            let run = project.scratch(words.iter().copied().chain(["--message-format", format]));
            assert!(run.status == 2 && run.stderr.starts_with("error[usage]: "), "{words:?}: {run:?}");
            assert!(run.stderr.contains(said) && !run.stderr.contains('\u{1b}'), "{words:?}: {run:?}");
            // the last that is said counts, and one that is no form does not
            if format == "human" {
                assert_eq!(run.stdout, "", "{words:?}");
            } else {
                let error: Value = serde_json::from_str(&run.stdout).unwrap();
                assert_eq!((&error["code"], &error["exit"]), (&"usage".into(), &2.into()), "{words:?}");
            }
        }
    }
    assert_eq!(project.listing(), before);
    assert!(!project.path("target").exists());
}

#[test]
fn help_and_version_are_results() {
    let nowhere = Project::empty();
    for (words, said) in [
        (&["--help"][..], "--stop-signal"),
        (&["scratch", "--help"], "--compression"),
        (&["build", "-h"], "--dry-run"),
        (&["--version"], concat!("cargo scratch ", env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        let run = nowhere.scratch(words);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words:?}");
        assert!(run.stdout.contains(said), "{words:?}: {run:?}");
    }
}

#[test]
fn colour_is_for_terminals_and_whoever_asks() {
    let project = Fake::new("hello", "");
    for (words, coloured) in
        [(&[][..], false), (&["--color", "never"], false), (&["--color", "always"], true)]
    {
        let run = project.scratch(words);
        assert_eq!(run.stderr.contains("\u{1b}["), coloured, "{words:?}: {run:?}");
        assert!(!run.stdout.contains('\u{1b}'));
    }
}

#[test]
fn a_dry_run_says_everything_and_writes_nothing() {
    let project = Fake::new(
        "hello",
        &text(
            r#"
            [package.metadata.scratch]
            cmd = ["serve"]
            env = { A = "line\nend" }
            expose = 80
            volume = "/v"
            stop-signal = "SIGINT"
            annotation = { x = "y" }
            "#,
        ),
    );
    let before = project.listing();
    let run = project.scratch(["--dry-run"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for line in [
        "target       x86_64-unknown-linux-musl (linux/amd64)",
        "  entrypoint [\"/hello\"]",
        "  cmd        [\"serve\"]",
        "  env        A=line\\nend",
        "  expose     80/tcp",
        "  volume     /v",
        "  stop       SIGINT",
        "  annotation x=y",
        "  user       65532:65532",
        "  compress   gzip:6",
    ] {
        assert!(run.stdout.lines().any(|said| said == line), "no {line:?} in {}", run.stdout);
    }
    assert_eq!(project.listing(), before);
    assert!(!project.path("target").exists() && !project.path("Cargo.lock").exists());
}

/// The lines of standard output, each an object.
#[track_caller]
fn objects(run: &Run) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let objects: Vec<_> = run.stdout.lines().map(parse).collect();
    assert!(objects.iter().all(Value::is_object), "{run:?}");
    objects
}

//! What is said to cargo and heard from it: its messages, its folders and its errors.

use super::{bins, package};
use crate::support::{Archive, Project, Run, static_program, text};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

#[test]
fn b3_the_program_is_where_cargos_messages_say_whatever_else_stands_between_them() {
    let project = Project::new("hello", "");
    let program = project.path("else where/a program");
    project.file("else where/decoy", "#!/bin/sh\n");
    fs::copy(static_program(), &program).unwrap();
    let decoy = project.path("else where/decoy");
    let id = package_id(&project);
    let lines = [
        artifact("path+file:///elsewhere#hello@0.1.0", "bin", Some(&decoy)),
        artifact(&id, "example", Some(&decoy)),
        artifact(&id, "lib", None),
        artifact(&id, "bin", Some(&program)),
        json!({"reason": "compiler-message", "message": "of a later version"}),
        json!({"reason": "build-finished", "success": true}),
    ];
    project.file("messages", lines.map(|line| line.to_string() + "\n").concat());
    let cargo = fake(
        &project,
        r#"
        echo 'a build script that prints'
        printf '{"reason":"compiler-artifact","executable":"/bin/sh"}\n{"reason":\n[]\n\377\376\n\n'
        head -c 20000000 /dev/zero | tr '\0' x
        echo
        cat messages
        printf 'no line end'
        "#,
    );
    let run = with_cargo(&project, &cargo);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(Path::new(run.stdout.trim_end()));
    let expected = archive.root()["hello"].size;
    assert!(expected > 100_000 && expected <= fs::metadata(&program).unwrap().len(), "{expected}");
    assert!(!run.stderr.contains("a build script that prints"), "standard output of cargo is no progress");
}

#[test]
fn b3_a_program_that_cargo_names_is_still_proven() {
    let project = Project::new("hello", "");
    let id = package_id(&project);
    let script = project.file("script", "#!/bin/sh\n");
    for (path, word) in [(script, "script"), (project.path("gone"), "gone"), (project.path("src"), "src")] {
        project.file("messages", format!("{}\n", artifact(&id, "bin", Some(&path))));
        let cargo = fake(&project, "cat messages");
        with_cargo(&project, &cargo).refused(4, &["`hello` is not proven static", word]);
        assert!(!project.path("target/scratch/hello.tar").exists());
    }
}

#[test]
fn b3_a_cargo_that_builds_nothing_or_dies_is_an_error() {
    let project = Project::new("hello", "");
    for (body, words) in [
        ("exit 0", &["cargo built no program `hello`"][..]),
        (
            "echo >&2 boom; exit 7",
            &["boom\n", "did not build the project (exit status 7)", "build --message"],
        ),
        ("kill -9 $$", &["did not build the project (signal: 9", "the command was"]),
    ] {
        let cargo = fake(&project, body);
        with_cargo(&project, &cargo).refused(101, words);
    }
    let cargo = project.file("cargo", "#!/bin/sh\necho 'error: no project today' >&2\nexit 1\n");
    executable(&cargo);
    with_cargo(&project, &cargo).refused(1, &["cannot read the project", "no project today"]);
    project.file("cargo", "#!/bin/sh\necho '{\"packages\":'\n");
    with_cargo(&project, &cargo).refused(1, &["cargo's metadata cannot be read"]);
    with_cargo(&project, &project.path("no-cargo")).refused(3, &["no-cargo", "No such file"]);
}

#[test]
fn b5_a_project_may_lie_at_any_path() {
    let folders = [
        "with space",
        "ünï-日本",
        "it's",
        "quo\"te",
        "#hash",
        "a%20b",
        "x=y",
        "a;b&$c",
        "back\\slash",
        "-dash",
    ];
    for folder in folders {
        let project = below(folder);
        let mut command = project.command(["--quiet"]);
        command.current_dir(project.path(folder));
        let run = Run::of(command);
        let path = project.path(folder).join("target/scratch/hello.tar");
        assert_eq!(
            (run.status, run.stdout),
            (0, format!("{}\n", path.display())),
            "{folder}: {}",
            run.stderr
        );
        assert!(Archive::read(&path).root().contains_key("hello"), "{folder}");
    }
}

#[test]
fn b5_a_path_with_a_line_end_is_one_result_and_one_json_object() {
    let project = below("new\nline");
    let path = project.path("new\nline/target/scratch/hello.tar");
    for words in [&[][..], &["--message-format", "json"]] {
        let mut command = project.command(words);
        command.current_dir(project.path("new\nline"));
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        let printed = match words {
            [] => run.stdout.strip_suffix('\n').unwrap().to_owned(),
            _ => serde_json::from_str::<Value>(&run.stdout).unwrap()["result"].as_str().unwrap().to_owned(),
        };
        assert_eq!(Path::new(&printed), path);
        assert!(Archive::read(&path).root().contains_key("hello"));
    }
}

#[test]
fn b5_a_path_that_cargo_cannot_take_is_cargos_own_error() {
    let project = below("a:b");
    let mut command = project.command(["build"]);
    command.current_dir(project.path("a:b"));
    Run::of(command).refused(101, &["error[cargo]", "separator `:`"]);
}

#[test]
fn b5_the_image_lies_in_the_target_folder_wherever_that_is() {
    let elsewhere = Project::empty();
    let other = elsewhere.path("other").display().to_string();
    let config = ["--config".to_owned(), format!("build.target-dir=\"{other}\"")];
    for (name, variable, words, expected) in [
        ("a variable", Some(other.as_str()), &[][..], elsewhere.path("other")),
        ("a flag", Some("/nowhere"), &["--target-dir", &other], elsewhere.path("other")),
        ("a configuration", None, &[&config[0], &config[1]], elsewhere.path("other")),
        ("a relative flag", None, &["--target-dir", "rel/ative"], PathBuf::from("rel/ative")),
        ("a relative variable", Some("rel"), &[], PathBuf::from("rel")),
    ] {
        let project = Project::new("hello", "");
        let mut command = project.command(words);
        if let Some(folder) = variable {
            command.env("CARGO_TARGET_DIR", folder);
        }
        let run = Run::of(command);
        let path = project.path("").join(expected).join("scratch/hello.tar");
        assert_eq!(run.stdout, format!("{}\n", path.display()), "{name}: {run:?}");
        assert!(Archive::read(&path).root().contains_key("hello"));
        assert!(!project.path("target").exists(), "{name}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn b5_a_build_folder_of_its_own_and_a_linked_target_folder_work() {
    let project = Project::new("hello", "");
    project.file(".cargo/config.toml", "[build]\nbuild-dir = \"intermediate\"\n");
    let elsewhere = Project::empty();
    symlink(elsewhere.path(""), project.path("target")).unwrap();
    let path = project.build(["--quiet"]);
    assert_eq!(path, project.path("target/scratch/hello.tar"));
    assert!(elsewhere.path("scratch/hello.tar").is_file(), "through the link");
    assert!(fs::symlink_metadata(project.path("target")).unwrap().is_symlink(), "the link stays");
    assert!(Archive::read(&path).root().contains_key("hello"));
}

#[test]
fn b5_a_target_folder_that_cannot_be_written_is_a_plain_error() {
    let project = Project::new("hello", "");
    project.file("target/scratch", "mine");
    project.scratch(["build"]).refused(5, &["error[output]", "target/scratch"]);
    assert_eq!(fs::read(project.path("target/scratch")).unwrap(), b"mine");
    let project = Project::new("hello", "");
    project.file("target", "mine");
    project.scratch(["build"]).refused(5, &["error[output]", "target/scratch/hello.tar"]);
    assert_eq!(fs::read(project.path("target")).unwrap(), b"mine");
}

#[test]
fn b9_a_compile_error_is_shown_as_cargo_shows_it() {
    let project = Project::new("hello", "");
    let old = project.file("target/scratch/hello.tar", "old");
    project.file("src/main.rs", "fn main() { let x: u8 = \"\"; }\n");
    let words = ["error[E0308]", "src/main.rs:1", "error: could not compile `hello`", "error[cargo]"];
    project.scratch(["build"]).refused(101, &words);
    let quiet = project.scratch(["build", "--quiet"]);
    quiet.refused(101, &words);
    assert!(!quiet.stderr.contains("Compiling"), "{quiet:?}");
    assert_eq!(fs::read(old).unwrap(), b"old", "an older image stays");
    assert_eq!(fs::read_dir(project.path("target/scratch")).unwrap().count(), 1, "nothing beside it");
}

#[test]
fn b9_what_cargo_refuses_is_passed_on() {
    let project = Project::new("hello", "");
    project.scratch(["--", "--bogus"]).refused(101, &["unexpected argument '--bogus'", "error[cargo]"]);
    project.scratch(["--profile", "nope"]).refused(101, &["profile `nope` is not defined", "error[cargo]"]);
    project.scratch(["-F", "nope"]).refused(101, &["nope", "error[cargo]"]);
    let locked = Project::new("hello", "");
    locked.scratch(["--locked"]).refused(101, &["--locked", "error[cargo]"]);
    assert!(!locked.path("Cargo.lock").exists());
    project.file("Cargo.toml", "[package]\nname = \"a b\"\n");
    project.scratch(["build"]).refused(1, &["cannot read the project", "Cargo.toml", "invalid character"]);
}

#[test]
fn b9_what_is_missing_is_named() {
    let nothing = Project::empty();
    nothing.scratch(["build"]).refused(1, &["no Cargo.toml in", "--manifest-path", "cargo scratch new"]);
    nothing.scratch(["--manifest-path", "a/Cargo.toml"]).refused(1, &["a/Cargo.toml", "does not exist"]);
    let project = Project::new("hello", "");
    for path in ["/nonexistent", ""] {
        let mut command = project.command(["build"]);
        command.env("PATH", path);
        Run::of(command).refused(3, &["cargo is not on PATH", "https://rust-lang.org/tools/install"]);
    }
    assert!(nothing.listing().is_empty());
}

#[test]
fn b9_words_after_two_hyphens_reach_cargo() {
    let project = Project::new("hello", "[features]\nx = []\n");
    project.file("src/main.rs", "#[cfg(not(feature = \"x\"))]\ncompile_error!(\"no x\");\nfn main() {}\n");
    project.scratch(["build"]).refused(101, &["no x"]);
    let run = project.scratch(["--", "--features", "x"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(
        bins(&project.scratch(["--dry-run", "--message-format", "json", "--", "--timings"])),
        ["hello"]
    );
}

/// A package `hello` in `folder` of a project.
fn below(folder: &str) -> Project {
    let project = Project::empty();
    package(&project, "hello", "");
    fs::rename(project.path("hello"), project.path(folder)).unwrap();
    project
}

/// A cargo that answers `build` with `body`, in the project's folder, and leaves the rest to the real one.
fn fake(project: &Project, body: &str) -> PathBuf {
    let body = text(body);
    let path = project.file("cargo", format!("#!/bin/sh\n[ \"$1\" = build ] || exec cargo \"$@\"\n{body}"));
    executable(&path);
    path
}

fn executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn with_cargo(project: &Project, cargo: &Path) -> Run {
    let mut command = project.command(["build"]);
    command.env("CARGO", cargo);
    Run::of(command)
}

fn package_id(project: &Project) -> String {
    let run = project.scratch(["--dry-run", "--message-format", "json"]);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    plan["images"][0]["package"].as_str().unwrap().to_owned()
}

/// cargo's message about a target `hello` of `package`.
fn artifact(package: &str, kind: &str, executable: Option<&Path>) -> Value {
    let crate_type = if kind == "lib" { "lib" } else { "bin" };
    json!({
        "reason": "compiler-artifact", "package_id": package, "manifest_path": "/x/Cargo.toml",
        "target": {
            "kind": [kind], "crate_types": [crate_type], "name": "hello", "src_path": "/x/src/main.rs",
            "edition": "2024", "doc": true, "doctest": false, "test": true,
        },
        "profile": {
            "opt_level": "3", "debuginfo": 0, "debug_assertions": false, "overflow_checks": false, "test": false,
        },
        "features": [], "filenames": [executable.unwrap_or(Path::new("/x/libhello.rlib"))], "executable": executable, "fresh": false,
    })
}

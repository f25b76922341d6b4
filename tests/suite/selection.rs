//! What is built: packages, binaries and examples chosen as cargo chooses them.

mod cargo;
mod names;

use crate::support::{Archive, Project, Run, text};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn b4_the_only_binary_is_packed_under_its_own_name_not_the_packages() {
    let project = Project::new("package", "[[bin]]\nname = \"renamed\"\npath = \"src/main.rs\"\n");
    let path = project.build(["--quiet"]);
    assert_eq!(path, project.path("target/scratch/renamed.tar"));
    let archive = Archive::read(&path);
    assert_eq!(archive.config["config"]["Entrypoint"], serde_json::json!(["/renamed"]));
    assert_eq!(archive.root()["renamed"].mode, 0o755);
    assert_eq!(tags(&archive), ["renamed:0.1.0", "renamed:latest"]);
}

#[test]
fn b4_of_several_binaries_one_must_be_named() {
    let project = two_binaries("");
    project.scratch(["--dry-run"]).refused(2, &["`one`", "`two`", "--bin one", "--bins", "`default-run`"]);
    assert!(!project.path("target").exists());
    assert_eq!(chosen(&project, &["--bin", "two"]), ["two"]);
    assert_eq!(chosen(&project, &["--bin", "t*"]), ["two"]);
    project.scratch(["--bin", "onee"]).refused(2, &["no bin target `onee`", "did you mean `--bin one`?"]);
    project.scratch(["--bin", "qqq"]).refused(2, &["`qqq`", "there are `one`, `two`"]);
}

#[test]
fn b4_default_run_decides() {
    let project = two_binaries("default-run = \"two\"\n");
    assert_eq!(chosen(&project, &[]), ["two"]);
    assert_eq!(chosen(&project, &["--bin", "one"]), ["one"], "a flag is stronger");
    assert_eq!(chosen(&project, &["--bins"]), ["one", "two"]);
}

#[test]
fn b4_each_chosen_binary_gets_an_image_and_a_line() {
    let project = two_binaries("");
    let run = project.scratch(["--bin", "two", "--bin", "one"]);
    assert_eq!(run.status, 0, "{run:?}");
    let expected = ["two", "one"].map(|bin| project.path(&format!("target/scratch/{bin}.tar")));
    let lines: Vec<_> = run.stdout.lines().map(std::path::PathBuf::from).collect();
    assert_eq!(lines, expected, "in the order of the flags");
    let digests = expected.map(|path| {
        let archive = Archive::read(&path);
        let bin = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let root = archive.root();
        assert!(root[&bin].content.windows(bin.len()).any(|bytes| bytes == bin.as_bytes()));
        assert_eq!(root.keys().filter(|name| ["one", "two"].contains(&name.as_str())).count(), 1);
        archive.id()
    });
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn b4_what_is_chosen_twice_is_packed_once() {
    let project = two_binaries("");
    assert_eq!(chosen(&project, &["--bin", "one", "--bin", "two", "--bin", "one"]), ["one", "two"]);
    assert_eq!(chosen(&project, &["--bin", "one", "--bins"]), ["one", "two"]);
    let workspace = workspace("");
    let words = ["-p", "app-one", "-p", "tool", "-p", "app-one"];
    assert_eq!(chosen(&workspace, &words), ["app-one", "tool"]);
}

#[test]
fn b4_an_example_is_packed_only_when_it_is_named() {
    let project = Project::new("package", "");
    project.file("examples/demo.rs", "fn main() {}\n");
    assert_eq!(chosen(&project, &[]), ["package"]);
    project.scratch(["--example", "dmo"]).refused(2, &["no example target `dmo`", "--example demo"]);
    let archive = Archive::read(&project.build(["--example", "demo"]));
    assert_eq!(archive.config["config"]["Entrypoint"], serde_json::json!(["/demo"]));
    assert!(archive.root().contains_key("demo") && !archive.root().contains_key("package"));
}

#[test]
fn b4_required_features_hide_a_binary_until_they_are_given() {
    let features =
        "[features]\ndefault = [\"plain\"]\nplain = []\nextra = [\"deep\"]\ndeep = []\nmore = []\n";
    let bin = |name: &str, needs: &str| {
        format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\nrequired-features = [{needs}]\n")
    };
    let project = Project::new(
        "package",
        &[features, &bin("seen", "\"plain\""), &bin("hidden", "\"deep\", \"more\"")].concat(),
    );
    assert_eq!(chosen(&project, &[]), ["seen"], "through the default features");
    assert_eq!(chosen(&project, &["--bins"]), ["seen"]);
    project.scratch(["--bin", "hidden"]).refused(2, &["--bin hidden --features deep,more"]);
    project.scratch(["--bin", "hidden", "-F", "extra"]).refused(2, &["--bin hidden --features more"]);
    project
        .scratch(["--no-default-features"])
        .refused(2, &["--bin seen --features plain", "--bin hidden --features deep,more"]);
    for features in [&["-F", "extra more"][..], &["-F", "package/deep,more"], &["--all-features"]] {
        assert_eq!(chosen(&project, &[&["--bin", "hidden"], features].concat()), ["hidden"]);
    }
    let archive = Archive::read(&project.build(["--bin", "hidden", "-F", "package/extra", "-F", "more"]));
    assert!(archive.root().contains_key("hidden"));
}

#[test]
fn b4_a_package_without_a_program_is_told_why() {
    for (table, what) in [
        ("[lib]\n", "`package` is a library"),
        ("[lib]\ncrate-type = [\"cdylib\"]\n", "`package` is a library"),
        ("[lib]\nproc-macro = true\n", "`package` is a procedural macro"),
    ] {
        let project = Project::new("package", table);
        std::fs::rename(project.path("src/main.rs"), project.path("src/lib.rs")).unwrap();
        project.file("examples/demo.rs", "fn main() {}\n");
        let before = project.listing();
        let words = ["no binary to build", what, "an image needs a program", "cargo scratch --example demo"];
        project.scratch(["build"]).refused(2, &words);
        assert_eq!(project.listing(), before);
        assert!(!project.path("target").exists());
    }
}

#[test]
fn b4_a_workspace_is_chosen_from_as_cargo_does_it() {
    let project = workspace("");
    for (words, bins) in [
        (&["-p", "tool"][..], &["tool"][..]),
        (&["-p", "app-*"], &["app-one", "app-two"]),
        (&["-p", "app-one@0.1.0"], &["app-one"]),
        (&["--workspace"], &["app-one", "app-two", "tool"]),
        (&["--workspace", "--exclude", "app-*"], &["tool"]),
        (&["--bin", "app-two"], &["app-two"]),
        (&["--manifest-path", "tool/Cargo.toml"], &["tool"]),
    ] {
        assert_eq!(chosen(&project, words), bins, "{words:?}");
    }
    project
        .scratch(["--dry-run"])
        .refused(2, &["several binaries", "`app-one`, `app-two`, `tool`", "-p app-one"]);
    project.scratch(["-p", "app-ome"]).refused(2, &["no package `app-ome`", "did you mean `-p app-one`?"]);
    project.scratch(["-p", "app-one@9.0.0"]).refused(2, &["no package `app-one@9.0.0`"]);
    project.scratch(["-p", "core"]).refused(2, &["no binary", "`core` is a library"]);
    assert_eq!(inside(&project, "tool"), ["tool"]);
    assert_eq!(inside(&project, "tool/src"), ["tool"], "any folder of a member");
}

#[test]
fn b4_default_members_are_the_workspaces_own_choice() {
    let project = workspace("default-members = [\"tool\"]\n");
    assert_eq!(chosen(&project, &[]), ["tool"]);
    assert_eq!(inside(&project, "app-one"), ["app-one"], "a member's folder is a stronger choice");
    assert_eq!(chosen(&project, &["-p", "app-two"]), ["app-two"]);
}

#[test]
fn b5_an_excluded_package_and_a_nested_workspace_are_projects_of_their_own() {
    let project = workspace("exclude = [\"apart\", \"nested\"]\n");
    package(&project, "apart", "");
    package(&project, "nested", "[workspace]\n");
    for name in ["apart", "nested"] {
        assert_eq!(inside(&project, name), [name]);
        let mut command = project.command(["--quiet"]);
        command.current_dir(project.path(name));
        let run = Run::of(command);
        let path = project.path(&format!("{name}/target/scratch/{name}.tar"));
        assert_eq!(run.stdout, format!("{}\n", path.display()), "{run:?}");
    }
    assert!(!project.path("target").exists());
}

#[test]
fn b4_two_packages_with_one_binary_name_are_not_packed_over_each_other() {
    let project = workspace("");
    package(&project, "app-two", "[[bin]]\nname = \"app-one\"\npath = \"src/main.rs\"\n");
    let words = ["two binaries are called `app-one`", "-p app-two --bin app-one"];
    project.scratch(["--workspace"]).refused(2, &words);
    project.scratch(["--bin", "app-one"]).refused(2, &words);
    assert_eq!(chosen(&project, &["-p", "app-two", "--bin", "app-one"]), ["app-one"]);
}

/// A virtual workspace of `app-one`, `app-two` and `tool` with a binary each, and the library `core`.
fn workspace(keys: &str) -> Project {
    let project = Project::empty();
    let members = r#"["app-one", "app-two", "core", "tool"]"#;
    project.file("Cargo.toml", format!("[workspace]\nresolver = \"3\"\nmembers = {members}\n{keys}"));
    ["app-one", "app-two", "tool"].into_iter().for_each(|name| package(&project, name, ""));
    package(&project, "core", "");
    std::fs::rename(project.path("core/src/main.rs"), project.path("core/src/lib.rs")).unwrap();
    project
}

fn package(project: &Project, name: &str, more: &str) {
    let head = text(&format!(
        r#"
        [package]
        name = "{name}"
        version = "0.1.0"
        edition = "2024"
        "#
    ));
    project.file(&format!("{name}/Cargo.toml"), head + more);
    project.file(&format!("{name}/src/main.rs"), "fn main() {}\n");
}

/// A package with the binaries `one` and `two`, which print their names.
fn two_binaries(keys: &str) -> Project {
    let project = Project::new("package", keys);
    for bin in ["one", "two"] {
        std::fs::create_dir_all(project.path("src/bin")).unwrap();
        std::fs::copy(project.path("src/main.rs"), project.path(&format!("src/bin/{bin}.rs"))).unwrap();
    }
    std::fs::remove_file(project.path("src/main.rs")).unwrap();
    project
}

/// The binaries that a run with `words` would pack.
#[track_caller]
fn chosen(project: &Project, words: &[&str]) -> Vec<String> {
    bins(&Run::of(project.command(["--dry-run", "--message-format", "json"].iter().chain(words))))
}

/// The binaries that a run without flags in `folder` would pack.
#[track_caller]
fn inside(project: &Project, folder: &str) -> Vec<String> {
    let mut command = project.command(["--dry-run", "--message-format", "json"]);
    command.current_dir(project.path(folder));
    bins(&Run::of(command))
}

#[track_caller]
fn bins(run: &Run) -> Vec<String> {
    assert_eq!(run.status, 0, "{run:?}");
    // warnings come before it
    let plan: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    let images = plan["images"].as_array().unwrap();
    images.iter().map(|image| image["bin"].as_str().unwrap().to_owned()).collect()
}

/// The image's names as `docker load` makes them; both indexes must agree on them.
#[track_caller]
fn tags(archive: &Archive) -> Vec<String> {
    let docker: Value = serde_json::from_slice(&archive.files["manifest.json"]).unwrap();
    let words = docker[0]["RepoTags"].as_array().unwrap();
    let names: Vec<String> = words.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let full: BTreeSet<_> = names.iter().map(|name| format!("docker.io/library/{name}")).collect();
    let listed = archive.index["manifests"].as_array().unwrap().iter();
    let listed =
        listed.map(|one| one["annotations"]["io.containerd.image.name"].as_str().unwrap().to_owned());
    assert_eq!(listed.collect::<BTreeSet<_>>(), full);
    names
}

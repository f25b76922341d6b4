//! The bake file: a target for each image, read by a parser of HCL that is not ours.

use crate::support::{Project, tool};
use serde_json::{Value, json};

/// A workspace of two programs for two platforms, with an annotation that HCL would take for an expression.
fn workspace() -> Project {
    let project = Project::empty();
    let platforms = "[workspace.metadata.scratch]\nplatform = [\"linux/amd64\", \"linux/arm64\"]\n";
    project.file("Cargo.toml", format!("[workspace]\nmembers = [\"*-app\"]\nresolver = \"3\"\n{platforms}"));
    for (name, more) in [("one-app", ""), ("two-app", "tag = [\"ghcr.io/me/two:9\", \"two:0.1.0\"]\n")] {
        let metadata =
            format!("[package.metadata.scratch]\nannotation = {{ 'org.x' = '{HOSTILE}' }}\n{more}");
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{metadata}");
        project.file(&format!("{name}/Cargo.toml"), manifest);
        project.file(&format!("{name}/src/main.rs"), "fn main() {}\n");
    }
    project.lock();
    project
}

const HOSTILE: &str = "a \"b\" ${REGISTRY} %{if} \\ $$ `id`";

fn bake(project: &Project) -> String {
    let run = project.scratch(["init", "bake"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(project.scratch(["init", "bake", "--check"]).status, 0);
    std::fs::read_to_string(project.path("docker-bake.hcl")).unwrap()
}

/// What the parser makes of `project`'s file: the blocks of each kind by their names.
fn parsed(project: &Project) -> Value {
    let script = "import hcl2, json, sys\nprint(json.dumps(hcl2.load(open(sys.argv[1]))))";
    let mut python = tool("python3");
    let said = python.args(["-c", script]).arg(project.path("docker-bake.hcl")).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// The block `name` among those of `kind`; names and texts are in their quotes.
fn block<'a>(parsed: &'a Value, kind: &str, name: &str) -> &'a Value {
    let blocks = parsed[kind].as_array().unwrap();
    blocks
        .iter()
        .find_map(|block| block.get(format!("\"{name}\"")))
        .unwrap_or_else(|| panic!("no {kind} {name}"))
}

#[test]
fn needs_python3_needs_hcl2_each_image_is_a_target_of_its_own_and_the_default_is_all() {
    let project = workspace();
    bake(&project);
    let parsed = parsed(&project);
    assert_eq!(block(&parsed, "group", "default")["targets"], json!(["\"one-app\"", "\"two-app\""]));
    let common = block(&parsed, "target", "_common");
    assert_eq!(common["platforms"], json!(["\"linux/amd64\"", "\"linux/arm64\""]));
    assert_eq!(common["dockerfile"], "\"Dockerfile\"");
    for (name, tags) in [
        ("one-app", json!(["${image(\"one-app:${VERSION}\")}", "${image(\"one-app:latest\")}"])),
        ("two-app", json!(["\"ghcr.io/me/two:9\"", "${image(\"two:${VERSION}\")}"])),
    ] {
        let target = block(&parsed, "target", name);
        assert_eq!((&target["target"], &target["tags"]), (&json!(format!("\"{name}\"")), &tags));
        assert_eq!(target["inherits"], json!(["\"_common\""]));
        assert_eq!(target["labels"]["\"org.opencontainers.image.revision\""], "REVISION");
        // the parser keeps a text as it is written
        let written = r#""index,manifest:org.x=a \"b\" $${REGISTRY} %%{if} \\ $$ `id`""#;
        assert_eq!(target["annotations"], json!([written]));
    }
    assert_eq!(block(&parsed, "variable", "VERSION")["default"], "\"0.1.0\"");
    for (name, default) in [("REGISTRY", json!("\"\"")), ("REVISION", Value::Null), ("ATTEST", json!(true))] {
        assert_eq!(block(&parsed, "variable", name)["default"], default, "{name}");
    }
}

#[test]
fn the_stages_are_those_of_the_dockerfile() {
    let project = workspace();
    let text = bake(&project);
    let dockerfile = project.scratch(["dockerfile", "--bins"]);
    assert_eq!(dockerfile.status, 0, "{dockerfile:?}");
    let targets = text.lines().filter_map(|line| line.trim().strip_prefix("target   = \""));
    let targets: Vec<_> = targets.map(|rest| rest.trim_end_matches('"')).collect();
    assert_eq!(targets, ["one-app", "two-app"]);
    for target in targets {
        let stage = format!("FROM scratch AS {target}");
        assert!(dockerfile.stdout.lines().any(|line| line == stage), "{}", dockerfile.stdout);
    }
}

#[test]
fn needs_git_a_commit_does_not_make_it_stale() {
    let project = workspace();
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let said = tool("git").args(identity).args(words).current_dir(project.path("")).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    bake(&project);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=one"]);
    assert_eq!(project.scratch(["init", "bake", "--check"]).status, 0);
}

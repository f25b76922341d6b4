//! Workflows: what the field's own judges say of them, what no value can change, and that their commands work.

mod commands;
mod hostile;

use crate::support::{Project, Run, tool};
use cargo_scratch::config::cargo::CargoFlags;
use cargo_scratch::config::env::Env;
use cargo_scratch::config::layers::Layer;
use cargo_scratch::generate::{self, Generated, workflows};
use cargo_scratch::plan::{Plans, Request, plan};
use cargo_scratch::ui::Color;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const TWO: &[&str] = &["linux/amd64", "linux/arm64"];

/// The plans for all programs of `project`.
fn plans(project: &Project, platforms: &[&str]) -> Plans {
    let (flags, _) = Layer::of_variables(&Env::default());
    let cargo = CargoFlags { workspace: true, bins: true, ..CargoFlags::default() };
    let request = Request {
        cargo,
        flags,
        verbose: 0,
        quiet: false,
        color: Color::default(),
        extra: Vec::new(),
        tag: None,
    };
    let kept = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    let mut variables: Vec<_> = ["PATH", "HOME", "CARGO_HOME"].iter().filter_map(kept).collect();
    variables.push(("CARGO_SCRATCH_PLATFORM".to_owned(), platforms.join("\n")));
    plan(&request, &Env::new(variables, project.path(""))).unwrap()
}

fn one(metadata: &str) -> Project {
    locked(Project::new("hello", metadata))
}

/// With a Cargo.lock, as it is committed.
fn locked(project: Project) -> Project {
    let mut cargo = tool("cargo");
    cargo.args(["generate-lockfile", "--offline", "--quiet"]).current_dir(project.path(""));
    assert_eq!(Run::of(cargo).status, 0);
    project
}

/// Three programs, one of which compiles C.
fn several() -> Project {
    let project = Project::empty();
    project.file(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"api\", \"web\", \"worker\", \"zstd-sys\"]\n",
    );
    for name in ["api", "web", "worker", "zstd-sys"] {
        let needs = if name == "api" { "zstd-sys = { path = \"../zstd-sys\" }\n" } else { "" };
        let package = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.file(&format!("{name}/Cargo.toml"), format!("{package}[dependencies]\n{needs}"));
        let source = if name == "zstd-sys" { "lib.rs" } else { "main.rs" };
        project.file(&format!("{name}/src/{source}"), if name == "zstd-sys" { "" } else { "fn main() {}\n" });
    }
    locked(project)
}

fn request() -> generate::Request {
    generate::Request { made: "cargo scratch init".into(), ..generate::Request::default() }
}

/// The workflows for GitHub and GitLab, and the action.
fn all(plans: &Plans) -> [Generated; 3] {
    [workflows::github, workflows::gitlab, workflows::action].map(|make| make(plans, &request()).unwrap())
}

/// Writes `files` into a folder of their own, as a project would have them.
fn written(files: &[Generated]) -> (Project, Vec<PathBuf>) {
    let folder = Project::empty();
    let paths = files.iter().map(|file| folder.file(file.path.to_str().unwrap(), &file.text)).collect();
    (folder, paths)
}

/// What PyYAML reads in each of `texts`.
fn parsed<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    const READ: &str = "import json, sys, yaml\n\
                        json.dump([yaml.load(t, yaml.CSafeLoader) for t in json.load(sys.stdin)], sys.stdout)";
    let mut python = tool("python3");
    python.args(["-c", READ]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().unwrap();
    let texts: Vec<_> = texts.into_iter().collect();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&serde_json::to_vec(&texts).unwrap()).unwrap();
    drop(input);
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success());
    serde_json::from_slice(&said.stdout).unwrap()
}

/// Calls `each` with every key that holds a text, and the text.
fn texts<'a>(value: &'a Value, key: &'a str, each: &mut impl FnMut(&'a str, &'a str)) {
    match value {
        Value::String(text) => each(key, text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, key, each)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| texts(value, key, each)),
        _ => {}
    }
}

/// Every script of a workflow.
fn scripts(workflow: &Value) -> Vec<&str> {
    let mut scripts = Vec::new();
    texts(workflow, "", &mut |key, text| {
        if ["run", "script", "before_script"].contains(&key) {
            scripts.push(text);
        }
    });
    scripts
}

/// Projects whose workflows differ in every choice that the templates make.
fn projects() -> Vec<(Project, &'static [&'static str])> {
    let tag = |name: &str| format!("[package.metadata.scratch]\ntag = \"{name}\"\n");
    vec![
        (one(""), &TWO[..1]),
        (several(), TWO),
        (one(&tag("registry.example.org/me/app:1")), TWO),
        (one(&tag("me/app")), &["linux/riscv64"]),
    ]
}

#[test]
fn needs_zizmor_needs_check_jsonschema_needs_actionlint_judges_find_nothing() {
    let written: Vec<_> =
        projects().iter().map(|(project, platforms)| written(&all(&plans(project, platforms)))).collect();
    let judge = |mut command: Command, files: &[usize]| {
        command.args(written.iter().flat_map(|(_, paths)| files.iter().map(|at| &paths[*at])));
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{}\n{}", run.stdout, run.stderr);
        run
    };
    let (github, gitlab, action) = (0, 1, 2);
    let mut zizmor = tool("zizmor");
    zizmor.args(["--offline", "--no-config", "--persona=pedantic", "--no-progress"]);
    judge(zizmor, &[github, action]);
    for (schema, file) in [("github-workflows", github), ("github-actions", action), ("gitlab-ci", gitlab)] {
        let mut check = tool("check-jsonschema");
        check.args(["--builtin-schema", &format!("vendor.{schema}")]);
        judge(check, &[file]);
    }
    let linter = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/actionlint");
    assert_eq!(judge(Command::new(linter), &[github]).stdout, "");
}

#[test]
fn needs_python3_needs_yaml_needs_shellcheck_finds_nothing_in_the_scripts() {
    for (project, platforms) in projects() {
        for workflow in parsed(all(&plans(&project, platforms)).iter().map(|file| &*file.text)) {
            let scripts = scripts(&workflow);
            assert!(scripts.len() >= 3, "{workflow}");
            for script in scripts {
                assert!(!script.contains("${{"), "no value enters a script: {script}");
                let mut shellcheck = tool("shellcheck");
                shellcheck.args(["--shell=bash", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
                let mut child = shellcheck.spawn().unwrap();
                // as both services start it
                let text = format!("set -eo pipefail\n{script}");
                child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
                let run = Run::from(child.wait_with_output().unwrap());
                assert_eq!((run.status, &*run.stdout), (0, ""), "{script}");
            }
        }
    }
}

#[test]
fn g4_what_is_taken_from_others_is_pinned_to_its_content() {
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    for (project, platforms) in projects() {
        let [github, gitlab, action] = all(&plans(&project, platforms));
        let mut uses = 0;
        for line in github.text.lines().chain(action.text.lines()) {
            let Some(rest) = line.trim_start_matches([' ', '-']).strip_prefix("uses: ") else { continue };
            let (commit, version) = rest.split_once('@').unwrap().1.split_once(" # ").unwrap();
            assert!(hex(commit, 40), "{line}");
            let numbers: Vec<_> = version.strip_prefix('v').unwrap().split('.').collect();
            assert!(numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u32>().is_ok()), "{line}");
            uses += 1;
        }
        assert!(uses >= 9, "{uses}");
        let images: Vec<_> =
            gitlab.text.lines().filter_map(|line| line.trim().strip_prefix("image: ")).collect();
        assert!(
            images.len() == 2 && images.iter().all(|image| hex(image.split_once("@sha256:").unwrap().1, 64))
        );
        let times = |text: &str| github.text.matches(text).count();
        assert_eq!(times("actions/checkout@"), times("persist-credentials: false"));
    }
}

#[test]
fn needs_python3_needs_yaml_g4_each_job_may_do_what_it_must_and_a_pull_request_nothing() {
    let [github, ..] = all(&plans(&one(""), TWO));
    let [workflow] = &parsed([&*github.text])[..] else { panic!() };
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let jobs = workflow["jobs"].as_object().unwrap();
    let permissions: serde_json::Map<_, _> =
        jobs.iter().map(|(name, job)| (name.clone(), job["permissions"].clone())).collect();
    assert_eq!(
        Value::from(permissions),
        serde_json::json!({
            "build": { "contents": "read" },
            "push": { "contents": "read", "packages": "write" },
            "index": {
                "contents": "read", "packages": "write", "id-token": "write", "attestations": "write",
            },
            "release": { "contents": "write" },
        })
    );
    assert_eq!(jobs["build"]["if"], "github.event_name == 'pull_request'");
    assert_eq!(jobs["push"]["if"], "github.event_name != 'pull_request'");
    let build = jobs["build"].to_string();
    for word in ["token", "secrets.", "docker login", "scratch push"] {
        assert!(!build.contains(word), "{word}: {build}");
    }
    assert!(jobs.values().all(|job| job["timeout-minutes"].is_u64()));
    assert!(workflow["concurrency"]["group"].is_string());
}

#[test]
fn images_of_two_registries_are_refused() {
    let project = several();
    let mut plans = plans(&project, TWO);
    plans.first.images[0].tags = vec!["one.example.org/a".parse().unwrap()];
    for make in [workflows::github, workflows::gitlab] {
        let error = make(&plans, &request()).unwrap_err();
        assert!(error.what().contains("one.example.org"), "{error}");
    }
}

//! The scripts of the workflows, run as the services run them, against a registry that is not ours.

use super::{TWO, all, one, parsed, plans, several};
use crate::support::distribution::{Distribution, Door, PASSWORD, USER};
use crate::support::{Project, Run, scratch_for, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

type Variables = BTreeMap<String, String>;

/// Where jobs run: a project, and a folder on `PATH` where `cargo install` would have put the program.
struct Runner {
    project: Project,
    tools: TempDir,
}

impl Runner {
    fn new(project: Project) -> Self {
        let tools = tempfile::tempdir().unwrap();
        symlink(env!("CARGO_BIN_EXE_cargo-scratch"), tools.path().join("cargo-scratch")).unwrap();
        Runner { project, tools }
    }

    /// Runs `script` with `words`, which make bash what the service makes of it.
    #[track_caller]
    fn run(&self, words: &[&str], script: &str, variables: &Variables) -> Run {
        let mut bash = tool("bash");
        // the toolchain, and nothing of the test's own environment
        for (name, value) in scratch_for("aarch64-unknown-linux-musl").get_envs() {
            match value {
                Some(value) => bash.env(name, value),
                None => bash.env_remove(name),
            };
        }
        let path = std::env::var_os("PATH").unwrap();
        let folders = std::iter::once(self.tools.path().to_owned()).chain(std::env::split_paths(&path));
        bash.env("PATH", std::env::join_paths(folders).unwrap());
        bash.env("DOCKER_CONFIG", self.tools.path().join("docker"));
        bash.args(words).args(["-c", script]).envs(variables).current_dir(self.project.path(""));
        let run = Run::of(bash);
        assert_eq!(run.status, 0, "{script}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    /// As a step of GitHub's with `shell: bash`; gives back the step's outputs.
    fn github(&self, script: &str, variables: &Variables) -> Variables {
        let output = self.tools.path().join("output");
        fs::write(&output, "").unwrap();
        let mut variables = variables.clone();
        variables.insert("GITHUB_OUTPUT".into(), output.display().to_string());
        variables.insert("RUNNER_TEMP".into(), self.tools.path().display().to_string());
        self.run(&["--noprofile", "--norc", "-eo", "pipefail"], script, &variables);
        let text = fs::read_to_string(output).unwrap();
        text.lines().map(|line| line.split_once('=').unwrap()).map(pair).collect()
    }
}

fn pair((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The texts of an object of YAML.
fn fields(value: &Value) -> Variables {
    let fields = value.as_object().into_iter().flatten();
    fields.filter_map(|(name, value)| Some(pair((name, value.as_str()?)))).collect()
}

/// `value` with what GitHub would put in place of its expressions; `${{ matrix.x }}` is `x` of `matrix`.
fn evaluated(value: &str, matrix: &Variables, registry: &Distribution, tag: &str) -> String {
    let Some((before, rest)) = value.split_once("${{ ") else { return value.to_owned() };
    let (expression, after) = rest.split_once(" }}").unwrap();
    let inner = match expression {
        "github.repository_owner" => "Some-Body",
        "github.ref_type == 'tag' && github.ref_name || 'edge'" => tag,
        _ => &matrix[expression.strip_prefix("matrix.").unwrap_or_else(|| panic!("{expression}"))],
    };
    let inner = evaluated(inner, matrix, registry, tag);
    format!("{before}{inner}{after}").replace("ghcr.io", &registry.host())
}

/// Runs the scripts of GitHub's job for each row of its matrix, as far as `wanted` has the names of their steps.
fn github_job(
    runner: &Runner,
    workflow: &Value,
    job: &str,
    wanted: &[&str],
    registry: &Distribution,
    tag: &str,
) -> Vec<Variables> {
    let job = &workflow["jobs"][job];
    let mut outputs = Vec::new();
    for row in job["strategy"]["matrix"]["include"].as_array().unwrap() {
        let matrix = fields(row);
        for step in job["steps"].as_array().unwrap() {
            if !wanted.iter().any(|name| step["name"].as_str().unwrap().starts_with(name)) {
                continue;
            }
            let mut variables = fields(&workflow["env"]);
            variables.extend(fields(&job["env"]));
            variables.extend(fields(&step["env"]));
            for value in variables.values_mut() {
                *value = evaluated(value, &matrix, registry, tag);
            }
            outputs.push(runner.github(step["run"].as_str().unwrap(), &variables));
        }
    }
    outputs
}

/// The digest that a name in the registry has, and the architectures of the index.
fn index(registry: &Distribution, name: &str) -> (String, Vec<String>) {
    let name = format!("docker://{}", registry.name(name));
    let raw = registry.skopeo(&["inspect", "--raw", &name]);
    assert_eq!(raw.status, 0, "{}", raw.stderr);
    let index: Value = serde_json::from_str(&raw.stdout).unwrap();
    let parts = index["manifests"].as_array().unwrap().iter();
    let architectures = parts.map(|part| part["platform"]["architecture"].as_str().unwrap().to_owned());
    (crate::support::sha256(raw.stdout.as_bytes()), architectures.collect())
}

fn is_archive_of(path: &Path, name: &str) {
    let tar = Run::of({
        let mut tar = tool("tar");
        tar.args(["-xOf", path.to_str().unwrap(), "manifest.json"]);
        tar
    });
    assert!(tar.stdout.contains(&format!("\"{name}\"")), "{tar:?}");
}

#[test]
fn needs_python3_needs_yaml_needs_registry_needs_skopeo_needs_aarch64_std_github_pushes_by_digest_and_joins()
{
    let registry = Distribution::start(Door::Open);
    let runner = Runner::new(several());
    let [github, ..] = all(&plans(&runner.project, TWO));
    let [workflow] = &parsed([&*github.text])[..] else { panic!() };

    github_job(&runner, workflow, "build", &["Build"], &registry, "");
    assert!(registry.asked().is_empty(), "a pull request pushes nothing");

    github_job(&runner, workflow, "push", &["Push"], &registry, "v1.2.3+b");
    let joined = github_job(&runner, workflow, "index", &["Join"], &registry, "v1.2.3+b");
    for (outputs, bin) in joined.iter().zip(["api", "web", "worker"]) {
        let image = format!("some-body/{bin}");
        for tag in ["1.2.3_b", "latest"] {
            let (digest, architectures) = index(&registry, &format!("{image}:{tag}"));
            assert_eq!(architectures, ["amd64", "arm64"]);
            assert_eq!(outputs["digest"], digest);
        }
        assert_eq!(outputs["image"], registry.name(&image));
        for slug in ["linux-amd64", "linux-arm64"] {
            assert!(outputs[slug].starts_with("sha256:"), "{outputs:?}");
            let archive = runner.project.path(&format!("dist/{bin}-{slug}.tar"));
            is_archive_of(&archive, &registry.name(&format!("{image}:1.2.3_b")));
        }
    }
    // a version before a release, and what is none, do not take the name of the latest
    for (tag, name) in [("v2.0.0-rc.1", "2.0.0-rc.1"), ("edge", "edge")] {
        fs::write(runner.project.path("api/src/main.rs"), format!("fn main() {{ println!(\"{tag}\"); }}\n"))
            .unwrap();
        let (latest, _) = index(&registry, "some-body/api:latest");
        github_job(&runner, workflow, "push", &["Push api"], &registry, tag);
        github_job(&runner, workflow, "index", &["Join"], &registry, tag);
        assert_ne!(index(&registry, &format!("some-body/api:{name}")).0, latest);
        assert_eq!(index(&registry, "some-body/api:latest").0, latest);
    }
}

#[test]
fn needs_python3_needs_yaml_needs_registry_needs_skopeo_needs_aarch64_std_gitlab_logs_in_pushes_and_joins() {
    let registry = Distribution::start(Door::Password);
    let runner = Runner::new(one(""));
    let [_, gitlab, _] = all(&plans(&runner.project, TWO));
    let [pipeline] = &parsed([&*gitlab.text])[..] else { panic!() };
    let mut common = fields(&pipeline["variables"]);
    let docker = runner.tools.path().join("docker").display().to_string();
    for (name, value) in [
        ("CI_REGISTRY", registry.host()),
        ("CI_REGISTRY_USER", USER.into()),
        ("CI_REGISTRY_PASSWORD", PASSWORD.into()),
        ("CI_REGISTRY_IMAGE", registry.name("group/project")),
        ("CI_COMMIT_TAG", "v1.0.0".into()),
        ("DOCKER_CONFIG", docker),
    ] {
        common.insert(name.into(), value);
    }
    let run = |job: &str, matrix: &Value, wanted: &[usize]| {
        for row in matrix["parallel"]["matrix"].as_array().unwrap() {
            let mut variables = common.clone();
            variables.extend(fields(row));
            let image = variables["IMAGE"].replace("$CI_REGISTRY_IMAGE", &common["CI_REGISTRY_IMAGE"]);
            variables.insert("IMAGE".into(), image);
            let scripts = pipeline[job]["script"].as_array().unwrap();
            let chosen: Vec<_> = wanted.iter().map(|at| scripts[*at].as_str().unwrap()).collect();
            runner.run(&["-eo", "pipefail"], &chosen.join("\n"), &variables);
        }
    };
    run("push", &pipeline[".platforms"], &[0, 1]);
    run("index", &pipeline["index"], &[0, 1]);
    let credentials = format!("--creds={USER}:{PASSWORD}");
    for tag in ["1.0.0", "latest"] {
        let name = format!("docker://{}", registry.name(&format!("group/project/hello:{tag}")));
        let raw = registry.skopeo(&["inspect", &credentials, "--raw", &name]);
        let index: Value = serde_json::from_str(&raw.stdout).unwrap();
        assert_eq!(index["manifests"].as_array().unwrap().len(), 2, "{raw:?}");
    }
    assert!(runner.project.path("dist/hello-linux-arm64.tar").is_file());
}

#[test]
fn needs_python3_needs_yaml_needs_registry_needs_skopeo_needs_aarch64_std_needs_jq_the_action_builds_or_pushes()
 {
    let registry = Distribution::start(Door::Open);
    let runner = Runner::new(one(""));
    let [.., action] = all(&plans(&runner.project, TWO));
    let [action] = &parsed([&*action.text])[..] else { panic!() };
    let step = action["runs"]["steps"].as_array().unwrap().last().unwrap();
    let run = |given: &[(&str, &str)]| {
        let mut inputs: Variables = action["inputs"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, input)| pair((name, input["default"].as_str().unwrap())))
            .collect();
        inputs.extend(given.iter().copied().map(pair));
        let input = |value: &String| {
            let name = value.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}"));
            inputs[name.unwrap()].clone()
        };
        let variables =
            fields(&step["env"]).iter().map(|(name, value)| (name.clone(), input(value))).collect();
        runner.github(step["run"].as_str().unwrap(), &variables)
    };
    let built = run(&[]);
    assert_eq!((&*built["image"], &*built["archive"]), ("hello:0.1.0", "dist/hello.tar"));
    is_archive_of(&runner.project.path("dist/hello.tar"), "hello:0.1.0");

    let name = registry.name("me/hello:1");
    let pushed = run(&[("image", &name), ("archive", "out/a.tar"), ("flags", "--env A=b --created 1")]);
    let (digest, architectures) = index(&registry, "me/hello:1");
    assert_eq!(architectures, ["amd64", "arm64"]);
    assert_eq!(pushed["digest"], digest);
    assert_eq!(pushed["image"], registry.name(&format!("me/hello@{digest}")));
    assert!(runner.project.path("out/a.tar").is_file());
    assert_ne!(built["digest"], digest, "the flags are heard");

    let alone = run(&[("image", &registry.name("me/other:1")), ("by-digest", "true")]);
    assert_eq!(alone["digest"], built["digest"]);
    let tags = registry.skopeo(&["list-tags", &format!("docker://{}", registry.name("me/other"))]);
    assert!(!tags.stdout.contains("\"1\""), "{tags:?}");
}

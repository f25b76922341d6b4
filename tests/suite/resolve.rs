//! `cargo scratch resolve`: manifests in, the same manifests with pushed digests out.

mod errors;
mod generated;
mod inputs;

use crate::support::distribution::{Distribution, Door};
use crate::support::registry::Registry;
use crate::support::{Fake, Project, Run, alone, scratch, sha256};
use std::io::Write;
use std::process::{Command, Stdio};

/// A workspace of programs: `app`; `tools` with `serve` and `work`; `main-one` with two and a default; `shared`, a
/// library.
fn workspace() -> Fake {
    let project = Project::empty();
    let file = |path: &str, text: &str| {
        project.file(path, text);
    };
    file(
        "Cargo.toml",
        "[workspace]\nmembers = [\"*/\"]\nexclude = [\"home\", \"k8s\", \"target\"]\nresolver = \"3\"\n\
         # what goes to a registry is counted here\n[workspace.metadata.scratch]\nsbom = [\"none\"]\nprovenance = false\n",
    );
    for (name, more) in
        [("app", ""), ("tools", ""), ("main-one", "default-run = \"main-one\"\n"), ("shared", "")]
    {
        let text = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}");
        file(&format!("{name}/Cargo.toml"), &text);
    }
    file("shared/src/lib.rs", "");
    for path in ["app/src/main.rs", "tools/src/bin/serve.rs", "tools/src/bin/work.rs", "main-one/src/main.rs"]
    {
        file(path, "fn main() {}\n");
    }
    file("main-one/src/bin/other.rs", "fn main() {}\n");
    Fake::of(project)
}

/// The run of `resolve` with `words` for a user who has nothing of this machine's own.
fn command(fake: &Fake, words: &[&str]) -> Command {
    alone(fake.command([&["resolve"], words].concat()), fake)
}

fn resolve(fake: &Fake, words: &[&str]) -> Run {
    Run::of(command(fake, words))
}

/// The same with `text` on standard input.
fn piped(fake: &Fake, words: &[&str], text: &[u8]) -> Run {
    let mut command = command(fake, words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // a run that fails early need not read all of it
    let _ = child.stdin.take().unwrap().write_all(text);
    Run::from(child.wait_with_output().unwrap())
}

/// The digest of the one manifest that `repository` has.
#[track_caller]
fn only(registry: &Registry, repository: &str) -> String {
    registry.state(|state| {
        let mut own = state.manifests.iter().filter(|((of, _), _)| of == repository);
        let (((_, digest), bytes), None) = (own.next().expect(repository), own.next()) else {
            panic!("several")
        };
        assert_eq!(*digest, sha256(bytes));
        digest.clone()
    })
}

/// A manifest with everything that must stay, and five places of two programs.
const MANIFEST: &str = "\u{feff}# scratch://app is a comment\r\n---\r\napiVersion: apps/v1   # é\r\nkind: \"Deployment\"\r\n\
    metadata: {name: 'app', labels: {b: 2, a: 1}}\r\nspec:\r\n  template:\r\n    spec:\r\n      initContainers:\r\n\
    \x20     - {name: init, image: scratch://tools/serve, args: [a,  b]}\r\n      containers:\r\n      - name: app\r\n\
    \x20       image:   scratch://app\t# scratch://app\r\n      - image: 'scratch://app'\r\n      - image: \"scratch://app\" \r\n\
    \x20     - image: &other scratch://tools/serve\r\n      - image: *other\r\n\r\n---\r\n\r\n...\r\n";

#[test]
fn only_the_references_change_and_each_program_is_built_and_pushed_once() {
    let (registry, fake) = (Registry::start(), workspace());
    fake.file("k8s/app.yaml", MANIFEST);
    let run = resolve(&fake, &["-f", "k8s/app.yaml", "--repo", &registry.name("me")]);
    assert_eq!(run.status, 0, "{run:?}");
    let name = |bin: &str| {
        format!("{}@{}", registry.name(&format!("me/{bin}")), only(&registry, &format!("me/{bin}")))
    };
    let line = |name: &str| MANIFEST.matches(name).count();
    assert_eq!((line("scratch://app"), line("scratch://tools/serve")), (5, 2));
    let expected: String = MANIFEST
        .split_inclusive('\n')
        .map(|line| {
            let (code, comment) = line.find('#').map_or((line, ""), |at| line.split_at(at));
            let code = code.replace("scratch://app", &name("app"));
            code.replace("scratch://tools/serve", &name("serve")) + comment
        })
        .collect();
    assert_eq!(run.stdout, expected);
    assert!(run.stderr.contains("Resolved 5 references to 2 images"), "{run:?}");
    let builds = fake.builds();
    assert_eq!(builds.len(), 1);
    for word in ["--package=app@0.1.0", "--package=tools@0.1.0", "--bin=app", "--bin=serve"] {
        assert_eq!(builds[0].0.matches(word).count(), 1, "{builds:?}");
    }
    assert_eq!(registry.count("PUT /manifests/sha256:"), 2, "by digest, once each");
    assert!(registry.state(|state| state.tags.is_empty()));
}

#[test]
fn needs_registry_needs_skopeo_the_digest_is_the_one_that_the_registry_has() {
    let (registry, fake) = (Distribution::start(Door::Open), workspace());
    let words =
        ["-f", "-", "--repo", &registry.name("me"), "-t", "v1", "--platform", "linux/amd64,linux/arm64"];
    let run = piped(&fake, &words, b"image: scratch://app");
    assert_eq!(run.status, 0, "{run:?}");
    let name = run.stdout.strip_prefix("image: ").unwrap();
    let (repository, digest) = name.split_once('@').unwrap();
    assert_eq!(repository, registry.name("me/app"));
    for by in [name, &registry.name("me/app:v1")] {
        let raw = registry.skopeo(&["inspect", "--raw", &format!("docker://{by}")]);
        assert_eq!(sha256(raw.stdout.as_bytes()), digest, "{raw:?}");
        assert!(raw.stdout.contains("arm64") && raw.stdout.contains("amd64"), "an index");
    }
}

#[test]
fn a_tag_is_pushed_only_where_it_is_asked_for() {
    let (registry, fake) = (Registry::start(), workspace());
    let repo = registry.name("me");
    let run = piped(&fake, &["-f", "-", "--repo", &repo, "-t", "v1"], b"[scratch://app, scratch://main-one]");
    assert_eq!(run.status, 0, "{run:?}");
    for bin in ["app", "main-one"] {
        let digest = registry.tagged(&format!("me/{bin}"), "v1").unwrap();
        assert!(run.stdout.contains(&format!("{repo}/{bin}@{digest}")), "{run:?}");
    }
    assert_eq!(registry.state(|state| state.tags.len()), 2);
}

#[test]
fn the_repository_comes_from_the_flag_the_variable_or_the_packages_own_tags() {
    let (registry, fake) = (Registry::start(), workspace());
    let own = format!(
        "[package.metadata.scratch]\ntag = [\"{}\", \"{}\"]\n",
        registry.name("own/x:1"),
        registry.name("own/x:2")
    );
    let manifest = std::fs::read_to_string(fake.path("app/Cargo.toml")).unwrap() + &own;
    let project = workspace();
    project.file("app/Cargo.toml", manifest);
    let fake = of_same(project);
    let place = |words: &[&str], variable: &str| {
        let mut command = command(&fake, &[&["-f", "-"], words].concat());
        command
            .env("CARGO_SCRATCH_REPO", variable)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"scratch://app").unwrap();
        let run = Run::from(child.wait_with_output().unwrap());
        assert!(run.status == 0 && !run.stderr.contains("warning"), "{run:?}");
        run.stdout.split('@').next().unwrap().to_owned()
    };
    let (flag, variable) = (registry.name("flag"), registry.name("variable/"));
    assert_eq!(place(&["--repo", &flag], &variable), registry.name("flag/app"));
    assert_eq!(place(&[], &variable), registry.name("variable/app"));
    assert_eq!(place(&[], ""), registry.name("own/x"));
    assert_eq!(only(&registry, "own/x"), only(&registry, "flag/app"));
    assert!(registry.state(|state| state.tags.is_empty()));
}

/// A fake for the files of another, whose manifests have changed.
fn of_same(fake: Fake) -> Fake {
    let project = Project::empty();
    let copied =
        Command::new("cp").arg("-r").arg(fake.path("").join(".")).arg(project.path("")).status().unwrap();
    assert!(copied.success());
    Fake::of(project)
}

#[test]
fn repo_is_a_setting_of_a_push_too() {
    let (registry, fake) = (Registry::start(), Fake::new("app", ""));
    let mut command = fake.command(["push", "--repo", &registry.name("me")]);
    command.env("HOME", fake.path("home"));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(registry.tagged("me/app", "0.1.0"), registry.tagged("me/app", "latest"));
    let help = Run::of({
        let mut command = scratch();
        command.args(["resolve", "--help"]);
        command
    });
    assert!(help.stdout.contains("--repo <PREFIX>") && !help.stdout.contains("--bin"), "{help:?}");
}

#[test]
fn manifests_without_programs_pass_as_they_are_and_nothing_is_built() {
    let fake = workspace();
    for text in ["", "a: 1", "\u{feff}{\"a\":\t[1]}\r\n", "# scratch://app\n---\n...\n", "scratch://app: 1\n"]
    {
        let run = piped(&fake, &["-f", "-"], text.as_bytes());
        assert_eq!((run.status, run.stdout.as_str()), (0, text), "{run:?}");
    }
    assert!(fake.calls("metadata").is_empty() && fake.builds().is_empty());
}

#[test]
fn a_list_says_what_is_where_and_builds_nothing() {
    let fake = workspace();
    fake.file("k8s/a.yaml", "a: 1\nb: [scratch://app, 'scratch://tools/work']\n");
    fake.file("k8s/b.yaml", "x: run scratch://app\n");
    let words = ["-f", "k8s", "--repo", "ghcr.io/me", "--list"];
    let run = resolve(&fake, &words);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(
        run.stdout,
        "k8s/a.yaml:2:5: scratch://app → ghcr.io/me/app@sha256:…\nk8s/a.yaml:2:20: scratch://tools/work → ghcr.io/me/work@sha256:…\n"
    );
    assert!(
        run.stderr.contains("warning[stray-reference]: k8s/b.yaml:1:8: `scratch://` within other text"),
        "{run:?}"
    );
    let json = resolve(&fake, &[&words[..], &["--message-format", "json"]].concat());
    let lines: Vec<serde_json::Value> =
        json.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["code"]), (3, &"stray-reference".into()), "{json:?}");
    assert_eq!(
        (&lines[1]["line"], &lines[2]["reference"], &lines[2]["result"]),
        (&2.into(), &"scratch://tools/work".into(), &serde_json::Value::Null)
    );
    assert!(fake.builds().is_empty());
}

#[test]
fn as_json_the_text_is_one_value() {
    let (registry, fake) = (Registry::start(), workspace());
    let words = ["-f", "-", "--repo", &registry.name("me"), "--message-format", "json"];
    let run = piped(&fake, &words, b"a: scratch://app\n");
    let lines: Vec<serde_json::Value> =
        run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let name = format!("{}@{}", registry.name("me/app"), only(&registry, "me/app"));
    assert_eq!(lines[0]["result"], name.as_str());
    assert_eq!(lines[1]["text"], format!("a: {name}\n"));
}

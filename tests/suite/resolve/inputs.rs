//! Files, folders and standard input, as kubectl has them.

use super::{command, only, piped, resolve, workspace};
use crate::support::registry::Registry;
use crate::support::{Run, through};
use rustix::process::{Pid, Signal};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn files_and_folders_become_one_stream_in_their_order() {
    let (registry, fake) = (Registry::start(), workspace());
    for (path, text) in [
        ("k8s/b.yml", "b: scratch://app"),
        ("k8s/a.yaml", "---\na: 'scratch://app'\n"),
        ("k8s/c.json", "{\n\t\"c\": \"scratch:\\/\\/tools\\/work\"\n}\n"),
        ("k8s/more/d.yaml", "\u{feff}# d\nd: 1\n"),
        ("k8s/notes.txt", "a: b: scratch://nothing"),
        ("z.txt", "%YAML 1.2\n---\nz: scratch://tools/work\n"),
    ] {
        fake.file(path, text);
    }
    let repo = registry.name("me");
    let run = resolve(&fake, &["-f", "z.txt", "-f", "k8s", "--filename", "k8s/more", "--repo", &repo]);
    assert_eq!(run.status, 0, "{run:?}");
    let name = |bin: &str| format!("{repo}/{bin}@{}", only(&registry, &format!("me/{bin}")));
    let (app, work) = (name("app"), name("work"));
    let expected = format!(
        "%YAML 1.2\n---\nz: {work}\n---\na: '{app}'\n---\nb: {app}\n---\n{{\n\t\"c\": \"{work}\"\n}}\n---\n# d\nd: 1\n"
    );
    assert_eq!(run.stdout, expected);
    assert_eq!(fake.builds().len(), 1);
    let run = resolve(&fake, &["-R", "-f", "k8s", "-f", "z.txt", "--repo", &repo]);
    assert!(run.stdout.contains("}\n---\n# d\nd: 1\n...\n%YAML 1.2\n---\nz: "), "{run:?}");
}

#[test]
fn standard_input_and_pipes_are_read() {
    let (registry, fake) = (Registry::start(), workspace());
    let repo = registry.name("me");
    fake.file("a.yaml", "a: 1\n");
    let run = piped(&fake, &["-f", "a.yaml", "-f-", "--repo", &repo], b"b: scratch://app");
    assert_eq!(run.stdout, format!("a: 1\n---\nb: {repo}/app@{}", only(&registry, "me/app")));
    piped(&fake, &["-f", "-", "-f", "-"], b"").refused(2, &["said twice"]);
    let mut shell = Command::new("bash");
    shell.arg("-c").arg("\"$@\" -f <(echo 'x: scratch://app')").arg("bash");
    let run = Run::of(through(shell, [""; 0], &command(&fake, &["--repo", &repo])));
    assert!(run.status == 0 && run.stdout.starts_with(&format!("x: {repo}/app@")), "{run:?}");
}

#[test]
fn d3_a_signal_ends_the_wait_for_standard_input() {
    let fake = workspace();
    let mut command = command(&fake, &["-f", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"a: 1\n").unwrap();
    let start = Instant::now();
    while rustix::io::ioctl_fionread(&stdin).unwrap() > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not read");
        std::thread::yield_now();
    }
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    run.refused(130, &["interrupted"]);
    drop(stdin); // open until here
}

#[test]
fn needs_kubectl_what_comes_out_is_what_kubectl_takes() {
    let (registry, fake) = (Registry::start(), workspace());
    let pod = |name: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: c # x\n    image: {image}\n"
        )
    };
    fake.file("k8s/a.yaml", pod("a", "scratch://app"));
    fake.file(
        "k8s/b.yaml",
        format!("---\n{}---\n{}", pod("b", "'scratch://tools/work'"), pod("c", "\"scratch://app\"")),
    );
    fake.file("k8s/0.json", r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"},"spec":{"containers":[{"name":"c","image":"scratch:\/\/app"}]}}"#);
    let run = resolve(&fake, &["-f", "k8s", "--repo", &registry.name("me")]);
    assert_eq!(run.status, 0, "{run:?}");
    fake.file("all.yaml", &run.stdout);
    let mut kubectl = crate::support::tool("kubectl");
    // --local asks no server
    kubectl.args([
        "label",
        "--local",
        "-f",
        "all.yaml",
        "x=y",
        "-o",
        "jsonpath={.metadata.name} {.spec.containers[0].image}{\"\\n\"}",
    ]);
    kubectl.current_dir(fake.path("")).env("HOME", fake.path("home")).env("KUBECONFIG", "/dev/null");
    let said = Run::of(kubectl);
    let name = |bin: &str| {
        format!("{}@{}", registry.name(&format!("me/{bin}")), only(&registry, &format!("me/{bin}")))
    };
    let (app, work) = (name("app"), name("work"));
    let (names, images): (Vec<_>, Vec<_>) =
        said.stdout.lines().filter_map(|line| line.split_once(' ')).unzip();
    assert_eq!(names, ["d", "a", "b", "c"], "{said:?}");
    assert_eq!(images, [app.as_str(), &app, &work, &app]);
}

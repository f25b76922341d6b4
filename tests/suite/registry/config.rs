//! F2, F3, F4: whose word is shown to a registry, as docker and podman keep it.

use super::{User, base64, pushed};
use crate::support::Run;
use crate::support::registry::{Gate, Registry, basic, sha256};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;

use std::time::{Duration, Instant};

/// What `run` has shown to a registry that asks for a password: a name and a password, or nothing.
fn shown(registry: &Registry) -> Option<String> {
    registry.seen().iter().find_map(|seen| seen.header("authorization").map(str::to_owned))
}

fn auth(user: &str, password: &str) -> Value {
    json!({ "auth": base64(&format!("{user}:{password}")) })
}

/// A row: what `config.json` is, made for the registry's `HOST:PORT`, and what is shown.
type Row = (&'static str, fn(&str) -> String, Option<(&'static str, &'static str)>);

#[test]
fn f3_config_json_is_read_as_docker_reads_it() {
    let rows: [Row; 16] = [
        ("by host", |host| json!({ "auths": { host: auth("a", "b") } }).to_string(), Some(("a", "b"))),
        (
            "colons in a password",
            |host| json!({ "auths": { host: auth("a", "b:c:d") } }).to_string(),
            Some(("a", "b:c:d")),
        ),
        (
            "with a scheme",
            |host| json!({ "auths": { format!("http://{host}"): auth("a", "b") } }).to_string(),
            Some(("a", "b")),
        ),
        (
            "with a path",
            |host| json!({ "auths": { format!("https://{host}/v1/"): auth("a", "b") } }).to_string(),
            Some(("a", "b")),
        ),
        (
            "of a repository, as podman has it",
            |host| {
                json!({ "auths": { format!("{host}/me/app"): auth("a", "b"), host: auth("c", "d") } })
                    .to_string()
            },
            Some(("a", "b")),
        ),
        (
            "of a namespace, as podman has it",
            |host| {
                json!({ "auths": { format!("{host}/me"): auth("a", "b"), host: auth("c", "d") } }).to_string()
            },
            Some(("a", "b")),
        ),
        (
            "of another namespace",
            |host| json!({ "auths": { format!("{host}/you"): auth("a", "b") } }).to_string(),
            None,
        ),
        (
            "name and password apart",
            |host| json!({ "auths": { host: { "username": "a", "password": "b" } } }).to_string(),
            Some(("a", "b")),
        ),
        (
            "with a byte order mark",
            |host| format!("\u{feff}{}", json!({ "auths": { host: auth("a", "b") } })),
            Some(("a", "b")),
        ),
        ("of another host", |_| json!({ "auths": { "ghcr.io": auth("a", "b") } }).to_string(), None),
        (
            "of another port",
            |host| {
                json!({ "auths": { format!("{}:1", host.split(':').next().unwrap()): auth("a", "b") } })
                    .to_string()
            },
            None,
        ),
        (
            "of the host without its port",
            |host| json!({ "auths": { host.split(':').next().unwrap(): auth("a", "b") } }).to_string(),
            None,
        ),
        ("an empty entry", |host| json!({ "auths": { host: {} } }).to_string(), None),
        ("no entries", |_| "{}".to_owned(), None),
        (
            "other keys",
            |host| {
                json!({ "auths": { host: auth("a", "b") }, "HttpHeaders": {}, "detachKeys": "x", "plugins": [] }).to_string()
            },
            Some(("a", "b")),
        ),
        (
            "a null",
            |host| {
                json!({ "auths": { host: auth("a", "b") }, "credHelpers": null, "credsStore": "" })
                    .to_string()
            },
            Some(("a", "b")),
        ),
    ];
    let user = User::new();
    for (name, config, wanted) in rows {
        let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
        user.config(&config(registry.host()));
        let run = user.push(&registry, &[]);
        assert_eq!(run.status, 6, "{name}: {run:?}");
        assert_eq!(shown(&registry), wanted.map(|(name, password)| basic(name, password)), "{name}: {run:?}");
    }
}

#[test]
fn f3_an_odd_config_json_is_an_error_that_names_it_or_nothing() {
    let user = User::new();
    let odd: [fn(&str) -> String; 6] = [
        |_| "{".to_owned(),
        |_| "canary-secret".to_owned(),
        |host| json!({ "auths": { host: { "auth": "canary*secret" } } }).to_string(),
        |host| json!({ "auths": { host: { "auth": base64("canary-secret") } } }).to_string(),
        |host| json!({ "auths": { host: { "auth": 5 } } }).to_string(),
        |_| json!({ "auths": [] }).to_string(),
    ];
    for odd in odd {
        let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
        let config = odd(registry.host());
        user.config(&config);
        let run = user.push(&registry, &[]);
        run.refused(6, &["config.json"]);
        assert!(!run.stderr.contains("canary") && !run.stderr.contains(&base64("canary-secret")), "{run:?}");
        assert_eq!(shown(&registry), None, "{config}");
        // where nobody asks, nobody looks
        let open = Registry::start();
        user.config(&config.replace(registry.host(), open.host()));
        pushed(&user.push(&open, &[]), &open);
    }
}

#[test]
fn f3_the_places_have_their_order() {
    let user = User::new();
    let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
    let entry = |name: &str| json!({ "auths": { registry.host(): auth(name, "b") } }).to_string();
    let podman = user.fake.file("run/containers/auth.json", entry("podman"));
    let push = |variables: &[(&str, &OsStr)]| {
        registry.forget();
        let mut command = user.command(&["push", &registry.name("me/app:1")]);
        command.envs(variables.iter().copied());
        let run = Run::of(command);
        assert_eq!(run.status, 6, "{run:?}");
        shown(&registry)
    };
    let run = user.fake.path("run");
    let by = |name: &str| Some(basic(name, "b"));
    assert_eq!(push(&[]), None);
    assert_eq!(push(&[("XDG_RUNTIME_DIR", run.as_ref())]), by("podman"));
    assert_eq!(push(&[("REGISTRY_AUTH_FILE", podman.as_ref())]), by("podman"));
    user.config(&entry("home"));
    assert_eq!(push(&[]), by("home"));
    let folder = user.fake.file("elsewhere/config.json", entry("elsewhere"));
    let folder = folder.parent().unwrap();
    assert_eq!(push(&[("DOCKER_CONFIG", folder.as_ref())]), by("elsewhere"));
    assert_eq!(push(&[("DOCKER_AUTH_CONFIG", entry("variable").as_ref())]), by("variable"));
    let builds = user.fake.builds();
    assert!(builds.iter().all(|(_, variables)| variables.contains_key("PATH")), "{builds:?}");
    let leaks = builds.iter().any(|(_, variables)| variables.contains_key("DOCKER_AUTH_CONFIG"));
    assert!(!leaks, "build scripts are anybody's code");
}

/// What `config.json` is, made for the registry's `HOST:PORT`, and the helper whose answer is shown.
type HelperRow = (fn(&str) -> Value, Option<&'static str>);

#[test]
fn f2_a_helper_is_asked_as_docker_asks_it() {
    let user = User::new();
    let asked = user.fake.path("asked");
    let answers = format!("read -r line; echo \"$1 $line\" >>{}; ", asked.display());
    user.helper("one", &(answers.clone() + "echo '{\"Username\":\"one\",\"Secret\":\"p\"}'"));
    user.helper("two", &(answers.clone() + "echo '{\"Username\":\"two\",\"Secret\":\"p\"}'"));
    user.helper("none", "echo 'credentials not found in native keychain'; exit 1");
    let rows: [HelperRow; 5] = [
        (|_| json!({ "credsStore": "one" }), Some("one")),
        (|host| json!({ "credsStore": "one", "credHelpers": { host: "two" } }), Some("two")),
        (|host| json!({ "credsStore": "one", "auths": { host: auth("file", "p") } }), Some("one")),
        (|host| json!({ "credsStore": "none", "auths": { host: {} } }), None),
        (|host| json!({ "credHelpers": { host: "none" } }), None),
    ];
    for (config, wanted) in rows {
        let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
        let config = config(registry.host());
        user.config(&config.to_string());
        user.push(&registry, &["-v"]).refused(6, &["401", "docker login"]);
        assert_eq!(shown(&registry), wanted.map(|name| basic(name, "p")), "{config}");
        if wanted.is_some() {
            let words = fs::read_to_string(&asked).unwrap();
            assert_eq!(words.lines().last().unwrap(), format!("get {}", registry.host()));
        }
    }
}

#[test]
fn f2_an_evil_helper_gets_nowhere() {
    let user = User::new();
    let canary = "canary-secret";
    let answer = format!("echo '{{\"Username\":\"a\",\"Secret\":\"{canary}\"}}'");
    user.helper("fails", &format!("{answer}; exit 3"));
    user.helper("tells", &format!("echo the password is {canary} >&2; {answer}; exit 1"));
    user.helper("escapes", "printf '\\033[31mred\\033]0;x\\007' >&2; exit 1");
    user.helper("nonsense", &format!("echo {canary}"));
    user.helper("floods", &format!("yes {canary} | head -c 100000000"));
    user.helper("shouts", "yes shout | head -c 100000000 >&2; exit 1");
    user.helper("newline", "printf '{\"Username\":\"a\\\\r\\\\nX-Injected: 1\",\"Secret\":\"b\"}'");
    fs::write(user.fake.file("evil", ""), "#!/bin/sh\ntouch ran\n").unwrap();
    for name in [
        "fails",
        "tells",
        "escapes",
        "nonsense",
        "floods",
        "shouts",
        "missing",
        "../../evil",
        "/evil",
        "a b",
        "-x",
        "$(touch ran)",
        "x\u{1b}[31m",
    ] {
        let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
        user.config(&json!({ "credHelpers": { registry.host(): name } }).to_string());
        let start = Instant::now();
        let run = user.push(&registry, &["-v"]);
        run.refused(6, &["error[credentials]"]);
        assert!(start.elapsed() < Duration::from_secs(20), "{name}");
        assert!(!run.stderr.contains(canary) && run.stderr.len() < 4 << 10, "{name}: {run:?}");
        assert_eq!(shown(&registry), None, "{name}");
        assert!(!user.fake.path("ran").exists(), "{name}");
    }
    let registry = Registry::behind(Gate::Basic("nobody", "is let in"));
    user.config(&json!({ "credHelpers": { registry.host(): "newline" } }).to_string());
    user.push(&registry, &["-v"]);
    assert!(registry.seen().iter().all(|seen| seen.header("x-injected").is_none()));
}

#[test]
fn f4_config_json_stays_as_it_is() {
    let registry = Registry::behind(Gate::Basic("me", "secret"));
    let user = User::of(registry.host(), "me", "secret");
    let path = user.fake.path("home/.docker/config.json");
    let state = || (sha256(&fs::read(&path).unwrap()), fs::metadata(&path).unwrap().modified().unwrap());
    let before = state();
    pushed(&user.push(&registry, &[]), &registry);
    assert_eq!(state(), before);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "and nothing is beside it");
}

//! Files as people have them, and what docker and podman make of them.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

fn basic(user: &str, password: &str) -> Credential {
    Credential::Basic(user.into(), Secret::new(password))
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// A home folder in which `files` are, and the credentials of its user with further `variables`.
fn home(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (TempDir, Credentials) {
    let home = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    // a session of their own, so that the login of whoever runs the tests is not found
    let own = ["HOME", "XDG_RUNTIME_DIR"].map(|name| (name.to_owned(), home.path().display().to_string()));
    let own = own.into_iter();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let env = Env::new(own.chain(variables), home.path());
    (home, Credentials::of(&env))
}

fn of_config(config: &str, host: &str, repository: &str) -> Result<Credential, Error> {
    let (_home, credentials) = home(&[(".docker/config.json", config)], &[]);
    credentials.lookup(host, repository).map(|found| found.credential)
}

#[test]
fn f3_entries_as_docker_and_podman_write_them() {
    let colon = encoded("me:a:b:c");
    let broken = encoded("me:pw").replacen('w', "\\nw", 1) + "\\n";
    let unpadded = encoded("me:ab").trim_end_matches('=').to_owned();
    let nul = encoded("me:pw\0\0");
    for (entry, expected) in [
        (format!(r#"{{"auth":"{}"}}"#, encoded("me:pw")), basic("me", "pw")),
        (format!(r#"{{"auth":"{colon}"}}"#), basic("me", "a:b:c")),
        (format!(r#"{{"auth":"{unpadded}"}}"#), basic("me", "ab")),
        (format!(r#"{{"auth":"{nul}"}}"#), basic("me", "pw")),
        (format!(r#"{{"auth":"{broken}"}}"#), basic("me", "pw")),
        (r#"{"username":"me","password":"pw"}"#.to_owned(), basic("me", "pw")),
        (
            format!(r#"{{"auth":"{}","identitytoken":"t"}}"#, encoded("me:")),
            Credential::Identity(Secret::new("t")),
        ),
        (r#"{"registrytoken":"t"}"#.to_owned(), Credential::Access(Secret::new("t"))),
        ("{}".to_owned(), Credential::Anonymous),
        ("null".to_owned(), Credential::Anonymous),
        (r#"{"auth":""}"#.to_owned(), Credential::Anonymous),
    ] {
        let config = format!(r#"{{"auths":{{"ghcr.io":{entry}}},"psFormat":"table"}}"#);
        assert_eq!(of_config(&config, "ghcr.io", "me/app").unwrap(), expected, "{entry}");
    }
}

#[test]
fn f3_the_most_exact_key_decides() {
    let entry = |user: &str| format!(r#"{{"auth":"{}"}}"#, encoded(&format!("{user}:x")));
    let config = format!(
        r#"{{"auths":{{"https://index.docker.io/v1/":{},"quay.io":{},"quay.io/org":{},"https://ghcr.io/v2/":{},"ghcr.io":{}}}}}"#,
        entry("hub"),
        entry("quay"),
        entry("org"),
        entry("old"),
        entry("exact"),
    );
    for (host, repository, user) in [
        ("docker.io", "library/app", "hub"),
        ("quay.io", "me/app", "quay"),
        ("quay.io", "org/app", "org"),
        ("quay.io", "organisation/app", "quay"),
        ("ghcr.io", "me/app", "exact"),
    ] {
        assert_eq!(of_config(&config, host, repository).unwrap(), basic(user, "x"), "{host}/{repository}");
    }
    assert_eq!(
        of_config(&config, "ghcr.io:443", "a").unwrap(),
        Credential::Anonymous,
        "a port is part of it"
    );
}

#[test]
fn f3_a_file_that_cannot_be_understood_is_named_and_not_quoted() {
    let no_colon = format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{}"}}}}}}"#, encoded("c4nary"));
    for config in [
        "{",
        "[]",
        r#"{"auths":{"ghcr.io":{"auth":5}}}"#,
        r#"{"auths":{"ghcr.io":"c4nary"}}"#,
        r#"{"auths":{"ghcr.io":{"auth":"c4nary!"}}}"#,
        r#"{"auths":{"ghcr.io":{"auth":"OmM0bmFyeQ=="}}}"#,
        &no_colon,
        r#"{"credsStore":5}"#,
    ] {
        let error = of_config(config, "ghcr.io", "a").unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains(".docker/config.json") && !text.contains("c4nary"), "{config}: {text}");
        assert_eq!(error.exit_status(), 6);
    }
    for empty in ["", "\u{feff}{}", "  \n", r#"{"auths":null}"#] {
        assert_eq!(of_config(empty, "ghcr.io", "a").unwrap(), Credential::Anonymous, "{empty:?}");
    }
    let (home, credentials) = home(&[], &[]);
    fs::create_dir_all(home.path().join(".docker/config.json")).unwrap();
    assert!(credentials.lookup("ghcr.io", "a").unwrap_err().what().contains("a folder"));
}

#[test]
fn f3_what_is_no_file_is_told_and_not_waited_for() {
    let (home, credentials) = home(&[("file", "")], &[]);
    fs::create_dir(home.path().join(".docker")).unwrap();
    let config = home.path().join(".docker/config.json");
    rustix::fs::mkfifoat(rustix::fs::CWD, &config, rustix::fs::Mode::RWXU).unwrap();
    assert!(credentials.lookup("ghcr.io", "a").unwrap_err().what().contains("a fifo"));
    fs::remove_file(&config).unwrap();
    fs::write(&config, vec![b' '; 2 << 20]).unwrap();
    assert!(credentials.lookup("ghcr.io", "a").unwrap_err().what().contains("too large"));
    for nowhere in ["nowhere", "../file/below"] {
        fs::remove_file(&config).unwrap();
        std::os::unix::fs::symlink(nowhere, &config).unwrap();
        assert_eq!(
            credentials.lookup("ghcr.io", "a").unwrap().credential,
            Credential::Anonymous,
            "{nowhere}"
        );
    }
}

#[test]
fn f3_podman_without_a_session_keeps_its_file_under_run() {
    let credentials = Credentials::of(&Env::new([("HOME", "/home/me")], "/"));
    let uid = rustix::process::getuid().as_raw();
    let paths = ["/home/me/.docker/config.json", &format!("/run/containers/{uid}/auth.json")];
    assert!(credentials.paths().iter().zip(paths).all(|(path, expected)| path == Path::new(expected)));
    assert_eq!(credentials.paths().last().unwrap(), Path::new("/home/me/.config/containers/auth.json"));
}

#[test]
fn f3_an_empty_helper_for_a_registry_means_none() {
    let entry = format!(r#"{{"auth":"{}"}}"#, encoded("me:pw"));
    let config =
        format!(r#"{{"auths":{{"ghcr.io":{entry}}},"credsStore":"missing","credHelpers":{{"ghcr.io":""}}}}"#);
    assert_eq!(of_config(&config, "ghcr.io", "a").unwrap(), basic("me", "pw"));
    assert!(of_config(&config, "quay.io", "a").is_err());
}

#[test]
fn f3_the_first_place_that_knows_the_registry_decides() {
    let config =
        |user: &str| format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{}"}}}}}}"#, encoded(&format!("{user}:x")));
    let files = [
        (".docker/config.json", config("docker")),
        ("other/config.json", config("other")),
        ("run/containers/auth.json", config("run")),
        (".config/containers/auth.json", config("podman")),
        ("only.json", r#"{"auths":{}}"#.to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let user = |files: &[(&str, &str)], variables: &[(&str, &str)]| {
        let (_home, credentials) = home(files, variables);
        let found = credentials.lookup("ghcr.io", "a").unwrap();
        match found.credential {
            Credential::Basic(user, _) => user,
            _ => format!("none{}", found.place),
        }
    };
    assert_eq!(user(&files, &[]), "docker");
    assert_eq!(user(&files, &[("DOCKER_CONFIG", "other")]), "other");
    assert_eq!(user(&files, &[("DOCKER_AUTH_CONFIG", &config("variable"))]), "variable");
    assert_eq!(user(&files, &[("REGISTRY_AUTH_FILE", "other/config.json")]), "other");
    let only = [("REGISTRY_AUTH_FILE", "only.json"), ("DOCKER_AUTH_CONFIG", &config("variable"))];
    assert_eq!(user(&files, &only), "none");
    assert_eq!(user(&files[2..], &[("XDG_RUNTIME_DIR", "run")]), "run");
    assert_eq!(user(&files[2..], &[]), "podman");
    assert_eq!(user(&[], &[]), "none");
    let (_home, credentials) = home(&files, &[("REGISTRY_AUTH_FILE", "missing.json")]);
    let error = credentials.lookup("ghcr.io", "a").unwrap_err();
    assert!(
        error.what().contains("missing.json") && error.notes()[0].contains("REGISTRY_AUTH_FILE"),
        "{error:?}"
    );
}

#[test]
fn f3_helpers_come_before_the_file_and_the_registrys_own_before_the_one_for_all() {
    use std::os::unix::fs::PermissionsExt;
    let script = |user: &str| format!("#!/bin/sh\necho '{{\"Username\":\"{user}\",\"Secret\":\"s\"}}'\n");
    let silent = "#!/bin/sh\necho 'credentials not found in native keychain'\nexit 1\n".to_owned();
    let config = format!(
        r#"{{"auths":{{"a.example":{{"auth":"{}"}},"c.example":{{}}}},"credsStore":"all","credHelpers":{{"a.example":"own","b.example":"silent"}}}}"#,
        encoded("file:s")
    );
    let (home, _) = home(
        &[
            (".docker/config.json", &config),
            ("bin/docker-credential-all", &script("all")),
            ("bin/docker-credential-own", &script("own")),
            ("bin/docker-credential-silent", &silent),
        ],
        &[],
    );
    let bin = home.path().join("bin");
    for name in ["all", "own", "silent"] {
        let path = bin.join(format!("docker-credential-{name}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let variables = [("HOME", home.path().as_os_str()), ("PATH", bin.as_os_str())];
    let credentials = Credentials::of(&Env::new(variables, home.path()));
    for (host, user) in [("a.example", "own"), ("b.example", "all"), ("c.example", "all")] {
        let found = credentials.lookup(host, "x").unwrap();
        assert_eq!(found.credential, basic(user, "s"), "{host}");
        assert_eq!(found.place, format!("docker-credential-{user}"));
    }
    fs::remove_file(bin.join("docker-credential-own")).unwrap();
    fs::remove_file(bin.join("docker-credential-all")).unwrap();
    let found = credentials.lookup("a.example", "x").unwrap();
    assert_eq!((found.credential, found.place.ends_with("config.json")), (basic("file", "s"), true));
    let error = credentials.lookup("c.example", "x").unwrap_err();
    assert!(
        error.what().contains("docker-credential-all") && error.place().unwrap().ends_with("config.json")
    );
}

proptest! {
    #[test]
    fn f1_no_file_makes_a_panic_and_no_error_quotes_it(auth in "[ -~]{0,40}", rest in ".{0,40}") {
        let config = serde_json::json!({ "auths": { "ghcr.io": { "auth": format!("c4nary{auth}") } } }).to_string();
        for config in [config, format!("c4nary{rest}")] {
            if let Err(error) = of_config(&config, "ghcr.io", "a") {
                prop_assert!(!format!("{error:?}").contains("c4nary"), "{:?}", error);
            }
        }
    }
}

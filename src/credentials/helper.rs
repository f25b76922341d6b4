//! Credential helpers: programs that take a server's name and give back who the user is there
//! (github.com/docker/docker-credential-helpers, "Development").

use super::key::{HUB_KEY, plain};
use super::{Credential, Secret};
use crate::error::{Code, Error};
use crate::image::reference::HUB;
use crate::tool::{Said, Tool};
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How long a helper may think, and how long where a person may have to unlock a keychain first.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_WITH_PEOPLE: Duration = Duration::from_mins(10);
/// The most bytes of an answer.
const LIMIT: u64 = 64 << 10;
/// The most characters of a helper's own words in an error.
const WORDS: usize = 300;

/// How a helper says that it knows nothing, with the status of a failure.
const NOT_FOUND: &str = "credentials not found in native keychain";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: Secret,
}

/// The program of the helper `name`.
pub fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}

/// What the helper `name`, which `place` names, knows of `host`; `path` is where programs are found.
///
/// # Errors
/// There is no such helper, it fails, or it does not end. No error has what it knows.
pub fn ask(name: &str, host: &str, place: &str, path: Option<&OsStr>) -> Result<Option<Credential>, Error> {
    let limit = if std::io::stdin().is_terminal() { PATIENCE_WITH_PEOPLE } else { PATIENCE };
    ask_within(limit, name, host, place, path)
}

fn ask_within(
    limit: Duration,
    name: &str,
    host: &str,
    place: &str,
    path: Option<&OsStr>,
) -> Result<Option<Credential>, Error> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.chars().all(fits) {
        return Err(Error::new(
            Code::Credentials,
            format!("`{}` is no name of a credential helper", bounded(name)),
        )
        .at(place)
        .note("a name has letters, digits, `.`, `_` and `-`: it is no path"));
    }
    let program = program(name);
    let Some(found) = Tool::find(&program, path) else {
        return Err(Error::new(Code::Credentials, format!("`{program}` is not on PATH"))
            .at(place)
            .note("the file says that this program keeps the credentials")
            .help("install it, or take its name out of that file and log in again"));
    };
    let server = if plain(host) == HUB { HUB_KEY } else { host };
    let started = Instant::now();
    let said = Tool::new(found).arg("get").text(server).read_within(limit, LIMIT);
    let said = said.map_err(|error| error.at(place))?;
    if said.status.success() {
        let broken = || {
            Error::new(Code::Credentials, format!("`{program}` does not answer as a credential helper does"))
                .at(place)
        };
        let answer: Answer = serde_json::from_slice(&said.stdout).map_err(|_| broken())?;
        return Ok(match (answer.username.as_str(), answer.secret) {
            (_, secret) if secret.reveal().is_empty() => None,
            ("<token>", secret) => Some(Credential::Identity(secret)),
            (user, secret) => Some(Credential::Basic(user.to_owned(), secret)),
        });
    }
    let late = started.elapsed() >= limit;
    let words = words(&said);
    if words.contains(NOT_FOUND) && !late {
        return Ok(None);
    }
    let mut error =
        Error::new(Code::Credentials, format!("`{program}` gave no credentials for `{server}`")).at(place);
    if late {
        error = error.note(format!("it did not end within {} seconds", limit.as_secs()));
    }
    Err(match said.status.code() {
        _ if !words.is_empty() => error.note(format!("it says: {words}")),
        Some(status) => error.note(format!("it ended with status {status}")),
        None if late => error,
        None => error.note(format!("it ended with {}", said.status)),
    })
}

/// What it says of a failure: on standard output, by its protocol, or else on standard error. What may be an answer
/// with a secret is not shown.
fn words(said: &Said) -> String {
    let out = String::from_utf8_lossy(&said.stdout);
    let shown = [out.trim(), said.stderr.trim()];
    let shown = shown.into_iter().find(|text| !text.is_empty() && !text.contains("Secret"));
    let mut shown = shown.unwrap_or_default().to_owned();
    for secret in secrets(&out) {
        shown = shown.replace(&secret, "…");
    }
    bounded(&shown)
}

/// What follows each `"Secret":` of an answer, which may be broken off: as it stands there, and as JSON reads it.
fn secrets(answer: &str) -> Vec<String> {
    let lower = answer.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, mark) in lower.match_indices("\"secret\"") {
        let rest = answer[at + mark.len()..].trim_start_matches([' ', '\t', '\r', '\n', ':']);
        let Some(rest) = rest.strip_prefix('"') else { continue };
        let mut escaped = false;
        let end = rest.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let raw = rest[..end.unwrap_or(rest.len())].trim_end();
        found.extend(serde_json::from_str::<String>(&format!("\"{raw}\"")));
        found.push(raw.to_owned());
    }
    found.retain(|secret| !secret.is_empty());
    found
}

fn bounded(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    const CANARY: &str = "c4nary-S3cret";

    /// What a helper whose script is `body` gives, for the host `host`.
    fn given(body: &str, host: &str) -> Result<Option<Credential>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-evil");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        ask_within(Duration::from_secs(2), "evil", host, "/home/config.json", Some(folder.path().as_os_str()))
    }

    #[test]
    fn f2_a_helper_is_asked_by_the_protocol() {
        let echo = "read -r server || :; [ \"$1\" = get ] && printf '{\"ServerURL\":\"x\",\"Username\":\"%s\",\"Secret\":\"p\"}' \"$server\"";
        let basic = |user: &str| Ok(Some(Credential::Basic(user.into(), Secret::new("p"))));
        assert_eq!(given(echo, "ghcr.io").map_err(|e| e.to_string()), basic("ghcr.io"));
        assert_eq!(given(echo, "docker.io").map_err(|e| e.to_string()), basic(HUB_KEY));
        let token = "echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'";
        assert_eq!(given(token, "x").unwrap(), Some(Credential::Identity(Secret::new("t"))));
        let none = format!("echo '{NOT_FOUND}'; exit 1");
        assert_eq!(given(&none, "x").unwrap(), None);
        assert_eq!(given("echo '{\"Username\":\"\",\"Secret\":\"\"}'", "x").unwrap(), None);
    }

    #[test]
    fn f2_a_helper_that_misbehaves_is_an_error_without_what_it_knows() {
        let secret = format!("{{\"Username\":\"u\",\"Secret\":\"{CANARY}\"}}");
        for (body, word) in [
            ("echo 'the vault is sealed'; exit 1".to_owned(), "the vault is sealed"),
            ("echo 'no agent' >&2; exit 3".to_owned(), "no agent"),
            ("exit 3".to_owned(), "status 3"),
            ("echo 'not json'".to_owned(), "does not answer as a credential helper"),
            (format!("echo '{secret}'; echo 'debug: {CANARY}' >&2; exit 1"), "it says: debug: …"),
            (
                format!("printf '{{\"Secret\":\"{CANARY}'; echo 'debug: {CANARY}' >&2; exit 1"),
                "it says: debug: …",
            ),
            ("sleep 600".to_owned(), "did not end within 2 seconds"),
            ("echo 'touch the key' >&2; sleep 600".to_owned(), "touch the key"),
            ("echo 'touch the key' >&2; sleep 600".to_owned(), "did not end within 2 seconds"),
            ("kill -9 $$".to_owned(), "it ended with signal: 9"),
        ] {
            let start = Instant::now();
            let error = given(&body, "x").unwrap_err();
            let text = format!("{error:?}");
            assert!(text.contains(word) && text.contains("/home/config.json"), "{body}: {text}");
            assert!(!text.contains(CANARY), "{text}");
            assert_eq!(error.exit_status(), 6);
            assert!(start.elapsed() < Duration::from_secs(30));
        }
        let flood = "head -c 100000000 /dev/zero | tr '\\0' x";
        assert!(given(flood, "x").unwrap_err().what().contains("does not answer"));
    }

    #[test]
    fn f2_a_secret_is_found_in_what_is_no_answer() {
        for (answer, words, shown) in [
            (r#"{"Secret":"a\"b\\c"}"#, r#"a"b\c a\"b\\c"#, "… …"),
            ("{\"SECRET\" : \"abc", "abc abcd", "… …d"),
            (r#"{"Secret":""}"#, "abc", "abc"),
        ] {
            let shown_now =
                secrets(answer).iter().fold(words.to_owned(), |words, secret| words.replace(secret, "…"));
            assert_eq!(shown_now, shown, "{answer}");
        }
    }

    #[test]
    fn f2_a_helper_that_leaves_an_agent_behind_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let body = format!(
            "sleep 600 & echo $! >{}; echo '{{\"Username\":\"u\",\"Secret\":\"s\"}}'",
            file.display()
        );
        assert_eq!(given(&body, "x").unwrap(), Some(Credential::Basic("u".into(), Secret::new("s"))));
        let agent = fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let agent = rustix::process::Pid::from_raw(agent).unwrap();
        rustix::process::kill_process(agent, rustix::process::Signal::KILL).unwrap();
    }

    #[test]
    fn f2_a_name_is_no_path_and_a_helper_that_is_not_there_is_named() {
        for name in ["../../x", "a/b", "a b", "x\n"] {
            let error = ask(name, "x", "config.json", Some(OsStr::new("/bin"))).unwrap_err();
            assert!(error.what().contains("no name of a credential helper"), "{error}");
        }
        let error = ask("osxkeychain", "x", "config.json", Some(OsStr::new("/nowhere"))).unwrap_err();
        assert_eq!(error.what(), "`docker-credential-osxkeychain` is not on PATH");
        assert_eq!(error.place(), Some("config.json"));
    }
}

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
use std::time::Duration;

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
    let words = words(&said);
    if words.contains(NOT_FOUND) {
        return Ok(None);
    }
    let error =
        Error::new(Code::Credentials, format!("`{program}` gave no credentials for `{server}`")).at(place);
    Err(match said.status.code() {
        _ if !words.is_empty() => error.note(format!("it says: {words}")),
        Some(status) => error.note(format!("it ended with status {status}")),
        None => error.note(format!("it did not end within {} seconds", limit.as_secs())),
    })
}

/// What it says of a failure: on standard output, by its protocol, or else on standard error. What may be an answer
/// with a secret is not shown.
fn words(said: &Said) -> String {
    let out = String::from_utf8_lossy(&said.stdout);
    let secret = serde_json::from_slice::<Answer>(&said.stdout).ok().map(|answer| answer.secret);
    let shown = [out.trim(), said.stderr.trim()]
        .into_iter()
        .find(|text| !text.is_empty() && !text.contains("Secret"));
    let shown = shown.unwrap_or_default().to_owned();
    match secret {
        Some(secret) if !secret.reveal().is_empty() => bounded(&shown.replace(secret.reveal(), "…")),
        _ => bounded(&shown),
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

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
            ("sleep 600".to_owned(), "did not end within 2 seconds"),
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

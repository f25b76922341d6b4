//! E11, E18, F1: what a registry says cannot move the cursor, and what is secret is said nowhere.

use super::{User, base64};
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, ONCE, Registry, Tokens};
use crate::support::{Run, through, tool};
use std::fs;

#[test]
fn e11_control_characters_are_shown_escaped() {
    let user = User::new();
    let evil = "\u{1b}[2Jred \u{1b}]0;title\u{7} \r\n\0 \u{9b}31m \u{202e}evil\u{2066} \u{200f}\u{feff}end";
    for (code, body) in [("DENIED", evil), ("\u{1b}[31mDENIED", "x")] {
        let registry = Registry::start();
        registry.bend("PUT /manifests/", ALWAYS, Answer::error(403, code, body));
        let run = user.push(&registry, &[]);
        run.refused(6, &["403", "DENIED"]);
        plain(&run);
    }
    for body in [evil.as_bytes(), b"\xff\xfe\x1b[31m not UTF-8"] {
        let registry = Registry::start();
        registry.bend("PUT /manifests/", ALWAYS, Answer::new(500).header("Retry-After", "0").body(body));
        plain(&user.push(&registry, &[]));
    }
}

#[test]
fn e11_so_are_those_in_headers() {
    let user = User::new();
    let evil = "x\u{1b}[31m\u{202e}y\u{7}";
    let rows: [(&str, &str, u16); 5] = [
        ("PUT /manifests/", "Docker-Content-Digest", 201),
        ("POST /blobs/uploads/", "Location", 202),
        ("HEAD /blobs/", "Warning", 404),
        ("HEAD /blobs/", "WWW-Authenticate", 401),
        ("PUT /manifests/", "Retry-After", 429),
    ];
    for (what, header, status) in rows {
        for evil in [evil, "sha256:\u{202e}\u{2066}", "http://\u{202e}evil/"] {
            let registry = Registry::start();
            let raw = format!(
                "HTTP/1.1 {status} \u{1b}[31mOdd\r\n{header}: {evil}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            registry.bend(what, ONCE, Fault::Raw(raw.into_bytes()));
            plain(&user.push(&registry, &["-vv"]));
        }
    }
}

#[test]
fn e11_a_registrys_warning_is_shown_once() {
    let (registry, user) = (Registry::start(), User::new());
    let warning = Fault::change(|_, answer| {
        *answer = answer.clone().header("Warning", "299 - \"moves to \\\"new\\\" soon\"");
    });
    registry.bend("* /v2/", ALWAYS, warning);
    let run = user.push(&registry, &[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.stderr.matches("moves to \"new\" soon").count(), 1, "{run:?}");
    assert!(run.stderr.contains("warning"), "{run:?}");
}

/// No control and no bidirectional character.
#[track_caller]
fn plain(run: &Run) {
    for c in run.stderr.chars().chain(run.stdout.chars()) {
        let odd = c.is_control() && c != '\n'
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
            || matches!(c, '\u{200e}' | '\u{200f}');
        assert!(!odd, "{c:?}: {run:?}");
    }
    assert!(!run.stderr.contains("panicked"), "{run:?}");
}

/// The address of an upload is a key to it, and a signed one a key to the storage behind it.
#[test]
fn e18_no_upload_address_is_shown() {
    let user = User::of("unused", "me", "canary-password");
    let signed = "&X-Amz-Signature=canary-signature&X-Amz-Credential=canary-credential&sig=canary-sig&token=canary-token";
    let faults: [fn() -> Fault; 4] = [
        || Answer::error(403, "DENIED", "no").into(),
        || Answer::error(503, "BUSY", "no").header("Retry-After", "0").into(),
        || Fault::Raw(b"nonsense\r\n\r\n".to_vec()),
        || Fault::Lead(307, "169.254.169.254".to_owned()),
    ];
    for fault in faults {
        let registry = Registry::start();
        let more = Fault::change(move |_, answer| {
            let location =
                answer.headers.iter().find(|(name, _)| name == "Location").map(|(_, value)| value.clone());
            *answer = answer.clone().header("Location", location.unwrap() + signed);
        });
        registry.bend("POST /blobs/uploads/", ALWAYS, more);
        registry.bend("PUT /blobs/uploads/", 2..usize::MAX, fault());
        registry.bend("PUT /blobs/uploads/", ALWAYS, fault());
        let run = user.push(&registry, &["-vv"]);
        run.refused(6, &["error[registry]", "/v2/me/app/blobs/uploads/"]);
        assert!(!run.stderr.contains("canary"), "{run:?}");
    }
}

const PASSWORD: &str = "canary-password-5f0a";

/// Runs that succeed and that fail, behind a password and behind a token; then the password is looked for in all that
/// is left of them.
#[test]
fn f1_a_password_is_nowhere_but_in_the_requests() {
    let secrets = [PASSWORD.to_owned(), base64(&format!("me:{PASSWORD}")), "token-1".to_owned()];
    for gate in [Gate::Basic("me", PASSWORD), Gate::Tokens(Tokens::of("me", PASSWORD))] {
        for status in [0, 6] {
            let registry = Registry::behind(gate.clone());
            if status == 6 {
                registry.bend("PUT /manifests/", ALWAYS, Answer::error(403, "DENIED", "no"));
            }
            let user = User::of(registry.host(), "me", PASSWORD);
            let temporary = user.fake.path("temporary");
            fs::create_dir(&temporary).unwrap();
            let mut command = user.command(&[
                "push",
                &registry.name("me/app:1"),
                "-vv",
                "-o",
                "oci-archive=image.tar",
                "--compression",
                "none",
            ]);
            command.env("TMPDIR", &temporary).env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace");
            let run = Run::of(command);
            assert_eq!(run.status, status, "{run:?}");
            assert!(registry.seen().iter().any(|seen| seen.header("authorization").is_some()));
            for secret in &secrets {
                assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret}: {run:?}");
                for name in user.fake.listing() {
                    let path = user.fake.path(&name);
                    if path.is_file() && !name.ends_with("config.json") {
                        let bytes = fs::read(&path).unwrap();
                        assert!(!holds(&bytes, secret), "{secret} in {name}");
                    }
                }
                registry.state(|state| {
                    let stored = state.blobs.values().chain(state.manifests.values());
                    assert!(stored.into_iter().all(|bytes| !holds(bytes, secret)), "{secret} in the image");
                });
            }
        }
    }
}

#[test]
fn f1_a_password_is_no_childs_word_or_variable_needs_strace() {
    let registry = Registry::behind(Gate::Basic("me", PASSWORD));
    let user = User::of(registry.host(), "me", PASSWORD);
    let trace = user.fake.path("trace");
    let push = |label: &str| {
        let words = ["-f", "-v", "-s", "9999", "-e", "trace=execve", "-o", trace.to_str().unwrap()];
        let label = format!("by={label}");
        let command = user.command(&["push", &registry.name("me/app:1"), "--label", &label]);
        let run = Run::of(through(tool("strace"), words, &command));
        assert_eq!(run.status, 0, "{run:?}");
        let text = fs::read_to_string(&trace).unwrap();
        assert!(text.contains("execve("));
        assert!(!text.contains(PASSWORD) && !text.contains(&base64(&format!("me:{PASSWORD}"))));
        text
    };
    push("file");
    let answer = format!("echo '{{\"Username\":\"me\",\"Secret\":\"{PASSWORD}\"}}'");
    user.helper("own", &answer);
    user.config(r#"{"credsStore":"own"}"#);
    assert!(push("helper").contains("docker-credential-own"));
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

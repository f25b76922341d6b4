//! E10, E17: whatever a registry sends, memory stays what it was and a message stays one that can be read.

use super::{User, pushed};
use crate::support::Run;
use crate::support::registry::{ALWAYS, Answer, Fault, Gate, Registry, Tokens};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What a fault may cost, in bytes.
const MORE: u64 = 8 << 20;

/// A push, and the most memory that it had, in bytes.
fn measured(user: &User, registry: &Registry, words: &[&str]) -> (Run, u64) {
    let name = registry.name("me/app:1");
    let mut command = user.command(&[&["push", &name], words].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (start, mut most) = (Instant::now(), 0);
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(50), "it hangs");
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = most.max(peak.map_or(0, |peak| peak.parse::<u64>().unwrap() << 10));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(most > 1 << 20, "it was not seen while it ran");
    (Run::from(child.wait_with_output().unwrap()), most)
}

/// An answer that has no end.
fn endless(head: &str, again: &[u8]) -> Fault {
    Fault::Endless(head.as_bytes().to_vec(), again.to_vec())
}

#[test]
fn e10_no_answer_fills_the_memory() {
    let user = User::new();
    let behind_tokens = || Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
    let (run, usual) = measured(&user, &behind_tokens(), &[]);
    assert_eq!(run.status, 0, "{run:?}");
    let much = vec![b'x'; 1 << 20];
    let chunk = [b"100000\r\n", &much[..], b"\r\n"].concat();
    let json = "HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: 314572800\r\n\r\n\
                {\"errors\":[{\"code\":\"DENIED\",\"message\":\"";
    let token = "HTTP/1.1 200 OK\r\nContent-Length: 314572800\r\n\r\n{\"token\":\"";
    let chunked = "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n";
    let headers = "HTTP/1.1 403 No\r\n";
    let header = format!("X-Header: {}\r\n", "x".repeat(1000));
    let floods: [(&str, &str, Fault); 10] = [
        ("300 MB of an error", "PUT /manifests/", endless(json, &much)),
        ("300 MB of a token", "GET /token", endless(token, &much)),
        (
            "300 MB of a token in chunks",
            "GET /token",
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &chunk),
        ),
        ("chunks without an end", "POST /blobs/uploads/", endless(chunked, &chunk)),
        ("the size of a chunk without an end", "PUT /manifests/", endless(chunked, b"00000000000000000000")),
        (
            "the end of the connection as the only end",
            "PUT /manifests/",
            endless("HTTP/1.0 403 No\r\n\r\n", &much),
        ),
        ("headers without an end", "PUT /manifests/", endless(headers, header.as_bytes())),
        ("a header without an end", "PUT /manifests/", endless("HTTP/1.1 403 No\r\nX-Header: ", &much)),
        ("a status line without an end", "HEAD /blobs/", endless("HTTP/1.1 403 ", &much)),
        (
            "a manifest without an end",
            "GET /manifests/",
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &chunk),
        ),
    ];
    for (name, what, fault) in floods {
        let registry = behind_tokens();
        if what.starts_with("GET /manifests") {
            // a HEAD that says no digest makes the client read
            registry.bend("HEAD /manifests/", ALWAYS, Answer::new(200));
        }
        registry.bend(what, ALWAYS, fault);
        let (run, memory) = measured(&user, &registry, &[]);
        run.refused(6, &["error[registry]"]);
        assert!(memory < usual + MORE, "{name}: {memory} bytes, usually {usual}");
        assert!(run.stderr.len() < 4 << 10, "{name}: {} bytes of words", run.stderr.len());
        assert!(registry.count(what) <= 4 * 6, "{name}");
    }
}

#[test]
fn e10_a_bomb_is_not_inflated() {
    let (registry, user) = (Registry::start(), User::new());
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..100).for_each(|_| bomb.write_all(&zeros).unwrap());
    let bomb = Answer::new(403).header("Content-Encoding", "gzip").body(bomb.finish().unwrap());
    let (_, usual) = measured(&user, &Registry::start(), &[]);
    registry.bend("PUT /manifests/", ALWAYS, bomb);
    let (run, memory) = measured(&user, &registry, &[]);
    run.refused(6, &["403"]);
    assert!(memory < usual + MORE, "{memory} bytes, usually {usual}");
    assert!(
        registry
            .seen()
            .iter()
            .all(|seen| seen.header("accept-encoding").is_none_or(|value| !value.contains("gzip")))
    );
}

#[test]
fn e10_ten_thousand_challenges_are_too_many() {
    let (registry, user) = (Registry::start(), User::new());
    let challenge = "Bearer realm=\"http://127.0.0.1:1/token\",service=\"x\"";
    let many = Fault::change(move |_, answer| {
        *answer = Answer::error(401, "UNAUTHORIZED", "no");
        answer.headers.extend((0..10_000).map(|_| ("WWW-Authenticate".to_owned(), challenge.to_owned())));
    });
    registry.bend("* /v2/", ALWAYS, many);
    let run = user.push(&registry, &[]);
    run.refused(6, &["error[registry]"]);
    assert!(run.stderr.len() < 4 << 10, "{run:?}");

    // in one header, as a list
    let registry = Registry::start();
    let list = vec!["Digest realm=\"x\""; 1000].join(", ");
    registry.bend("* /v2/", ALWAYS, Answer::new(401).header("WWW-Authenticate", list));
    user.push(&registry, &[]).refused(6, &["401"]);
}

#[test]
fn e10_interim_answers_without_an_end_are_given_up() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("PUT /manifests/", ALWAYS, endless("", &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000)));
    let (run, _) = measured(&user, &registry, &[]);
    run.refused(6, &["error[registry]"]);
}

#[test]
fn e10_long_words_of_a_registry_are_cut() {
    let (registry, user) = (Registry::start(), User::new());
    registry.bend("PUT /manifests/", ALWAYS, Answer::error(403, "DENIED", &"é".repeat(20_000)));
    let run = user.push(&registry, &[]);
    run.refused(6, &["DENIED: éé", "…"]);
    assert!(run.stderr.len() < 4 << 10, "{} bytes of words", run.stderr.len());
}

#[test]
fn e17_a_large_blob_is_streamed() {
    let user = User::new();
    let (run, usual) = measured(&user, &Registry::start(), &["--compression", "none"]);
    assert_eq!(run.status, 0, "{run:?}");
    fs::File::create(user.fake.path("large")).unwrap().set_len(64 << 20).unwrap();
    let registry = Registry::start();
    let (run, memory) = measured(&user, &registry, &["--copy", "large:/large", "--compression", "none"]);
    pushed(&run, &registry);
    assert!(memory < usual + MORE, "{memory} bytes, usually {usual}");
}

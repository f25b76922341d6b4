//! The real docker program before an engine that is out of order.

use super::{digests, loaded};
use crate::outputs::wait_until;
use crate::support::{Fake, Run, through, tool};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the engine does.
#[derive(Clone)]
enum Mode {
    /// Answers every question but pings with this status and message.
    Refuses(u16, &'static str),
    /// Answers a load with 200 and this stream; it has the image with this id afterwards, if any.
    Says(&'static str, Option<String>),
    /// Goes away in the middle of what it is fed.
    DiesWhileFed,
    /// Goes away in the middle of its answer.
    DiesWhileAnswering,
    /// Takes everything and never answers.
    Hangs,
}

/// A Docker Engine on a socket; it ends with the test.
struct Engine {
    folder: TempDir,
    over: Arc<AtomicBool>,
    fed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    fn new(mode: Mode) -> Self {
        let folder = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let (over, fed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut engine = Engine { folder, over: over.clone(), fed: fed.clone(), thread: None };
        engine.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (mode, over, fed) = (mode.clone(), over.clone(), fed.clone());
                std::thread::spawn(move || {
                    let stream = stream.unwrap();
                    // a client that leaves is none of the engine's business
                    let _ = serve(&stream, &mode, &over, &fed);
                });
            }
        }));
        engine
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn command(&self, fake: &Fake) -> Command {
        let mut command = fake.command(["-o", "docker"]);
        command.env("DOCKER_HOST", format!("unix://{}", self.socket().display()));
        command.env("DOCKER_CONFIG", self.folder.path());
        for name in ["DOCKER_CONTEXT", "DOCKER_API_VERSION", "DOCKER_TLS_VERIFY"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, fake: &Fake) -> Run {
        Run::of(self.command(fake))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.socket());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Answers requests of the Engine's API, as far as `docker version`, `load` and `image inspect` go.
fn serve(mut stream: &UnixStream, mode: &Mode, over: &AtomicBool, fed: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        let answer = |status: u16, body: &str| {
            let length = body.len();
            format!(
                "HTTP/1.1 {status} X\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
        };
        let reply = match mode {
            _ if path.ends_with("/_ping") => answer(200, if head.starts_with("HEAD") { "" } else { "OK" }),
            Mode::Refuses(status, message) => {
                answer(*status, &serde_json::json!({ "message": message }).to_string())
            }
            _ if path.ends_with("/version") => answer(200, r#"{"Version":"1","ApiVersion":"1.41"}"#),
            _ if path.contains("/images/load") => {
                assert!(head.to_lowercase().contains("transfer-encoding: chunked"), "{head}");
                if matches!(mode, Mode::DiesWhileFed) {
                    reader.read_exact(&mut [0; 100])?;
                    return stream.shutdown(std::net::Shutdown::Both);
                }
                read_chunks(&mut reader)?;
                fed.store(true, Ordering::SeqCst);
                match mode {
                    Mode::Says(said, _) => answer(200, said),
                    Mode::Hangs => {
                        while !over.load(Ordering::SeqCst) {
                            std::thread::sleep(Duration::from_millis(20));
                        }
                        return Ok(());
                    }
                    _ => {
                        let cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                                   Transfer-Encoding: chunked\r\n\r\n20\r\n{\"stream\":\"Load";
                        stream.write_all(cut.as_bytes())?;
                        return stream.shutdown(std::net::Shutdown::Both);
                    }
                }
            }
            Mode::Says(_, Some(id)) => answer(200, &serde_json::json!({ "Id": id }).to_string()),
            _ => answer(404, r#"{"message":"No such image: app"}"#),
        };
        stream.write_all(reply.as_bytes())?;
    }
}

/// A body in chunks, to its end.
fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
        std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink())?;
        if size == 0 {
            return Ok(());
        }
    }
}

/// A project whose image does not fit into a socket's buffer.
fn project() -> Fake {
    let fake =
        Fake::new("app", "[package.metadata.scratch]\ncompression = \"none\"\ncopy = [\"big:/big\"]\n");
    fake.file("big", vec![7; 8 << 20]);
    fake
}

#[test]
fn needs_docker_the_program_speaks_to_the_scripted_engine() {
    let fake = project();
    let (id, _) = digests(&fake);
    let engine = Engine::new(Mode::Says(r#"{"stream":"Loaded image: app:0.1.0\n"}"#, Some(id)));
    loaded(&engine.run(&fake), "app:0.1.0");
}

#[test]
fn i1_needs_docker_an_engine_that_breaks_is_an_error() {
    let fake = project();
    let full = r#"{"errorDetail":{"message":"write /layer.tar: no space left on device"},"error":"write"}"#;
    let other = format!("sha256:{}", "1".repeat(64));
    let (id, _) = digests(&fake);
    for (mode, words) in [
        // the status is 200, and the image of an earlier run has the name and the id
        (Mode::Says(full, Some(id.clone())), &["did not take the image", "no space left on device"][..]),
        (Mode::Says(r#"{"stream":"Loaded image: app"}"#, None), &["does not show it", "No such image"]),
        (Mode::Says("", Some(other.clone())), &["another image as app:", &other]),
        (Mode::DiesWhileFed, &["did not take the image"]),
        (Mode::DiesWhileAnswering, &["did not take the image", "EOF"]),
        (
            Mode::Refuses(400, "client version 1.41 is too old. Minimum supported API version is 1.44"),
            &["does not answer", "is too old", "update the docker program"],
        ),
        (
            Mode::Refuses(400, "client version 1.41 is too new. Maximum supported API version is 1.12"),
            &["does not answer", "is too new"],
        ),
        (Mode::Refuses(500, "\u{1b}]0;owned\u{7}"), &["does not answer", "\\u{1b}]0;owned"]),
    ] {
        let engine = Engine::new(mode);
        engine.run(&fake).refused(6, &[&["error[engine]"], words].concat());
    }
}

#[test]
fn i1_needs_docker_no_engine_and_no_such_context_are_errors() {
    let fake = Fake::new("app", "");
    let engine = Engine::new(Mode::Hangs);
    for (host, words) in [
        (
            "unix:///nonexistent/docker.sock",
            &["unix:///nonexistent/docker.sock", "systemctl start docker"][..],
        ),
        ("tcp://127.0.0.1:1", &["tcp://127.0.0.1:1", "DOCKER_HOST"]),
        ("http+bad://x", &["http+bad", "DOCKER_HOST"]),
        // what docker says of it depends on which of its two ends breaks first
        ("ssh://nobody@127.0.0.1:1", &["docker-archive"]),
    ] {
        let mut command = engine.command(&fake);
        command.env("DOCKER_HOST", host);
        Run::of(command).refused(6, &[&["error[engine]", "does not answer"], words].concat());
    }
    let mut command = engine.command(&fake);
    command.args(["-o", "docker=nowhere"]).env_remove("DOCKER_HOST");
    Run::of(command).refused(6, &["context \"nowhere\"", "docker context ls"]);
    assert!(fake.builds().is_empty());
}

#[test]
fn i1_a_socket_of_others_is_an_error_needs_docker_needs_setpriv() {
    let fake = Fake::new("app", "");
    let engine = Engine::new(Mode::Hangs);
    fs::set_permissions(engine.socket(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(fake.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = through(
        tool("setpriv"),
        ["--reuid", "65534", "--regid", "65534", "--clear-groups"],
        &engine.command(&fake),
    );
    command.env("HOME", "/");
    Run::of(command).refused(6, &["permission denied", "usermod -aG docker"]);
}

#[test]
fn d3_needs_docker_a_signal_ends_a_load_that_never_ends() {
    let fake = project();
    let engine = Engine::new(Mode::Hangs);
    let mut command = engine.command(&fake);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_until("the engine is fed", || engine.fed.load(Ordering::SeqCst));
    let start = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    Run::from(child.wait_with_output().unwrap()).refused(130, &["interrupted"]);
    assert!(start.elapsed() < Duration::from_secs(10));
}

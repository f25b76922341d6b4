//! E12: a registry that is silent, slow or not there cannot keep anybody waiting who wants to leave.

use super::{User, side_by_side};
use crate::outputs::wait_until;
use crate::support::Run;
use crate::support::registry::{ALWAYS, Fault, Gate, Registry, Tokens};
use rustix::process::{Pid, Signal, kill_process};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

fn started(user: &User, name: &str, words: &[&str]) -> Child {
    let mut command = user.command(&[&["push", name], words].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends the signal of Ctrl-C to `child`, which must then end within a second.
#[track_caller]
fn leaves(child: Child, what: &str) {
    let start = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    let took = start.elapsed();
    run.refused(130, &["interrupted"]);
    assert!(took < Duration::from_secs(1), "{what}: {took:?}");
}

#[test]
fn e12_ctrl_c_ends_a_push_within_a_second_wherever_it_waits() {
    let user = User::new();
    let slow = || Fault::Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx".repeat(50));
    let late = || Fault::Answer(crate::support::registry::Answer::new(503).header("Retry-After", "50"));
    for what in [
        "HEAD /manifests/",
        "GET /token",
        "HEAD /blobs/",
        "POST /blobs/uploads/",
        "PUT /blobs/uploads/",
        "PUT /manifests/",
    ] {
        for fault in [|| Fault::Silence, slow, late] {
            let registry = Registry::behind(Gate::Tokens(Tokens { user: None, ..Tokens::of("", "") }));
            registry.bend(what, ALWAYS, fault());
            let child = started(&user, &registry.name("me/app:1"), &[]);
            wait_until("it asks", || registry.count(what) > 0);
            leaves(child, what);
            assert_eq!(registry.tagged("me/app", "1"), None);
        }
    }
}

#[test]
fn e12_ctrl_c_ends_a_push_to_a_server_that_only_accepts() {
    let user = User::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("{}/me/app:1", listener.local_addr().unwrap());
    let child = started(&user, &name, &[]);
    let _connection = listener.accept().unwrap();
    leaves(child, "accepted, then silent");
}

/// A listener whose queue is full takes no connection, and refuses none.
#[test]
fn e12_ctrl_c_ends_a_push_that_cannot_connect() {
    let user = User::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queue.push(stream);
        assert!(queue.len() < 10_000);
    }
    let child = started(&user, &format!("{address}/me/app:1"), &[]);
    std::thread::sleep(Duration::from_millis(700));
    leaves(child, "no connection");
}

#[test]
fn e12_a_large_upload_that_is_not_read_can_be_left() {
    let user = User::new();
    user.large("large", 16 << 20);
    let registry = Registry::start();
    registry.bend("PUT /blobs/uploads/", ALWAYS, Fault::Silence);
    let child =
        started(&user, &registry.name("me/app:1"), &["--copy", "large:/large", "--compression", "none"]);
    wait_until("it sends", || registry.count("PUT /blobs/uploads/") > 0);
    leaves(child, "not read");
}

#[test]
fn e12_nobody_there_is_told() {
    let user = User::new();
    // a port that was free a moment ago
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hosts = [(format!("127.0.0.1:{port}"), "refuses connections"), ("registry.invalid".to_owned(), "")];
    side_by_side(hosts, |(host, why)| {
        let start = Instant::now();
        user.push_to(&format!("{host}/me/app:1"), &[]).refused(6, &["error[registry]", &host, why]);
        assert!(start.elapsed() < Duration::from_secs(55), "{host}");
    });
}

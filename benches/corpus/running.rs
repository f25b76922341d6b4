//! The program is run as little privileged as a container gets, or by QEMU where it is for another architecture.

use crate::support::{Run, tool};
use crate::table::{Expected, Row};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Loads the image `archive`, which is tagged `tag`, and runs it; nothing of it stays in Docker.
pub fn in_docker(row: &Row, archive: &Path, tag: &str) -> Result<(), String> {
    let loaded = docker().args(["load", "-q", "-i"]).arg(archive).output().unwrap();
    if !loaded.status.success() {
        return Err(format!("docker load: {}", String::from_utf8_lossy(&loaded.stderr).trim()));
    }
    let mut command = docker();
    command.args(["run", "--rm", "--read-only", "--cap-drop=ALL"]);
    let name = format!("corpus-{}", std::process::id());
    if let Expected::Serves(_) = row.expected {
        command.args(["--publish", "127.0.0.1::8080", "--name", &name]);
    }
    command.arg(tag).args(row.arguments);
    let ran = judge(row, command, || {
        let said = docker().args(["port", &name, "8080/tcp"]).output().ok()?;
        Some(String::from_utf8(said.stdout).ok()?.lines().next()?.to_owned())
    });
    let _ = docker().args(["rm", "-f", &name]).output();
    let _ = docker().args(["rmi", "-f", tag]).output();
    ran
}

/// Runs `program`, which is for `target`.
pub fn by_qemu(row: &Row, program: &Path, target: &str) -> Result<(), String> {
    std::fs::set_permissions(program, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = tool(&format!("qemu-{}-static", target.split('-').next().unwrap()));
    command.arg(program).args(row.arguments);
    judge(row, command, || Some("127.0.0.1:8080".to_owned()))
}

/// `address` is asked until it knows where the server is.
fn judge(row: &Row, command: Command, address: impl Fn() -> Option<String>) -> Result<(), String> {
    let (what, said) = match row.expected {
        Expected::Says(words) => (words, said(command)?),
        Expected::Serves(words) => (words, answer(command, address)?),
        Expected::Refused(_) => return Err("it was expected to be refused".into()),
    };
    if said.contains(what) { Ok(()) } else { Err(format!("no {what:?} in {said:?}")) }
}

fn said(command: Command) -> Result<String, String> {
    let run = Run::of(command);
    if run.status == 0 { Ok(run.stdout) } else { Err(format!("{run:?}")) }
}

/// The answer of a server that `command` starts.
fn answer(mut command: Command, address: impl Fn() -> Option<String>) -> Result<String, String> {
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let answer = loop {
        match address().and_then(|address| get(&address).ok()).filter(|answer| !answer.is_empty()) {
            Some(answer) => break Ok(answer),
            None if ended(&mut server) || start.elapsed() > PATIENCE => {
                break Err("it does not answer".into());
            }
            None => std::thread::sleep(Duration::from_millis(200)),
        }
    };
    let _ = server.kill();
    let _ = server.wait();
    answer
}

fn ended(server: &mut Child) -> bool {
    server.try_wait().is_ok_and(|status| status.is_some())
}

fn get(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn docker() -> Command {
    tool("docker")
}

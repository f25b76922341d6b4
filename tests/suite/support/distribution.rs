//! A registry that is not ours: Debian's `docker-registry`, on a free port of 127.0.0.1 and in a folder of its own.
//!
//! Its access log tells what it was asked for.

use super::project::{Run, tool};
use rustix::process::{Pid, Signal};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The one user of a registry that asks for a password.
pub const USER: &str = "alice";
/// The password of [`USER`].
pub const PASSWORD: &str = "open sesame";
/// What `htpasswd -nbB` makes of the two.
const HTPASSWD: &str = "alice:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n";

/// How it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Over plain HTTP, by everybody.
    Open,
    /// Over TLS, by everybody who trusts [`Distribution::authority`].
    Tls,
    /// Over plain HTTP, by [`USER`].
    Password,
}

/// A registry that runs, and ends with this value.
pub struct Distribution {
    folder: TempDir,
    door: Door,
    child: Child,
    address: SocketAddr,
}

/// What it was asked for, and what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    /// With the query.
    pub target: String,
    pub status: u16,
}

impl Distribution {
    /// An empty one.
    pub fn start(door: Door) -> Self {
        Distribution::with(door, &[])
    }

    /// An empty one with more of its own settings: `REGISTRY_…` stands for a path in its configuration.
    pub fn with(door: Door, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("scratch-registry-").tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let root = at("data").display().to_string();
        let text = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {root}}}}}\nhttp: {{addr: 127.0.0.1:0}}\n"
        );
        fs::write(at("config.yml"), text).unwrap();
        match door {
            Door::Open => {}
            Door::Tls => certificates(folder.path()),
            Door::Password => fs::write(at("htpasswd"), HTPASSWD).unwrap(),
        }
        let (child, address) = started(folder.path(), door, settings);
        Distribution { folder, door, child, address }
    }

    /// Kills it, and starts it again at the same address with what it has stored.
    pub fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let address = self.host();
        (self.child, self.address) =
            started(self.folder.path(), self.door, &[("REGISTRY_HTTP_ADDR", &address)]);
        assert_eq!(self.host(), address);
    }

    /// Lets it do nothing from now on, with all its connections.
    pub fn pause(&self) {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    /// Waits until bytes of a blob arrive that is larger than `bytes`.
    pub fn wait_for_upload(&self, bytes: u64) {
        let files = || {
            walk(&self.data())
                .into_iter()
                .filter(|path| path.components().any(|c| c.as_os_str() == "_uploads"))
        };
        wait_until("an upload has started", || {
            files().any(|path| path.metadata().is_ok_and(|file| file.len() > bytes))
        });
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The full name of an image in it.
    pub fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// The certificate to trust, alone in its folder, as a file that podman and skopeo take.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("trust/ca.crt")
    }

    /// Its storage.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Every request that was answered, in the order of the answers.
    pub fn asked(&self) -> Vec<Asked> {
        // A line is written after its answer: when the line of a later request is there, so are those before it.
        let before = self.log().len();
        self.ask(b"GET /marker HTTP/1.0\r\n\r\n");
        wait_until("the access log is written", || self.log().len() > before);
        let log = self.log();
        let lines = log.lines().filter_map(asked);
        lines.filter(|asked| asked.target != "/marker").collect()
    }

    /// Sends a request, and waits for the end of the answer.
    fn ask(&self, request: &[u8]) {
        if self.authority().exists() {
            let mut client = tool("openssl");
            client.args(["s_client", "-quiet", "-connect", &self.host()]);
            client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut client = client.spawn().unwrap();
            client.stdin.take().unwrap().write_all(request).unwrap();
            client.wait().unwrap();
        } else {
            let mut stream = TcpStream::connect(self.address).unwrap();
            stream.write_all(request).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("access")).unwrap()
    }

    /// What `skopeo` says to `words`, which may read from here, with this registry's certificate or over plain HTTP.
    pub fn skopeo(&self, words: &[&str]) -> Run {
        let mut command = tool("skopeo");
        let (verb, rest) = words.split_first().unwrap();
        let side = if *verb == "copy" { "src-" } else { "" };
        command.arg(verb).arg(match self.authority().exists() {
            true => format!("--{side}cert-dir={}", self.authority().parent().unwrap().display()),
            false => format!("--{side}tls-verify=false"),
        });
        command.args(rest);
        Run::of(command)
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it in `folder`; it says in its log which port it has got.
fn started(folder: &Path, door: Door, settings: &[(&str, &str)]) -> (Child, SocketAddr) {
    let file = |name: &str| File::create(folder.join(name)).unwrap();
    let mut command = tool("docker-registry");
    command.arg("serve").arg(folder.join("config.yml"));
    command.stdin(Stdio::null()).stdout(file("access")).stderr(file("log"));
    match door {
        Door::Open => {}
        Door::Tls => {
            command.env("REGISTRY_HTTP_TLS_CERTIFICATE", folder.join("server.pem"));
            command.env("REGISTRY_HTTP_TLS_KEY", folder.join("server.key"));
        }
        Door::Password => {
            command.env("REGISTRY_AUTH_HTPASSWD_REALM", "test");
            command.env("REGISTRY_AUTH_HTPASSWD_PATH", folder.join("htpasswd"));
        }
    }
    let mut child = command.envs(settings.iter().copied()).spawn().unwrap();
    let mut address = None;
    wait_until("the registry listens", || {
        let log = fs::read_to_string(folder.join("log")).unwrap();
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {log}");
        let rest = log.split_once("listening on ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | ':'));
        address = end.and_then(|end| rest[..end].parse().ok());
        address.is_some()
    });
    (child, address.unwrap())
}

/// A certificate authority, and a certificate of it for this machine's own names.
fn certificates(folder: &Path) {
    fs::create_dir(folder.join("trust")).unwrap();
    let openssl = |words: &str| {
        let said = tool("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    };
    let key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("{key} -x509 -days 2 -subj /CN=scratch-tests -keyout ca.key -out trust/ca.crt"));
    openssl(&format!("{key} -subj /CN=localhost -keyout server.key -out server.csr"));
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -days 2 -in server.csr -CA trust/ca.crt -CAkey ca.key -CAcreateserial -extfile names -out server.pem",
    );
}

/// The files below `folder`, as far as they stay there meanwhile.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A line of the access log: `ADDRESS - - [TIME] "METHOD TARGET HTTP/1.1" STATUS …`.
fn asked(line: &str) -> Option<Asked> {
    let (_, rest) = line.split_once('"')?;
    let (request, rest) = rest.split_once('"')?;
    let mut words = request.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Asked { method, target, status: rest.split_whitespace().next()?.parse().ok()? })
}

/// Asks until `done`, and panics after twenty seconds.
#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        sleep(Duration::from_millis(2));
    }
}

//! A registry in memory, for tests: it does what the specification says, unless a rule answers first.

use crate::image::digest::Digest;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// "PUT manifests": the method and what kind of thing it is about.
    pub fn kind(&self) -> String {
        let path = self.target.split('?').next().unwrap();
        let kinds = ["uploads", "manifests", "blobs", "token"];
        let kind = kinds.into_iter().find(|kind| path.contains(&format!("/{kind}"))).unwrap_or(path);
        format!("{} {kind}", self.method)
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind() == kind
    }

    /// The value of a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",").replace("%20", " "))
    }
}

/// What goes back; status 0 breaks the connection.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn says(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

#[derive(Default)]
pub struct State {
    pub blobs: BTreeMap<String, Vec<u8>>,
    pub manifests: BTreeMap<String, (String, Vec<u8>)>,
    pub uploads: BTreeMap<String, Vec<u8>>,
    pub log: Vec<Request>,
}

type Rule = dyn Fn(&Request, &mut State) -> Option<Reply> + Send + Sync;

/// A server on a free port; it ends with the test.
pub struct Fake {
    pub host: String,
    pub state: Arc<Mutex<State>>,
}

impl Fake {
    pub fn start(rule: impl Fn(&Request, &mut State) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (state, rule): (Arc<Mutex<State>>, Arc<Rule>) = (Arc::default(), Arc::new(rule));
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, rule) = (shared.clone(), rule.clone());
                thread::spawn(move || serve(&stream.unwrap(), &state, &*rule));
            }
        });
        Fake { host, state }
    }

    /// The kinds of the requests since the last call, in order.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log).iter().map(Request::kind).collect()
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>, rule: &Rule) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let mut state = state.lock().unwrap();
        state.log.push(request.clone());
        let reply = rule(&request, &mut state).unwrap_or_else(|| answer(&request, &mut state));
        drop(state);
        if reply.status == 0 {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
        if !reply.headers.iter().any(|(name, _)| matches!(*name, "content-length" | "transfer-encoding")) {
            head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
        }
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body: &[u8] = if request.method == "HEAD" { &[] } else { &reply.body };
        let mut stream = stream;
        let written = stream.write_all(&[head.as_bytes(), b"\r\n", body].concat());
        if written.is_err()
            || reply.headers.iter().any(|header| *header == ("connection", "close".to_owned()))
        {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let mut request =
        Request { method: words.next()?.to_owned(), target: words.next()?.to_owned(), ..Request::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// What the specification says; a repository has every blob that any has.
fn answer(request: &Request, state: &mut State) -> Reply {
    let path = request.target.split('?').next().unwrap().to_owned();
    let last = path.rsplit('/').next().unwrap().to_owned();
    match &*request.kind() {
        "HEAD blobs" | "GET blobs" => match state.blobs.get(&last) {
            Some(blob) => Reply::new(200).with("content-length", blob.len()).says(blob.clone()),
            None => Reply::new(404),
        },
        "POST uploads" => {
            let id = format!("u{}", state.uploads.len());
            state.uploads.insert(id.clone(), Vec::new());
            Reply::new(202).with("location", format!("{path}{id}?_state=a%2Fb"))
        }
        "GET uploads" | "PATCH uploads" | "PUT uploads" => {
            let Some(upload) = state.uploads.get_mut(&last) else { return Reply::new(404) };
            if let Some(range) = request.headers.get("content-range") {
                let start = range.split('-').next().unwrap();
                if start.parse() != Ok(upload.len()) {
                    return Reply::new(416);
                }
            }
            upload.extend(&request.body);
            let range = format!("0-{}", upload.len().saturating_sub(1));
            if request.method != "PUT" {
                let status = if request.method == "GET" { 204 } else { 202 };
                return Reply::new(status).with("range", range).with("location", request.target.clone());
            }
            let (upload, digest) = (upload.clone(), request.parameter("digest").unwrap());
            if digest != Digest::of(&upload).to_string() || request.parameter("_state").is_none() {
                return Reply::new(400).says(r#"{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}"#);
            }
            state.uploads.remove(&last);
            state.blobs.insert(digest.clone(), upload);
            Reply::new(201).with("docker-content-digest", digest)
        }
        "PUT manifests" => {
            let digest = Digest::of(&request.body).to_string();
            let kept = (request.headers["content-type"].clone(), request.body.clone());
            let folder = path.strip_suffix(&last).unwrap();
            state.manifests.insert(format!("{folder}{digest}"), kept.clone());
            state.manifests.insert(path.clone(), kept);
            Reply::new(201).with("docker-content-digest", digest)
        }
        "HEAD manifests" | "GET manifests" => match state.manifests.get(&path) {
            Some((media_type, bytes)) => Reply::new(200)
                .with("content-type", media_type.clone())
                .with("docker-content-digest", Digest::of(bytes))
                .says(bytes.clone()),
            None => Reply::new(404).says(r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
        },
        _ => Reply::new(404),
    }
}

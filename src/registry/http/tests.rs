use super::*;
use crate::image::archive::Archive;
use crate::image::manifest::INDEX;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

/// A server that takes one connection after the other and serves each with the next of `scripts`.
struct Server {
    address: String,
    thread: JoinHandle<Vec<String>>,
}

type Script = Box<dyn FnOnce(&mut TcpStream) -> String + Send>;

fn serve(scripts: Vec<Script>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        let serve = |script: Script| script(&mut listener.accept().unwrap().0);
        scripts.into_iter().map(serve).collect()
    });
    Server { address, thread }
}

/// Reads a request with its body and sends `answer`.
fn canned(answer: impl Into<Vec<u8>>) -> Script {
    let answer = answer.into();
    Box::new(move |stream| {
        let seen = request(stream);
        let _ = stream.write_all(&answer); // the client may have had enough
        seen
    })
}

fn request(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        seen.push(byte[0]);
    }
    let head = String::from_utf8(seen.clone()).unwrap().to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    seen.extend(body);
    String::from_utf8_lossy(&seen).into_owned()
}

fn http() -> Http {
    Http::new(&Access::default(), &Env::new([("HOME", "/nonexistent")], "/")).unwrap()
}

fn call(method: Method, url: &str) -> Call {
    Call {
        method,
        url: Url::parse(url).unwrap(),
        headers: Vec::new(),
        authorization: None,
        body: Body::Empty,
        limit: 1 << 16,
    }
}

fn refusal(result: Result<Answer, Failure>) -> Error {
    match result.unwrap_err() {
        Failure::Refused(error) => error,
        Failure::Broken(why) => panic!("broken: {why}"),
    }
}

fn breakage(result: Result<Answer, Failure>) -> String {
    match result.unwrap_err() {
        Failure::Broken(why) => why,
        Failure::Refused(error) => panic!("refused: {error}"),
    }
}

#[test]
fn a_request_has_its_headers_and_no_others() {
    let server =
        serve(vec![canned("HTTP/1.1 201 Created\r\nX-A: b\r\nX-A: c\r\nContent-Length: 2\r\n\r\nhi")]);
    let mut call = call(Method::Post, &format!("http://{}/v2/a/blobs/uploads/?x=y", server.address));
    call.headers.push(("Accept", "a/b".into()));
    call.authorization = Some(Authorization::Basic("me".into(), Secret::new("pw")));
    let answer = http().send(&call).unwrap();
    assert_eq!((answer.status, &*answer.body, answer.cut), (201, &b"hi"[..], false));
    assert_eq!(answer.values("x-a").collect::<Vec<_>>(), ["b", "c"]);
    let seen = server.thread.join().unwrap().remove(0).to_ascii_lowercase();
    let mut lines: Vec<_> = seen.lines().filter(|line| !line.is_empty()).collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "post /v2/a/blobs/uploads/?x=y http/1.1",
            "accept: a/b",
            "authorization: basic bwu6chc=",
            "content-length: 0",
            &format!("host: {}", server.address),
            concat!("user-agent: cargo-scratch/", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[test]
fn a_blob_goes_out_with_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = Archive::nameless(folder.path(), 0).unwrap();
    let text = "0123456789".repeat(100_000);
    let document = archive.document(INDEX, text.as_bytes()).unwrap();
    let blob = archive.blob(&document.digest).unwrap();
    let ok = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = serve(vec![canned(ok), canned(ok)]);
    let mut call = call(Method::Put, &format!("http://{}/x", server.address));
    let http = http();
    call.body = Body::Blob(blob.clone());
    assert_eq!(http.send(&call).unwrap().status, 202);
    call.body = Body::Blob(blob.from(5).first(10));
    assert_eq!(http.send(&call).unwrap().status, 202);
    let seen = server.thread.join().unwrap();
    assert!(seen[0].ends_with(&format!("\r\n\r\n{text}")) && !seen[0].to_lowercase().contains("chunked"));
    assert!(seen[1].ends_with("\r\n\r\n5678901234"), "{}", seen[1]);
}

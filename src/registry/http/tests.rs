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
        Failure::Broken(why) | Failure::Silent(why) => panic!("broken: {why}"),
    }
}

fn breakage(result: Result<Answer, Failure>) -> String {
    match result.unwrap_err() {
        Failure::Broken(why) | Failure::Silent(why) => why,
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

#[test]
fn connections_serve_again_and_a_closed_one_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        for requests in [2, 1] {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..requests {
                request(&mut stream);
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
                    .unwrap();
            }
        }
    });
    let http = http();
    for _ in 0..2 {
        assert_eq!(http.send(&call(Method::Get, &format!("http://{address}/"))).unwrap().body, b"hi");
    }
    // the server closes in between, or has closed already: at most one of these finds a dead connection
    let again = || http.send(&call(Method::Get, &format!("http://{address}/")));
    let answer = again().or_else(|_| again()).unwrap();
    assert_eq!(answer.body, b"hi");
    thread.join().unwrap();
}

#[test]
fn e3_old_and_odd_answers_are_taken() {
    for (text, status, body) in [
        ("HTTP/1.0 200 OK\r\n\r\nto the end", 200, "to the end"),
        ("HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end"),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
            201,
            "x",
        ),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nbroke off", 500, "broke off"),
    ] {
        let server = serve(vec![canned(text)]);
        let answer = http().send(&call(Method::Get, &format!("http://{}/", server.address))).unwrap();
        assert_eq!((answer.status, &*String::from_utf8_lossy(&answer.body)), (status, body), "{text}");
    }
}

#[test]
fn e3_what_breaks_is_told_and_may_be_asked_again() {
    for text in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"] {
        let server = serve(vec![canned(text)]);
        let said = breakage(http().send(&call(Method::Get, &format!("http://{}/", server.address))));
        assert_eq!(said, format!("`{}` closed the connection", server.address), "{text}");
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = breakage(http().send(&call(Method::Get, &format!("http://{port}/"))));
    assert_eq!(said, format!("`{port}` refuses connections"));
}

#[test]
fn e3_an_answer_before_the_end_of_the_upload_is_heard() {
    let server = serve(vec![Box::new(|stream: &mut TcpStream| {
        let mut head = [0; 1024];
        stream.read(&mut head).map(drop).unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch").unwrap();
        String::new() // closed with unread data: the client's writes fail
    })]);
    let mut call = call(Method::Put, &format!("http://{}/", server.address));
    call.body = Body::Bytes(vec![7; 32 << 20].into());
    let answer = http().send(&call).unwrap();
    assert_eq!((answer.status, &*answer.body), (413, &b"much"[..]));
}

#[test]
fn e10_floods_end() {
    let head = "HTTP/1.1 401 No\r\n";
    for flood in [
        format!("{head}{}\r\n", "WWW-Authenticate: Bearer realm=\"x\"\r\n".repeat(10_000)),
        format!("{head}{}\r\n", "A: b\r\n".repeat(200)),
        format!("{head}A: {}", "x".repeat(1 << 20)),
        "x".repeat(1 << 20),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", "1;x=".repeat(1 << 20)),
    ] {
        let server = serve(vec![canned(flood.clone())]);
        let result = http().send(&call(Method::Get, &format!("http://{}/", server.address)));
        match result {
            Err(Failure::Refused(error)) => {
                let notes: usize = error.notes().iter().map(String::len).sum();
                assert!(error.what().len() + notes < 1100, "{error}");
            }
            Err(Failure::Broken(why) | Failure::Silent(why)) => assert!(why.len() < 1100),
            Ok(answer) => assert!(answer.cut && answer.body.is_empty(), "{flood:.40}"),
        }
    }
}

#[test]
fn e10_an_endless_body_is_cut() {
    let server = serve(vec![Box::new(|stream: &mut TcpStream| {
        let seen = request(stream);
        stream
            .write_all(b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n")
            .unwrap();
        while stream.write_all(b"4\r\nmore\r\n").is_ok() {} // until the client hangs up
        seen
    })]);
    let mut call = call(Method::Get, &format!("http://{}/", server.address));
    call.limit = 10;
    let answer = http().send(&call).unwrap();
    assert_eq!((answer.status, &*answer.body, answer.cut), (400, &b"moremoremo"[..], true));
    server.thread.join().unwrap();
}

fn impatient() -> Http {
    let short = std::time::Duration::from_millis(300);
    let limits = Limits { connect: short, idle: short, headers: short * 2, rest: short * 2 };
    Http::with(&Access::default(), &Env::new([("HOME", "/nonexistent")], "/"), limits).unwrap()
}

#[test]
fn e12_silence_ends() {
    // taken by the kernel, never by the server
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut call = call(Method::Post, &format!("http://{address}/"));
    let said = breakage(impatient().send(&call));
    assert_eq!(said, format!("`{address}` sent nothing for 60 s"));
    call.body = Body::Bytes(vec![0; 64 << 20].into());
    let said = breakage(impatient().send(&call));
    assert_eq!(said, format!("`{address}` took nothing for 60 s"));
}

#[test]
fn e12_a_drip_ends() {
    for start in ["HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 200 OK\r\nX: "] {
        let server = serve(vec![Box::new(move |stream: &mut TcpStream| {
            let seen = request(stream);
            stream.write_all(start.as_bytes()).unwrap();
            while stream.write_all(b"x").is_ok() {
                thread::sleep(std::time::Duration::from_millis(20)); // the drip itself
            }
            seen
        })]);
        let said = breakage(impatient().send(&call(Method::Get, &format!("http://{}/", server.address))));
        assert_eq!(said, format!("`{}` did not end its answer in time", server.address));
        server.thread.join().unwrap();
    }
}

#[test]
fn e6_redirects_keep_the_method_and_the_body_and_lose_the_credential() {
    let last = serve(vec![canned("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")]);
    let away = format!("HTTP/1.1 307 Go\r\nLocation: http://{}/b\r\nContent-Length: 0\r\n\r\n", last.address);
    let near = "HTTP/1.1 302 Go\r\nLocation: a?x=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let first = serve(vec![canned(near), canned(away)]);
    let mut call = call(Method::Put, &format!("http://{}/v2/", first.address));
    call.body = Body::Bytes(b"all of it".to_vec().into());
    call.authorization = Some(Authorization::Bearer(Secret::new("hunter2")));
    let answer = http().send(&call).unwrap();
    assert_eq!((answer.status, answer.url.reveal()), (201, format!("http://{}/b", last.address)));
    let seen = first.thread.join().unwrap();
    assert!(seen[1].starts_with("PUT /v2/a?x=1 "));
    assert!(seen.iter().all(|seen| seen.contains("Bearer hunter2") && seen.ends_with("all of it")));
    let seen = last.thread.join().unwrap().remove(0);
    assert!(
        seen.starts_with("PUT /b ") && seen.ends_with("all of it") && !seen.contains("hunter2"),
        "{seen}"
    );
}

#[test]
fn e6_redirects_end() {
    let answer = "HTTP/1.1 301 Go\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = serve((0..6).map(|_| canned(answer)).collect());
    let error = refusal(http().send(&call(Method::Get, &format!("http://{}/", server.address))));
    assert_eq!(error.what(), "more than 5 redirects");
    assert_eq!(server.thread.join().unwrap().len(), 6);
}

#[test]
fn e6_a_see_other_ends_an_upload_and_no_location_ends_all() {
    for (method, answer, status) in [
        (Method::Put, "HTTP/1.1 303 See\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 303),
        (Method::Get, "HTTP/1.1 307 Go\r\nContent-Length: 0\r\n\r\n", 307),
        (Method::Get, "HTTP/1.1 304 Same\r\nLocation: /x\r\n\r\n", 304),
    ] {
        let server = serve(vec![canned(answer)]);
        let answer = http().send(&call(method, &format!("http://{}/", server.address))).unwrap();
        assert_eq!(answer.status, status);
    }
}

#[test]
fn e6_a_registry_does_not_lead_into_another_network() {
    for location in [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:192.168.0.1]/",
        "http://reg.example/",
        "ftp://reg.example/",
        "https://me:pw@reg.example/",
    ] {
        let answer = format!("HTTP/1.1 307 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let server = serve(vec![canned(answer)]);
        let error = refusal(http().send(&call(Method::Get, &format!("http://{}/", server.address))));
        assert!(!format!("{error:?}").contains("pw@"), "{error:?}");
    }
}

#[test]
fn e6_a_name_that_stands_for_a_near_address_is_seen_through() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    // an address in a form that only the resolver knows; what a name of a public registry's choice leads to
    let public = Url::parse("https://reg.example/v2/").unwrap();
    let mut call = call(Method::Get, "https://reg.example/");
    for host in ["2130706433", "127.1", "0x7f.1"] {
        call.url = public.join(&format!("https://{host}:{port}/")).unwrap();
        let error = refusal(http().send(&call));
        assert_eq!(error.what(), format!("`{host}` is at a loopback address"));
    }
    server.set_nonblocking(true).unwrap();
    assert!(server.accept().is_err(), "nothing was connected");
}

#[test]
fn e5_https_does_not_lead_to_http() {
    let registry = Url::parse("https://reg.example/v2/").unwrap();
    let mut call = call(Method::Put, "https://reg.example/");
    for location in ["http://reg.example/v2/a/blobs/uploads/1", "http://127.0.0.1:1/"] {
        call.url = registry.join(location).unwrap();
        assert_eq!(refusal(http().send(&call)).what(), "`reg.example` leads from https to http");
    }
    let error = refusal(http().send(&self::call(Method::Get, "http://reg.example/")));
    assert_eq!(error.what(), "plain HTTP is for registries of this machine");
    assert_eq!(error.helps(), ["if there is nobody in between: --insecure-registry reg.example:80"]);
}

#[test]
fn e13_a_registry_of_this_machine_is_asked_whether_it_speaks_tls() {
    // by its answer to a line that is no request, by hanging up, by waiting
    let hasty: Script = Box::new(|stream| {
        let mut some = [0; 16];
        stream.read_exact(&mut some).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        String::new()
    });
    let gone: Script = Box::new(|_| String::new());
    let slow: Script = Box::new(|stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).map(|_| String::new()).unwrap()
    });
    for script in [hasty, gone, slow] {
        let server = serve(vec![script]);
        let http = http();
        let url = http.registry(&server.address).unwrap();
        assert_eq!(url.reveal(), format!("http://{}/v2/", server.address));
        server.thread.join().unwrap();
        assert_eq!(http.registry(&server.address).unwrap(), url, "asked once");
    }
    assert_eq!(http().registry("docker.io").unwrap().reveal(), "https://registry-1.docker.io/v2/");
    assert_eq!(http().registry("reg.example:5000").unwrap().reveal(), "https://reg.example:5000/v2/");
    assert!(http().registry("a b").is_err());
}

fn proxied(address: &str) -> Http {
    let proxy = format!("http://me:hunter2@{address}");
    let env = Env::new([("HTTPS_PROXY", &*proxy), ("HOME", "/nonexistent")], "/");
    Http::new(&Access::default(), &env).unwrap()
}

#[test]
fn e14_a_proxy_is_asked_with_its_password_and_named_without() {
    for (answer, said) in [
        ("HTTP/1.1 407 Who\r\n\r\n", "wants another name and password"),
        ("HTTP/1.1 403 No\r\n\r\n", "does not lead to `reg.example`"),
    ] {
        let server = serve(vec![canned(answer)]);
        let error = refusal(proxied(&server.address).send(&call(Method::Get, "https://reg.example/")));
        assert_eq!(error.what(), format!("the proxy http://{} {said}", server.address));
        assert!(!format!("{error:?}").contains("hunter2"));
        let seen = server.thread.join().unwrap().remove(0);
        assert!(seen.starts_with("CONNECT reg.example:443 HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n"), "{seen}");
    }
    for answer in ["HTTP/1.1 502 Bad\r\n\r\n", ""] {
        let server = serve(vec![canned(answer)]);
        let said = breakage(proxied(&server.address).send(&call(Method::Get, "https://reg.example/")));
        assert!(said.contains(&format!("the proxy http://{}", server.address)), "{said}");
    }
}

//! The smallest honest HTTP server: the standard library alone, one greeting, a clean stop.

use std::ffi::c_int;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, thread};

const GREETING: &str = "Hello World from Rust in minimal Docker container\n";
const THREADS: usize = 64; // so many clients are served at once; more of them queue in the kernel
const MAX_HEAD: usize = 8 * 1024; // bytes of request line and headers: room for large cookies
const PATIENCE: Duration = Duration::from_secs(5); // to read a request, and to see it through

fn main() -> ExitCode {
    stop_on_signals();
    let listener = match listen() {
        // Served until the process ends, so every thread may borrow it for good.
        Ok(listener) => &*Box::leak(Box::new(listener)),
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };

    // Each thread waits at the same door for a client of its own. A container may be denied so many
    // threads: then those that did start do the work, and this one is always there.
    for _ in 1..THREADS {
        let worker = thread::Builder::new().stack_size(64 * 1024);
        if worker.spawn(|| serve(listener)).is_err() {
            break;
        }
    }
    serve(listener)
}

fn listen() -> Result<TcpListener, String> {
    let port = env::var_os("PORT").unwrap_or("8080".into());
    let port = port.to_string_lossy();
    let Ok(number) = port.parse::<u16>() else {
        return Err(format!("PORT must be a number up to 65535, not '{port}'"));
    };
    // Not on 127.0.0.1, which nobody outside the container can reach.
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, number))
        .and_then(|listener| {
            println!("Started, serving at {}", listener.local_addr()?.port()); // 0: any free one
            Ok(listener)
        })
        .map_err(|error| format!("cannot listen on port {port}: {error}"))
}

/// Serves one client after the other, for ever.
fn serve(listener: &TcpListener) -> ! {
    loop {
        match listener.accept() {
            // An error here is a client that went away: no business of the next one.
            Ok((client, _)) => drop(converse(client)),
            // Out of file descriptors or memory, most likely: let others return some.
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// One request, one answer, the end: no second request that would have to be told from a body.
fn converse(mut client: TcpStream) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut buffer = [0; MAX_HEAD];
    let mut length = 0;
    let answer = loop {
        if let Some(head) = complete_head(&buffer[..length]) {
            break match method(head) {
                Some(b"GET") => answer("200 OK", GREETING, GREETING),
                Some(b"HEAD") => answer("200 OK", GREETING, ""), // the same headers, no body
                Some(_) => refusal(
                    "405 Method Not Allowed\r\nAllow: GET, HEAD",
                    "GET and HEAD only\n",
                ),
                None => refusal("400 Bad Request", "not HTTP/1.1\n"),
            };
        }
        if length == MAX_HEAD {
            break refusal("431 Request Header Fields Too Large", "8 KiB at most\n");
        }
        match read(&mut client, &mut buffer[length..], deadline)? {
            0 if length == 0 => return Ok(()), // came and went
            0 => break refusal("400 Bad Request", "ends too early\n"),
            more => length += more,
        }
    };
    client.write_all(answer.as_bytes())?;

    // To close with unread bytes (the body of a POST) makes TCP send a reset, which can eat the
    // answer on its way. So say that this was all, and read on until the client is done, too.
    client.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + PATIENCE;
    while read(&mut client, &mut buffer, deadline)? > 0 {}
    Ok(())
}

/// Reads what there is, but never beyond the deadline, however slowly the bytes trickle in.
fn read(client: &mut TcpStream, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        client.set_read_timeout(Some(left))?;
        match client.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {} // stopped and continued
            result => return result,
        }
    }
}

fn answer(status: &str, content: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        content.len()
    )
}

fn refusal(status: &str, why: &str) -> String {
    answer(status, why, why)
}

/// The request line and the headers, once the empty line that ends them has arrived.
fn complete_head(bytes: &[u8]) -> Option<&[u8]> {
    // Empty lines before a request are forgiven, and so are lines that end without "\r".
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte))?;
    let head = &bytes[start..];
    let is_end = |&at: &usize| head[at..].starts_with(b"\n\r\n") || head[at..].starts_with(b"\n\n");
    Some(&head[..(0..head.len()).find(is_end)?])
}

/// The method of a request, or `None` where the head is not HTTP/1.
fn method(head: &[u8]) -> Option<&[u8]> {
    let is_token_byte = |&b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let is_token = |word: &[u8]| !word.is_empty() && word.iter().all(is_token_byte);
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));

    // GET /path HTTP/1.1
    let mut words = lines.next()?.split(|&byte| byte == b' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_path = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    let is_http = matches!(version, b"HTTP/1.0" | b"HTTP/1.1") && words.next().is_none();

    // Name: value
    let mut hosts = 0;
    for line in lines {
        let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':')?);
        let is_forbidden = |&b: &u8| b.is_ascii_control() && b != b'\t';
        if !is_token(name) || value.iter().any(is_forbidden) {
            return None;
        }
        hosts += usize::from(name.eq_ignore_ascii_case(b"Host"));
    }
    // HTTP/1.1 wants one Host; HTTP/1.0 did not know it yet.
    let is_hosted = hosts == 1 || (hosts == 0 && version == b"HTTP/1.0");
    (is_token(method) && is_path && is_http && is_hosted).then_some(method)
}

/// Ends the process at SIGTERM (`docker stop`) and SIGINT (Ctrl-C). The first process of a
/// container has no default action for them: `docker stop` would wait ten seconds in vain.
fn stop_on_signals() {
    const SIGINT: c_int = 2;
    const SIGTERM: c_int = 15;

    // Both are in the C library that std links anyway.
    unsafe extern "C" {
        fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
        fn _exit(status: c_int) -> !;
    }
    extern "C" fn stop(_: c_int) {
        // SAFETY: a signal handler may call `_exit`, unlike `std::process::exit`.
        unsafe { _exit(0) }
    }
    for number in [SIGINT, SIGTERM] {
        // SAFETY: the declarations are C's, and `stop` does only what a handler may do.
        unsafe { signal(number, stop) };
    }
}

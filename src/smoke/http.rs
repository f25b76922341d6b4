//! One `GET` over a connection that is made already: no name is looked up, no proxy asked, no redirect followed.

use crate::error::bounded;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// The most bytes of an answer's body that are read: what comes up to here must come whole.
const BODY: u64 = 64 << 10;
/// The most bytes of an answer's headers.
const HEADERS: usize = 32 << 10;

/// Asks at `port`, to which `stream` leads, for `path`, as curl would for `http://localhost:PORT/PATH`; within
/// `limit`. Returns the status.
///
/// # Errors
/// There is no whole answer: what there is instead, in words.
pub fn get(stream: TcpStream, port: u16, path: &str, limit: Duration) -> Result<u16, String> {
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("cargo-scratch/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("") // nothing is inflated
        .max_response_header_size(HEADERS)
        .max_idle_connections(0)
        .timeout_global(Some(limit))
        .build();
    let agent = Agent::with_parts(config, Made(Mutex::new(Some(stream))), NoNames);
    let answer = agent.get(format!("http://localhost:{port}{path}")).call();
    let answer = answer.map_err(|error| words(error, limit))?;
    let status = answer.status().as_u16();
    let body = io::copy(&mut answer.into_body().into_reader().take(BODY), &mut io::sink());
    body.map_err(|reason| format!("an answer with status {status} broke off: {}", io_words(&reason)))?;
    Ok(status)
}

fn words(error: ureq::Error, limit: Duration) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {}", super::span(limit)),
        ureq::Error::Io(reason) => io_words(&reason),
        ureq::Error::LargeResponseHeader(..) => "an answer has more than 32 KiB of headers".into(),
        ureq::Error::Protocol(reason) => {
            format!("what it says is not HTTP: {}", bounded(&reason.to_string()))
        }
        other => bounded(&other.to_string()),
    }
}

/// What the system says of a connection, as people call it.
pub fn io_words(reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => "the connection was closed".into(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "the connection was reset".into()
        }
        _ => {
            let text = reason.to_string();
            bounded(text.split(" (os error").next().unwrap_or_default())
        }
    }
}

/// Hands the connection out, once.
#[derive(Debug)]
struct Made(Mutex<Option<TcpStream>>);

impl<In: Transport> Connector<In> for Made {
    type Out = Wire;

    fn connect(&self, _: &ConnectionDetails, _: Option<In>) -> Result<Option<Wire>, ureq::Error> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = stream.ok_or(io::Error::from(io::ErrorKind::NotConnected))?;
        Ok(Some(Wire { stream, buffers: LazyBuffers::new(2 * HEADERS, HEADERS) }))
    }
}

/// ureq's own transport over TCP cannot be made from a connection.
#[derive(Debug)]
struct Wire {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.set_write_timeout(timeout.not_zero().map(|limit| *limit))?;
        let sent = self.stream.write_all(&self.buffers.output()[..amount]);
        sent.map_err(|reason| late(reason, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.set_read_timeout(timeout.not_zero().map(|limit| *limit))?;
        let read = loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|reason| late(reason, timeout))?,
            }
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        false // for one request only
    }
}

fn late(reason: io::Error, timeout: NextTimeout) -> ureq::Error {
    match reason.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
        _ => reason.into(),
    }
}

/// There is nothing to look up.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    const LIMIT: Duration = Duration::from_secs(20);

    /// A server that reads one request, says `answer`, and closes; it gives the request back.
    fn server(answer: Vec<u8>) -> (TcpStream, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let serving = thread::spawn(move || {
            let mut client = listener.accept().unwrap().0;
            let mut request = Vec::new();
            let mut piece = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let read = client.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            let _ = client.write_all(&answer);
            String::from_utf8(request).unwrap()
        });
        (stream, serving)
    }

    fn asked(answer: &str) -> Result<u16, String> {
        get(server(answer.into()).0, 8080, "/", LIMIT)
    }

    #[test]
    fn the_request_is_what_a_client_on_this_machine_sends() {
        let (stream, serving) = server(b"HTTP/1.1 204 No Content\r\n\r\n".into());
        assert_eq!(get(stream, 8080, "/a?b=c", LIMIT), Ok(204));
        let request = serving.join().unwrap();
        assert!(request.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{request}");
        let headers = request.to_lowercase();
        assert!(headers.contains("\r\nhost: localhost:8080\r\n"), "{request}");
        assert!(headers.contains("\r\nuser-agent: cargo-scratch/"), "{request}");
        assert!(!headers.contains("accept-encoding"), "{request}");
    }

    #[test]
    fn any_status_is_an_answer_and_no_redirect_is_followed() {
        for (answer, status) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
            ("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200),
            ("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", 302),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404),
            (
                "HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                503,
            ),
        ] {
            assert_eq!(asked(answer), Ok(status), "{answer}");
        }
    }

    #[test]
    fn what_is_no_whole_answer_is_told() {
        let big = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(HEADERS));
        for (answer, words) in [
            ("", "closed"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "status 200 broke off"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "broke off"),
            (&big, "32 KiB of headers"),
        ] {
            let why = asked(answer).unwrap_err();
            assert!(why.contains(words), "{why} for {answer:.60}");
        }
    }

    #[test]
    fn a_silent_server_is_waited_for_within_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let why = get(stream, 80, "/", Duration::from_millis(50)).unwrap_err();
        assert_eq!(why, "no answer within 50 ms");
    }

    #[test]
    fn i2_an_endless_body_is_read_as_far_as_it_must() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n";
        let (stream, _) = server([&head[..], &vec![b'x'; 1 << 20]].concat());
        assert_eq!(get(stream, 80, "/", LIMIT), Ok(200));
    }
}

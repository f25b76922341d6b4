//! HTTP/1.1 as far as a registry needs it, read with care and written as a test wants it.

use std::io::{self, BufRead, Read, Write};

/// A request without its body.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// As it stood in the request line: with the query, and with the origin where a proxy was asked.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body that have arrived.
    pub length: usize,
}

impl Request {
    /// Reads a head; `None` where the client has left or speaks no HTTP.
    pub fn read(reader: &mut impl BufRead) -> Option<Self> {
        let first = line(reader)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = line(reader)?;
            if line.is_empty() {
                return Some(Request { method, target, headers, length: 0 });
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Reads the body, but at most `limit` bytes of it.
    pub fn body(&self, reader: &mut impl BufRead, limit: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.header("transfer-encoding").is_none() {
            let length = self.header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
            let whole = reader.by_ref().take(length.min(limit) as u64).read_to_end(&mut body)?;
            return if whole < length.min(limit) {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(body)
            };
        }
        while body.len() < limit {
            let size = line(reader).ok_or(io::ErrorKind::UnexpectedEof)?;
            let size = u64::from_str_radix(&size, 16).unwrap();
            reader.by_ref().take(size).read_to_end(&mut body)?;
            line(reader);
            if size == 0 {
                break;
            }
        }
        Ok(body)
    }

    /// The first value of the header `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The target without origin and query.
    pub fn path(&self) -> &str {
        let path = self.target.split('?').next().unwrap();
        match path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => path,
        }
    }

    /// The value of `name` in the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(other, _)| *other == name).map(|(_, value)| decoded(value)).next()
    }
}

/// The text that `escaped` stands for in a query or a form.
pub fn decoded(escaped: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How its end is told.
    pub form: Form,
}

/// How the end of an answer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By `Content-Length`.
    Length,
    /// In chunks of a few bytes.
    Chunked,
    /// By the end of the connection, as in HTTP/1.0.
    Closed,
}

impl Answer {
    /// One without a body.
    pub fn new(status: u16) -> Self {
        Answer { status, headers: Vec::new(), body: Vec::new(), form: Form::Length }
    }

    /// An error as registries tell it (OCI distribution spec, "Error Codes").
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let document = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
        Answer::new(status).header("Content-Type", "application/json").body(document.to_string())
    }

    /// With the header `name`, in place of another of that name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes of the answer to a request with `method`.
    pub fn bytes(&self, method: &str) -> Vec<u8> {
        let version = if self.form == Form::Closed { "1.0" } else { "1.1" };
        let mut bytes = format!("HTTP/{version} {} Told\r\n", self.status).into_bytes();
        let mut header = |name: &str, value: &str| {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        };
        self.headers.iter().for_each(|(name, value)| header(name, value));
        match self.form {
            Form::Length if self.status == 204 => {}
            Form::Length => header("Content-Length", &self.body.len().to_string()),
            Form::Chunked => header("Transfer-Encoding", "chunked"),
            Form::Closed => header("Connection", "close"),
        }
        bytes.extend_from_slice(b"\r\n");
        if method == "HEAD" {
            return bytes;
        }
        if self.form != Form::Chunked {
            bytes.extend_from_slice(&self.body);
            return bytes;
        }
        for chunk in self.body.chunks(7) {
            write!(bytes, "{:x};odd=\"yes\"\r\n", chunk.len()).unwrap();
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\nTrailer: x\r\n\r\n");
        bytes
    }
}

/// A line without its end; `None` at the end of the connection.
fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    reader.by_ref().take(64 << 10).read_until(b'\n', &mut line).ok()?;
    line.pop().filter(|last| *last == b'\n')?;
    let line = String::from_utf8_lossy(&line).into_owned();
    Some(line.trim_end_matches('\r').to_owned())
}

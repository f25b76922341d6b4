//! One request and its answer, over a connection that ureq keeps.

use super::proxy::Route;
use super::{Answer, Authorization, Body, Call, Method, Stopped, Taker};
use crate::registry::url::Url;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Read;
use std::time::Duration;
use ureq::config::Config;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use ureq::http::{self, Request, Response};
use ureq::{Agent, AsSendBody, SendBody};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Name and connection together, TLS among it.
    pub connect: Duration,
    /// Without a byte in either direction.
    pub idle: Duration,
    /// The headers of an answer, from the end of the request on.
    pub headers: Duration,
    /// The rest of an answer, which is small or cut.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let idle = Duration::from_mins(1);
        Limits { connect: Duration::from_secs(10), idle, headers: idle + idle / 2, rest: idle }
    }
}

/// What is slower than this on the whole is given up, in bytes a second: a server that takes or sends one byte a minute
/// is not idle.
const SLOWEST: u64 = 2 << 10;

/// What every exchange has in common.
pub fn config(limits: Limits) -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("cargo-scratch/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("") // nothing is inflated
        .max_response_header_size(32 << 10) // and 128 headers, which is ureq's own limit
        .input_buffer_size(64 << 10)
        .output_buffer_size(64 << 10)
        .max_idle_connections(16)
        .max_idle_connections_per_host(8)
        .timeout_connect(Some(limits.connect))
        .timeout_per_read(Some(limits.idle))
        .timeout_per_write(Some(limits.idle))
        .timeout_recv_response(Some(limits.headers))
        .timeout_recv_body(Some(limits.rest))
        .build()
}

/// Sends `call` to `url` and takes its answer, whatever the status; `taker` gets the body if it is what was asked for.
///
/// # Errors
/// There is no answer.
pub fn exchange(
    agent: &Agent,
    route: Option<&Route>,
    call: &Call,
    url: &Url,
    authorization: Option<&Authorization>,
    taker: Option<&mut Taker<'_>>,
) -> Result<Answer, ureq::Error> {
    let longest = taker.as_ref().map(|taker| longest(taker.size));
    let mut request = Request::builder().method(method(call.method)).uri(url.reveal());
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, header(authorization)?);
    }
    let response = match &call.body {
        Body::Empty if matches!(call.method, Method::Get | Method::Head) => {
            run(agent, route, request.body(())?, 0, longest)
        }
        Body::Empty => run(agent, route, request.body(&[][..])?, 0, None),
        Body::Bytes(bytes) => run(agent, route, request.body(&**bytes)?, bytes.len() as u64, None),
        Body::Form(form) => {
            let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            let form = form.reveal().as_bytes();
            run(agent, route, request.body(form)?, form.len() as u64, None)
        }
        Body::Blob(blob) => {
            // with its length, or it would go out in chunks, which registries refuse
            let request = request.header(CONTENT_LENGTH, blob.size());
            let mut reader = blob.reader();
            run(agent, route, request.body(SendBody::from_reader(&mut reader))?, blob.size(), None)
        }
    }?;
    match taker.filter(|_| matches!(response.status().as_u16(), 200 | 206)) {
        Some(taker) => handed(response, url, taker),
        None => answer(response, call.limit, url),
    }
}

fn run(
    agent: &Agent,
    route: Option<&Route>,
    request: Request<impl AsSendBody>,
    size: u64,
    receive: Option<Duration>,
) -> Result<Response<ureq::Body>, ureq::Error> {
    let request = agent
        .configure_request(request)
        .proxy(route.map(|route| route.proxy.clone()))
        .timeout_send_body(Some(longest(size)));
    let request = match receive {
        Some(receive) => request.timeout_recv_body(Some(receive)),
        None => request,
    };
    agent.run(request.build())
}

/// How long `size` bytes may take.
fn longest(size: u64) -> Duration {
    Limits::default().idle + Duration::from_secs(size / SLOWEST)
}

/// The answer without its body, which `taker` has had.
fn handed(response: Response<ureq::Body>, url: &Url, taker: &mut Taker<'_>) -> Result<Answer, ureq::Error> {
    let (parts, body) = response.into_parts();
    let answer = head(&parts, url);
    match (taker.take)(&answer, &mut body.into_reader()) {
        Ok(()) => Ok(answer),
        Err(Stopped::Read(reason)) => Err(reason.into()),
        Err(Stopped::Refused(error)) => Err(ureq::Error::Other(Box::new(error))),
    }
}

fn head(parts: &http::response::Parts, url: &Url) -> Answer {
    let text = |(name, value): (&http::HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = parts.headers.iter().filter_map(text).collect();
    Answer { status: parts.status.as_u16(), headers, body: Vec::new(), cut: false, url: url.clone() }
}

fn answer(response: Response<ureq::Body>, limit: usize, url: &Url) -> Result<Answer, ureq::Error> {
    let (parts, body) = response.into_parts();
    let mut kept = Vec::new();
    // one byte more tells whether there is more; read to its end, the connection serves again
    let read = body.into_reader().take(limit as u64 + 1).read_to_end(&mut kept);
    let mut cut = kept.len() > limit;
    kept.truncate(limit);
    match read {
        // what an error says may break off: its status says enough
        Err(_) if parts.status.as_u16() >= 400 => cut = true,
        Err(reason) => return Err(reason.into()),
        Ok(_) => {}
    }
    Ok(Answer { body: kept, cut, ..head(&parts, url) })
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
    }
}

fn header(authorization: &Authorization) -> Result<HeaderValue, http::Error> {
    let text = match authorization {
        Authorization::Basic(name, password) => {
            format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.reveal())))
        }
        Authorization::Bearer(token) => format!("Bearer {}", token.reveal()),
    };
    let mut value = HeaderValue::try_from(text)?;
    value.set_sensitive(true);
    Ok(value)
}

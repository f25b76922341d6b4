//! What a program must do to pass: as it is typed, and as it is told.

use regex_lite::Regex;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use ureq::http::uri::PathAndQuery;

/// The statuses that are good where none is asked for: an answer, or the way to one.
const GOOD: std::ops::RangeInclusive<u16> = 200..=399;

/// One thing that must come true.
#[derive(Clone, Debug)]
pub enum Condition {
    /// `GET` of a path is answered.
    Http(Get),
    /// A port takes connections.
    Tcp {
        /// The port.
        port: u16,
    },
    /// A line of what the program says fits.
    Line {
        /// Where it says it.
        stream: Stream,
        /// What fits.
        pattern: Regex,
    },
    /// The program ends by itself.
    Exit {
        /// With this status.
        code: u8,
    },
    /// The program starts: it runs for [`Condition::SETTLED`], or ends with 0. For a test that names nothing else.
    Start,
}

impl Condition {
    /// How long a program must run to have started.
    pub const SETTLED: Duration = Duration::from_secs(1);

    /// Its name in JSON, which is that of its flag.
    pub fn word(&self) -> &'static str {
        match self {
            Condition::Http(_) => "http",
            Condition::Tcp { .. } => "tcp",
            Condition::Line { stream, .. } => stream.word(),
            Condition::Exit { .. } => "exit",
            Condition::Start => "start",
        }
    }

    /// The port that it asks.
    pub fn port(&self) -> Option<u16> {
        match self {
            Condition::Http(Get { port, .. }) | Condition::Tcp { port } => Some(*port),
            _ => None,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Http(get) => write!(f, "GET {}", get.path),
            Condition::Tcp { port } => write!(f, "port {port}"),
            Condition::Line { stream, pattern } => write!(f, "{} `{pattern}`", stream.word()),
            Condition::Exit { code } => write!(f, "exit {code}"),
            Condition::Start => write!(f, "start"),
        }
    }
}

/// A request, and the answer that it must get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Get {
    /// Whom to ask.
    pub port: u16,
    /// For what: begins with `/`, may have a query.
    pub path: String,
    /// The one status that is good; else 200 to 399 are.
    pub status: Option<u16>,
}

impl Get {
    /// Whether an answer of this status is good.
    pub fn takes(&self, status: u16) -> bool {
        self.status.map_or(GOOD.contains(&status), |wanted| wanted == status)
    }

    /// The good statuses, in words.
    pub fn wanted(&self) -> String {
        self.status.map_or(format!("{} to {}", GOOD.start(), GOOD.end()), |status| status.to_string())
    }
}

/// `[:PORT]PATH[=STATUS]`, as `--http` takes it: `/health`, `/missing=404`, `:9090/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    port: Option<u16>,
    path: String,
    status: Option<u16>,
}

impl Request {
    /// The request, for an image that exposes these ports (`8080/tcp`).
    ///
    /// # Errors
    /// There is not one port that can be meant: why.
    pub fn of(&self, exposed: &[impl AsRef<str>]) -> Result<Get, String> {
        let port = match (self.port, &tcp_ports(exposed)[..]) {
            (Some(port), _) | (None, &[port]) => port,
            (None, []) => return Err("the image exposes no port".into()),
            (None, several) => {
                let several: Vec<_> = several.iter().map(ToString::to_string).collect();
                return Err(format!("the image exposes several ports: {}", several.join(", ")));
            }
        };
        Ok(Get { port, path: self.path.clone(), status: self.status })
    }

    /// The same request with its port said, to be typed in its place.
    pub fn with_port(&self) -> String {
        let status = self.status.map_or(String::new(), |status| format!("={status}"));
        format!(":PORT{}{status}", self.path)
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected [:PORT]PATH[=STATUS], e.g. /health, /missing=404 or :9090/metrics";
        let (port, rest) = match text.strip_prefix(':') {
            Some(rest) => {
                let (port, _) = rest.split_once('/').ok_or(FORM)?;
                (Some(port_of(port)?), &rest[port.len()..])
            }
            None => (None, text),
        };
        // what else follows a `=` belongs to a query
        let status = |text: &str| (text.len() == 3).then(|| text.parse::<u16>().ok()).flatten();
        let (path, status) = match rest.rsplit_once('=').map(|(path, end)| (path, status(end))) {
            Some((path, Some(status @ 200..=599))) => (path, Some(status)),
            Some((_, Some(_))) => return Err("expected a status from 200 to 599 after `=`".into()),
            _ => (rest, None),
        };
        // `PathAndQuery` drops a fragment, which no server would ever see
        let sound = path.starts_with('/') && !path.contains('#') && path.parse::<PathAndQuery>().is_ok();
        sound.then(|| Request { port, path: path.to_owned(), status }).ok_or_else(|| FORM.into())
    }
}

/// Those of `exposed`, which an image has as `8080/tcp` or `8080`, that are of TCP.
pub fn tcp_ports(exposed: &[impl AsRef<str>]) -> Vec<u16> {
    let tcp = |port: &str| port.strip_suffix("/tcp").unwrap_or(port).parse().ok();
    exposed.iter().filter_map(|port| tcp(port.as_ref())).collect()
}

/// A port, as `--tcp` takes it.
///
/// # Errors
/// It is none.
pub fn port_of(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|&port: &u16| digits && port > 0);
    port.ok_or_else(|| "expected a port from 1 to 65535".into())
}

/// A length of time, as `--timeout` takes it.
///
/// # Errors
/// It is none, or longer than a day.
pub fn span_of(text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).ok();
    let span = span.filter(|span| (Duration::from_millis(1)..=Duration::from_hours(24)).contains(span));
    span.ok_or_else(|| "expected a time such as 10s, 500ms or 2m, at most 24h".into())
}

/// Where a program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

impl Stream {
    /// Its short name.
    pub fn word(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }

    /// Its name in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Stream::Stdout => "standard output",
            Stream::Stderr => "standard error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, exposed: &[&str]) -> Result<Get, String> {
        text.parse::<Request>()?.of(exposed)
    }

    #[test]
    fn a_request_is_a_path_with_a_port_before_and_a_status_behind_it() {
        for (text, port, path, status) in [
            ("/", 8080, "/", None),
            ("/health", 8080, "/health", None),
            ("/missing=404", 8080, "/missing", Some(404)),
            (":9090/metrics", 9090, "/metrics", None),
            (":1/a=b=204", 1, "/a=b", Some(204)),
            ("/find?id=7", 8080, "/find?id=7", None),
            ("/find?id=7=200", 8080, "/find?id=7", Some(200)),
            ("/find?name=abc", 8080, "/find?name=abc", None),
        ] {
            let wanted = Get { port, path: path.into(), status };
            assert_eq!(get(text, &["8080/tcp", "53/udp"]), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let bad = [
            "",
            "health",
            ":/x",
            ":0/x",
            ":70000/x",
            ":+80/x",
            ":80",
            "http://a/",
            "/a b",
            "/a#b",
            "/\u{7f}",
        ];
        for text in bad {
            assert!(text.parse::<Request>().is_err(), "{text}");
        }
        assert!("/x=700".parse::<Request>().unwrap_err().contains("200 to 599"));
        assert!("/x=100".parse::<Request>().is_err(), "no answer ends with 1xx");
    }

    #[test]
    fn a_port_is_asked_for_unless_the_image_has_exactly_one() {
        assert_eq!(get("/", &["8080"]).unwrap().port, 8080);
        assert_eq!(get(":1/", &["8080/tcp", "9090/tcp"]).unwrap().port, 1);
        assert_eq!(
            get("/", &["8080/tcp", "9090/tcp"]).unwrap_err(),
            "the image exposes several ports: 8080, 9090"
        );
        for none in [&[][..], &["53/udp"], &["x/tcp"]] {
            assert!(get("/", none).unwrap_err().contains("no port"), "{none:?}");
        }
        assert_eq!("/x=404".parse::<Request>().unwrap().with_port(), ":PORT/x=404");
    }

    #[test]
    fn a_good_status_is_a_success_or_a_redirect_unless_one_is_named() {
        let any = get("/", &["80"]).unwrap();
        assert!(any.takes(200) && any.takes(308) && !any.takes(404) && !any.takes(503));
        let one = get("/=404", &["80"]).unwrap();
        assert!(one.takes(404) && !one.takes(200));
        assert_eq!((any.wanted(), one.wanted()), ("200 to 399".into(), "404".into()));
    }

    #[test]
    fn times_are_what_people_write() {
        for (text, millis) in [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("1m 30s", 90_000)] {
            assert_eq!(span_of(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "0s", "-1s", "1d 1s", "99999999999999999999s", "x"] {
            assert!(span_of(text).is_err(), "{text}");
        }
    }
}

//! Addresses that a registry gives out, taken apart; shown without what is secret in them.
//!
//! A registry says where to go next: to an upload session, to the store that keeps its blobs, to its token server.
//! None of that is trusted. [`Url::join`] takes a `Location` apart as RFC 3986 says, and the address that comes out
//! remembers whose word it is ([`Url::origin_of_trust`]), so that [`super::http`] can refuse what leads from a public
//! registry into a private network, or from `https` to `http`.

mod join;
mod show;

use std::fmt::{self, Write};
use std::net::Ipv6Addr;

/// The longest address, in bytes; signed ones of object stores have 2 KiB.
const LIMIT: usize = 8 << 10;

/// What a connection is made to: scheme, host and port (RFC 6454, 4).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Whether it is `https`; else it is `http`.
    pub tls: bool,
    /// The host in lower case; an IPv6 address has its brackets.
    pub host: String,
    /// The port, also where it is the scheme's own.
    pub port: u16,
}

/// An absolute `http` or `https` address without user and fragment.
#[derive(Clone)]
pub struct Url {
    origin: Origin,
    /// From its slash on, with the query.
    rest: String,
    /// The origin that the user named, if somebody there gave this address out.
    trust: Option<Box<Origin>>,
}

impl Url {
    /// Takes `text` apart; an error says in words what is wrong with it, without repeating it.
    ///
    /// # Errors
    /// It is no such address.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LIMIT {
            return Err("the address is longer than 8 KiB".into());
        }
        if text.chars().any(char::is_control) {
            return Err("the address has control characters".into());
        }
        let (scheme, rest) = join::scheme(text).ok_or("the address has no scheme")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("the address is neither https nor http".into()),
        };
        let rest = rest.strip_prefix("//").ok_or("the address has no host")?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = authority_of(authority)?;
        let port = port.unwrap_or(if tls { 443 } else { 80 });
        let rest = rest.split('#').next().unwrap_or_default();
        let slash = if rest.starts_with('/') { "" } else { "/" };
        let rest = escaped(&format!("{slash}{rest}"), |c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c));
        if rest.len() > LIMIT {
            return Err("the address is longer than 8 KiB".into());
        }
        Ok(Url { origin: Origin { tls, host, port }, rest, trust: None })
    }

    /// The whole address, for the wire alone.
    pub fn reveal(&self) -> String {
        format!("{}{}", self.origin, self.rest)
    }

    /// What `Location: location` of an answer from here leads to (RFC 3986, 5.2); `http` for the realm of a challenge
    /// too. It is followed only as far as the registry that the user named may lead (see the module).
    ///
    /// # Errors
    /// It is no address.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let joined = Url::parse(&join::absolute(self, location)?)?;
        let trust = self.trust.clone().unwrap_or_else(|| Box::new(self.origin.clone()));
        Ok(Url { trust: Some(trust), ..joined })
    }

    /// Whether scheme, host and port are the same (RFC 6454, 5).
    pub fn same_origin(&self, other: &Url) -> bool {
        self.origin == other.origin
    }

    /// What it is a part of.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The origin that the user named: another than its own if this address is the word of somebody there.
    pub fn origin_of_trust(&self) -> &Origin {
        self.trust.as_deref().unwrap_or(&self.origin)
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        self.rest.split('?').next().unwrap_or_default()
    }

    /// The query without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.rest.split_once('?').map(|(_, query)| query)
    }

    /// Adds `name=value` to the query, escaped.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let mark = match self.query() {
            None => "?",
            Some("") => "",
            Some(query) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        self.rest = format!("{}{mark}{}={}", self.rest, escaped(name, plain), escaped(value, plain));
        self
    }
}

/// The same address, whoever gave it out.
impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin && self.rest == other.rest
    }
}

impl Eq for Url {}

/// As it stands in an address, without a port that goes without saying.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, own) = if self.tls { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == own { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Host in lower case, and port (RFC 3986, 3.2), of a host that can be looked up: no escapes, no foreign letters.
pub(super) fn authority_of(authority: &str) -> Result<(String, Option<u16>), String> {
    if authority.contains('@') {
        return Err("the address has a user".into());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let sound = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    };
    match host {
        "" => return Err("the address has no host".into()),
        _ if !sound || host.len() > 255 || host.starts_with('.') => {
            return Err("the address has a host that cannot be one".into());
        }
        _ => {}
    }
    let number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = match port {
        "" => None,
        _ if number => Some(port.parse::<u16>().ok().filter(|port| *port > 0).ok_or("the port is no port")?),
        _ => return Err("the port is no number".into()),
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// `text` with every byte percent-encoded that `plain` does not let stand (RFC 3986, 2.1).
fn escaped(text: &str, plain: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if plain(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}"); // a String takes everything
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;

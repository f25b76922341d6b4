//! The proxies of the environment, as Go's programs take them, docker and podman among them.
//!
//! `HTTPS_PROXY` is for `https`, `HTTP_PROXY` for `http`, `ALL_PROXY` (curl's) for what has none of its own; each in
//! upper case, or else in lower case. `HTTP_PROXY` counts for nothing where `REQUEST_METHOD` is set: a CGI program gets
//! it from whoever sends the header `Proxy` (CVE-2016-5385). This machine is never reached through a proxy.

mod exception;

use super::super::url::{Origin, authority_of};
use crate::config::env::Env;
use crate::error::{Code, Error};
use exception::Exception;
use std::fmt;
use ureq::{Proxy, ProxyProtocol};

/// A proxy that can be used, and how it is shown.
#[derive(Clone)]
pub struct Route {
    /// For ureq; it has the password.
    pub proxy: Proxy,
    /// Without the password.
    pub shown: String,
}

/// Which way leads where.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    https: Option<Result<Route, String>>,
    http: Option<Result<Route, String>>,
    exceptions: Vec<Exception>,
}

impl Proxies {
    /// Those that `env` names.
    pub fn of(env: &Env) -> Self {
        let cgi = env.get("REQUEST_METHOD").is_some();
        let value = |name: &'static str| {
            let upper = env
                .get(name)
                .filter(|_| !(cgi && name == "HTTP_PROXY"))
                .map(|value| (name.to_owned(), value));
            let lower = name.to_ascii_lowercase();
            upper.or_else(|| Some((lower.clone(), env.get(&lower)?)))
        };
        let route = |name| {
            let (name, value) = value(name).or_else(|| value("ALL_PROXY"))?;
            Some(
                route(&value.to_string_lossy())
                    .map_err(|why| format!("the proxy in `{name}` cannot be used: {why}")),
            )
        };
        let exceptions = value("NO_PROXY").map(|(_, list)| list.to_string_lossy().into_owned());
        let exceptions = exceptions.iter().flat_map(|list| list.split(',')).filter_map(Exception::parse);
        Proxies { https: route("HTTPS_PROXY"), http: route("HTTP_PROXY"), exceptions: exceptions.collect() }
    }

    /// The proxy on the way to `origin`, if there is one.
    ///
    /// # Errors
    /// It is none that can be used.
    pub fn to(&self, origin: &Origin) -> Result<Option<&Route>, Error> {
        let route = if origin.tls { &self.https } else { &self.http };
        let direct = super::network::is_loopback(&origin.host)
            || self.exceptions.iter().any(|exception| exception.fits(&origin.host, origin.port));
        match route {
            Some(route) if !direct => match route {
                Ok(route) => Ok(Some(route)),
                Err(why) => Err(Error::new(Code::Registry, why.clone())
                    .help("set it to `http://HOST:PORT`, or name the registry in `NO_PROXY`")),
            },
            _ => Ok(None),
        }
    }
}

/// The proxy that `text` names, `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]`; an error does not repeat it.
fn route(text: &str) -> Result<Route, String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let protocol = match scheme.to_ascii_lowercase().as_str() {
        "http" => ProxyProtocol::Http,
        "https" => ProxyProtocol::Https,
        scheme if scheme.starts_with("socks") => return Err("SOCKS is not spoken here".into()),
        _ => return Err("its scheme is neither http nor https".into()),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    let (host, port) = authority_of(authority).map_err(|why| why.replace("the address", "it"))?;
    let port = port.unwrap_or(if protocol == ProxyProtocol::Https { 443 } else { 80 });
    let mut builder = Proxy::builder(protocol).host(&host).port(port);
    if let Some(user) = user {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        builder = builder.username(&unescaped(name)).password(&unescaped(password));
    }
    let proxy = builder.build().map_err(|_| "it cannot be understood")?;
    Ok(Route { proxy, shown: format!("{}://{host}:{port}", scheme.to_ascii_lowercase()) })
}

/// `text` without its percent-encoding, as far as it has one.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests;

//! One HTTP exchange, with every bound that keeps a hostile or broken server from harm: time, size, where it may lead.
//!
//! * Time: 10 s for name, connection and TLS together; 60 s without a byte in either direction; an answer ends within
//!   150 s, and an upload or a download is given up below 2 KiB/s. (`exchange.rs`)
//! * Size: 32 KiB and 128 headers; a body is read as far as the call says; nothing is inflated.
//! * Place: `https`, or `http` where it may be (`scheme.rs`); at most 5 redirects, with the method and the body as they
//!   are; the credential is for one origin. An address that came out of [`Url::join`] is somebody's word: it leads from
//!   `https` to `https`, and to the internet or within the network where the registry itself is (`network.rs`).

mod anchor;
mod early;
mod exchange;
mod failure;
mod network;
mod proxy;
mod reach;
mod scheme;
mod tls;
mod trust;

use super::Access;
use super::url::{Origin, Url};
use crate::config::env::Env;
use crate::credentials::Secret;
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::reference::HUB;
use exchange::Limits;
use network::Network;
use proxy::Proxies;
use reach::{Known, NoResolver, Reach};
use scheme::Speaks;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use tls::Tls;
use trust::Trust;
use ureq::Agent;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};

/// The most redirects that one call follows.
const HOPS: usize = 5;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks whether it is there.
    Head,
    /// Opens an upload, asks for a token.
    Post,
    /// Ends an upload, names a manifest.
    Put,
    /// Sends a part of a blob.
    Patch,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// A name and a password.
    Basic(String, Secret),
    /// A token.
    Bearer(Secret),
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing; `Content-Length: 0` where the method could have a body.
    Empty,
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// A form with a credential in it. No redirect takes it to another origin.
    Form(Secret),
    /// A blob, or a part of one, streamed from its file with its length.
    Blob(Blob),
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked for.
    pub method: Method,
    /// Of whom.
    pub url: Url,
    /// Headers beside those that the body needs.
    pub headers: Vec<(&'static str, String)>,
    /// Dropped where a redirect leads to another origin.
    pub authorization: Option<Authorization>,
    /// What is sent.
    pub body: Body,
    /// The most bytes of the answer's body that are kept; the rest is not read.
    pub limit: usize,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that are text; names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// At most as many bytes as the call allows.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// Who answered, after redirects.
    pub url: Url,
}

/// Who takes the body of an answer with 200 or 206 as it comes, in place of [`Answer::body`].
pub struct Taker<'a> {
    /// The bytes that are expected: what may take long.
    pub size: u64,
    /// Called with the answer, which has no body yet, and the body; it may leave any part of it unread.
    pub take: &'a mut Take<'a>,
}

/// What a [`Taker`] does.
pub type Take<'a> = dyn FnMut(&Answer, &mut dyn Read) -> Result<(), Stopped> + 'a;

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Stopped {
    /// It broke off; to try again may help.
    Read(io::Error),
    /// It is not what it must be, or there is nowhere to put it.
    Refused(Error),
}

/// No answer.
#[derive(Debug)]
pub enum Failure {
    /// The connection could not be made or broke, in words; to try again may help.
    Broken(String),
    /// The server has said or taken nothing for a minute, in words; to try again costs another one.
    Silent(String),
    /// What no repetition mends: a certificate that is not trusted, a redirect that must not be followed.
    Refused(Error),
}

/// Makes exchanges. Cheap to clone; shared by threads.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    /// For what the user named.
    direct: Agent,
    /// For what a registry in this network named; each with connections of its own.
    guarded: HashMap<Network, Agent>,
    known: Known,
    proxies: Proxies,
    insecure: Vec<String>,
    limits: Limits,
    /// Hosts whose scheme is settled.
    settled: Mutex<HashMap<String, Url>>,
}

impl Http {
    /// For registries that are reached as `access` says, through the proxies of `env`.
    ///
    /// # Errors
    /// The certificates that the user names cannot be read. (The platform's are read when they are needed.)
    pub fn new(access: &Access, env: &Env) -> Result<Self, Error> {
        Http::with(access, env, Limits::default())
    }

    fn with(access: &Access, env: &Env, limits: Limits) -> Result<Self, Error> {
        let trust = Arc::new(Trust::new(access.cacert.as_deref(), env)?);
        let known = Known::default();
        let agent = |home| {
            let connector = ().chain(ConnectProxyConnector::default());
            let connector = connector.chain(Reach { known: known.clone(), home });
            Agent::with_parts(
                exchange::config(limits),
                connector.chain(Tls { trust: trust.clone() }),
                NoResolver,
            )
        };
        let direct = agent(None);
        let guarded = Network::ALL.into_iter().map(|home| (home, agent(Some(home)))).collect();
        let (proxies, insecure) = (Proxies::of(env), access.insecure.clone());
        let settled = Mutex::default();
        Ok(Http { inner: Arc::new(Inner { direct, guarded, known, proxies, insecure, limits, settled }) })
    }

    /// The root of the registry at `host`, which users write as `docker.io` or `127.0.0.1:5000`: `https://HOST/v2/`,
    /// or with `http` where that may be and is what is spoken there (`scheme.rs`). No request is sent.
    ///
    /// # Errors
    /// It is no host.
    pub fn registry(&self, host: &str) -> Result<Url, Failure> {
        let settled = || self.inner.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = settled().get(host) {
            return Ok(url.clone());
        }
        let url = |scheme: &str| {
            let host = if host == HUB { "registry-1.docker.io" } else { host };
            Url::parse(&format!("{scheme}://{host}/v2/")).map_err(|why| {
                Failure::Refused(Error::new(Code::Registry, "a registry cannot be there").at(host).note(why))
            })
        };
        let (https, http) = (url("https")?, url("http")?);
        let chosen = if !self.may_be_plain(http.origin()) {
            https
        } else if matches!(self.inner.proxies.to(http.origin()), Ok(None)) {
            match scheme::ask(https.origin(), self.inner.limits.connect) {
                Speaks::Tls => https,
                Speaks::Plain => http,
                Speaks::Nothing => return Ok(http), // not settled: it may be on its way up
            }
        } else {
            http // behind a proxy nobody can be asked; the user has said what is there
        };
        settled().insert(host.to_owned(), chosen.clone());
        Ok(chosen)
    }

    /// Makes one exchange, follows redirects that may be followed. Blocks, at most 10 s for the connection and
    /// 60 s without a byte.
    ///
    /// # Errors
    /// There is no answer.
    pub fn send(&self, call: &Call) -> Result<Answer, Failure> {
        self.follow(call, None)
    }

    /// The same; what was asked for is handed to `taker`, as much as it is.
    ///
    /// # Errors
    /// There is no answer, its body broke off, or `taker` refuses it.
    pub fn stream(&self, call: &Call, taker: &mut Taker<'_>) -> Result<Answer, Failure> {
        self.follow(call, Some(taker))
    }

    fn follow(&self, call: &Call, mut taker: Option<&mut Taker<'_>>) -> Result<Answer, Failure> {
        let mut url = call.url.clone();
        let mut authorization = call.authorization.as_ref();
        for _ in 0..=HOPS {
            let answer = self.exchange(call, &url, authorization, taker.as_deref_mut())?;
            let Some(location) = answer.redirect(call.method) else { return Ok(answer) };
            let next = url.join(location).map_err(|why| {
                Failure::Refused(Error::new(Code::Registry, "a redirect leads nowhere").at(&url).note(why))
            })?;
            if !next.same_origin(&url) {
                authorization = None; // and it does not come back
                if matches!(call.body, Body::Form(_)) {
                    let error = Error::new(Code::Registry, "a redirect would take a credential elsewhere");
                    return Err(Failure::Refused(error.at(&url)));
                }
            }
            url = next;
        }
        let error = Error::new(Code::Registry, format!("more than {HOPS} redirects"));
        Err(Failure::Refused(error.at(&call.url)))
    }

    fn exchange(
        &self,
        call: &Call,
        url: &Url,
        authorization: Option<&Authorization>,
        taker: Option<&mut Taker<'_>>,
    ) -> Result<Answer, Failure> {
        let home = self.home(url).map_err(Failure::Refused)?;
        let route = self.inner.proxies.to(url.origin()).map_err(Failure::Refused)?;
        // a proxy resolves the names behind it, and may well be in a network that the registry must not lead to
        let guarded = home.filter(|_| route.is_none()).and_then(|home| self.inner.guarded.get(&home));
        let agent = guarded.unwrap_or(&self.inner.direct);
        exchange::exchange(agent, route, call, url, authorization, taker)
            .map_err(|error| failure::of(error, url, route))
    }

    /// The network of the registry that gave `url` out, if it was one and if it is not there itself.
    ///
    /// # Errors
    /// It must not lead there.
    fn home(&self, url: &Url) -> Result<Option<Network>, Error> {
        let (origin, trust) = (url.origin(), url.origin_of_trust());
        let refused = |what: &str| Error::new(Code::Registry, format!("`{}` {what}", trust.host)).at(url);
        if trust.tls && !origin.tls {
            return Err(refused("leads from https to http")
                .note("what goes there could be read on the way")
                .help("the registry behind its TLS proxy must know that it is https: `X-Forwarded-Proto`, or relative URLs"));
        }
        if !origin.tls && !self.may_be_plain(origin) {
            return Err(Error::new(Code::Registry, "plain HTTP is for registries of this machine")
                .at(url)
                .help(format!(
                    "if there is nobody in between: --insecure-registry {}:{}",
                    origin.host, origin.port
                )));
        }
        if origin == trust {
            return Ok(None);
        }
        let home = match network::is_loopback(&trust.host) {
            true => Network::Loopback,
            false => self.inner.known.network(&trust.host),
        };
        let target = match network::is_loopback(&origin.host) {
            true => Some(Network::Loopback),
            false => Network::of_literal(&origin.host),
        };
        match target.filter(|target| !home.may_lead_to(*target)) {
            Some(target) => Err(refused(&format!("leads to a {} address", target.word()))
                .note("the registry is not in that network itself")),
            None => Ok(Some(home)),
        }
    }

    fn may_be_plain(&self, origin: &Origin) -> bool {
        network::is_loopback(&origin.host) || scheme::is_named(&self.inner.insecure, origin)
    }
}

impl Answer {
    /// The first value of the header `name`, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of the header `name`, which is in lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where to ask again, with the same method (RFC 9110, 15.4). 303 would make a GET of an upload, and so it is
    /// the end of one.
    fn redirect(&self, method: Method) -> Option<&str> {
        let reads = matches!(method, Method::Get | Method::Head);
        let follows = matches!(self.status, 301 | 302 | 307 | 308) || (self.status == 303 && reads);
        self.values("location").next().filter(|_| follows)
    }
}

/// Passwords stay out of it.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("proxies", &self.inner.proxies).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

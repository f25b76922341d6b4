//! How a connection is made: resolved and connected within one span of time, and only where it may lead.
//!
//! ureq resolves before it looks whether it has a connection already, and counts that time apart. Here a name is
//! resolved when a connection is made, so that both together keep to the limit, and what a name leads to is seen
//! before anything is sent there.

use super::early::Early;
use super::network::Network;
use crate::error::{Code, Error};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport};

/// Where the hosts that were connected to are.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<HashMap<String, Network>>>);

impl Known {
    /// The network of `host`; that of a host without a connection of ours is taken for the internet.
    pub fn network(&self, host: &str) -> Network {
        if let Some(network) = Network::of_literal(host) {
            return network;
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(host).copied().unwrap_or(Network::Public)
    }

    fn put(&self, host: &str, network: Network) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), network);
    }
}

/// Leaves the names to [`Reach`].
#[derive(Debug)]
pub struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// Resolves and connects.
#[derive(Debug)]
pub struct Reach {
    /// Where the hosts are noted.
    pub known: Known,
    /// The network of the registry on whose word the connections are made; none for those that the user names.
    pub home: Option<Network>,
}

impl<In: Transport> Connector<In> for Reach {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Box::new(tunnel)));
        }
        let addresses = DefaultResolver::default().resolve(details.uri, details.config, left(details))?;
        let mut addrs = NoResolver.empty();
        for address in self.allowed(details.uri.host().unwrap_or_default(), &addresses)? {
            addrs.push(address);
        }
        let details = ConnectionDetails {
            uri: details.uri,
            addrs,
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            timeout: left(details),
            now: Instant::now(),
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let socket = TcpConnector::default().connect(&details, None::<()>)?;
        Ok(socket.map(|socket| Box::new(Early::over(socket)) as Box<dyn Transport>))
    }
}

impl Reach {
    /// Those of `addresses`, which `host` resolves to, that may be connected to.
    fn allowed(&self, host: &str, addresses: &[SocketAddr]) -> Result<Vec<SocketAddr>, ureq::Error> {
        let network = |address: &SocketAddr| Network::of(address.ip());
        let public = addresses.iter().any(|address| network(address) == Network::Public);
        let first = addresses.first().map_or(Network::Public, network);
        // a name that stands for this machine is this machine (RFC 6761, 6.3), whatever a resolver says
        let local = super::network::is_loopback(host);
        let fits = |address: &&SocketAddr| {
            (!local || network(address) == Network::Loopback)
                && self.home.is_none_or(|home| home.may_lead_to(network(address)))
        };
        let fitting: Vec<_> = addresses.iter().filter(fits).copied().collect();
        if fitting.is_empty() {
            let what = format!("`{host}` is at a {} address", first.word());
            let error = Error::new(Code::Registry, what);
            let error = match self.home {
                Some(_) => error.note("the registry leads there, and is not in that network itself"),
                None => error.note("the name stands for this machine (RFC 6761, 6.3)"),
            };
            return Err(ureq::Error::Other(Box::new(error)));
        }
        if self.home.is_none() {
            self.known.put(host, if public { Network::Public } else { first });
        }
        Ok(fitting)
    }
}

/// What is left of the time for the connection.
pub fn left(details: &ConnectionDetails) -> NextTimeout {
    let spent = match details.now {
        Instant::Exact(then) => then.elapsed(),
        _ => std::time::Duration::ZERO,
    };
    let after = match details.timeout.after {
        Duration::Exact(limit) => Duration::Exact(limit.saturating_sub(spent)),
        Duration::NotHappening => Duration::NotHappening,
    };
    NextTimeout { after, ..details.timeout }
}

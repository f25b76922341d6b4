//! What `NO_PROXY` excepts, by the rules of Go's `httpproxy`: `*`, a host with all below it, `.domain` for those below
//! alone, an address, a network in CIDR notation; a host or an address may have a port.

use std::net::IpAddr;

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Everything.
    All,
    /// Addresses whose first bits are those of this one.
    Network(IpAddr, u8),
    /// One address, at one port or at all.
    Address(IpAddr, Option<u16>),
    /// What ends in `.NAME`, at one port or at all; with `itself` also NAME.
    Domain {
        /// In lower case, without dots at its ends.
        name: String,
        /// Whether the name itself is meant too.
        itself: bool,
        /// The only port.
        port: Option<u16>,
    },
}

impl Exception {
    /// The entry that `text` is; what cannot be understood excepts nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Exception::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let (address, bits) = (address.parse().ok()?, bits.parse().ok()?);
            return (bits <= width(address)).then_some(Exception::Network(address, bits));
        }
        if let Some(address) = address(&text) {
            return Some(Exception::Address(address, None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (&*text, None),
        };
        if let Some(address) = address(host) {
            return Some(Exception::Address(address, port));
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let name = host.trim_matches('.').to_owned();
        (!name.is_empty()).then(|| Exception::Domain { name, itself: !host.starts_with('.'), port })
    }

    /// Whether `host`, in lower case, at `port` is excepted.
    pub fn fits(&self, host: &str, port: u16) -> bool {
        let at = |wanted: &Option<u16>| wanted.is_none_or(|wanted| wanted == port);
        match self {
            Exception::All => true,
            Exception::Network(network, bits) => {
                address(host).is_some_and(|address| prefix(address, *bits) == prefix(*network, *bits))
            }
            Exception::Address(wanted, port) => address(host) == Some(*wanted) && at(port),
            Exception::Domain { name, itself, port } => {
                let host = host.strip_suffix('.').unwrap_or(host);
                let below = host.strip_suffix(&**name).is_some_and(|rest| rest.ends_with('.'));
                (below || (*itself && host == name)) && at(port)
            }
        }
    }
}

/// The address that `host` is, IPv6 with or without brackets.
fn address(host: &str) -> Option<IpAddr> {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The kind of `address` and its first `bits`.
fn prefix(address: IpAddr, bits: u8) -> (bool, u128) {
    let number = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let dropped = u32::from(width(address).saturating_sub(bits));
    (address.is_ipv4(), number.checked_shr(dropped).unwrap_or(0))
}

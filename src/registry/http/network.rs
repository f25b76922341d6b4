//! Which network an address belongs to: what a registry of the internet may not lead into.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an address is from the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// The internet.
    Public,
    /// A network of one organisation (RFC 1918, RFC 4193, RFC 6598).
    Private,
    /// The nearest machines, and the services that clouds put there (RFC 3927; RFC 4291, 2.5.6).
    LinkLocal,
    /// This machine.
    Loopback,
}

impl Network {
    /// All of them.
    pub const ALL: [Network; 4] = [Network::Public, Network::Private, Network::LinkLocal, Network::Loopback];

    /// That of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// That of a host that is written as an address, IPv6 in brackets.
    pub fn of_literal(host: &str) -> Option<Self> {
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        host.parse().ok().map(Network::of)
    }

    /// Whether who is at `self` may lead to `target`: to the internet, and within its own.
    pub fn may_lead_to(self, target: Network) -> bool {
        target == Network::Public || target == self
    }

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Network::Public => "public",
            Network::Private => "private",
            Network::LinkLocal => "link-local",
            Network::Loopback => "loopback",
        }
    }
}

/// Whether `host`, in lower case, stands for this machine (RFC 6761, 6.3).
pub fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost"
        || name.ends_with(".localhost")
        || Network::of_literal(host) == Some(Network::Loopback)
}

fn of_v4(address: Ipv4Addr) -> Network {
    match address.octets() {
        // "this network": Linux takes it for this machine
        [0 | 127, ..] => Network::Loopback,
        [169, 254, ..] => Network::LinkLocal,
        [100, second, ..] if second & 0xc0 == 64 => Network::Private,
        _ if address.is_private() || address.is_broadcast() || address.is_multicast() => Network::Private,
        _ => Network::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Network {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match parts {
        _ if address.is_unspecified() || address.is_loopback() => Network::Loopback,
        // IPv4 in other clothes: mapped and compatible (RFC 4291, 2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056)
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            of_v4(v4(high, low))
        }
        [0x2002, high, low, ..] => of_v4(v4(high, low)),
        [first, ..] if first & 0xffc0 == 0xfe80 => Network::LinkLocal,
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xff00 == 0xff00 => Network::Private,
        _ => Network::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e13_plain_http_is_for_this_machine() {
        for host in ["localhost", "a.localhost", "localhost.", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "notlocalhost", "127.0.0.1.example", "10.0.0.1", "[fe80::1]"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn e6_every_spelling_of_a_near_address_is_known() {
        for (host, network) in [
            ("8.8.8.8", Network::Public),
            ("[2606:4700::1111]", Network::Public),
            ("172.15.0.1", Network::Public),
            ("100.63.0.1", Network::Public),
            ("169.254.169.254", Network::LinkLocal),
            ("[::ffff:169.254.169.254]", Network::LinkLocal),
            ("[64:ff9b::a9fe:a9fe]", Network::LinkLocal),
            ("[2002:a9fe:a9fe::1]", Network::LinkLocal),
            ("[fe80::1]", Network::LinkLocal),
            ("[febf::1]", Network::LinkLocal),
            ("10.1.2.3", Network::Private),
            ("172.31.255.255", Network::Private),
            ("192.168.0.1", Network::Private),
            ("100.100.100.200", Network::Private),
            ("[fd00:ec2::254]", Network::Private),
            ("[::ffff:10.0.0.1]", Network::Private),
            ("255.255.255.255", Network::Private),
            ("127.9.9.9", Network::Loopback),
            ("0.0.0.0", Network::Loopback),
            ("[::]", Network::Loopback),
            ("[::1]", Network::Loopback),
            ("[::ffff:127.0.0.1]", Network::Loopback),
            ("[::127.0.0.1]", Network::Loopback),
        ] {
            assert_eq!(Network::of_literal(host), Some(network), "{host}");
        }
        assert_eq!(Network::of_literal("localhost"), None);
    }

    #[test]
    fn e6_a_registry_leads_to_the_internet_or_stays_where_it_is() {
        for home in Network::ALL {
            for target in Network::ALL {
                let allowed = target == Network::Public || home == target;
                assert_eq!(home.may_lead_to(target), allowed);
            }
        }
    }
}

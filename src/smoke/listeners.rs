//! Where a program listens: on 127.0.0.1 alone, nobody outside of its container ever reaches it.
//!
//! Source: proc(5), `/proc/pid/net/tcp`. Its addresses are words of the machine's own byte order.

use rustix::process::Pid;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The state of a socket that listens.
const LISTEN: &str = "0A";

/// Whether whoever listens on `port` in the network of `pid` does so on loopback addresses alone.
pub fn loopback_alone(pid: Pid, port: u16) -> bool {
    let tables = ["tcp", "tcp6"].map(|table| format!("/proc/{}/net/{table}", pid.as_raw_nonzero()));
    let texts: String = tables.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    loopback_in(&texts, port)
}

fn loopback_in(text: &str, port: u16) -> bool {
    let mut addresses = text.lines().filter_map(listener).filter(|(_, own)| *own == port).peekable();
    addresses.peek().is_some() && addresses.all(|(address, _)| address.to_canonical().is_loopback())
}

/// The address and the port of a line of the table, if somebody listens there.
fn listener(line: &str) -> Option<(IpAddr, u16)> {
    let mut fields = line.split_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    let port = u16::from_str_radix(port, 16).ok().filter(|_| state == LISTEN)?;
    let word = |at: usize| Some(u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    let address = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into()
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn an_address_that_the_outside_reaches_is_told_from_one_that_it_does_not() {
        let own = rustix::process::getpid();
        for (address, alone) in
            [("127.0.0.1:0", true), ("0.0.0.0:0", false), ("[::1]:0", true), ("[::]:0", false)]
        {
            let Ok(listener) = TcpListener::bind(address) else { continue }; // a machine without IPv6
            let port = listener.local_addr().unwrap().port();
            assert_eq!(loopback_alone(own, port), alone, "{address}");
        }
        assert!(!loopback_alone(own, 1), "nobody listens there");
    }

    #[test]
    fn one_reachable_listener_is_enough_and_connections_do_not_count() {
        let line = |address: u32, state: &str| {
            format!("   0: {:08X}:1F90 00000000:0000 {state} 00000000:00000000\n", address.to_be())
        };
        let (local, any) = (line(0x7f00_0001, LISTEN), line(0, LISTEN));
        assert!(loopback_in(&local, 8080) && !loopback_in(&local, 80));
        assert!(!loopback_in(&[&*local, &any].concat(), 8080));
        assert!(loopback_in(&[&*local, &line(0x0a00_0001, "01")].concat(), 8080));
        for text in ["", "x", "0: 7F:1F90 x 0A", "0: zz:1F90 x 0A", "0: 0100007F:1F90"] {
            assert!(!loopback_in(text, 8080), "{text}");
        }
    }
}

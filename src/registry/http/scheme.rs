//! Whether a registry is spoken to by `https` or by `http`.
//!
//! `https`, always and without a fallback: whoever can block a port could otherwise read the password. Plain HTTP is
//! for this machine (`localhost`, `*.localhost`, 127.0.0.0/8, `::1`), where nobody is in between, and for the hosts
//! that the user names with `--insecure-registry`.
//!
//! Such a host may speak TLS nevertheless, so it is asked once, before any request: it is sent the first message of
//! a TLS handshake. A TLS server's answer begins with a handshake or an alert record (RFC 8446, 5.1), and then it is
//! `https`, verified as any other; HTTP servers answer such a line with 400, or hang up. That is no HTTP request, and no
//! credential is sent before it is settled. docker asks in the same order, but with a whole request.

use super::super::url::Origin;
use super::tls::server_name;
use super::trust;
use rustls::{ClientConnection, RootCertStore};
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long the question may take, apart from the connection.
const PATIENCE: Duration = Duration::from_secs(2);
/// After which a server is told that no more comes: one that waits for a blank line then gives up.
const NUDGE: Duration = Duration::from_millis(300);

/// Whether one of `insecure` (`HOST[:PORT]`; without a port the schemes' own) is at `origin`.
pub fn is_named(insecure: &[String], origin: &Origin) -> bool {
    insecure.iter().any(|entry| {
        let Ok((host, port)) = super::super::url::authority_of(entry) else { return false };
        host == origin.host && port.map_or(matches!(origin.port, 80 | 443), |port| port == origin.port)
    })
}

/// What a server has to say to the start of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// It is a TLS server.
    Tls,
    /// It is none.
    Plain,
    /// Nobody is there.
    Nothing,
}

/// Asks who is at `origin`, within `limit` for the connection.
pub fn ask(origin: &Origin, limit: Duration) -> Speaks {
    let Some(stream) = connect(origin, limit) else { return Speaks::Nothing };
    match first_byte(&stream, &origin.host) {
        Some(21 | 22) => Speaks::Tls, // alert, handshake
        _ => Speaks::Plain,
    }
}

fn connect(origin: &Origin, limit: Duration) -> Option<TcpStream> {
    let end = Instant::now() + limit;
    let uri: Uri = format!("https://{}:{}/", origin.host, origin.port).parse().ok()?;
    let timeout = NextTimeout { after: limit.into(), ..NextTimeout::default() };
    let config = ureq::config::Config::builder().proxy(None).build();
    let addresses = DefaultResolver::default().resolve(&uri, &config, timeout).ok()?;
    let count = u32::try_from(addresses.len()).unwrap_or(1).max(1);
    addresses.iter().find_map(|address| {
        let rest = end.saturating_duration_since(Instant::now());
        TcpStream::connect_timeout(address, (limit / count).min(rest).max(Duration::from_millis(10))).ok()
    })
}

/// The first byte of the answer to a client's first message.
fn first_byte(mut stream: &TcpStream, host: &str) -> Option<u8> {
    let config = trust::client(Arc::new(RootCertStore::empty()), None).ok()?;
    let mut client = ClientConnection::new(Arc::new(config), server_name(host)?).ok()?;
    client.write_tls(&mut stream).ok()?;
    let mut byte = [0];
    stream.set_read_timeout(Some(NUDGE)).ok()?;
    if let Ok(read) = stream.read(&mut byte) {
        return (read == 1).then_some(byte[0]);
    }
    stream.shutdown(Shutdown::Write).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    (stream.read(&mut byte).ok()? == 1).then_some(byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e13_plain_http_is_for_named_hosts() {
        let named = ["Reg.corp:5000".to_owned(), "plain.corp".to_owned()];
        let at = |host: &str, port| is_named(&named, &Origin { tls: false, host: host.into(), port });
        assert!(at("reg.corp", 5000) && at("plain.corp", 80));
        assert!(!at("reg.corp", 80) && !at("plain.corp", 5000) && !at("other.corp", 80));
    }
}

//! Why there is no answer, in words, and whether to ask again may help.

use super::Failure;
use super::proxy::Route;
use crate::error::{Code, Error, bounded};
use crate::registry::url::Url;
use rustls::{AlertDescription, CertificateError, InvalidMessage};
use std::io;
use ureq::Timeout;

/// How the standard library begins the error of a name that has no address.
const LOOKUP: &str = "failed to lookup address information: ";

/// What `error` means for an exchange with `url` over `route`.
pub fn of(error: ureq::Error, url: &Url, route: Option<&Route>) -> Failure {
    let host = host(url);
    let over = |what: String| match route {
        Some(route) => format!("{what} through the proxy {}", route.shown),
        None => what,
    };
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Error>() {
            Ok(error) => Failure::Refused(*error),
            Err(other) => Failure::Broken(bounded(&other.to_string())),
        },
        ureq::Error::Rustls(error) => tls(&error, url),
        ureq::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match inner {
                Some(error) => tls(error, url),
                // a name that nobody has is not found by asking again; that the servers for names fail may pass
                None if error.to_string().contains(LOOKUP) && !error.to_string().contains("emporar") => {
                    let what = over(io_words(&error, &host));
                    Failure::Refused(
                        Error::new(Code::Registry, what)
                            .help("is the name right, and this machine on the network?"),
                    )
                }
                None => Failure::Broken(over(io_words(&error, &host))),
            }
        }
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Failure::Broken(over(format!("no connection to `{host}` within 10 s")))
        }
        ureq::Error::Timeout(Timeout::PerWrite) => Failure::Silent(format!("`{host}` took nothing for 60 s")),
        ureq::Error::Timeout(Timeout::SendBody) => Failure::Silent(format!("`{host}` takes data too slowly")),
        ureq::Error::Timeout(Timeout::RecvResponse | Timeout::RecvBody) => {
            Failure::Silent(format!("`{host}` did not end its answer in time"))
        }
        ureq::Error::Timeout(_) => Failure::Silent(format!("`{host}` sent nothing for 60 s")),
        ureq::Error::HostNotFound => Failure::Broken(format!("`{host}` has no address")),
        ureq::Error::ConnectProxyFailed(reason) => proxy(&reason, &host, route),
        ureq::Error::LargeResponseHeader(..) => refused(url, "an answer has more than 32 KiB of headers", ""),
        ureq::Error::Protocol(reason) => {
            refused(url, "an answer is not HTTP as it should be", &reason.to_string())
        }
        ureq::Error::Http(_) => refused(url, "a request cannot be written", "a header has a line break"),
        other => Failure::Broken(bounded(&other.to_string())),
    }
}

fn host(url: &Url) -> String {
    let origin = url.origin().to_string();
    origin.split_once("://").map(|(_, host)| host.to_owned()).unwrap_or(origin)
}

fn refused(url: &Url, what: &str, note: &str) -> Failure {
    let error = Error::new(Code::Registry, what).at(url);
    Failure::Refused(if note.is_empty() { error } else { error.note(bounded(note)) })
}

fn io_words(error: &io::Error, host: &str) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("`{host}` refuses connections"),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => format!("`{host}` closed the connection"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("`{host}` cannot be reached from this network")
        }
        _ => {
            let words = bounded(&error.to_string());
            let words = words.split(" (os error").next().unwrap_or_default();
            match words.split_once(LOOKUP) {
                Some((_, reason)) => format!("`{host}` cannot be resolved: {reason}"),
                None => format!("the connection to `{host}` failed: {words}"),
            }
        }
    }
}

fn proxy(reason: &str, host: &str, route: Option<&Route>) -> Failure {
    let shown = route.map_or("", |route| route.shown.as_str());
    if reason.contains("407") {
        let error = Error::new(Code::Registry, format!("the proxy {shown} wants another name and password"));
        return Failure::Refused(
            error.help("put them into its variable, e.g. `HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`"),
        );
    }
    let what = format!("the proxy {shown} does not lead to `{host}`");
    match ["/4", " 4"].iter().any(|mark| reason.contains(mark)) {
        true => Failure::Refused(Error::new(Code::Registry, what).note(bounded(reason))),
        false => Failure::Broken(format!("{what}: {}", bounded(reason))),
    }
}

/// A handshake that failed. Nothing of it is mended by asking again.
fn tls(error: &rustls::Error, url: &Url) -> Failure {
    use CertificateError as Certificate;
    let host = host(url);
    let error_of = |what: String| Error::new(Code::Registry, what);
    let authority = format!(
        "name the authority's certificate: --cacert FILE, or put it in `/etc/docker/certs.d/{host}/ca.crt`"
    );
    Failure::Refused(match error {
        rustls::Error::InvalidCertificate(why) => match why {
            Certificate::UnknownIssuer | Certificate::BadSignature => {
                error_of(format!("the certificate of `{host}` is not trusted"))
                    .note("its issuer is none of the authorities that this machine knows")
                    .help(authority)
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                error_of(format!("the certificate of `{host}` has expired"))
                    .help("whoever runs the registry must renew it; or is the clock of this machine wrong?")
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                error_of(format!("the certificate of `{host}` is not valid yet"))
                    .help("look at the clock of this machine")
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                error_of(format!("the certificate of `{host}` is for another name"))
                    .note(bounded(&why.to_string()))
            }
            // the cause has no type here (rustls does not show webpki's)
            other if other.to_string().contains("CaUsedAsEndEntity") => {
                error_of(format!("the certificate of `{host}` is not trusted"))
                    .note("it is an authority's own, and none that this machine knows")
                    .help(authority)
            }
            other => error_of(format!("the certificate of `{host}` cannot be verified"))
                .note(bounded(&other.to_string()))
                .help(authority),
        },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            error_of(format!("`{host}` does not speak TLS"))
                .help(format!("if plain HTTP is what it should speak: --insecure-registry {host}"))
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => {
            error_of(format!("`{host}` speaks no TLS that is safe: 1.2 or 1.3 is needed"))
                .note(bounded(&error.to_string()))
        }
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown,
        ) => error_of(format!("`{host}` wants a client certificate that it knows"))
            .help(format!("put it in `/etc/docker/certs.d/{host}/` as `client.cert` and `client.key`")),
        other => error_of(format!("TLS with `{host}` failed")).note(bounded(&other.to_string())),
    })
}

//! A port of this machine that leads to one of the program's: `[HOST:]PORT:PORT[/PROTOCOL]`, as docker writes it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// What an engine is told; it is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish(String);

impl FromStr for Publish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let port = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits && text.parse::<u16>().is_ok_and(|port| port > 0)
        };
        let address = |text: &str| {
            let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            bare.unwrap_or(text).parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6() == bare.is_some())
        };
        let sound = ports.rsplit_once(':').is_some_and(|(rest, inside)| {
            let (host, outside) =
                rest.rsplit_once(':').map_or((None, rest), |(host, port)| (Some(host), port));
            port(inside) && port(outside) && host.is_none_or(address)
        });
        match sound && matches!(protocol, "tcp" | "udp") {
            true => Ok(Publish(text.to_owned())),
            false => Err("expected [HOST:]PORT:PORT[/udp], e.g. 8080:80 or 127.0.0.1:8080:80".into()),
        }
    }
}

impl fmt::Display for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_as_docker_does() {
        for text in ["8080:80", "127.0.0.1:8080:80", "[::1]:8080:80/udp", "53:53/udp", "1:65535/tcp"] {
            assert_eq!(text.parse::<Publish>().map(|publish| publish.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "80",
            "0:80",
            "80:0",
            "65536:80",
            "80:http",
            "a:80:80",
            "::1:80:80",
            "127.0.0.1::80",
            "80:80/",
            "80:80/x",
            "80-81:80-81",
            "+80:80",
            "[127.0.0.1]:80:80",
            "1:2:3:4",
        ] {
            assert!(text.parse::<Publish>().is_err(), "{text}");
        }
    }
}

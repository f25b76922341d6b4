//! The values of settings, each checked when it is parsed: what exists is sound.

use std::path::PathBuf;
use std::str::FromStr;

/// The last second that a ustar header and RFC 3339 both hold: in the year 2242.
const LAST_TIME: u64 = crate::image::tarball::OCTAL_LIMIT;

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Not empty, printable, without `=`.
    pub name: String,
    /// Anything but control characters other than a line's end and a tab.
    pub value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
        if name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("the name before `=` is empty, or has a space or a control character".into());
        }
        if value.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err("the value has a control character".into());
        }
        Ok(Pair { name: name.to_owned(), value: value.to_owned() })
    }
}

/// An absolute path of the image, also `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absolute(pub String);

impl FromStr for Absolute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sound = text == "/"
            || text.strip_prefix('/').is_some_and(|rest| {
                rest.split('/')
                    .all(|name| !matches!(name, "" | "." | "..") && !name.contains(char::is_control))
            });
        sound
            .then(|| Absolute(text.to_owned()))
            .ok_or_else(|| "expected an absolute path such as /data".into())
    }
}

/// `UID[:GID]`, or names that an `/etc/passwd` in the image must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User(pub String);

impl FromStr for User {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            let number = part.starts_with(|c: char| c.is_ascii_digit());
            (1..256).contains(&part.len()) // LOGIN_NAME_MAX
                && !part.starts_with('-')
                && part.chars().all(fits)
                && (!number || part.parse::<u32>().is_ok())
        };
        let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
        let sound = part(user) && group.is_none_or(part);
        sound.then(|| User(text.to_owned())).ok_or_else(|| "expected UID[:GID], e.g. 65532:65532 or 0".into())
    }
}

/// `PORT/PROTOCOL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port(pub String);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        match port.parse::<u16>() {
            Ok(1..) if matches!(protocol, "tcp" | "udp" | "sctp") => Ok(Port(format!("{port}/{protocol}"))),
            _ => Err("expected a port from 1 to 65535, e.g. 8080 or 53/udp".into()),
        }
    }
}

/// A signal's name or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal(pub String);

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.strip_prefix("SIG").is_some_and(|rest| {
            !rest.is_empty()
                && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "+-".contains(c))
        });
        let numbered = text.parse().is_ok_and(|number: u8| (1..=64).contains(&number));
        (named || numbered)
            .then(|| Signal(text.to_owned()))
            .ok_or_else(|| "expected a signal such as SIGTERM or 15".into())
    }
}

/// Seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub u64);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse::<u64>().ok().or_else(|| rfc3339(text));
        match seconds {
            Some(seconds) if seconds <= LAST_TIME => Ok(Time(seconds)),
            Some(_) => Err("beyond the year 2242, the last that a tar header can hold".into()),
            None => Err("expected seconds since 1970 or a time such as 2026-01-31T12:00:00Z".into()),
        }
    }
}

/// Seconds since the epoch; humantime knows `Z` alone, and `git log --format=%cI` writes an offset.
fn rfc3339(text: &str) -> Option<u64> {
    let seconds = |text: &str| {
        let time = humantime::parse_rfc3339(text).ok()?;
        Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
    };
    let offset = |zone: &str| {
        let (hours, minutes) = zone.split_once(':')?;
        let digits = zone.len() == 5 && zone.chars().all(|c| c.is_ascii_digit() || c == ':');
        let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
        (digits && hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)
    };
    let (local, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    match (local.ends_with(|c: char| c.is_ascii_digit()), zone.split_at_checked(1)?) {
        (true, ("+", zone)) => seconds(&format!("{local}Z"))?.checked_sub(offset(zone)?),
        (true, ("-", zone)) => seconds(&format!("{local}Z"))?.checked_add(offset(zone)?),
        _ => seconds(text),
    }
}

/// `SRC:DEST[:OPTION]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// As written; relative to the folder of whoever said it.
    pub source: PathBuf,
    /// Starts with `/`; a `/` at the end means "under its own name below".
    pub destination: String,
    /// May stand in the place of a file of the base layer.
    pub replace: bool,
    /// The mode of regular files, in place of 0644 or 0755.
    pub mode: Option<u32>,
}

impl FromStr for Copy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, rest) = text.split_once(":/").ok_or("expected SRC:DEST, where DEST starts with `/`")?;
        if source.is_empty() {
            return Err("SRC is empty".into());
        }
        let mut copy =
            Copy { source: source.into(), destination: format!("/{rest}"), replace: false, mode: None };
        while let Some((destination, option)) = copy.destination.rsplit_once(':') {
            if option == "replace" {
                copy.replace = true;
            } else if let Some(mode) = option.strip_prefix("mode=") {
                let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o777);
                copy.mode = Some(mode.ok_or("`mode` is octal and at most 0777, e.g. mode=0755")?);
            } else {
                break;
            }
            copy.destination = destination.to_owned();
        }
        Ok(copy)
    }
}

/// `KIND[=DEST]`, or the path of a docker archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// A row of the table of outputs.
    pub kind: String,
    /// Where to, if it was said.
    pub destination: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_kind =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        match text.split_once('=') {
            Some((kind, destination)) if is_kind(kind) => match destination {
                "" => Err(format!("`{kind}=` lacks its destination")),
                _ => Ok(Output { kind: kind.to_owned(), destination: Some(destination.into()) }),
            },
            _ if is_kind(text) => Ok(Output { kind: text.to_owned(), destination: None }),
            _ if text.is_empty() => Err("expected KIND[=DEST] or a path".into()),
            _ => Ok(Output { kind: "docker-archive".to_owned(), destination: Some(text.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: FromStr>(all: &[&str]) {
        for text in all {
            assert!(text.parse::<T>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn pairs() {
        assert_eq!("A=b=c".parse(), Ok(Pair { name: "A".into(), value: "b=c".into() }));
        assert_eq!("A=".parse(), Ok(Pair { name: "A".into(), value: String::new() }));
        refused::<Pair>(&["", "A", "=b", "A B=c", "A=\u{1b}[0m", "A=\0"]);
    }

    #[test]
    fn paths_users_ports_signals() {
        refused::<Absolute>(&["", "a", "/a/", "//", "/a/../b", "/a\n"]);
        assert!("/".parse::<Absolute>().is_ok() && "/a b/c".parse::<Absolute>().is_ok());
        refused::<User>(&["", ":", "a:", ":0", "-1", "4294967296", "a b", "1:2:3", "1000x"]);
        assert!("0".parse::<User>().is_ok() && "nonroot:nonroot".parse::<User>().is_ok());
        refused::<Port>(&["", "0", "65536", "80/", "80/http", "-1", "+80 "]);
        assert_eq!("53/udp".parse(), Ok(Port("53/udp".into())));
        assert_eq!("80".parse(), Ok(Port("80/tcp".into())));
        refused::<Signal>(&["", "TERM", "SIG", "0", "65", "SIGterm", "SIGTERM\n"]);
        assert!("SIGRTMIN+3".parse::<Signal>().is_ok() && "15".parse::<Signal>().is_ok());
    }

    #[test]
    fn times() {
        assert_eq!("0".parse(), Ok(Time(0)));
        for text in ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14T16:43:20-05:30"] {
            assert_eq!(text.parse(), Ok(Time(1_700_000_000)), "{text}");
        }
        refused::<Time>(&[
            "",
            "-1",
            "abc",
            "9223372036854775808",
            "8589934592",
            "2300-01-01T00:00:00Z",
            "now",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20+1:00",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20Z+01:00",
            "2023-11-14T22:13:20++1:00",
            "1970-01-01T00:00:00+01:00",
            "2023-11-14T22:13:20++1:0",
            "é+01:00",
        ]);
    }

    #[test]
    fn copies() {
        let copy: Copy = "a b/c:/etc/x:y:replace:mode=0600".parse().unwrap();
        assert_eq!((copy.source.as_path(), copy.destination.as_str()), ("a b/c".as_ref(), "/etc/x:y"));
        assert_eq!((copy.replace, copy.mode), (true, Some(0o600)));
        refused::<Copy>(&["", "a", "a:b", ":/x", "a:/b:mode=9", "a:/b:mode=4755"]);
    }

    #[test]
    fn outputs() {
        let path: Output = "out.tar".parse().unwrap();
        assert_eq!((path.kind.as_str(), path.destination), ("docker-archive", Some("out.tar".into())));
        let kind: Output = "oci-archive=a=b".parse().unwrap();
        assert_eq!((kind.kind.as_str(), kind.destination), ("oci-archive", Some("a=b".into())));
        refused::<Output>(&["", "docker-archive="]);
    }
}

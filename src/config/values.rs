//! The values of settings, each checked when it is parsed: what exists is sound.

mod builder;
mod bytes;
mod needs;
mod optimize;
mod papers;
mod repository;
mod signal;
mod time;

pub use builder::{Engine, Network};
pub use bytes::Bytes;
pub use needs::{CaCerts, Zoneinfo};
pub use optimize::{Allocator, Cpu, Panic, Preset};
pub use papers::{Sbom, Signer, Switch};
pub use repository::Repository;
pub use signal::Signal;
pub use time::Time;

use crate::image::path::ImagePath;
use crate::image::reference::is_sound_host;
use std::path::PathBuf;
use std::str::FromStr;

/// The largest user or group number that every runtime takes: the OCI runtime spec has 32 bits, docker 31.
const LAST_ID: u32 = 0x7fff_ffff;

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

/// An absolute path of the image, also `/`, outside of what the kernel brings into every container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absolute(pub String);

/// The same, but not `/`: a place where something can be mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount(pub String);

impl FromStr for Absolute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "/" {
            return Ok(Absolute(text.to_owned()));
        }
        let path = ImagePath::parse(text).ok().filter(|_| !text.contains(char::is_control));
        let path = path.ok_or("expected an absolute path such as /data")?;
        match path.kernels() {
            Some(folder) => {
                Err(format!("a running container has a file system of the kernel's at /{folder}"))
            }
            None => Ok(Absolute(text.to_owned())),
        }
    }
}

impl FromStr for Mount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<Absolute>()?.0 {
            root if root == "/" => {
                Err("nothing can be mounted over the root, expected a folder such as /data".into())
            }
            path => Ok(Mount(path)),
        }
    }
}

/// A word of a command line, which no kernel takes with a NUL byte in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('\0') { Err("it has a NUL byte".into()) } else { Ok(Word(text.to_owned())) }
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
                && (!number || part.parse().is_ok_and(|id: u32| id <= LAST_ID))
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
        match number::<u16>(port) {
            Some(port @ 1..) if matches!(protocol, "tcp" | "udp" | "sctp") => {
                Ok(Port(format!("{port}/{protocol}")))
            }
            _ => Err("expected a port from 1 to 65535, e.g. 8080 or 53/udp".into()),
        }
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
                let mode =
                    u32::from_str_radix(mode, 8).ok().filter(|value| *value <= 0o777 && !mode.contains('+'));
                copy.mode = Some(mode.ok_or("`mode` is octal and at most 0777, e.g. mode=0755")?);
            } else {
                return Err(format!("`{option}` is no option of a copy: they are `replace` and `mode=0755`"));
            }
            copy.destination = destination.to_owned();
        }
        Ok(copy)
    }
}

/// `HOST[:PORT]` of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(pub String);

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match is_sound_host(text) {
            true => Ok(Host(text.to_owned())),
            false => Err("expected HOST[:PORT], e.g. registry.example:5000".into()),
        }
    }
}

/// The number that the digits of `text` are; the standard library would take a sign before them too.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
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

    pub(super) fn refused<T: FromStr>(all: &[&str]) {
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
    fn paths_users_ports() {
        refused::<Absolute>(&["", "a", "/a/", "//", "/a/../b", "/a\n", "/proc", "/sys/x", "/dev/shm"]);
        refused::<Mount>(&["/", "/proc", "a"]);
        assert!("/".parse::<Absolute>().is_ok() && "/a b/c".parse::<Absolute>().is_ok());
        refused::<User>(&["", ":", "a:", ":0", "-1", "2147483648", "4294967296", "a b", "1:2:3", "1000x"]);
        assert!("0".parse::<User>().is_ok() && "nonroot:nonroot".parse::<User>().is_ok());
        refused::<Port>(&["", "0", "65536", "80/", "80/http", "-1", "+80 ", "+80"]);
        assert_eq!("53/udp".parse(), Ok(Port("53/udp".into())));
        assert_eq!("80".parse(), Ok(Port("80/tcp".into())));
    }

    #[test]
    fn copies() {
        let copy: Copy = "a b/c:/etc/x y:replace:mode=0600".parse().unwrap();
        assert_eq!((copy.source.as_path(), copy.destination.as_str()), ("a b/c".as_ref(), "/etc/x y"));
        assert_eq!((copy.replace, copy.mode), (true, Some(0o600)));
        refused::<Copy>(&[
            "",
            "a",
            "a:b",
            ":/x",
            "a:/b:mode=9",
            "a:/b:mode=4755",
            "a:/b:ro",
            "a:/b:mod=0755",
        ]);
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

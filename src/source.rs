//! Where an image is that somebody names: a file, a folder, an engine, a registry.
//!
//! ```text
//! PATH                      what is there: a program, an archive of either kind, a layout
//! docker-archive:PATH  oci-archive:PATH  oci-dir:PATH[:TAG]     the same, said outright
//! docker:NAME  podman:NAME                                      what an engine has, by its own `save`
//! registry:REF, or REF with a registry's host in it             what a registry has, by tag or digest
//! ```
//!
//! The forms of skopeo (`oci:PATH:TAG`, `docker-daemon:NAME`, `docker://REF`) mean the same here.

mod engine;
mod name;
mod room;

pub use crate::config::env::Env;
use crate::content::{self, Form, Found};
use crate::error::{Code, Error};
use crate::registry::{Access, Client};
use clap::builder::{OsStringValueParser, TryMapValueParser, TypedValueParser, ValueParserFactory};
pub use name::Name;
pub use room::Room;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What a user calls an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// What lies at a path.
    Path(PathBuf),
    /// A layout, and the tag of the one image that is meant.
    Layout(PathBuf, Option<String>),
    /// What the Docker Engine calls so.
    Docker(String),
    /// What Podman calls so.
    Podman(String),
    /// What a registry has.
    Registry(Name),
}

/// What an image can be called, for errors.
const FORMS: &str =
    "an image is a file, a folder, docker:NAME, podman:NAME, registry:NAME, or a name with its registry";

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        // a file that is there is what is meant, whatever it is called
        if text.is_empty() || path.symlink_metadata().is_ok() {
            return match text {
                "" => Err(format!("nothing is named; {FORMS}")),
                _ => Ok(Source::Path(path.to_owned())),
            };
        }
        let named = |rest: &str| rest.parse::<Name>().map(Source::Registry);
        match text.split_once(':') {
            Some(("docker-archive" | "oci-archive", rest)) if !rest.is_empty() => {
                Ok(Source::Path(rest.into()))
            }
            Some(("oci-dir" | "oci", rest)) if !rest.is_empty() => Ok(layout(rest)),
            Some(("docker" | "registry", rest)) if rest.starts_with("//") => named(&rest[2..]),
            Some(("docker" | "docker-daemon", rest)) => engine::name(rest).map(Source::Docker),
            Some(("podman" | "containers-storage", rest)) => engine::name(rest).map(Source::Podman),
            Some(("registry", rest)) => named(rest),
            // only a name with a host is asked of the network: a typo in the name of a file is none
            _ => match text.parse::<Name>() {
                Ok(name) if name.has_host() && !is_in_a_folder(text) => Ok(Source::Registry(name)),
                _ => Err(format!("no such file or folder: `{text}`; {FORMS}")),
            },
        }
    }
}

/// For command lines: a path need not be UTF-8.
impl ValueParserFactory for Source {
    type Parser = TryMapValueParser<OsStringValueParser, fn(OsString) -> Result<Source, String>>;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(|text: OsString| match text.to_str() {
            Some(text) => text.parse(),
            None => Ok(Source::Path(text.into())),
        })
    }
}

/// Whether `text`, which could be a name with a host such as `ghcr.io/me/app`, is rather the path of what is not there:
/// what comes first is a folder, or what comes last is called like an archive.
fn is_in_a_folder(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or_default();
    let text = text.to_ascii_lowercase();
    Path::new(first).is_dir() || [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|end| text.ends_with(end))
}

/// `PATH`, or `PATH:TAG` where that alone is no folder.
fn layout(text: &str) -> Source {
    match text.rsplit_once(':') {
        Some((path, tag)) if !Path::new(text).exists() && !tag.contains('/') && !path.is_empty() => {
            Source::Layout(path.into(), Some(tag.to_owned()))
        }
        _ => Source::Layout(text.into(), None),
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Path(path) | Source::Layout(path, None) => write!(f, "{}", path.display()),
            Source::Layout(path, Some(tag)) => write!(f, "{}:{tag}", path.display()),
            Source::Docker(name) => write!(f, "docker:{name}"),
            Source::Podman(name) => write!(f, "podman:{name}"),
            Source::Registry(name) => write!(f, "{name}"),
        }
    }
}

/// How a source is reached.
pub struct Ways<'a> {
    /// Where programs are found, and the folder that relative paths are from.
    pub env: &'a Env,
    /// How registries are reached.
    pub access: &'a Access,
    /// The platform that is wanted of several (`linux/arm64`); all of them if there is none.
    pub platform: Option<&'a str>,
}

/// Opens what `source` names. What comes from an engine or a registry is kept in a file without a name, gone with the
/// run.
///
/// # Errors
/// It is not there, cannot be reached, or is no image.
pub fn open(source: &Source, ways: &Ways<'_>) -> Result<Found, Error> {
    match source {
        Source::Path(path) => content::open(path),
        Source::Layout(path, tag) => {
            let found = content::open(path)?;
            match (tag, found.form) {
                (_, Form::DockerArchive | Form::OciArchive) => {
                    Err(Error::new(Code::Usage, format!("{} is no layout, but an archive", path.display())))
                }
                (Some(tag), _) => only(found, tag),
                (None, _) => Ok(found),
            }
        }
        Source::Docker(name) => {
            content::open_file(engine::save(&engine::DOCKER, name, ways.env)?, &source.to_string())
        }
        Source::Podman(name) => {
            content::open_file(engine::save(&engine::PODMAN, name, ways.env)?, &source.to_string())
        }
        Source::Registry(name) => pull(name, ways),
    }
}

/// The images of `found` that are called `tag`.
fn only(mut found: Found, tag: &str) -> Result<Found, Error> {
    let names: Vec<String> = found.images.iter().flat_map(|image| image.names.iter().cloned()).collect();
    let is = |name: &String| name == tag || name.rsplit_once(':').is_some_and(|(_, end)| end == tag);
    found.images.retain(|image| image.names.iter().any(is));
    if found.images.is_empty() {
        let what = format!("{} has no image called `{tag}`", found.place);
        let error = Error::new(Code::Asset, what);
        return Err(match names[..] {
            [] => error.note("none of its images has a name"),
            _ => error
                .help(format!("it has {}", names.iter().take(12).cloned().collect::<Vec<_>>().join(", "))),
        });
    }
    found.place = format!("{}:{tag}", found.place);
    Ok(found)
}

fn pull(name: &Name, ways: &Ways<'_>) -> Result<Found, Error> {
    let client = Client::new(ways.access.clone(), ways.env)?;
    let room = Room::new()?;
    let pulled = client.pull(&name.reference, name.digest.as_ref(), ways.platform, room.again()?);
    let pulled = pulled.map_err(|error| room.explain(error))?;
    let place = name.to_string();
    let left_out = pulled.left_out.keys().cloned().collect();
    let names = std::slice::from_ref(&place);
    let mut found = content::assembled(&place, &pulled.root, &pulled.bytes, names, pulled.blobs, left_out)?;
    if let Some(wanted) = ways.platform.filter(|_| found.images.is_empty() && !pulled.left_out.is_empty()) {
        let has: BTreeSet<_> = pulled.left_out.values().map(String::as_str).collect();
        return Err(Error::new(Code::Platform, format!("`{place}` has no image for {wanted}"))
            .help(format!("it has {}", has.into_iter().collect::<Vec<_>>().join(", "))));
    }
    for attachment in pulled.attachments {
        if !found.attachments.iter().any(|known| known.claim.digest == attachment.claim.digest) {
            found.attachments.push(attachment);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Source, String> {
        text.parse()
    }

    #[test]
    fn each_form_is_what_it_says() {
        let registry = |text: &str| Source::Registry(text.parse().unwrap());
        let hex = "a".repeat(64);
        for (text, source) in [
            ("/", Source::Path("/".into())),
            ("docker-archive:x.tar", Source::Path("x.tar".into())),
            ("oci-archive:a:b.tar", Source::Path("a:b.tar".into())),
            ("oci-dir:dir", Source::Layout("dir".into(), None)),
            ("oci:dir:v1", Source::Layout("dir".into(), Some("v1".into()))),
            ("oci-dir:/a/b:c/d", Source::Layout("/a/b:c/d".into(), None)),
            ("docker:nginx:1", Source::Docker("nginx:1".into())),
            (&format!("docker:sha256:{hex}"), Source::Docker(format!("sha256:{hex}"))),
            ("docker-daemon:a/b@x", Source::Docker("a/b@x".into())),
            ("podman:localhost/a", Source::Podman("localhost/a".into())),
            ("registry:alpine", registry("alpine")),
            ("docker://alpine:3", registry("alpine:3")),
            ("ghcr.io/me/app:1", registry("ghcr.io/me/app:1")),
            ("localhost:5000/app", registry("localhost:5000/app")),
            (&format!("ghcr.io/a@sha256:{hex}"), registry(&format!("ghcr.io/a@sha256:{hex}"))),
        ] {
            assert_eq!(read(text), Ok(source), "{text}");
        }
    }

    #[test]
    fn h8_what_could_be_an_option_or_a_typo_is_refused() {
        for text in [
            "",
            "app.tar",
            "./app.tar",
            "me/app",
            "docker:",
            "docker:-x",
            "docker:--help",
            "docker:a b",
            "podman:a\n",
            "registry:",
            "registry:-x",
            "registry:a@sha256:../../x",
            "docker://",
            "oci-dir:",
            "user:pw@ghcr.io/a",
            // a folder of this crate, and what is called like a file
            "src/x",
            "my.images/app.tar",
            "./a.b/c",
            "../a.b/c",
            "docker:a`b",
            "podman:é",
            "ghcr.io/me/app@sha512:00",
            "ghcr.io/me/app@",
            "ghcr.io/me/",
            "nosuch.tar",
        ] {
            assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
        }
    }

    #[test]
    fn b2_a_path_that_is_no_text_is_a_path() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(b"a\xff.tar".to_vec());
        let command = clap::Command::new("x");
        let parsed = Source::value_parser().parse_ref(&command, None, &odd).unwrap();
        assert_eq!(parsed, Source::Path(odd.into()));
    }
}

//! Image names as docker and the registries spell them: `[HOST[:PORT]/]PATH[:TAG]`.
//!
//! The grammar is that of the distribution project's `reference` package; a short name stands for one on Docker Hub,
//! under `library/` when it has a single component.

use std::fmt;
use std::str::FromStr;

/// The longest name without its tag, in bytes.
const NAME_LIMIT: usize = 255;
/// The longest tag, in bytes.
const TAG_LIMIT: usize = 128;

/// Docker Hub, the registry of names without one.
pub const HUB: &str = "docker.io";

/// A name that an image can be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    host: Option<String>,
    path: String,
    tag: String,
}

impl Reference {
    /// The tag; `latest` where none was written.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The registry as users write it: `docker.io` where none was written.
    pub fn host(&self) -> &str {
        match self.host.as_deref() {
            None | Some("index.docker.io") => HUB,
            Some(host) => host,
        }
    }

    /// Whether a registry was written.
    pub fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// The repository at that host, e.g. `library/hello`.
    pub fn repository(&self) -> String {
        match self.host() {
            HUB if !self.path.contains('/') => format!("library/{}", self.path),
            _ => self.path.clone(),
        }
    }

    /// Whether it names a place that people can push to: not the part of Docker Hub that a bare `hello` stands for.
    pub fn names_registry(&self) -> bool {
        self.host.is_some() || self.path.contains('/')
    }

    /// The name without its tag, as it was written.
    pub fn name(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}/{}", self.path),
            None => self.path.clone(),
        }
    }

    /// The name with everything that a short form leaves out: `docker.io/library/hello:latest`.
    pub fn full(&self) -> String {
        format!("{}/{}:{}", self.host(), self.repository(), self.tag)
    }

    /// The name that podman gives to an image made on this machine, and looks for first: `localhost/hello:latest` where
    /// no registry was written.
    pub fn local(&self) -> String {
        match self.host {
            Some(_) => self.full(),
            None => format!("localhost/{self}"),
        }
    }

    /// The same repository with another tag.
    ///
    /// # Errors
    /// `tag` is none.
    pub fn tagged(&self, tag: &str) -> Result<Self, String> {
        checked_tag(tag)?;
        Ok(Reference { tag: tag.to_owned(), ..self.clone() })
    }

    /// A repository name near to `text`: lower case, every run of other characters a hyphen. `None` if nothing is left.
    pub fn slug(text: &str) -> Option<String> {
        let mut slug = String::new();
        for c in text.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                slug.push(c);
            } else if !slug.is_empty() && slug.ends_with(|last: char| last.is_ascii_alphanumeric()) {
                slug.push(if c == '_' || c == '.' { c } else { '-' });
            }
        }
        let slug = slug.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        (!slug.is_empty()).then(|| slug.chars().take(NAME_LIMIT).collect())
    }

    /// A tag near to `text`, e.g. for the version `1.0.0+build`; the plus sign is none that a tag may have.
    pub fn slug_tag(text: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        text.chars().map(|c| if fits(c) { c } else { '_' }).take(TAG_LIMIT).collect()
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // `USER:PASSWORD@HOST/…`, as in the URLs of other tools; it would end in logs and in the history of shells
        if text.split('/').next().is_some_and(|first| first.contains('@') && first.len() < text.len()) {
            return Err("a name has no credentials in it: docker login HOST keeps them".into());
        }
        if text.contains('@') {
            return Err("a digest cannot be chosen, it follows from the content".into());
        }
        let (name, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, "latest"),
        };
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (Some(first), rest),
            _ => (None, name),
        };
        if host.is_none() && path == "sha256" {
            return Err("docker would take `sha256:…` for a digest".into());
        }
        checked_tag(tag)?;
        if let Some(host) = host.filter(|host| !is_sound_host(host)) {
            return Err(format!("`{host}` is not a registry's host name"));
        }
        if name.len() > NAME_LIMIT || !path.split('/').all(is_component) {
            let slugs: Option<Vec<_>> = path.split('/').map(Reference::slug).collect();
            return Err(match slugs.map(|slugs| slugs.join("/")) {
                Some(slug) if slug != path => format!("`{path}` is not a repository name; `{slug}` is"),
                _ => format!(
                    "`{path}` is not a repository name: lower-case letters, digits, and single `.`, `_` or `-` between them"
                ),
            });
        }
        Ok(Reference { host: host.map(str::to_owned), path: path.to_owned(), tag: tag.to_owned() })
    }
}

/// As users write it: without the parts that docker adds by itself.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.tag)
    }
}

/// `[A-Za-z0-9_][A-Za-z0-9_.-]*`.
fn checked_tag(tag: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    match (1..=TAG_LIMIT).contains(&tag.len()) && !tag.starts_with(['.', '-']) && tag.chars().all(fits) {
        true => Ok(()),
        false => Err(format!("`{tag}` is not a tag: letters, digits, `_`, `.` and `-`, at most 128")),
    }
}

/// Docker's rule: the first part is a host when it could not be anything else.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(char::is_uppercase)
}

/// Whether `host` can be a registry's: `NAME[:PORT]`, where a name may be an address.
pub fn is_sound_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let label = |label: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name_fits = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(label),
    };
    name_fits && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or hyphens.
fn is_component(component: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = component.split(word).filter(|run| !run.is_empty());
    component.starts_with(word)
        && component.ends_with(word)
        && separators.all(|run| matches!(run, "." | "_" | "__") || run.chars().all(|c| c == '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        text.parse::<Reference>().unwrap().full()
    }

    #[test]
    fn short_names_stand_for_docker_hub() {
        assert_eq!(full("hello"), "docker.io/library/hello:latest");
        assert_eq!(full("me/hello:1"), "docker.io/me/hello:1");
        assert_eq!(full("ghcr.io/me/hello:v1.0-rc.1"), "ghcr.io/me/hello:v1.0-rc.1");
        assert_eq!(full("docker.io/hello"), "docker.io/library/hello:latest");
        assert_eq!(full("index.docker.io/me/hello"), "docker.io/me/hello:latest");
        assert_eq!(full("localhost/x"), "localhost/x:latest");
        assert_eq!(full("127.0.0.1:5000/a/b:c"), "127.0.0.1:5000/a/b:c");
        assert_eq!(full("[::1]:5000/a"), "[::1]:5000/a:latest");
        assert_eq!("localhost:5000/a:1".parse::<Reference>().unwrap().to_string(), "localhost:5000/a:1");
    }

    #[test]
    fn a_name_without_a_registry_is_of_this_machine_for_podman() {
        let local = |text: &str| text.parse::<Reference>().unwrap().local();
        assert_eq!(local("hello"), "localhost/hello:latest");
        assert_eq!(local("me/hello:1"), "localhost/me/hello:1");
        assert_eq!(local("docker.io/hello:1"), "docker.io/library/hello:1");
        assert_eq!(local("ghcr.io/me/hello:1"), "ghcr.io/me/hello:1");
    }

    #[test]
    fn names_that_docker_refuses_are_refused() {
        let long = "a".repeat(256);
        for bad in [
            "",
            "A",
            "a:",
            "a:.x",
            "a//b",
            "a/",
            "/a",
            "a..b",
            "a___b",
            "-a",
            "a-",
            "a b",
            "a:b c",
            "a@sha256:0",
            "sha256",
            "sha256:1",
            "a\n",
            "a:\u{1b}",
            "host.:5/a",
            "a.b:99999/c",
            "[zz]:5/a",
            "café",
            &long,
        ] {
            assert!(bad.parse::<Reference>().is_err(), "{bad:?}");
        }
        for good in ["a--b", "a__b", "e/a.b_c-d", "Host.example/a", "a:_x"] {
            assert!(good.parse::<Reference>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_name_that_is_refused_is_shown_as_it_could_be() {
        let why = "ghcr.io/Me/My App:1".parse::<Reference>().unwrap_err();
        assert!(why.ends_with("`me/my-app` is"), "{why}");
    }

    #[test]
    fn credentials_have_no_place_in_a_name() {
        for text in ["me:pw@ghcr.io/me/app:1", "me@127.0.0.1:5000/app"] {
            assert!(text.parse::<Reference>().unwrap_err().contains("docker login"), "{text}");
        }
        assert!("me/app@sha256:0".parse::<Reference>().unwrap_err().contains("digest"));
    }

    #[test]
    fn b2_odd_binary_names_become_repository_names() {
        for (name, slug) in
            [("MyApp", "myapp"), ("-rf", "rf"), ("--help", "help"), ("a__b", "a_b"), ("x.", "x")]
        {
            assert_eq!(Reference::slug(name).as_deref(), Some(slug));
            assert!(slug.parse::<Reference>().is_ok());
        }
        assert_eq!(Reference::slug("日本"), None);
        assert_eq!(Reference::slug_tag("1.0.0-rc.1+linux"), "1.0.0-rc.1_linux");
    }
}

//! Addresses that people write down, as far as everybody may read them: without user, query and fragment, where secrets
//! are.
//!
//! What is no such address for certain is none at all: half of a password may look like a host (`https://me:pa/ss@host/`).

use super::reference::is_sound_host;
use std::fmt;

/// The longest address, in bytes.
const LONGEST: usize = 2 << 10;
/// The schemes of places that others can reach (git-clone(1), "GIT URLS").
const SCHEMES: [&str; 4] = ["https", "http", "ssh", "git"];
/// Those of a registry's index too (The Cargo Book, "Registry index").
const INDEXES: [&str; 6] = ["sparse+https", "sparse+http", "https", "http", "ssh", "git"];

/// `SCHEME://HOST[:PORT][/PATH]`, all of it plain ASCII that a URI may have there (RFC 3986, 3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    scheme: &'static str,
    host: String,
    path: String,
}

impl Address {
    /// The address in `text`, whose user, query and fragment are left out; `None` where there is none for certain, and
    /// for a place of this machine.
    pub fn read(text: &str) -> Option<Self> {
        Address::with(text.trim(), &SCHEMES)
    }

    /// The same for the index of one of cargo's registries, which may begin with `sparse+`.
    pub fn of_index(text: &str) -> Option<Self> {
        Address::with(text, &INDEXES)
    }

    /// The address of the repository that git calls `remote`, whatever form it has there.
    pub fn of_remote(remote: &str) -> Option<Self> {
        let address = match remote.split_once("://") {
            Some(_) => Address::read(remote),
            // `host:path` is git's own way to say ssh, and a slash before the colon makes it a path
            None => {
                let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/'))?;
                Address::read(&format!("ssh://{host}/{}", path.trim_start_matches('/')))
            }
        };
        address.filter(|address| address.path.len() > 1)
    }

    fn with(text: &str, schemes: &[&'static str]) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").filter(|_| text.len() <= LONGEST)?;
        let scheme = schemes.iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let path = tail.split(['?', '#']).next().unwrap_or(tail);
        // the host may be a user, and its port the first digits of a password
        let certain = !tail.contains('@') || host.contains('.') && !host.contains(':');
        let sound = certain && is_sound_host(host) && is_path(path);
        sound.then(|| Address { scheme, host: host.to_owned(), path: path.to_owned() })
    }

    /// The host, with its port if it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The parts of its path that there is anything in.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter(|part| !part.is_empty())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.path)
    }
}

/// Whether `text` has nothing but what the path of a URI may have (RFC 3986, 3.3).
pub fn is_path(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    let escape = |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).take(2).count() == 2;
    text.len() <= LONGEST && text.bytes().all(fits) && text.split('%').skip(1).all(escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Address::read(text).map(|address| address.to_string())
    }

    #[test]
    fn h2_an_address_has_no_user_no_query_and_no_fragment() {
        for (text, clean) in [
            ("https://user:tok@example.org/a", "https://example.org/a"),
            ("https://tok@example.org", "https://example.org"),
            ("https://a@b:tok@example.org/x@y", "https://example.org/x@y"),
            ("https://example.org/@ada", "https://example.org/@ada"),
            ("ssh://git@example.org/a.git", "ssh://example.org/a.git"),
            ("HTTPS://example.org/a?private_token=tok#tok", "https://example.org/a"),
            ("https://example.org?tok", "https://example.org"),
            (" http://127.0.0.1:80/%20 ", "http://127.0.0.1:80/%20"),
        ] {
            assert_eq!(read(text).as_deref(), Some(clean), "{text}");
        }
        let index = Address::of_index("sparse+https://ada:tok@example.org/index/?token=tok");
        assert_eq!(index.unwrap().to_string(), "sparse+https://example.org/index/");
    }

    #[test]
    fn h2_what_may_be_half_of_a_secret_or_a_place_of_this_machine_is_no_address() {
        for text in [
            "",
            "example.org",
            "git@example.org:a.git",
            "https://",
            "https:///a",
            "https://user:pa/ss@example.org/x",
            "https://user:12/ss@example.org/x",
            "https://user:pa?ss@example.org/x",
            "https://user:12#ss@example.org/x",
            "https://tok/en@example.org/x",
            "https://a b",
            "https://example.org/a b",
            "https://example.org/a\n[x]",
            "https://\u{e4}.org",
            "https://example.org/caf\u{e9}",
            "https://example.org/a%2",
            "https://example.org:x/a",
            "ssh://-oProxyCommand=x/y",
            "file:///home/ada",
            "file://host/home/ada",
            "sparse+https://example.org/",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("https://example.org/{}", "x".repeat(4096))), None);
    }

    #[test]
    fn h2_a_remote_becomes_an_address_without_anything_secret() {
        let of = |remote: &str| Address::of_remote(remote).map(|address| address.to_string());
        for (remote, clean) in [
            ("https://example.org/me/app.git", "https://example.org/me/app.git"),
            ("https://user:tok@example.org/me/app", "https://example.org/me/app"),
            ("https://example.org/me/app?private_token=tok#tok", "https://example.org/me/app"),
            ("git@example.org:me/app.git", "ssh://example.org/me/app.git"),
            ("example.org:/srv/app.git", "ssh://example.org/srv/app.git"),
            ("ssh://git:tok@example.org:2222/me/app", "ssh://example.org:2222/me/app"),
            ("git://[::1]:9418/app", "git://[::1]:9418/app"),
        ] {
            assert_eq!(of(remote).as_deref(), Some(clean), "{remote}");
        }
        for place in [
            "/home/me/app",
            "../app",
            "./a:b",
            "app",
            "file:///home/me/app",
            "https://example.org",
            "-oProxyCommand=x:y",
            "ext::sh -c touch% /tmp/x",
        ] {
            assert_eq!(of(place), None, "{place}");
        }
    }
}

//! Addresses that people write down, without what is theirs alone.

/// The longest address of a repository, in bytes.
const LONGEST: usize = 2 << 10;

/// `url` without `user:password@`.
pub fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            match authority.rfind('@') {
                Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
                None => url.to_owned(),
            }
        }
        None => url.to_owned(),
    }
}

/// The address of the repository that git calls `remote`, without user and query, where either may be a secret: a URL
/// whatever form it has there (git-clone(1), "GIT URLS"). `None` for a place of this machine.
pub fn repository(remote: &str) -> Option<String> {
    let url = match remote.split_once("://") {
        Some(_) => without_credentials(remote),
        // `host:path` is git's own way to say ssh, and a slash before the colon makes it a path
        None => {
            let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/'))?;
            let host = host.rsplit('@').next().unwrap_or(host);
            format!("ssh://{host}/{}", path.trim_start_matches('/'))
        }
    };
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://")?;
    let is_remote = ["https", "http", "ssh", "git"].contains(&scheme);
    let has_host = !rest.starts_with('/') && rest.contains('/') && !rest.starts_with('-');
    (is_remote && has_host && is_plain(rest)).then(|| url.to_owned())
}

/// Whether `text` has nothing but what a URL may have after its scheme (RFC 3986, 2), and no second user.
pub fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]!$&'()*+,;=%@".contains(&byte);
    let authority = text.split('/').next().unwrap_or_default();
    text.len() <= LONGEST && text.bytes().all(plain) && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_credentials_in_an_address_are_left_out() {
        for (url, clean) in [
            ("https://user:tok@example.org/a", "https://example.org/a"),
            ("https://tok@example.org", "https://example.org"),
            ("https://a@b:c@example.org/x@y", "https://example.org/x@y"),
            ("https://example.org/x@y", "https://example.org/x@y"),
            ("ssh://git@example.org/a.git", "ssh://example.org/a.git"),
            ("git@example.org:a.git", "git@example.org:a.git"),
        ] {
            assert_eq!(without_credentials(url), clean);
        }
    }

    #[test]
    fn h2_a_remote_becomes_an_address_without_anything_secret() {
        for (remote, clean) in [
            ("https://example.org/me/app.git", "https://example.org/me/app.git"),
            ("https://user:tok@example.org/me/app", "https://example.org/me/app"),
            ("https://a@b:tok@example.org/me/app", "https://example.org/me/app"),
            ("https://example.org/me/app?private_token=tok#tok", "https://example.org/me/app"),
            ("git@example.org:me/app.git", "ssh://example.org/me/app.git"),
            ("example.org:/srv/app.git", "ssh://example.org/srv/app.git"),
            ("ssh://git:tok@example.org:2222/me/app", "ssh://example.org:2222/me/app"),
            ("git://[::1]:9418/app", "git://[::1]:9418/app"),
        ] {
            assert_eq!(repository(remote).as_deref(), Some(clean), "{remote}");
        }
        for place in [
            "",
            "/home/me/app",
            "../app",
            "./a:b",
            "app",
            "file:///home/me/app",
            "https:///app",
            "https://example.org",
            "ssh://-oProxyCommand=x/y",
            "-oProxyCommand=x:y",
            "https://example.org/a b",
            "https://example.org/a\n[x]",
            "https://example.org/caf\u{e9}",
            "ext::sh -c touch% /tmp/x",
        ] {
            assert_eq!(repository(place), None, "{place}");
        }
        assert_eq!(repository(&format!("https://example.org/{}", "x".repeat(4096))), None);
    }
}

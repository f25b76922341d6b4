//! The names under which files keep credentials: a host, with what thirty years of clients have put around it.

/// Docker Hub as docker itself names it, to helpers too.
pub const HUB_KEY: &str = "https://index.docker.io/v1/";

const HUB_NAMES: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// `key` in the form that [`wanted`] has: without scheme and version, Docker Hub under one name, and with the path that
/// podman's keys may have.
pub fn plain(key: &str) -> String {
    let (scheme, rest) = match key.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, key),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match host.to_ascii_lowercase() {
        hub if HUB_NAMES.contains(&hub.as_str()) => HUB_NAMES[0].to_owned(),
        host => host,
    };
    match path.trim_end_matches('/') {
        // docker's keys with a scheme are addresses of a registry, whatever stands behind the host
        "" | "v1" | "v2" => host,
        _ if scheme => host,
        path => format!("{host}/{path}"),
    }
}

/// What to look for, most exact first: the repository, the paths above it, the host (containers-auth.json(5)).
pub fn wanted(host: &str, repository: &str) -> Vec<String> {
    let mut whole = format!("{}/{repository}", plain(host));
    let mut all = Vec::new();
    loop {
        all.push(whole.clone());
        match whole.rfind('/') {
            Some(end) => whole.truncate(end),
            None => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f3_keys_of_every_age_are_one_name() {
        for (key, name) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("index.docker.io", "docker.io"),
            ("registry-1.docker.io/v2/", "docker.io"),
            ("docker.io", "docker.io"),
            ("docker.io/me", "docker.io/me"),
            ("https://ghcr.io", "ghcr.io"),
            ("http://127.0.0.1:5000/v2/", "127.0.0.1:5000"),
            ("https://example.com/artifactory/api", "example.com"),
            ("Quay.IO/Org/app", "quay.io/Org/app"),
            ("[::1]:5000", "[::1]:5000"),
            ("quay.io/", "quay.io"),
            ("", ""),
        ] {
            assert_eq!(plain(key), name, "{key}");
        }
        let quay = ["quay.io/org/app", "quay.io/org", "quay.io"];
        assert_eq!(wanted("quay.io", "org/app"), quay);
        assert_eq!(wanted("[::1]:5000", "a"), ["[::1]:5000/a", "[::1]:5000"]);
    }
}

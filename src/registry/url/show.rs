//! How an address is shown. What opens an upload session, or signs a request, is as good as a password while it lasts:
//! values of the query are left out unless their names are known to be harmless, and so are the names of sessions.

use super::Url;
use std::fmt;

/// The parameters of the distribution and token protocols that tell nothing but what is asked for.
const HARMLESS: [&str; 7] = ["scope", "service", "mount", "from", "digest", "n", "last"];

/// What precedes the name of an upload session in a path.
const SESSIONS: &str = "/blobs/uploads/";

/// The longest path, name or value that is shown whole, in bytes.
const LONGEST: usize = 256;

/// As logs and errors may show it: session identifiers and signatures are left out.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin())?;
        let path = self.path();
        match path.find(SESSIONS).map(|at| at + SESSIONS.len()) {
            Some(end) if end < path.len() => write!(f, "{}…", short(&path[..end]))?,
            _ => f.write_str(&short(path))?,
        }
        for (at, pair) in self.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            if at == HARMLESS.len() {
                return f.write_str("&…");
            }
            f.write_str(if at == 0 { "?" } else { "&" })?;
            match pair.split_once('=') {
                Some((name, value)) if HARMLESS.contains(&name) => write!(f, "{name}={}", short(value))?,
                Some((name, _)) => write!(f, "{}=…", short(name))?,
                None => f.write_str("…")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `text`, which is ASCII, or its start.
fn short(text: &str) -> String {
    match text.get(..LONGEST) {
        Some(start) if text.len() > LONGEST => format!("{start}…"),
        _ => text.to_owned(),
    }
}

//! Relative references (RFC 3986, 5.2).

use super::Url;

/// The scheme of `text` and what follows its colon (RFC 3986, 3.1).
pub fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits);
    sound.then_some((scheme, rest))
}

/// The address that `location` stands for at `base`, as a text (5.2.2).
pub fn absolute(base: &Url, location: &str) -> Result<String, String> {
    if location.is_empty() {
        return Err("the address is empty".into());
    }
    if location.len() > super::LIMIT {
        return Err("the address is longer than 8 KiB".into());
    }
    if scheme(location).is_some() {
        return Ok(location.to_owned());
    }
    let origin = base.origin();
    if location.starts_with("//") {
        return Ok(format!("{}:{location}", if origin.tls { "https" } else { "http" }));
    }
    let location = location.split('#').next().unwrap_or_default();
    let (path, query) = match location.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (location, String::new()),
    };
    let path = match path {
        "" if query.is_empty() => return Ok(base.reveal()),
        "" => base.path().to_owned(),
        _ if path.starts_with('/') => without_dots(path),
        _ => {
            // 5.2.3: beside the last part of the base's path
            let folder = base.path().rfind('/').map_or("/", |end| &base.path()[..=end]);
            without_dots(&format!("{folder}{path}"))
        }
    };
    Ok(format!("{origin}{path}{query}"))
}

/// The absolute `path` without its parts `.` and `..` (5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == parts.len();
        match *part {
            "." | ".." => {
                if *part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

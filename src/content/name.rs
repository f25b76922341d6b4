//! Names of entries: bytes of a tar become a path below the root of an image, or are refused.

use super::fault::Rule;

/// The longest path that Linux takes, and the longest name in it, in bytes.
const PATH: usize = 4095;
const NAME: usize = 255;
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// What an entry's name asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A path; empty for the root.
    Path(String),
    /// That this path of lower layers is gone.
    Whiteout(String),
    /// That what lower layers have in this folder is gone.
    Opaque(String),
}

/// Understands the name of an entry. `./` before it and `/` after it say nothing (and are what tar writes for folders);
/// whatever else readers could clean up differently is refused.
///
/// # Errors
/// The rule that it breaks, and how.
pub fn named(bytes: &[u8], folder: bool) -> Result<Named, (Rule, String)> {
    let path = path(bytes, folder).map_err(|why| (Rule::Path, why))?;
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", &path));
    if parent.split('/').any(|name| name.starts_with(WHITEOUT)) {
        return Err((Rule::Whiteout, "it lies below a name that starts with `.wh.`".into()));
    }
    let Some(rest) = last.strip_prefix(WHITEOUT) else { return Ok(Named::Path(path)) };
    if last == OPAQUE {
        return Ok(Named::Opaque(parent.to_owned()));
    }
    match rest {
        "" | "." | ".." => Err((Rule::Whiteout, "it deletes nothing that can be a name".into())),
        _ if rest.starts_with(WHITEOUT) => {
            Err((Rule::Whiteout, "it is a mark of aufs, which says nothing to other readers".into()))
        }
        _ if parent.is_empty() => Ok(Named::Whiteout(rest.to_owned())),
        _ => Ok(Named::Whiteout(format!("{parent}/{rest}"))),
    }
}

/// A path below the root, without a slash at either end.
///
/// # Errors
/// Why it is none.
pub fn path(bytes: &[u8], folder: bool) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut path = text;
    if path.starts_with('/') {
        return Err("it is absolute".into());
    }
    if let Some(inner) = path.strip_prefix("./") {
        path = inner;
    }
    if let Some(inner) = path.strip_suffix('/') {
        if !folder {
            return Err("it ends in `/` and is no folder".into());
        }
        path = inner;
    }
    if path.is_empty() || path == "." {
        return match folder && !text.is_empty() {
            true => Ok(String::new()),
            false => Err("it is empty".into()),
        };
    }
    if path.len() > PATH {
        return Err(format!("it is longer than {PATH} bytes"));
    }
    for name in path.split('/') {
        match name {
            "" => return Err("it has an empty name (`//`)".into()),
            "." | ".." => return Err(format!("it has the name `{name}`")),
            _ if name.len() > NAME => return Err(format!("it has a name longer than {NAME} bytes")),
            _ if name.contains('\0') => return Err("it has a zero byte".into()),
            _ => {}
        }
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_builders_write_them_are_paths() {
        for (name, folder, path) in [
            ("etc/", true, "etc"),
            ("etc", true, "etc"),
            ("./etc/passwd", false, "etc/passwd"),
            ("./", true, ""),
            (".", true, ""),
            ("a b\n", false, "a b\n"),
            ("...", false, "..."),
        ] {
            assert_eq!(named(name.as_bytes(), folder), Ok(Named::Path(path.into())), "{name:?}");
        }
        assert_eq!(named(b"a/.wh.b", false), Ok(Named::Whiteout("a/b".into())));
        assert_eq!(named(b".wh.b", false), Ok(Named::Whiteout("b".into())));
        assert_eq!(named(b"a/.wh..wh..opq", false), Ok(Named::Opaque("a".into())));
    }

    #[test]
    fn c5_c6_c7_h8_names_that_leave_or_deceive_are_refused() {
        let long = "n".repeat(256);
        for name in
            ["", "/", "/a", "//a", "..", "a/..", "a/../b", "a//b", "././a", "a/./b", "a/", "a\0b", &long]
        {
            assert_eq!(named(name.as_bytes(), false).unwrap_err().0, Rule::Path, "{name:?}");
        }
        assert!(named(b"a\xff", false).is_err());
        for name in [".wh.", "a/.wh..", ".wh...", ".wh..wh.plnk", ".wh.a/b"] {
            assert_eq!(named(name.as_bytes(), false).unwrap_err().0, Rule::Whiteout, "{name:?}");
        }
    }
}

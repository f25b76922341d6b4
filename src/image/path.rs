//! Paths inside an image: checked once, when they are made, so that no reader has to forgive us.

use crate::error::{Code, Error};
use std::fmt;

/// The longest name of one path component, in bytes (`NAME_MAX`; docker and umoci fail beyond it).
const NAME_LIMIT: usize = 255;
/// The longest path, in bytes (`PATH_MAX` less the leading slash and the final NUL).
const PATH_LIMIT: usize = 4094;
/// The prefix of whiteout files: they delete, so they are never content (OCI image spec, layer.md, "Whiteouts").
const WHITEOUT: &str = ".wh.";
/// Where a running container has the kernel's file systems (OCI runtime spec, config-linux.md, "Default Filesystems").
const KERNEL: [&str; 3] = ["proc", "sys", "dev"];
/// Files that container engines mount their own over.
const ENGINE: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

/// A path of the image without its leading slash: UTF-8, no empty, `.` or `..` component, no whiteout, not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImagePath(String);

impl ImagePath {
    /// Checks `path`, which starts with a slash as users write it.
    pub fn parse(path: &str) -> Result<Self, Error> {
        let refuse =
            |why: String| Error::new(Code::Asset, format!("`{path}` cannot be a path in an image: {why}"));
        let Some(relative) = path.strip_prefix('/') else {
            return Err(refuse("it does not start with `/`".into()));
        };
        if relative.is_empty() {
            return Err(refuse("it is the root itself".into()).help("name the file or folder under `/`"));
        }
        if relative.len() > PATH_LIMIT {
            return Err(refuse(format!("it is longer than {PATH_LIMIT} bytes")));
        }
        for name in relative.split('/') {
            match name {
                "" => return Err(refuse("it has an empty component (`//`, or a `/` at the end)".into())),
                "." | ".." => return Err(refuse(format!("it has the component `{name}`"))),
                _ if name.len() > NAME_LIMIT => {
                    return Err(refuse(format!("a component is longer than {NAME_LIMIT} bytes")));
                }
                _ if name.starts_with(WHITEOUT) => {
                    return Err(refuse(
                        "a name that starts with `.wh.` deletes a file of a lower layer".into(),
                    ));
                }
                _ if name.contains('\0') => return Err(refuse("it has a NUL byte".into())),
                _ => {}
            }
        }
        Ok(ImagePath(relative.to_owned()))
    }

    /// The path of `name` below this one; `name` is one or more components.
    pub fn join(&self, name: &str) -> Result<Self, Error> {
        ImagePath::parse(&format!("{self}/{name}"))
    }

    /// Without the leading slash, as tar stores it.
    pub fn relative(&self) -> &str {
        &self.0
    }

    /// The folders above, outermost first; the root is none of them.
    pub fn parents(&self) -> impl Iterator<Item = ImagePath> + '_ {
        self.0.match_indices('/').map(|(end, _)| ImagePath(self.0[..end].to_owned()))
    }

    /// The folder of the kernel's that this lies in, where nothing that is packed would ever be seen.
    pub fn kernels(&self) -> Option<&'static str> {
        KERNEL.into_iter().find(|folder| self.within(folder))
    }

    /// Whether a container engine mounts a file here, which it can over nothing but a file.
    pub fn is_engines(&self) -> bool {
        ENGINE.contains(&self.0.as_str())
    }

    /// Whether this is `folder` or lies below it.
    pub fn within(&self, folder: &str) -> bool {
        self.0.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c5_c6_c7_paths_that_no_image_may_hold() {
        let long = format!("/{}", "n".repeat(256));
        let deep = format!("/{}", "d/".repeat(2048) + "x");
        for path in [
            "",
            "/",
            "a",
            "//",
            "/a//b",
            "/a/",
            "/./a",
            "/a/..",
            "/a/../b",
            "/.wh.x",
            "/a/.wh.",
            "/a/.wh..wh..opq/b",
            "/nul\0",
            &long,
            &deep,
        ] {
            assert!(ImagePath::parse(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn c5_paths_that_are_odd_but_sound() {
        let longest = format!("/{}", "n".repeat(255));
        for path in ["/a", "/-rf", "/café", "/a b ", "/new\nline", "/\u{1b}[31m", "/.whx", "/...", &longest]
        {
            assert_eq!(ImagePath::parse(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn parents_come_outermost_first() {
        let path = ImagePath::parse("/etc/ssl/certs").unwrap();
        let parents: Vec<_> = path.parents().map(|p| p.to_string()).collect();
        assert_eq!(parents, ["/etc", "/etc/ssl"]);
        assert!(path.within("etc") && path.within("etc/ssl/certs") && !path.within("et"));
    }
}

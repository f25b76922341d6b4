//! A file or folder of this machine that a program is to see: `SRC:DST[:ro]`.

use crate::config::values;
use crate::error::{Code, Error};
use crate::sandbox::Bind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What was asked for; nothing has been looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    source: PathBuf,
    destination: String,
    read_only: bool,
}

impl FromStr for Mount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, read_only) = match text.rsplit_once(':') {
            Some((rest, "ro")) => (rest, true),
            Some((rest, "rw")) => (rest, false),
            Some((rest, option)) if rest.contains(":/") && !option.starts_with('/') => {
                return Err(format!("`{option}` is no option of a mount: the one there is is `ro`"));
            }
            _ => (text, false),
        };
        let Some((source, destination)) = rest.rsplit_once(":/") else {
            return Err("expected SRC:DST, where DST starts with `/`".into());
        };
        if source.is_empty() {
            return Err("SRC is empty".into());
        }
        let destination = format!("/{destination}").parse::<values::Mount>()?.0;
        Ok(Mount { source: source.into(), destination, read_only })
    }
}

/// What `mounts` are of this machine; paths are from `folder`.
///
/// # Errors
/// A source is not there, or two have one destination.
pub fn binds(mounts: &[Mount], folder: &Path) -> Result<Vec<Bind>, Error> {
    let mut binds: Vec<Bind> = Vec::new();
    for Mount { source, destination, read_only } in mounts {
        if binds.iter().any(|other| other.destination == *destination) {
            return Err(Error::new(Code::Usage, format!("two mounts want the place `{destination}`")));
        }
        let path = folder.join(source);
        // what a link leads to now, whoever follows it later
        let source = path.canonicalize().map_err(|reason| {
            Error::io(Code::Usage, "mount", &path, &reason)
                .help("SRC of SRC:DST is a file or folder of this machine")
        })?;
        binds.push(Bind { source, destination: destination.clone(), read_only: *read_only });
    }
    Ok(binds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_may_have_colons_and_destinations_are_absolute() {
        let mount = |source: &str, destination: &str, read_only| {
            Ok(Mount { source: source.into(), destination: destination.into(), read_only })
        };
        assert_eq!("a:/b".parse(), mount("a", "/b", false));
        assert_eq!("/a b:/c d:ro".parse(), mount("/a b", "/c d", true));
        assert_eq!(".:/data:rw".parse(), mount(".", "/data", false));
        assert_eq!("/a:b:/c".parse(), mount("/a:b", "/c", false));
        assert_eq!("/a:/b:/c".parse(), mount("/a:/b", "/c", false));
        for text in
            ["", "a", ":/b", "a:b", "a:/", "a:/b:z", "a:/b:ro,z", "a:/proc/x", "a:/dev", "/a:/b/../c", "a:ro"]
        {
            assert!(text.parse::<Mount>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_or_has_no_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
        let binds = |texts: &[&str]| {
            let mounts: Vec<Mount> = texts.iter().map(|text| text.parse().unwrap()).collect();
            super::binds(&mounts, folder.path())
        };
        let file = folder.path().canonicalize().unwrap().join("file");
        let bind = |destination: &str| Bind {
            source: file.clone(),
            destination: destination.into(),
            read_only: true,
        };
        assert_eq!(binds(&["file:/a:ro", "link:/b:ro"]).unwrap(), [bind("/a"), bind("/b")]);
        assert!(binds(&["nowhere:/a"]).unwrap_err().what().contains("nowhere"));
        assert_eq!(binds(&["file:/a", "link:/a"]).unwrap_err().exit_status(), 2);
    }
}

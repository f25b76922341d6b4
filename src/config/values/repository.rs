//! Where in a registry images go.

use crate::image::reference::Reference;
use std::str::FromStr;

/// `REGISTRY[/PATH]`, or the `USER` of Docker Hub: what stands before the name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(pub String);

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let prefix = text.trim_end_matches('/');
        match format!("{prefix}/x").parse::<Reference>() {
            Ok(_) => Ok(Repository(prefix.to_owned())),
            Err(why) if prefix.contains('@') => Err(why),
            Err(_) => Err("expected REGISTRY[/PATH] in lower case and without a tag, e.g. ghcr.io/me".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        for good in ["ghcr.io/me", "me", "localhost:5000", "127.0.0.1:5/a/b", "ghcr.io/me/"] {
            assert_eq!(good.parse(), Ok(Repository(good.trim_end_matches('/').into())));
        }
        super::super::tests::refused::<Repository>(&[
            "",
            "/",
            "ghcr.io/Me",
            "ghcr.io/me:1",
            "a b",
            "me:pw@ghcr.io/x",
            "-",
            "x@sha256:0",
        ]);
    }
}

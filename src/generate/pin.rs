//! The base image by its digest: what was tried is what is built with, until somebody moves it.

use super::Request;
use super::dockerfile::Style;
use super::release::release;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::reference::Reference;
use crate::plan::{Plan, Plans, sources};
use crate::registry::Client;
use std::collections::BTreeMap;

/// The digests of the images that `request` builds in, each as `before`, the text of the files as they are, has it, or
/// else its registry. `tools` says whether tools are built too.
///
/// The digest that is there counts before today's: moving it is the work of those who watch for new ones, and a
/// comparison must not depend on the day.
///
/// # Errors
/// The registry does not tell.
pub fn digests(
    plans: &Plans,
    request: &Request,
    tools: bool,
    before: &str,
    env: &Env,
) -> Result<BTreeMap<String, Digest>, Error> {
    let plan = &plans.first;
    let mut digests = BTreeMap::new();
    if request.style == Style::Prebuilt && !tools {
        return Ok(digests);
    }
    let release = release(&plan.workspace, &sources::sources(plan)?, request.base.as_deref())?;
    let images = std::iter::once(release.image).chain(tools.then_some(release.installer));
    for image in images.filter(|image| !image.contains('@')) {
        let digest = match known(before, &image) {
            Some(digest) => digest,
            None => asked(plan, &image, env)?,
        };
        digests.insert(image, digest);
    }
    Ok(digests)
}

/// The digest that the registry of `image` has of it today.
fn asked(plan: &Plan, image: &str, env: &Env) -> Result<Digest, Error> {
    let name: Reference =
        image.parse().map_err(|why| Error::new(Code::Usage, format!("`--base {image}`: {why}")))?;
    Client::new(plan.access.clone(), env)?.digest(&name)?.ok_or_else(|| {
        Error::new(Code::Registry, format!("`{}` has no `{image}`", name.host()))
            .note("so there is no digest to pin")
            .help("name another image: --base IMAGE")
    })
}

/// The digest that `text` has behind `image`.
fn known(text: &str, image: &str) -> Option<Digest> {
    let (_, rest) = text.split_once(&format!("{image}@"))?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'".contains(c)).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_that_is_there_is_found() {
        let digest = Digest::of(b"x");
        let text = format!("# c\nFROM a/rust:1.9-slim@{digest} AS toolchain\nFROM b@sha256:0\n");
        assert_eq!(known(&text, "a/rust:1.9-slim"), Some(digest));
        assert_eq!(known(&text, "a/rust:1.8-slim"), None);
        assert_eq!(known(&text, "b"), None);
    }
}

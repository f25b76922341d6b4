//! The base image by its digest: what was tried is what is built with, until somebody moves it.

use super::Request;
use super::dockerfile::Style;
use super::release::release;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::reference::Reference;
use crate::plan::{Plans, sources};
use crate::registry::Client;

/// The image that `request` builds in, with the digest that it has in `before`, the text of the file as it is, or else
/// in its registry. `None` where nothing is built.
///
/// The digest that is there counts before today's: moving it is the work of those who watch for new ones, and a
/// comparison must not depend on the day.
///
/// # Errors
/// The registry does not tell.
pub fn pinned(plans: &Plans, request: &Request, before: &str, env: &Env) -> Result<Option<String>, Error> {
    if request.style == Style::Prebuilt {
        return Ok(None);
    }
    let plan = &plans.first;
    let image = release(&plan.workspace, &sources::sources(plan)?, request.base.as_deref())?.image;
    if image.contains('@') {
        return Ok(Some(image));
    }
    let name: Reference =
        image.parse().map_err(|why| Error::new(Code::Usage, format!("`--base {image}`: {why}")))?;
    let digest = match known(before, &image) {
        Some(digest) => digest,
        None => Client::new(plan.access.clone(), env)?.digest(&name)?.ok_or_else(|| {
            Error::new(Code::Registry, format!("`{}` has no `{image}`", name.host()))
                .note("so there is no digest to pin")
                .help("name another image: --base IMAGE")
        })?,
    };
    Ok(Some(format!("{image}@{digest}")))
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

//! `cargo scratch index`: images that separate runs pushed by digest become one for all their platforms.

use crate::config::env::Env;
use crate::config::layers::{Layer, resolve};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::reference::Reference;
use crate::plan::access::access;
use crate::registry::Client;
use crate::ui::Ui;
use serde_json::json;

/// Runs the command; `names` are those of the whole, `flags` what the command line says of registries.
pub fn index(names: &[Reference], digests: &[String], flags: Layer, env: &Env, ui: &Ui) -> Result<(), Error> {
    let Some(first) = names.first() else { return Err(Error::new(Code::Usage, "the whole needs a name")) };
    if let Some(other) = names.iter().find(|name| name.name() != first.name()) {
        return Err(Error::new(
            Code::Usage,
            format!("`{other}` is not in the repository `{}`", first.name()),
        )
        .note("an index can only name images of its own repository"));
    }
    if !first.names_registry() {
        return Err(Error::new(Code::Usage, format!("`{first}` names no registry"))
            .help(format!("cargo scratch index REGISTRY/{first} DIGEST…")));
    }
    let digests = digests.iter().map(|word| digest(word, first)).collect::<Result<Vec<_>, Error>>()?;
    let (variables, _) = Layer::of_variables(env);
    let client = Client::new(access(&[resolve(&[flags, variables])?])?, env)?;
    let pushed = client.join(names, &digests)?;
    pushed.warnings.iter().for_each(|warning| ui.warning(warning));
    let all: Vec<_> = names.iter().map(ToString::to_string).collect();
    ui.status("Joined", all.join(", "));
    let line = format!("{}@{}", first.name(), pushed.digest);
    let json = json!({ "reason": "index", "tags": all, "result": line, "digest": pushed.digest.to_string() });
    ui.result(&line, || json)
}

/// `sha256:…`, or the `NAME@sha256:…` that a push has printed.
fn digest(word: &str, name: &Reference) -> Result<Digest, Error> {
    let (repository, digest) = word.rsplit_once('@').unwrap_or(("", word));
    let digest =
        digest.parse().map_err(|why| Error::new(Code::Usage, format!("`{word}` is no digest: {why}")))?;
    let same = |other: Reference| other.host() == name.host() && other.repository() == name.repository();
    if !repository.is_empty() && !repository.parse().is_ok_and(same) {
        return Err(Error::new(Code::Usage, format!("`{word}` is not in the repository `{}`", name.name()))
            .note("an index can only name images of its own repository"));
    }
    Ok(digest)
}

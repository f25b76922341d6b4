//! Podman, by its program.
//!
//! It keeps the manifest of an archive only if that has a single entry and nothing of docker's: from `manifest.json` it
//! makes a manifest of its own, with another digest. So there is one name in the archive; the others are given after it.

use super::engine::{Engine, Known, only};
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, archive};
use crate::error::{Caution, Error, Warning};
use crate::image::manifest::{Index, Platform};
use crate::image::reference::Reference;

/// The row of the table of outputs.
pub const KIND: Kind = Kind {
    name: "podman",
    takes: Takes::Name("podman connection"),
    zstd: true,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

/// What is known of it.
pub static KNOWN: Known = Known {
    name: "Podman",
    programs: &[("podman", &[])],
    option: "--connection",
    advice: &[
        ("destination not found", "podman system connection list"),
        ("connect to Podman", "podman machine start, or: systemctl --user start podman.socket"),
        ("no space left", "podman system df"),
    ],
    instead: "a file needs no engine: cargo scratch -o oci-archive, and podman load -i FILE where there is one",
};

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    // opens the storage, or reaches the other machine
    Engine::find(&KNOWN, destination, means)?.answers(&["info", "--format", "{{.Host.Arch}}"]).map(drop)
}

/// The id of an image is the digest of its configuration; it may have been here before with other manifests.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let engine = Engine::find(&KNOWN, destination, delivery.means)?;
    let bundle = &mut *delivery.bundle;
    let image = bundle.single();
    let names: Vec<_> = delivery.tags.iter().map(Reference::local).collect();
    let first = names.first().cloned().unwrap_or_default();
    let index = Index::named(&image.manifest, Platform::from(&image.target), first);
    let files = archive::documents(&index, None, &[])?;
    let ours = [image.config.digest.clone()];
    let manifest = image.manifest.digest.to_string();
    let size = engine.load(&mut bundle.archive, &files, &["load", "--quiet"])?;

    if names.len() > 1 {
        engine.ask(["tag"].into_iter().chain(names.iter().map(String::as_str)))?;
    }
    let said = engine.inspect("{{.Id}} {{.Digest}} {{.RepoDigests}}", &names)?;
    let mut warnings = Vec::new();
    for (name, line) in names.iter().zip(&said) {
        engine.same(name, line.split(' ').next().unwrap_or_default(), &ours)?;
        if !line.contains(&manifest) {
            let what = format!("podman does not know {name} by its manifest, {manifest}");
            warnings.push(Warning::new(Caution::OtherDigest, what));
        }
    }
    let result = delivery.tags.first().map(ToString::to_string).unwrap_or_default();
    Ok(Receipt { result, size, fresh: false, remarks: only(bundle), warnings, documents: Vec::new() })
}

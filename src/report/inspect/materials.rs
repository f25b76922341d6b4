//! Where an image tells what it is made of: SBOMs beside it, in its files, and in its programs.

use super::Inspected;
use crate::content::{Attachment, Beside};
use crate::image::attachment::Kind;
use crate::report::size;
use serde_json::{Value, json};

/// A list of what an image is made of.
pub struct Sbom {
    format: &'static str,
    /// A path in the image, or the digest of a manifest beside it.
    place: String,
    /// The bytes of a file.
    size: Option<u64>,
    /// How many packages it lists, where that was read.
    packages: Option<usize>,
}

impl Sbom {
    /// `CycloneDX: /usr/share/sbom.cdx.json, 12.3 kB`
    pub fn words(&self) -> String {
        let size = self.size.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
        let packages = self.packages.map(|count| format!(", {}", crate::report::counted(count, "package")));
        format!("{}: {}{size}{}", self.format, self.place, packages.unwrap_or_default())
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        json!({ "format": self.format, "place": self.place, "size": self.size, "packages": self.packages })
    }
}

/// All that are found: of files by their names alone.
pub fn sboms(image: &Inspected<'_>) -> Vec<Sbom> {
    let beside = attachments(image).filter_map(|one| {
        let (place, size) =
            (one.claim.digest.to_string(), one.document.as_ref().map(|document| document.size));
        let format = kind(one).filter(|kind| kind.is_list())?.word;
        Some(Sbom { format, place, size, packages: None })
    });
    let files = image.laid.tree.nodes.iter().filter(|(_, node)| node.digest.is_some());
    let files = files.filter_map(|(path, node)| {
        let (place, size) = (format!("/{path}"), Some(node.entry.size));
        let name = path.rsplit('/').next().unwrap_or(path);
        let format = Kind::of_name(name).filter(|kind| kind.is_list())?.word;
        Some(Sbom { format, place, size, packages: None })
    });
    let programs = image.programs.all().iter().filter_map(|(path, program)| {
        let packages = program.told.as_ref().ok()?.packages.as_ref()?.len();
        Some(Sbom {
            format: "cargo-auditable",
            place: format!("/{path}"),
            size: None,
            packages: Some(packages),
        })
    });
    beside.chain(files).chain(programs).collect()
}

/// What else belongs to the image, in its own words.
pub fn others(image: &Inspected<'_>) -> Vec<String> {
    let others = attachments(image).filter(|one| !kind(one).is_some_and(Kind::is_list));
    let words = |one: &Attachment| {
        let what = kind(one).map_or(one.artifact.as_str(), |kind| kind.word);
        let size = one.document.as_ref().map(|document| format!(", {}", size(document.size)));
        format!("{what}: {}{}", one.claim.digest, size.unwrap_or_default())
    };
    others.map(words).collect()
}

/// The documents beside the image's file or folder: `SPDX: out/hello.spdx.json, 12.3 kB`.
pub fn files(image: &Inspected<'_>) -> Vec<String> {
    let words = |one: &Beside| {
        let another = if is_about(image, one) == Some(false) { ", about another image" } else { "" };
        format!("{}: {}, {}{another}", one.kind.word, one.path.display(), size(one.size))
    };
    image.beside.iter().map(words).collect()
}

/// Whether it says that it is about this image, or about an index that leads to it; `None` if it does not say.
pub fn is_about(image: &Inspected<'_>, beside: &Beside) -> Option<bool> {
    // an archive of docker's own form has no digest that it could be known by
    let manifest = image.stored.manifest.as_ref()?;
    let mut own = image.found.indexes.iter().chain([manifest]).map(|document| &document.digest);
    (!beside.subjects.is_empty()).then(|| own.any(|digest| beside.subjects.contains(digest.hex())))
}

/// What a document that belongs to an image is, if that is known.
pub fn kind(one: &Attachment) -> Option<&'static Kind> {
    Kind::of_type(&one.artifact)
}

/// Those about this image, about all images of its index, or about nothing that they name.
pub fn attachments<'a>(image: &Inspected<'a>) -> impl Iterator<Item = &'a Attachment> {
    let (found, own) = (image.found, image.stored.manifest.as_ref().map(|manifest| &manifest.digest));
    let another = move |digest| {
        let others = found.images.iter().filter_map(|image| image.manifest.as_ref());
        own != Some(digest) && others.into_iter().any(|manifest| manifest.digest == *digest)
    };
    found.attachments.iter().filter(move |one| !one.subject.as_ref().is_some_and(another))
}

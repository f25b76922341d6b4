//! Where an image tells what it is made of: SBOMs beside it, in its files, and in its programs.

use super::Inspected;
use crate::content::{Attachment, Beside};
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
        let format = by_type(&one.artifact).filter(|format| is_list(format))?;
        Some(Sbom { format, place, size, packages: None })
    });
    let files = image.laid.tree.nodes.iter().filter(|(_, node)| node.digest.is_some());
    let files = files.filter_map(|(path, node)| {
        let (place, size) = (format!("/{path}"), Some(node.entry.size));
        Some(Sbom { format: by_name(path).filter(|format| is_list(format))?, place, size, packages: None })
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
    let others = attachments(image).filter(|one| !kind(one).is_some_and(is_list));
    let words = |one: &Attachment| {
        let what = kind(one).unwrap_or(&one.artifact);
        let size = one.document.as_ref().map(|document| format!(", {}", size(document.size)));
        format!("{what}: {}{}", one.claim.digest, size.unwrap_or_default())
    };
    others.map(words).collect()
}

/// The documents beside the image's file or folder: `SPDX: out/hello.spdx.json, 12.3 kB`.
pub fn files(image: &Inspected<'_>) -> Vec<String> {
    let words = |(one, format): (&Beside, &str)| {
        let another = if is_about(image, one) == Some(false) { ", about another image" } else { "" };
        format!("{format}: {}, {}{another}", one.path.display(), size(one.size))
    };
    beside(image).map(words).collect()
}

/// Those of them that are known by their names, each with what it is.
pub fn beside<'a>(image: &Inspected<'a>) -> impl Iterator<Item = (&'a Beside, &'static str)> {
    image.beside.iter().filter_map(|one| {
        let name = one.path.file_name()?.to_string_lossy().into_owned();
        Some((one, by_name(&name)?))
    })
}

/// Whether it says that it is about this image, or about an index that leads to it; `None` if it does not say.
pub fn is_about(image: &Inspected<'_>, beside: &Beside) -> Option<bool> {
    // an archive of docker's own form has no digest that it could be known by
    let manifest = image.stored.manifest.as_ref()?;
    let mut own = image.found.indexes.iter().chain([manifest]).map(|document| &document.digest);
    (!beside.subjects.is_empty()).then(|| own.any(|digest| beside.subjects.contains(digest.hex())))
}

/// What a document that belongs to an image is, if that is known.
pub fn kind(one: &Attachment) -> Option<&'static str> {
    by_type(&one.artifact)
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

/// Whether it is a list of what an image is made of.
fn is_list(format: &str) -> bool {
    !matches!(format, "in-toto" | "Sigstore bundle")
}

fn by_type(artifact: &str) -> Option<&'static str> {
    let artifact = artifact.to_ascii_lowercase();
    let formats = [
        ("cyclonedx", "CycloneDX"),
        ("spdx", "SPDX"),
        ("in-toto", "in-toto"),
        ("sigstore.bundle", "Sigstore bundle"),
        ("sbom", "SBOM"),
    ];
    formats.into_iter().find(|(word, _)| artifact.contains(word)).map(|(_, format)| format)
}

fn by_name(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".cdx.json", ".cdx.xml", ".cyclonedx.json", ".cyclonedx.xml"]) {
        Some("CycloneDX")
    } else if ends(&[".spdx.json", ".spdx", ".spdx.xml", ".spdx.yaml", ".spdx.rdf"]) {
        Some("SPDX")
    } else if ends(&[".intoto.json"]) {
        Some("in-toto")
    } else if ends(&[".sigstore.json"]) {
        Some("Sigstore bundle")
    } else if name.starts_with("sbom.") || ends(&[".sbom.json"]) {
        Some("SBOM")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sboms_are_known_by_their_names_and_types() {
        for (path, format) in [
            ("usr/share/app.cdx.json", Some("CycloneDX")),
            ("a.SPDX.json", Some("SPDX")),
            ("sbom.json", Some("SBOM")),
            ("sbom/notes.txt", None),
            ("my-sbom", None),
        ] {
            assert_eq!(by_name(path), format, "{path}");
        }
        assert_eq!(by_type("application/vnd.cyclonedx+json"), Some("CycloneDX"));
        assert_eq!(by_type("application/spdx+json"), Some("SPDX"));
        assert_eq!(by_type("application/vnd.dev.sigstore.bundle.v0.3+json"), Some("Sigstore bundle"));
        assert_eq!(by_name("hello.intoto.json"), Some("in-toto"));
        assert_eq!(by_type("application/vnd.dev.cosign.simplesigning.v1+json"), None);
    }
}

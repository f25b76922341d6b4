//! Where an image tells what it is made of: SBOMs beside it, in its files, and in its programs.

use super::Inspected;
use crate::content::Attachment;
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
        let place = one.claim.digest.to_string();
        Some(Sbom { format: by_type(&one.artifact)?, place, size: None, packages: None })
    });
    let files = image.laid.tree.nodes.iter().filter(|(_, node)| node.digest.is_some());
    let files = files.filter_map(|(path, node)| {
        let (place, size) = (format!("/{path}"), Some(node.entry.size));
        Some(Sbom { format: by_name(path)?, place, size, packages: None })
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
    let others = attachments(image).filter(|one| by_type(&one.artifact).is_none());
    others.map(|one| format!("{}: {}", one.artifact, one.claim.digest)).collect()
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

fn by_type(artifact: &str) -> Option<&'static str> {
    let artifact = artifact.to_ascii_lowercase();
    let formats = [("cyclonedx", "CycloneDX"), ("spdx", "SPDX"), ("in-toto", "in-toto"), ("sbom", "SBOM")];
    formats.into_iter().find(|(word, _)| artifact.contains(word)).map(|(_, format)| format)
}

fn by_name(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".cdx.json", ".cdx.xml", ".cyclonedx.json", ".cyclonedx.xml"]) {
        Some("CycloneDX")
    } else if ends(&[".spdx.json", ".spdx", ".spdx.xml", ".spdx.yaml", ".spdx.rdf"]) {
        Some("SPDX")
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
        assert_eq!(by_type("application/vnd.dev.cosign.simplesigning.v1+json"), None);
    }
}

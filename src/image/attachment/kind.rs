//! What documents about an image are: one table, with how each is known by the name of its file and by its media type.

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// What people call it.
    pub word: &'static str,
    /// Its media type as it is written here.
    pub media_type: &'static str,
    /// What the names of its files end with, behind a dot; the first is what is written here.
    endings: &'static [&'static str],
    /// What every media type of it has in it.
    mark: &'static str,
    /// What it is good for.
    says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// What the image is made of.
    Contents,
    /// Where it comes from.
    Origin,
}

/// A bill of materials by OWASP.
pub const CYCLONEDX: &Kind = &Kind {
    word: "CycloneDX",
    media_type: "application/vnd.cyclonedx+json",
    endings: &["cdx.json", "cdx.xml", "cyclonedx.json", "cyclonedx.xml"],
    mark: "cyclonedx",
    says: Says::Contents,
};

/// A bill of materials by the Linux Foundation.
pub const SPDX: &Kind = &Kind {
    word: "SPDX",
    media_type: "application/spdx+json",
    endings: &["spdx.json", "spdx", "spdx.xml", "spdx.yaml", "spdx.rdf"],
    mark: "spdx",
    says: Says::Contents,
};

/// A statement (in-toto attestation framework).
pub const IN_TOTO: &Kind = &Kind {
    word: "in-toto",
    media_type: "application/vnd.in-toto+json",
    endings: &["intoto.json"],
    mark: "in-toto",
    says: Says::Origin,
};

/// A signed statement (sigstore/protobuf-specs, `sigstore_bundle.proto`).
pub const SIGSTORE: &Kind = &Kind {
    word: "Sigstore bundle",
    media_type: "application/vnd.dev.sigstore.bundle.v0.3+json",
    endings: &["sigstore.json"],
    mark: "sigstore.bundle",
    says: Says::Origin,
};

/// A bill of materials of whatever form; none is written here.
const OTHER: &Kind =
    &Kind { word: "SBOM", media_type: "", endings: &["sbom.json"], mark: "sbom", says: Says::Contents };

const ALL: [&Kind; 5] = [CYCLONEDX, SPDX, IN_TOTO, SIGSTORE, OTHER];

impl Kind {
    /// What the name of a file that is written here ends with, behind a dot.
    pub fn ending(&self) -> &'static str {
        self.endings.first().copied().unwrap_or_default()
    }

    /// The kind of a file of this name, if it is called like a document.
    pub fn of_name(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        let has = |ending: &&str| name.strip_suffix(*ending).is_some_and(|rest| rest.ends_with('.'));
        let other = || name.starts_with("sbom.").then_some(OTHER);
        ALL.into_iter().find(|kind| kind.endings.iter().any(has)).or_else(other)
    }

    /// The kind of what has this media type, be it of a document or of what carries one.
    pub fn of_type(media_type: &str) -> Option<&'static Self> {
        let media_type = media_type.to_ascii_lowercase();
        ALL.into_iter().find(|kind| media_type.contains(kind.mark))
    }

    /// Whether it is a list of what an image is made of.
    pub fn is_list(&self) -> bool {
        self.says == Says::Contents
    }

    /// Whether it is a statement, signed or not.
    pub fn is_statement(&self) -> bool {
        self.says == Says::Origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_names_and_types() {
        for (name, kind) in [
            ("app.cdx.json", Some(CYCLONEDX)),
            ("a.SPDX.json", Some(SPDX)),
            ("a.spdx", Some(SPDX)),
            ("sbom.json", Some(OTHER)),
            ("app.sbom.json", Some(OTHER)),
            ("hello.intoto.json", Some(IN_TOTO)),
            ("hello.sigstore.json", Some(SIGSTORE)),
            ("cdx.json", None),
            ("my-sbom", None),
            ("", None),
        ] {
            assert_eq!(Kind::of_name(name), kind, "{name}");
        }
        for (media_type, kind) in [
            ("application/vnd.cyclonedx+json", Some(CYCLONEDX)),
            ("application/vnd.dev.sigstore.bundle+json;version=0.1", Some(SIGSTORE)),
            ("application/vnd.dev.cosign.simplesigning.v1+json", None),
        ] {
            assert_eq!(Kind::of_type(media_type), kind, "{media_type}");
        }
    }

    #[test]
    fn each_kind_is_known_by_what_is_written_of_it() {
        for kind in [CYCLONEDX, SPDX, IN_TOTO, SIGSTORE] {
            assert_eq!(Kind::of_name(&format!("hello.{}", kind.ending())), Some(kind));
            assert_eq!(Kind::of_type(kind.media_type), Some(kind));
            assert!(kind.is_list() != kind.is_statement());
        }
    }
}

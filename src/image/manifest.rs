//! Descriptors, the manifest, and the documents that lead a reader to it (OCI image spec, manifest.md, index).

use super::digest::Digest;
use super::platform::Target;
use super::reference::Reference;
use serde::Serialize;
use std::collections::BTreeMap;

/// The media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The content of the file `oci-layout` (OCI image spec, image-layout.md).
pub const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// The annotation that most readers of a layout look for: a tag, usually (OCI image spec, annotations.md).
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation that containerd takes an image's whole name from.
pub const FULL_NAME: &str = "io.containerd.image.name";

/// What a document says of a blob (OCI image spec, descriptor.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: &'static str,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Remarks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Where it runs; for manifests in an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// Without annotations and platform.
    pub fn new(media_type: &'static str, digest: Digest, size: u64) -> Self {
        Descriptor { media_type, digest, size, annotations: BTreeMap::new(), platform: None }
    }
}

/// The platform of a manifest in an index (OCI image spec, image-index.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Platform {
    architecture: &'static str,
    os: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'static str>,
}

impl From<&Target> for Platform {
    fn from(target: &Target) -> Self {
        Platform { architecture: target.architecture(), os: "linux", variant: target.variant() }
    }
}

/// An image manifest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest<'a> {
    schema_version: u8,
    media_type: &'static str,
    config: &'a Descriptor,
    layers: Vec<&'a Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

impl<'a> Manifest<'a> {
    /// The manifest of `layers`, bottom first.
    pub fn new(
        config: &'a Descriptor,
        layers: Vec<&'a Descriptor>,
        annotations: &'a BTreeMap<String, String>,
    ) -> Self {
        Manifest { schema_version: 2, media_type: MANIFEST, config, layers, annotations }
    }
}

/// An image index; also the `index.json` of a layout (OCI image spec, image-index.md).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Index {
    /// One over `manifests`.
    pub fn new(manifests: Vec<Descriptor>, annotations: &BTreeMap<String, String>) -> Self {
        Index { schema_version: 2, media_type: INDEX, manifests, annotations: annotations.clone() }
    }

    /// One entry a tag, all of the same manifest or index; `platform` is that of a manifest.
    ///
    /// Two annotations, because readers disagree: containerd takes the whole name from its own, skopeo and podman
    /// take the tag from `ref.name`, which the specification leaves open (OCI image spec, annotations.md). Where two
    /// names have one tag, the second is in `ref.name` as a whole: umoci and others refuse a tag that stands twice.
    pub fn tagged(root: &Descriptor, platform: Option<Platform>, tags: &[Reference]) -> Self {
        let entry = |(at, name): (usize, &Reference)| {
            let repeated = tags[..at].iter().any(|other| other.tag() == name.tag());
            let tag = if repeated { name.full() } else { name.tag().to_owned() };
            Descriptor {
                annotations: BTreeMap::from([
                    (FULL_NAME.to_owned(), name.full()),
                    (REF_NAME.to_owned(), tag),
                ]),
                platform: platform.clone(),
                ..root.clone()
            }
        };
        Index::new(tags.iter().enumerate().map(entry).collect(), &BTreeMap::new())
    }

    /// Its entries.
    pub fn manifests(&self) -> &[Descriptor] {
        &self.manifests
    }

    /// One entry, under a whole name in the annotation that most readers take for a tag: so podman writes archives, and
    /// it loads no other with several entries.
    pub fn named(manifest: &Descriptor, platform: Platform, name: String) -> Self {
        let annotations = BTreeMap::from([(REF_NAME.to_owned(), name)]);
        let entry = Descriptor { annotations, platform: Some(platform), ..manifest.clone() };
        Index::new(vec![entry], &BTreeMap::new())
    }
}

/// An entry of `manifest.json`, what `docker load` reads (Docker image spec v1.2, "Combined Image JSON + Filesystem
/// Changeset Format").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerManifest {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

impl DockerManifest {
    /// The entry for the same blobs, which stand under `blobs/sha256/` in the archive.
    pub fn new<'a>(config: &Digest, layers: impl Iterator<Item = &'a Digest>, tags: &[Reference]) -> Self {
        DockerManifest {
            config: blob_path(config),
            repo_tags: tags.iter().map(ToString::to_string).collect(),
            layers: layers.map(blob_path).collect(),
        }
    }
}

/// Where a layout keeps a blob.
pub fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_parser_reads_the_documents_back() {
        let config = Descriptor::new(super::super::config::MEDIA_TYPE, Digest::of(b"c"), 1);
        let layer = Descriptor::new("application/vnd.oci.image.layer.v1.tar+gzip", Digest::of(b"l"), 2);
        let notes = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
        let manifest = serde_json::to_vec(&Manifest::new(&config, vec![&layer], &notes)).unwrap();
        let parsed: oci_spec::image::ImageManifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(parsed.config().digest().to_string(), config.digest.to_string());
        assert_eq!(parsed.layers()[0].size(), 2);
        assert_eq!(parsed.annotations().as_ref().unwrap()["k"], "v");

        let target = Target::from_platform("linux/amd64").unwrap();
        let tags: Vec<Reference> = vec!["hello:1".parse().unwrap(), "ghcr.io/me/hello".parse().unwrap()];
        let own = Descriptor::new(MANIFEST, Digest::of(&manifest), manifest.len() as u64);
        let index = serde_json::to_vec(&Index::tagged(&own, Some(Platform::from(&target)), &tags)).unwrap();
        let parsed: oci_spec::image::ImageIndex = serde_json::from_slice(&index).unwrap();
        assert_eq!(parsed.manifests().len(), 2);
        let annotations = parsed.manifests()[0].annotations().as_ref().unwrap();
        assert_eq!(annotations["io.containerd.image.name"], "docker.io/library/hello:1");
        assert_eq!(annotations["org.opencontainers.image.ref.name"], "1");
        assert_eq!(parsed.manifests()[1].digest().to_string(), own.digest.to_string());
    }
}

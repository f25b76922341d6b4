//! The image configuration: what a container runtime does with the files (OCI image spec, config.md).
//!
//! Our own structures instead of a crate's, because every map here is sorted: the JSON is part of the digest.

use super::digest::Digest;
use super::platform::Target;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The media type of the document.
pub const MEDIA_TYPE: &str = "application/vnd.oci.image.config.v1+json";

/// How a container starts: the `config` object. Empty values are left out of the JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Run {
    /// `UID[:GID]` or names that `/etc/passwd` of the image knows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// `PORT/PROTOCOL`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", serialize_with = "as_keys")]
    pub exposed_ports: BTreeSet<String>,
    /// Variables, shown as `NAME=VALUE`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "as_pairs")]
    pub env: BTreeMap<String, String>,
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// The arguments that `docker run IMAGE ARGS` replaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    /// Folders to be mounted.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", serialize_with = "as_keys")]
    pub volumes: BTreeSet<String>,
    /// The folder to start in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// `org.opencontainers.image.*` and the user's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The signal that asks the program to stop; the runtime's default is SIGTERM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
}

/// The whole document.
#[derive(Debug, Serialize)]
pub struct ImageConfig<'a> {
    architecture: &'static str,
    os: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'static str>,
    created: String,
    config: &'a Run,
    rootfs: RootFs<'a>,
    history: Vec<History>,
}

#[derive(Debug, Serialize)]
struct RootFs<'a> {
    r#type: &'static str,
    diff_ids: Vec<&'a Digest>,
}

#[derive(Debug, Serialize)]
struct History {
    created: String,
    created_by: String,
}

impl<'a> ImageConfig<'a> {
    /// The document for layers with these `(title, diff id)`, all made at `created` (seconds since the epoch).
    pub fn new(run: &'a Run, target: &Target, created: u64, layers: &[(&str, &'a Digest)]) -> Self {
        let created = rfc3339(created);
        let history =
            |title: &str| History { created: created.clone(), created_by: format!("cargo scratch: {title}") };
        ImageConfig {
            architecture: target.architecture(),
            os: "linux",
            variant: target.variant(),
            history: layers.iter().map(|(title, _)| history(title)).collect(),
            rootfs: RootFs { r#type: "layers", diff_ids: layers.iter().map(|(_, id)| *id).collect() },
            config: run,
            created,
        }
    }
}

/// RFC 3339 in UTC, to the second.
pub fn rfc3339(seconds: u64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Go's `map[string]struct{}`: the JSON that docker made of a set.
fn as_keys<S: serde::Serializer>(set: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(set.iter().map(|key| (key, serde_json::Map::new())))
}

fn as_pairs<S: serde::Serializer>(map: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.iter().map(|(name, value)| format!("{name}={value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_parser_reads_every_field_back() {
        let run = Run {
            user: "65532:65532".into(),
            exposed_ports: ["8080/tcp".to_owned()].into(),
            env: [("B".to_owned(), "2".to_owned()), ("A".to_owned(), "1=\"x\"\n".to_owned())].into(),
            entrypoint: vec!["/hello".into()],
            cmd: vec!["--port".into(), "80".into()],
            volumes: ["/data".to_owned()].into(),
            working_dir: "/".into(),
            labels: [("a".to_owned(), "b".to_owned())].into(),
            stop_signal: Some("SIGINT".into()),
        };
        let id = Digest::of(b"layer");
        let target = Target::from_platform("linux/arm/v7").unwrap();
        let document = ImageConfig::new(&run, &target, 1_700_000_000, &[("base", &id)]);
        let parsed: oci_spec::image::ImageConfiguration =
            serde_json::from_slice(&serde_json::to_vec(&document).unwrap()).unwrap();

        assert_eq!(parsed.architecture().to_string(), "arm");
        assert_eq!(parsed.variant().as_deref(), Some("v7"));
        assert_eq!(parsed.created().as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(parsed.rootfs().diff_ids(), &[id.to_string()]);
        let config = parsed.config().as_ref().unwrap();
        assert_eq!(config.user().as_deref(), Some("65532:65532"));
        assert_eq!(config.exposed_ports().as_ref().unwrap(), &["8080/tcp"]);
        assert_eq!(config.env().as_ref().unwrap(), &["A=1=\"x\"\n", "B=2"]);
        assert_eq!(config.entrypoint().as_ref().unwrap(), &["/hello"]);
        assert_eq!(config.cmd().as_ref().unwrap(), &["--port", "80"]);
        assert_eq!(config.volumes().as_ref().unwrap(), &["/data"]);
        assert_eq!(config.working_dir().as_deref(), Some("/"));
        assert_eq!(config.stop_signal().as_deref(), Some("SIGINT"));
        assert_eq!(config.labels().as_ref().unwrap()["a"], "b");
    }
}

//! Images that separate runs have pushed become one for all their platforms: `cargo scratch index`.
//!
//! The index has the fields in the order in which a single run writes them, so that the same images in the same order
//! have one digest however they came together.

use super::Pushed;
use super::documents::{self, Document, Found, LARGEST};
use super::http::Method;
use super::said;
use super::session::Session;
use crate::content;
use crate::error::{Code, Error, bounded};
use crate::image::digest::Digest;
use crate::image::json;
use crate::image::manifest::INDEX;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The media type of docker's own indexes.
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// An entry of an index (OCI image spec, image-index.md); what is not known here is kept as it is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    #[serde(flatten)]
    further: BTreeMap<String, Value>,
}

/// What an image runs on; the fields of an entry's `platform`, and those of the same names in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
struct Platform {
    architecture: String,
    os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(rename = "os.features", default, skip_serializing_if = "Vec::is_empty")]
    features: Vec<String>,
}

impl Platform {
    /// Whether it is one at all: builders mark what is attached to an image so that nobody runs it.
    fn is_known(&self) -> bool {
        self.os != "unknown"
    }

    fn name(&self) -> String {
        let parts = [Some(&self.os), Some(&self.architecture), self.variant.as_ref()];
        let name: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
        bounded(&name.join("/"))
    }
}

/// What is read of a manifest or an index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    config: Option<Entry>,
    #[serde(default)]
    manifests: Option<Vec<Entry>>,
}

/// The index itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Entry>,
}

/// Puts an index over the images with `digests` under the tags `names`.
///
/// # Errors
/// One is not there or is no image, two are for one platform, or the registry refuses.
pub fn join(
    session: &Session,
    digests: &[Digest],
    names: &[String],
    trusting: bool,
) -> Result<Pushed, Error> {
    let mut entries: Vec<Entry> = Vec::new();
    for digest in digests {
        for entry in entries_of(session, digest)? {
            add(&mut entries, entry)?;
        }
    }
    let Some(first) = names.first() else { return Err(Error::new(Code::Usage, "the whole needs a name")) };
    let bytes = json(&Joined { schema_version: 2, media_type: INDEX, manifests: entries })?;
    if bytes.len() > LARGEST {
        return Err(Error::new(Code::Registry, "the index would be larger than registries take (4 MiB)"));
    }
    let root = Document { media_type: INDEX, digest: Digest::of(&bytes), bytes: bytes.into() };
    let before = documents::look(session, first)?;
    documents::publish(session, &root, names, before.as_ref(), trusting)?;
    Ok(Pushed { digest: root.digest, sent: 0, warnings: session.warnings() })
}

/// Adds `entry`, unless it is there; two images for one platform would leave it to chance which one runs.
fn add(entries: &mut Vec<Entry>, entry: Entry) -> Result<(), Error> {
    if entries.iter().any(|other| other.digest == entry.digest) {
        return Ok(());
    }
    let platform = entry.platform.as_ref().filter(|platform| platform.is_known());
    let twin = entries.iter().find(|other| platform.is_some() && other.platform.as_ref() == platform);
    if let (Some(twin), Some(platform)) = (twin, platform) {
        return Err(Error::new(Code::Registry, format!("two images are for {}", platform.name()))
            .note(format!("{} and {}", twin.digest, entry.digest))
            .help("leave one of them out"));
    }
    entries.push(entry);
    Ok(())
}

/// The entries that `digest` stands for: one for an image, those of an index.
fn entries_of(session: &Session, digest: &Digest) -> Result<Vec<Entry>, Error> {
    let answer = match documents::find(session, &digest.to_string())? {
        Found::There(answer) => answer,
        Found::Nothing(error) => return Err(error.help("push it first: cargo scratch push --by-digest")),
    };
    documents::check(&answer.body, digest)?;
    let odd = |why: &str| Error::new(Code::Registry, format!("{digest} is no image: {why}"));
    let json = content::document(&answer.body).map_err(|why| odd(&why))?;
    let read: Read = serde_json::from_value(json).map_err(|_| odd("its manifest cannot be understood"))?;
    let media_type = match (read.media_type, documents::media_type(&answer)) {
        // what is an index to one reader and a manifest to another is nothing to be passed on (CVE-2021-41190)
        (Some(own), Some(header)) if own != header => {
            return Err(odd("it and the registry differ on what it is"));
        }
        (Some(own), _) => own,
        (None, Some(header)) => header.to_owned(),
        (None, None) => return Err(odd("nothing says what it is")),
    };
    match (&*media_type, read.config, read.manifests) {
        (INDEX | DOCKER_LIST, None, Some(entries)) => Ok(entries),
        (_, Some(config), None) => Ok(vec![Entry {
            media_type,
            digest: digest.to_string(),
            size: answer.body.len() as u64,
            annotations: BTreeMap::new(),
            platform: Some(
                platform(session, &config)?.ok_or_else(|| odd("its configuration has no platform"))?,
            ),
            further: BTreeMap::new(),
        }]),
        _ => Err(odd("it has no configuration")),
    }
}

/// What the image with the configuration `config` runs on.
fn platform(session: &Session, config: &Entry) -> Result<Option<Platform>, Error> {
    let digest: Digest = config.digest.parse().map_err(|why| {
        Error::new(Code::Registry, format!("`{}` is no digest: {why}", bounded(&config.digest)))
    })?;
    let mut call = session.request(Method::Get, &format!("blobs/{digest}"))?;
    call.limit = LARGEST;
    let answer = session.call(&call)?;
    if answer.status != 200 {
        return Err(session.refused(&call, &answer));
    }
    if answer.cut {
        return Err(said::broken(&(&call).into(), "no configuration is larger than 4 MiB"));
    }
    documents::check(&answer.body, &digest)?;
    Ok(serde_json::from_slice(&answer.body).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::manifest::{Descriptor, Index, MANIFEST, Platform as Own};
    use crate::image::platform::Target;

    #[test]
    fn an_index_that_was_joined_is_the_one_of_a_single_run() {
        let platforms = ["linux/amd64", "linux/arm/v7"];
        let one = |platform: &str| Descriptor {
            platform: Some(Own::from(&Target::from_platform(platform).unwrap())),
            ..Descriptor::new(MANIFEST, Digest::of(platform.as_bytes()), 7)
        };
        let entries: Vec<_> = platforms.iter().map(|platform| one(platform)).collect();
        let single = json(&Index::new(entries.clone(), &BTreeMap::new())).unwrap();
        let mut joined = Vec::new();
        for entry in &entries {
            add(&mut joined, serde_json::from_value(serde_json::to_value(entry).unwrap()).unwrap()).unwrap();
        }
        let joined = json(&Joined { schema_version: 2, media_type: INDEX, manifests: joined }).unwrap();
        assert_eq!(String::from_utf8(joined), String::from_utf8(single));
    }

    #[test]
    fn one_platform_has_one_image() {
        let entry = |digest: &str, os: &str| Entry {
            media_type: MANIFEST.to_owned(),
            digest: digest.to_owned(),
            size: 1,
            annotations: BTreeMap::new(),
            platform: serde_json::from_str(&format!(
                r#"{{"architecture":"arm","os":"{os}","variant":"v7"}}"#
            ))
            .ok(),
            further: BTreeMap::new(),
        };
        let mut entries = vec![entry("a", "linux")];
        add(&mut entries, entry("a", "linux")).unwrap();
        assert_eq!(entries.len(), 1);
        let refusal = add(&mut entries, entry("b", "linux")).unwrap_err();
        assert_eq!(refusal.to_string(), "two images are for linux/arm/v7");
        add(&mut entries, entry("c", "unknown")).unwrap();
        add(&mut entries, entry("d", "unknown")).unwrap();
        assert_eq!(entries.len(), 3);
    }
}

//! From an index or a manifest to the images under it (OCI image spec, image-index.md and manifest.md).

use super::document::{Claim, Document};
use super::fault::{Fault, Rule};
use super::store::{self, Store};
use super::{Attachment, Config, Found, Stored, StoredLayer, limits};
use crate::error::Error;
use crate::image::digest::Digest;
use crate::image::manifest::{FULL_NAME, INDEX, MANIFEST, REF_NAME};
use serde_json::Value;
use std::collections::BTreeSet;

/// Docker's name for an index.
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's name for a manifest.
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The media types of an image's configuration.
const CONFIGS: [&str; 2] =
    [crate::image::config::MEDIA_TYPE, "application/vnd.docker.container.image.v1+json"];
/// How deep indexes may lie in each other.
const DEPTH: usize = 4;
/// What BuildKit writes beside an attestation: of what kind it is, and of which manifest.
const ATTESTATION: [&str; 2] = ["vnd.docker.reference.type", "vnd.docker.reference.digest"];

/// Follows indexes and manifests and adds to `found` what they lead to.
pub struct Follow<'a> {
    /// Where the blobs are.
    pub store: &'a Store,
    /// What is added to.
    pub found: &'a mut Found,
    /// Manifests that nobody wanted to be there.
    pub left_out: BTreeSet<Digest>,
}

impl Follow<'_> {
    /// Reads the outermost index, `index.json` of a layout.
    ///
    /// # Errors
    /// The system's.
    pub fn layout(&mut self, index: Document) -> Result<(), Error> {
        self.index(index, &[], 0)
    }

    /// Reads what a registry has under a name: an index, or the one manifest.
    ///
    /// # Errors
    /// The system's.
    pub fn root(&mut self, root: &Claim, bytes: &[u8], names: &[String]) -> Result<(), Error> {
        let place = called(root);
        let document = store::understand(bytes, Some(root), place, &mut self.found.faults);
        match is_index(&root.media_type) {
            true => self.index(document, names, 0),
            false => self.manifest(document, names, None, &Value::Null),
        }
    }

    fn index(&mut self, index: Document, names: &[String], depth: usize) -> Result<(), Error> {
        let json = index.json.clone();
        let place = index.place.clone();
        self.common(&index, "manifests", &["layers", "config"], is_index);
        self.found.indexes.push(index);
        let Some(entries) = json["manifests"].as_array() else { return Ok(()) };
        for (at, entry) in entries.iter().enumerate() {
            if self.found.images.len() + self.found.attachments.len() >= limits::MANIFESTS {
                let why = format!("it leads to more than {} manifests", limits::MANIFESTS);
                self.fault(Rule::Limit, &place, why);
                return Ok(());
            }
            let here = format!("{place}: manifests[{at}]");
            let Some(claim) = store::claim(entry, &here, &mut self.found.faults) else { continue };
            if self.left_out.contains(&claim.digest) {
                continue;
            }
            let mut names = names.to_vec();
            names.extend(name(&entry["annotations"]));
            let platform = platform(&entry["platform"]);
            if is_index(&claim.media_type) {
                if depth + 1 > DEPTH {
                    self.fault(
                        Rule::Limit,
                        &here,
                        format!("indexes lie more than {DEPTH} deep in each other"),
                    );
                    continue;
                }
                if self.found.indexes.iter().any(|known| known.digest == claim.digest) {
                    self.name_all(&claim.digest, &names);
                    continue;
                }
                let below = self.store.document(&claim, called(&claim), &mut self.found.faults)?;
                if let Some(below) = below {
                    self.index(below, &names, depth + 1)?;
                }
                continue;
            }
            if is_manifest(&claim.media_type) {
                if let Some(known) = self.image(&claim.digest) {
                    known.names.extend(names);
                    continue;
                }
                let below = self.store.document(&claim, called(&claim), &mut self.found.faults)?;
                if let Some(below) = below {
                    self.manifest(below, &names, platform, &entry["annotations"])?;
                }
                continue;
            }
            self.fault(Rule::MediaType, &here, format!("`{}` is no type of an image", claim.media_type));
        }
        Ok(())
    }

    fn manifest(
        &mut self,
        manifest: Document,
        names: &[String],
        platform: Option<String>,
        annotations: &Value,
    ) -> Result<(), Error> {
        let (json, place) = (manifest.json.clone(), manifest.place.clone());
        if json.is_null() {
            return Ok(());
        }
        self.common(&manifest, "layers", &["manifests"], is_manifest);
        let here = format!("{place}: config");
        let Some(config) = store::claim(&json["config"], &here, &mut self.found.faults) else {
            return Ok(());
        };
        let attestation = annotations[ATTESTATION[0]].as_str();
        let subject = json["subject"]["digest"].as_str().or(annotations[ATTESTATION[1]].as_str());
        let artifact = json["artifactType"].as_str().or(attestation);
        if artifact.is_some() || !is_image_config(&config.media_type) {
            let claim = manifest.claim.unwrap_or_else(|| of(&json, &manifest.digest, manifest.size));
            let subject = subject.and_then(|digest| digest.parse().ok());
            let attachment = Attachment::read(claim, artifact.unwrap_or_default(), &json);
            self.found.attachments.push(Attachment { subject, ..attachment });
            return Ok(());
        }
        let family = Family::of(manifest.claim.as_ref().map(|claim| claim.media_type.as_str()));
        self.family(family, &here, &config.media_type);
        let called = format!("configuration {}", config.digest);
        let Some(document) = self.store.document(&config, called, &mut self.found.faults)? else {
            return Ok(());
        };
        let settings = Config::read(&document, &mut self.found.faults);
        let claims = json["layers"].as_array().map_or(&[][..], Vec::as_slice);
        if claims.len() > limits::LAYERS {
            self.fault(Rule::Limit, &place, format!("it has more than {} layers", limits::LAYERS));
            return Ok(());
        }
        if claims.len() != settings.diff_ids.len() {
            let (here, there) = (claims.len(), settings.diff_ids.len());
            self.fault(Rule::DiffId, &place, format!("it has {here} layers, and its configuration {there}"));
        }
        let mut layers = Vec::new();
        for (at, claim) in claims.iter().enumerate() {
            let here = format!("{place}: layers[{at}]");
            let Some(claim) = store::claim(claim, &here, &mut self.found.faults) else { continue };
            self.family(family, &here, &claim.media_type);
            let blob = self.store.blob(&claim.digest, &mut self.found.faults);
            let place = format!("layer {} ({})", at + 1, claim.digest);
            if blob.is_none() {
                self.fault(Rule::Missing, &place, "it is not there".into());
            }
            layers.push(StoredLayer {
                diff_id: settings.diff_ids.get(at).cloned(),
                claim: Some(claim),
                blob,
                place,
            });
        }
        let names = names.to_vec();
        let manifest = Some(manifest);
        self.found.images.push(Stored { names, platform, manifest, config: document, settings, layers });
        Ok(())
    }

    /// What indexes and manifests have in common: their version, their own type, and that they are not both.
    fn common(&mut self, document: &Document, list: &str, others: &[&str], is: fn(&str) -> bool) {
        let (json, place) = (&document.json, &document.place);
        if json.is_null() {
            return; // said already
        }
        let mut faults = Vec::new();
        let mut add = |rule, why: String| faults.push(Fault::new(rule, place.clone(), why));
        if json["schemaVersion"].as_u64() != Some(2) {
            add(Rule::Document, "its `schemaVersion` is not 2".into());
        }
        if !json[list].is_array() {
            add(Rule::Document, format!("it has no list `{list}`"));
        }
        // Go reads `Layers` as `layers`, and then takes what comes last
        let known =
            ["schemaVersion", "mediaType", "artifactType", "manifests", "config", "layers", "subject"];
        let twin = |key: &&String| known.iter().any(|known| key.eq_ignore_ascii_case(known) && *key != known);
        if let Some(key) = json.as_object().into_iter().flat_map(|object| object.keys()).find(twin) {
            add(Rule::Json, format!("it has the key `{key}`, which some readers take for another"));
        }
        // a reader that goes by the keys would take it for the other (CVE-2021-41190)
        if let Some(other) = others.iter().find(|key| json.get(**key).is_some()) {
            add(
                Rule::MediaType,
                format!("it has `{list}` and `{other}`, and could be taken for another document"),
            );
        }
        match &json["mediaType"] {
            Value::Null => {}
            Value::String(own) => {
                let wanted = document.claim.as_ref().map(|claim| &claim.media_type);
                if wanted.is_some_and(|wanted| wanted != own) || !is(own) {
                    let wanted =
                        wanted.map_or("of another document".to_owned(), |wanted| format!("`{wanted}`"));
                    add(Rule::MediaType, format!("it calls itself `{own}`, and should be {wanted}"));
                }
            }
            _ => add(Rule::Document, "its `mediaType` is no text".into()),
        }
        self.found.faults.append(&mut faults);
    }

    /// Refuses a type of OCI's under a manifest of docker's, and the other way round: neither specification has it, and
    /// registries and runtimes that convert one into the other disagree.
    fn family(&mut self, family: Option<Family>, place: &str, media_type: &str) {
        if let (Some(family), Some(other)) = (family, Family::of(Some(media_type)))
            && family != other
        {
            let why = format!("`{media_type}` is no type that a manifest of its kind can have");
            self.fault(Rule::MediaType, place, why);
        }
    }

    fn image(&mut self, digest: &Digest) -> Option<&mut Stored> {
        let is =
            |image: &&mut Stored| image.manifest.as_ref().is_some_and(|manifest| manifest.digest == *digest);
        self.found.images.iter_mut().find(is)
    }

    /// Gives `names` to all images under the index with this digest, which was read before.
    fn name_all(&mut self, digest: &Digest, names: &[String]) {
        let index = self.found.indexes.iter().find(|known| known.digest == *digest);
        let below: Vec<Digest> = index
            .and_then(|index| index.json["manifests"].as_array())
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["digest"].as_str()?.parse().ok())
            .collect();
        for digest in &below {
            if let Some(image) = self.image(digest) {
                image.names.extend_from_slice(names);
            }
        }
    }

    fn fault(&mut self, rule: Rule, place: &str, why: String) {
        self.found.faults.push(Fault::new(rule, place, why));
    }
}

/// Who has specified a media type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Docker,
    Oci,
}

impl Family {
    fn of(media_type: Option<&str>) -> Option<Self> {
        let rest = media_type?.strip_prefix("application/vnd.")?;
        match rest.split('.').next() {
            Some("docker") => Some(Family::Docker),
            Some("oci") => Some(Family::Oci),
            _ => None,
        }
    }
}

/// Whether `media_type` is that of an index.
pub fn is_index(media_type: &str) -> bool {
    [INDEX, LIST].contains(&media_type)
}

/// Whether `media_type` is that of a manifest.
pub fn is_manifest(media_type: &str) -> bool {
    [MANIFEST, DOCKER].contains(&media_type)
}

/// Whether `media_type` is that of an image's configuration; a manifest with another is no image.
pub fn is_image_config(media_type: &str) -> bool {
    CONFIGS.contains(&media_type)
}

fn called(claim: &Claim) -> String {
    let what = if is_index(&claim.media_type) { "index" } else { "manifest" };
    format!("{what} {}", claim.digest)
}

fn of(json: &Value, digest: &Digest, size: u64) -> Claim {
    let media_type = json["mediaType"].as_str().unwrap_or(MANIFEST).to_owned();
    Claim { media_type, digest: digest.clone(), size }
}

/// The name in the annotations of an entry: containerd's, which is whole, or else the specification's.
fn name(annotations: &Value) -> Option<String> {
    let name = |key: &str| annotations[key].as_str().map(str::to_owned);
    name(FULL_NAME).or_else(|| name(REF_NAME))
}

/// `linux/arm/v7`; `None` where nothing is said, or that it is unknown.
fn platform(value: &Value) -> Option<String> {
    let part = |key: &str| value[key].as_str().filter(|part| !part.is_empty());
    let parts: Vec<_> = [part("os")?, part("architecture")?].into_iter().chain(part("variant")).collect();
    (parts[0] != "unknown").then(|| parts.join("/"))
}

//! `manifest.json`, which `docker save` writes and `docker load` reads (Docker image spec v1.2, "Combined Image JSON +
//! Filesystem Changeset Format").

use super::archive::{Member, Members};
use super::fault::{Fault, Rule};
use super::name;
use super::store;
use super::{Config, Found, Stored, StoredLayer, limits};
use crate::error::Error;
use crate::image::archive::Blob;
use serde_json::Value;

/// Adds the images that `manifest` tells of to `found`; those that an index told of before get the names they have
/// here, which are those that people type.
///
/// # Errors
/// The system's.
pub fn read(manifest: &Blob, members: &Members, found: &mut Found) -> Result<(), Error> {
    const PLACE: &str = "manifest.json";
    let Some(document) = store::read(manifest, None, PLACE.into(), &mut found.faults)? else { return Ok(()) };
    let json = document.json.clone();
    let told = found.images.len();
    found.indexes.push(document);
    let Some(entries) = json.as_array() else {
        if !json.is_null() {
            found.faults.push(Fault::new(Rule::Document, PLACE, "it is no list"));
        }
        return Ok(());
    };
    if entries.is_empty() || entries.len() > limits::MANIFESTS {
        found.faults.push(Fault::new(Rule::Document, PLACE, format!("it has {} images", entries.len())));
        return Ok(());
    }
    for (at, entry) in entries.iter().enumerate() {
        let place = format!("{PLACE}[{at}]");
        let Some(image) = image(entry, &place, members, &mut found.faults)? else { continue };
        if told == 0 {
            found.images.push(image);
            continue;
        }
        match found.images.iter_mut().find(|known| known.config.digest == image.config.digest) {
            Some(known) if same(known, &image) => known.names = image.names,
            Some(_) => {
                let why = "it has other layers for the image than `index.json`";
                found.faults.push(Fault::new(Rule::Container, place, why));
            }
            None => {
                let why = format!("it has an image that `index.json` has not: {}", image.config.digest);
                found.faults.push(Fault::new(Rule::Container, place, why));
                found.images.push(image);
            }
        }
    }
    Ok(())
}

fn image(
    entry: &Value,
    place: &str,
    members: &Members,
    faults: &mut Vec<Fault>,
) -> Result<Option<Stored>, Error> {
    let mut texts = |key: &str, required: bool| match &entry[key] {
        Value::Null if !required => Vec::new(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => {
            faults.push(Fault::new(Rule::Document, place, format!("`{key}` is no list of texts")));
            Vec::new()
        }
    };
    let (names, paths) = (texts("RepoTags", false), texts("Layers", true));
    let Some(config) = entry["Config"].as_str() else {
        faults.push(Fault::new(Rule::Document, place, "it has no `Config`"));
        return Ok(None);
    };
    let Some(blob) = member(members, config) else {
        let why = format!("its configuration is not there: {}", config.escape_debug());
        faults.push(Fault::new(Rule::Missing, place, why));
        return Ok(None);
    };
    let Some(document) = store::read(&blob, None, format!("configuration {config}"), faults)? else {
        return Ok(None);
    };
    // it is called by its own digest, `HEX.json` or `blobs/sha256/HEX`
    let called = config.rsplit('/').next().unwrap_or(config).trim_end_matches(".json");
    let is_hex = called.len() == 64 && called.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && called != document.digest.hex() {
        let why = format!("its digest is {}, and it is called by another", document.digest);
        faults.push(Fault::new(Rule::Digest, document.place.clone(), why));
    }
    let settings = Config::read(&document, faults);
    if paths.len() != settings.diff_ids.len() {
        let why = format!("it has {} layers, and its configuration {}", paths.len(), settings.diff_ids.len());
        faults.push(Fault::new(Rule::DiffId, place, why));
    }
    let mut layers = Vec::new();
    for (at, path) in paths.iter().enumerate().take(limits::LAYERS) {
        let blob = member(members, path);
        let layer = format!("layer {} ({path})", at + 1);
        if let Err(why) = name::path(path.as_bytes(), false) {
            faults.push(Fault::new(Rule::Path, layer.clone(), format!("it cannot be in the archive: {why}")));
        } else if blob.is_none() {
            faults.push(Fault::new(Rule::Missing, layer.clone(), "it is not there"));
        }
        layers.push(StoredLayer {
            claim: None,
            diff_id: settings.diff_ids.get(at).cloned(),
            blob,
            place: layer,
        });
    }
    Ok(Some(Stored { names, platform: None, manifest: None, config: document, settings, layers }))
}

/// The file at `path`, which may be a link to one beside it; nothing outside of the archive is ever looked for.
fn member(members: &Members, path: &str) -> Option<Blob> {
    let mut path = path.to_owned();
    for _ in 0..8 {
        let target = match members.get(&path)? {
            Member::File(blob) => return Some(blob.clone()),
            Member::Link(target) => target,
        };
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        // a hard link names a path from the top
        let beside = parts.join("/");
        path = if members.contains_key(&beside) { beside } else { target.clone() };
    }
    None
}

/// Whether the two have the same bytes for layers: at the same places of the archive.
fn same(one: &Stored, other: &Stored) -> bool {
    let place = |image: &Stored| -> Vec<_> {
        image.layers.iter().map(|layer| layer.blob.as_ref().map(Blob::range)).collect()
    };
    place(one) == place(other)
}

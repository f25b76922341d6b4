//! The names that lead to an image, and the platforms that choose between several: each of the right form, and of one
//! image alone.

use super::Faults;
use crate::content::{Document, Found, Rule};
use crate::image::manifest::{FULL_NAME, REF_NAME};
use crate::image::reference::Reference;
use serde_json::Value;
use std::collections::HashMap;

/// Tells what is wrong with the names of `found`.
pub fn check(found: &Found, faults: &mut Faults) {
    for document in &found.indexes {
        match &document.json {
            Value::Array(images) => images.iter().for_each(|image| tags(image, document, faults)),
            Value::Object(index) => {
                let entries = index.get("manifests").and_then(Value::as_array);
                let entries = entries.map_or(&[][..], Vec::as_slice);
                names(entries, document, faults);
                platforms(entries, document, faults);
            }
            _ => {}
        }
    }
}

/// `RepoTags` of `manifest.json`: docker loads no name without a tag (moby `image/tarexport/load.go`).
fn tags(image: &Value, document: &Document, faults: &mut Faults) {
    for name in
        image.get("RepoTags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
        let why = match name.parse::<Reference>() {
            Ok(_) if tagged => continue,
            Ok(_) => "it has no tag".to_owned(),
            Err(why) => why,
        };
        faults.add(
            Rule::Document,
            format!("{}: RepoTags", document.place),
            format!("`{name}` is no name: {why}"),
        );
    }
}

fn names(entries: &[Value], document: &Document, faults: &mut Faults) {
    let mut known: HashMap<&str, &Value> = HashMap::new();
    for entry in entries {
        let annotation = |key: &str| entry.get("annotations")?.get(key)?.as_str();
        let place = |key: &str| format!("{}: {key}", document.place);
        if let Some(name) = annotation(FULL_NAME)
            && let Err(why) = name.parse::<Reference>()
        {
            faults.add(Rule::Document, place(FULL_NAME), format!("`{name}` is no name: {why}"));
        }
        let Some(name) = annotation(REF_NAME) else { continue };
        if !is_ref_name(name) && name.parse::<Reference>().is_err() {
            let why = format!("`{name}` is none (OCI image spec, annotations.md)");
            faults.add(Rule::Document, place(REF_NAME), why);
        }
        if let Some(digest) = entry.get("digest")
            && known.insert(name, digest).is_some_and(|other| other != digest)
        {
            faults.add(Rule::Container, place(REF_NAME), format!("two images have the name `{name}`"));
        }
    }
}

/// Of two entries that nothing else tells apart, which one a reader takes is chance.
fn platforms(entries: &[Value], document: &Document, faults: &mut Faults) {
    let mut known: HashMap<String, &Value> = HashMap::new();
    for entry in entries {
        let named = entry.get("annotations").is_some_and(|annotations| annotations.get(REF_NAME).is_some());
        let Some(platform) = entry.get("platform").filter(|platform| platform.is_object() && !named) else {
            continue;
        };
        let part = |key: &str| platform.get(key).and_then(Value::as_str).unwrap_or_default();
        // what BuildKit gives to provenance, which is about an image and is none
        if part("os") == "unknown" || entry.get("artifactType").is_some() {
            continue;
        }
        let digest = entry.get("digest").unwrap_or(&Value::Null);
        if known.insert(platform.to_string(), digest).is_some_and(|other| other != digest) {
            let shown = [part("os"), part("architecture"), part("variant")];
            let shown = shown.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            faults.add(Rule::Platform, &document.place, format!("two images are for {shown}"));
        }
    }
}

/// The grammar of `org.opencontainers.image.ref.name` (OCI image spec, annotations.md).
fn is_ref_name(name: &str) -> bool {
    let part = |part: &str| {
        let words = part.replace("--", "-");
        words
            .split(['-', '.', '_', ':', '@', '+'])
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_layout_have_the_grammar_of_their_annotation() {
        for name in ["v1", "1.0", "latest", "ghcr.io/me/app:1.0", "a--b", "a@sha256:00", "1.0.0+build"] {
            assert!(is_ref_name(name), "{name}");
        }
        for name in ["", "a b", "a//b", "/a", "a..b", "é", "a-", "a\n"] {
            assert!(!is_ref_name(name), "{name}");
        }
    }
}

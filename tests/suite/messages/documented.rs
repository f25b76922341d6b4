//! The schema, its page of documentation and the source have the same reasons.

use crate::support::schema;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/json.md")).unwrap()
}

#[test]
fn the_page_has_an_example_of_every_reason_as_the_schema_wants_it() {
    let page = page();
    let examples: Vec<Value> =
        page.lines().filter(|line| line.starts_with('{')).flat_map(schema::objects).collect();
    let reasons: Vec<_> =
        examples.iter().map(|example| example["reason"].as_str().unwrap().to_owned()).collect();
    assert_eq!(reasons, schema::reasons(), "one example each, in the order of the schema");
    let rows =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(reason, _)| reason);
    assert_eq!(rows.collect::<Vec<_>>(), schema::reasons());
}

#[test]
fn the_source_gives_the_reasons_of_the_schema_and_no_other() {
    let mut given = BTreeSet::new();
    let mut waiting: Vec<PathBuf> =
        ["src/report.rs", "src/report", "src/commands", "src/ui.rs"].map(|path| root().join(path)).into();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for mark in ["\"reason\": \"", "tell(\""] {
            given.extend(text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    assert_eq!(given, schema::reasons().into_iter().collect());
}

#[test]
fn every_key_of_the_schema_says_what_it_is() {
    fn walk(schema: &Value, place: &str) {
        for (key, own) in schema["properties"].as_object().into_iter().flatten() {
            assert!(own["description"].as_str().is_some_and(|text| text.ends_with('.')), "{place}.{key}");
            walk(own, &format!("{place}.{key}"));
        }
        if schema["items"].is_object() {
            walk(&schema["items"], &format!("{place}[]"));
        }
    }
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema::file()).unwrap()).unwrap();
    walk(&schema, "");
    for (name, own) in schema["$defs"].as_object().unwrap() {
        assert!(own["description"].is_string(), "{name}");
        walk(own, name);
    }
}

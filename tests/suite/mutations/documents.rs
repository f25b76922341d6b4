//! Faults of documents: JSON, what it must say, media types.

use super::editor::Change;
use super::{Base, Row, row};
use cargo_scratch::content::Rule;
use serde_json::json;

fn gzip(base: &Base) -> bool {
    base.compression == "gzip"
}

fn none(base: &Base) -> bool {
    base.compression == "none"
}

fn one(base: &Base) -> bool {
    base.platforms == 1
}

fn two(base: &Base) -> bool {
    base.platforms == 2
}

/// Puts `text` after the first brace.
fn opened(document: &mut String, text: &str) {
    document.insert_str(1, text);
}

pub const ROWS: &[Row] = &[
    row(
        "a manifest has a key twice",
        Change::ManifestText(|text| opened(text, r#""schemaVersion":2,"#)),
        Rule::Json,
        "schemaVersion",
    ),
    row(
        "a configuration has a key twice, deep inside",
        Change::ConfigText(|text| {
            *text = text.replacen(r#""User":"#, r#""User":"0:0","User":"#, 1);
        }),
        Rule::Json,
        "User",
    ),
    row(
        "an index has a key twice",
        Change::IndexText(|text| opened(text, r#""schemaVersion":2,"#)),
        Rule::Json,
        "schemaVersion",
    ),
    row(
        "a configuration is nested a hundred thousand times",
        Change::ConfigText(|text| {
            opened(text, &format!(r#""x":{}{},"#, "[".repeat(100_000), "]".repeat(100_000)));
        }),
        Rule::Json,
        "config",
    ),
    row(
        "a manifest goes on behind its end",
        Change::ManifestText(|text| text.push_str("{}")),
        Rule::Json,
        "manifest",
    ),
    row(
        "a manifest begins with a byte order mark",
        Change::ManifestText(|text| text.insert(0, '\u{feff}')),
        Rule::Json,
        "manifest",
    ),
    row(
        "a manifest is a list",
        Change::ManifestText(|text| *text = format!("[{text}]")),
        Rule::Document,
        "manifest",
    ),
    row(
        "a manifest is an index too",
        Change::Manifest(|manifest| manifest["manifests"] = json!([])),
        Rule::MediaType,
        "manifests",
    ),
    row(
        "an index is a manifest too",
        Change::Index(|index| index["layers"] = json!([])),
        Rule::MediaType,
        "layers",
    ),
    row(
        "a manifest has version 1",
        Change::Manifest(|manifest| manifest["schemaVersion"] = json!(1)),
        Rule::Document,
        "schemaVersion",
    ),
    row(
        "a version is a text",
        Change::Manifest(|manifest| manifest["schemaVersion"] = json!("2")),
        Rule::Document,
        "schemaVersion",
    ),
    row(
        "a manifest has no configuration",
        Change::Manifest(|manifest| drop(manifest.as_object_mut().unwrap().remove("config"))),
        Rule::Document,
        "config",
    ),
    row(
        "a manifest has no layers",
        Change::Manifest(|manifest| drop(manifest.as_object_mut().unwrap().remove("layers"))),
        Rule::Document,
        "layers",
    ),
    row(
        "a descriptor has no size",
        Change::Manifest(|manifest| drop(manifest["layers"][1].as_object_mut().unwrap().remove("size"))),
        Rule::Document,
        "size",
    ),
    row(
        "a size is below zero",
        Change::Manifest(|manifest| manifest["layers"][1]["size"] = json!(-1)),
        Rule::Document,
        "size",
    ),
    row(
        "a size is a fraction",
        Change::Manifest(|manifest| manifest["layers"][1]["size"] = json!(1.5)),
        Rule::Document,
        "size",
    ),
    row(
        "a size is one more",
        Change::Manifest(|manifest| {
            let size = manifest["layers"][1]["size"].as_u64().unwrap();
            manifest["layers"][1]["size"] = json!(size + 1);
        }),
        Rule::Size,
        "layer 2",
    ),
    row(
        "a size is beyond all files",
        Change::Manifest(|manifest| manifest["layers"][1]["size"] = json!(1_u64 << 63)),
        Rule::Document,
        "size",
    ),
    row(
        "the size of a configuration is another",
        Change::Manifest(|manifest| manifest["config"]["size"] = json!(3)),
        Rule::Size,
        "config",
    ),
    row(
        "the size of a manifest is another",
        Change::Index(|index| {
            for entry in index["manifests"].as_array_mut().unwrap() {
                entry["size"] = json!(3);
            }
        }),
        Rule::Size,
        "",
    ),
    row(
        "a digest leads out of the folder",
        Change::Manifest(|manifest| manifest["layers"][1]["digest"] = json!("sha256:../../../../etc/passwd")),
        Rule::Document,
        "digest",
    ),
    row(
        "a digest has capital letters",
        Change::Manifest(|manifest| {
            let digest =
                manifest["layers"][1]["digest"].as_str().unwrap().to_uppercase().replace("SHA256", "sha256");
            manifest["layers"][1]["digest"] = json!(digest);
        }),
        Rule::Document,
        "digest",
    ),
    row(
        "a digest is of another kind",
        Change::Manifest(|manifest| {
            manifest["layers"][1]["digest"] = json!(format!("md5:{}", "0".repeat(32)))
        }),
        Rule::Document,
        "digest",
    ),
    row(
        "a layer is another's",
        Change::Manifest(|manifest| manifest["layers"][1] = manifest["layers"][0].clone()),
        Rule::DiffId,
        "layer 2",
    ),
    row(
        "two layers have changed places",
        Change::Manifest(|manifest| manifest["layers"].as_array_mut().unwrap().swap(0, 1)),
        Rule::DiffId,
        "layer 1",
    ),
    row(
        "a configuration is a layer",
        Change::Manifest(|manifest| {
            for key in ["digest", "size"] {
                manifest["config"][key] = manifest["layers"][0][key].clone();
            }
        }),
        Rule::Json,
        "config",
    ),
    row(
        "a compressed layer says that it is not",
        Change::Manifest(|manifest| {
            manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar");
        }),
        Rule::MediaType,
        "layer 1",
    )
    .of(gzip),
    row(
        "a plain layer says that it is compressed",
        Change::Manifest(|manifest| {
            manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
        }),
        Rule::MediaType,
        "layer 1",
    )
    .of(none),
    row(
        "a layer is of a kind that nobody knows",
        Change::Manifest(|manifest| {
            manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.zip");
        }),
        Rule::MediaType,
        "zip",
    ),
    row(
        "a manifest of OCI's has a layer of docker's",
        Change::Manifest(|manifest| {
            manifest["layers"][0]["mediaType"] = json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
        }),
        Rule::MediaType,
        "docker",
    )
    .of(gzip),
    row(
        "a manifest of OCI's has a configuration of docker's",
        Change::Manifest(|manifest| {
            manifest["config"]["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
        }),
        Rule::MediaType,
        "docker",
    ),
    row(
        "a manifest says that it is docker's, and its index that it is OCI's",
        Change::Manifest(|manifest| {
            manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
        }),
        Rule::MediaType,
        "manifest",
    ),
    row(
        "a manifest says that it is an index",
        Change::Manifest(|manifest| {
            manifest["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        }),
        Rule::MediaType,
        "manifest",
    ),
    row(
        "an index says of a manifest that it is an index",
        Change::Index(|index| {
            for entry in index["manifests"].as_array_mut().unwrap() {
                entry["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
            }
        }),
        Rule::MediaType,
        "",
    )
    .of(one),
    row(
        "an index has a platform that its image has not",
        Change::Platforms(|index| {
            index["manifests"][0]["platform"]["architecture"] = json!("riscv64");
        }),
        Rule::Platform,
        "riscv64",
    )
    .of(two),
    row(
        "a layout has a platform that its image has not",
        Change::Index(|index| {
            index["manifests"][0]["platform"]["architecture"] = json!("riscv64");
        }),
        Rule::Platform,
        "riscv64",
    )
    .of(one),
    row(
        "a diff id is another",
        Change::Config(|config| {
            config["rootfs"]["diff_ids"][0] = json!(format!("sha256:{}", "0".repeat(64)));
        }),
        Rule::DiffId,
        "layer 1",
    ),
    row(
        "two diff ids have changed places",
        Change::Config(|config| {
            config["rootfs"]["diff_ids"].as_array_mut().unwrap().swap(1, 2);
        }),
        Rule::DiffId,
        "layer 2",
    ),
    row(
        "a diff id is missing",
        Change::Config(|config| drop(config["rootfs"]["diff_ids"].as_array_mut().unwrap().pop())),
        Rule::DiffId,
        "",
    ),
    row(
        "a diff id is too many",
        Change::Config(|config| {
            let ids = config["rootfs"]["diff_ids"].as_array_mut().unwrap();
            ids.push(ids[0].clone());
        }),
        Rule::DiffId,
        "",
    ),
    row(
        "a diff id is none",
        Change::Config(|config| config["rootfs"]["diff_ids"][0] = json!("sha256:0")),
        Rule::Document,
        "diff_ids",
    ),
    row(
        "the layers are of an unknown kind",
        Change::Config(|config| config["rootfs"]["type"] = json!("tree")),
        Rule::Document,
        "rootfs",
    ),
    row(
        "the history has a line too many",
        Change::Config(|config| {
            config["history"].as_array_mut().unwrap().push(json!({ "created_by": "nobody" }));
        }),
        Rule::History,
        "history",
    ),
    row(
        "the history has a line too few",
        Change::Config(|config| drop(config["history"].as_array_mut().unwrap().pop())),
        Rule::History,
        "history",
    ),
    row(
        "the history says that a layer is empty",
        Change::Config(|config| config["history"][1]["empty_layer"] = json!(true)),
        Rule::History,
        "history",
    ),
    row(
        "a time is none",
        Change::Config(|config| config["created"] = json!("yesterday")),
        Rule::Document,
        "created",
    ),
    row(
        "a configuration has no architecture",
        Change::Config(|config| drop(config.as_object_mut().unwrap().remove("architecture"))),
        Rule::Document,
        "architecture",
    ),
];

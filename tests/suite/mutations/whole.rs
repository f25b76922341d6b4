//! Faults of the archive or layout, and of blobs against their names.

use super::editor::{Change, Files};
use super::{Row, row};
use cargo_scratch::content::Rule;
use serde_json::{Value, json};

fn docker(base: &super::Base) -> bool {
    base.form == "docker-archive"
}

fn archive(base: &super::Base) -> bool {
    base.form != "oci-dir"
}

fn two(base: &super::Base) -> bool {
    base.platforms == 2
}

/// The digest that `pick` finds in the manifest of the first image.
fn blob(files: &Files, pick: fn(&Value) -> &Value) -> usize {
    let manifest = |bytes: &[u8]| {
        let json: Value = serde_json::from_slice(bytes).ok()?;
        json["layers"].is_array().then_some(json)
    };
    let manifest = files.iter().find_map(|(_, bytes)| manifest(bytes)).unwrap();
    let path = pick(&manifest)["digest"].as_str().unwrap().replace("sha256:", "blobs/sha256/");
    files.iter().position(|(name, _)| *name == path).unwrap()
}

fn config(files: &Files) -> usize {
    blob(files, |manifest| &manifest["config"])
}

fn layer(files: &Files) -> usize {
    blob(files, |manifest| &manifest["layers"][2])
}

fn named<'a>(files: &'a mut Files, name: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(path, _)| path == name).unwrap().1
}

pub const ROWS: &[Row] = &[
    row(
        "a bit of a layer is another",
        Change::Files(|files| {
            let at = layer(files);
            let middle = files[at].1.len() / 2;
            files[at].1[middle] ^= 1;
        }),
        Rule::Digest,
        "layer 3",
    ),
    row(
        "a bit of a configuration is another",
        Change::Files(|files| {
            let at = config(files);
            let text = String::from_utf8(files[at].1.clone()).unwrap().replace("65532:65532", "65533:65532");
            files[at].1 = text.into_bytes();
        }),
        Rule::Digest,
        "config",
    ),
    row(
        "a layer is cut short",
        Change::Files(|files| {
            let at = layer(files);
            files[at].1.pop();
        }),
        Rule::Size,
        "layer 3",
    ),
    row(
        "a layer has a byte too many",
        Change::Files(|files| {
            let at = layer(files);
            files[at].1.push(0);
        }),
        Rule::Size,
        "layer 3",
    ),
    row(
        "a layer is not there",
        Change::Files(|files| {
            let at = layer(files);
            files.remove(at);
        }),
        Rule::Missing,
        "layer 3",
    ),
    row(
        "a configuration is not there",
        Change::Files(|files| {
            let at = config(files);
            files.remove(at);
        }),
        Rule::Missing,
        "config",
    ),
    row(
        "a manifest is not there",
        Change::Index(|index| {
            for entry in index["manifests"].as_array_mut().unwrap() {
                entry["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
            }
        }),
        Rule::Missing,
        "sha256:0000",
    ),
    row(
        "the layout has a version of the future",
        Change::Files(|files| {
            *named(files, "oci-layout") = br#"{"imageLayoutVersion":"9.9.9"}"#.to_vec();
        }),
        Rule::Container,
        "9.9.9",
    ),
    row(
        "the layout has no version",
        Change::Files(|files| *named(files, "oci-layout") = b"{}".to_vec()),
        Rule::Container,
        "oci-layout",
    ),
    row(
        "the index is no JSON",
        Change::Files(|files| *named(files, "index.json") = b"manifests".to_vec()),
        Rule::Json,
        "index.json",
    ),
    row(
        "manifest.json and index.json have other layers",
        Change::Docker(|docker| {
            docker[0]["Layers"].as_array_mut().unwrap().swap(0, 1);
        }),
        Rule::Container,
        "manifest.json",
    )
    .of(docker),
    row(
        "manifest.json has a layer less",
        Change::Docker(|docker| {
            docker[0]["Layers"].as_array_mut().unwrap().pop();
        }),
        Rule::Container,
        "manifest.json",
    )
    .of(docker),
    row(
        "manifest.json has the configuration of another image",
        Change::Docker(|docker| {
            docker[0]["Config"] = docker[0]["Layers"][0].clone();
        }),
        Rule::Container,
        "manifest.json",
    )
    .of(docker),
    row(
        "manifest.json leads out of the archive",
        Change::Docker(|docker| {
            docker[0]["Layers"][0] = json!("../../etc/passwd");
        }),
        Rule::Path,
        "../../etc/passwd",
    )
    .of(docker),
    row(
        "manifest.json has a key twice",
        Change::DockerText(|text| *text = text.replacen('{', r#"{"Config":"x","#, 1)),
        Rule::Json,
        "Config",
    )
    .of(docker),
    row(
        "manifest.json has a name that is none",
        Change::Docker(|docker| {
            docker[0]["RepoTags"] = json!(["Hello World:1"]);
        }),
        Rule::Document,
        "Hello World:1",
    )
    .of(docker),
    row(
        "a name of the index is none",
        Change::Index(|index| {
            index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = json!("a b");
        }),
        Rule::Document,
        "a b",
    ),
    row(
        "two images have one name",
        Change::Index(|index| {
            let mut other = index["manifests"][0].clone();
            other["digest"] = json!(format!("sha256:{}", "1".repeat(64)));
            index["manifests"].as_array_mut().unwrap().push(other);
        }),
        Rule::Container,
        "ref.name",
    ),
    row(
        "two images are for one platform",
        Change::Platforms(|index| {
            let platform = index["manifests"][0]["platform"].clone();
            index["manifests"][1]["platform"] = platform;
        }),
        Rule::Platform,
        "linux/amd64",
    )
    .of(two),
    row(
        "an archive is cut within a file",
        Change::Archive(|tar| tar.truncate(tar.len() - 1024 - 500)),
        Rule::Container,
        "",
    )
    .of(archive),
    row(
        "an archive has a file twice",
        Change::Files(|files| {
            let again = files.iter().find(|(name, _)| name == "index.json").unwrap().clone();
            files.push(again);
        }),
        Rule::Container,
        "index.json",
    )
    .of(archive),
    row(
        "a header of the archive has another checksum",
        Change::Archive(|tar| {
            let last = tar.len() - 2048;
            tar[last + 148] ^= 1;
        }),
        Rule::Container,
        "",
    )
    .of(archive),
    row(
        "an archive goes on behind its end",
        Change::Archive(|tar| tar.extend_from_slice(&[1; 512])),
        Rule::Container,
        "",
    )
    .of(archive),
];

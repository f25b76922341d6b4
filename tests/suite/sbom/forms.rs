//! Which documents there are, and of which image each is.

use super::Documents;
use crate::support::{Archive, Fake};
use serde_json::Value;
use std::fs;

fn endings(fake: &Fake) -> Vec<String> {
    fake.listing().into_iter().filter(|name| name.starts_with("out.") && name.ends_with("x.json")).collect()
}

#[test]
fn h5_the_forms_that_are_asked_for_are_written_and_name_the_image() {
    let fake = Fake::new("app", "license = \"MIT/Apache-2.0\"\n");
    let archive = fake.pack(&[]);
    assert_eq!(endings(&fake), ["out.cdx.json", "out.spdx.json"]);
    let documents = Documents::beside(&archive);
    let manifest = Archive::read(&archive).index["manifests"][0]["digest"].clone();
    let image = &documents.cyclonedx["metadata"]["component"];
    assert_eq!((&image["version"], &image["type"]), (&manifest, &Value::from("container")));
    assert_eq!(documents.spdx["packages"][0]["versionInfo"], manifest);
    assert_eq!(documents.packages(), [("app".to_owned(), "0.1.0".to_owned())].into());
    assert_eq!(documents.component("app")["licenses"][0]["expression"], "MIT OR Apache-2.0");
    let std = documents.component("std");
    assert!(std["version"].as_str().unwrap().starts_with("1."), "{std}");
    let commit = std["externalReferences"][0]["comment"].as_str().unwrap();
    assert_eq!(commit.len(), "commit ".len() + 40, "{commit}");

    for (words, expected) in [
        (&["--sbom", "none"][..], &[][..]),
        (&["--sbom", "spdx"], &["out.spdx.json"]),
        (&["--sbom=cyclonedx,spdx"], &["out.cdx.json", "out.spdx.json"]),
    ] {
        for name in endings(&fake) {
            fs::remove_file(fake.path(&name)).unwrap();
        }
        fake.pack(words);
        assert_eq!(endings(&fake), expected, "{words:?}");
    }
}

#[test]
fn h5_the_same_program_has_the_same_documents_wherever_it_is_built() {
    let [first, second] = [(), ()].map(|()| Fake::new("app", "[dependencies]\nitoa = \"1\"\n"));
    for fake in [&first, &second] {
        fake.tree(&format!("app v0.1.0 ({})|\n", fake.path("").display()));
        fake.pack(&[]);
    }
    for name in ["out.cdx.json", "out.spdx.json"] {
        let [one, other] = [&first, &second].map(|fake| fs::read_to_string(fake.path(name)).unwrap());
        assert!(one == other && one.ends_with("}\n"), "{name}: {one}");
    }
}

#[test]
fn h5_where_cargo_cannot_tell_who_depends_on_whom_the_document_says_so() {
    let fake = Fake::new("app", "[dependencies]\nitoa = \"1\"\n"); // and no tree
    let documents = Documents::beside(&fake.pack(&[]));
    let unknown = &documents.cyclonedx["compositions"][0];
    assert_eq!(
        (&unknown["aggregate"], &unknown["dependencies"][0]),
        (&Value::from("unknown"), &Value::from("pkg:cargo/app@0.1.0"),)
    );
    assert_eq!(documents.packages(), [("app".to_owned(), "0.1.0".to_owned())].into());
    assert!(documents.spdx["relationships"].to_string().contains("\"NOASSERTION\""));
}

#[test]
fn h5_the_time_of_the_image_is_that_of_its_documents() {
    let fake = Fake::new("app", "");
    let mut command = fake.command(["-o", "out.tar"]);
    command.env("SOURCE_DATE_EPOCH", "1700000000");
    assert!(command.status().unwrap().success());
    let documents = Documents::beside(&fake.path("out.tar"));
    assert_eq!(documents.cyclonedx["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(documents.spdx["creationInfo"]["created"], "2023-11-14T22:13:20Z");
}

#[test]
fn h5_each_platform_has_documents_of_its_own() {
    let fake = Fake::new("app", "");
    fake.pack(&["--platform", "linux/amd64,linux/arm64"]);
    let all = [
        "out.linux-amd64.cdx.json",
        "out.linux-amd64.spdx.json",
        "out.linux-arm64.cdx.json",
        "out.linux-arm64.spdx.json",
    ];
    assert_eq!(endings(&fake), all);
    let images = Archive::read_all(&fake.path("out.tar"));
    for (platform, architecture) in [("linux-amd64", "amd64"), ("linux-arm64", "arm64")] {
        let documents = Documents::beside(&fake.path(&format!("out.{platform}.tar")));
        let image = &documents.cyclonedx["metadata"]["component"];
        assert!(image["purl"].as_str().unwrap().ends_with(&format!("?arch={architecture}")), "{image}");
        let blob = image["version"].as_str().unwrap().replace("sha256:", "blobs/sha256/");
        let own = images.iter().find(|image| image.config["architecture"] == architecture).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&own.files[&blob]).unwrap(), own.manifest);
    }
}

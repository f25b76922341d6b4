//! CycloneDX 1.6 as JSON (ECMA-424; the schema `bom-1.6.schema.json`).
//!
//! The document is about the image, a `container`; what was compiled into its program are the components.

use super::identity::uuid;
use super::party::{self, Person, Supplier};
use super::purl;
use super::{Compiler, Inventory, License, Package, Provided, Source, Subject, TOOL, text};
use crate::error::Error;
use serde_json::{Map, Value, json};

/// The document about `subject`, whose program `inventory` was compiled into.
///
/// # Errors
/// None that can be thought of: it is written to memory.
pub fn document(inventory: &Inventory, subject: &Subject<'_>) -> Result<Vec<u8>, Error> {
    let mut document = whole(inventory, subject);
    let serial = uuid(document.to_string().as_bytes());
    document["serialNumber"] = format!("urn:uuid:{serial}").into();
    text(&document)
}

fn whole(inventory: &Inventory, subject: &Subject<'_>) -> Value {
    let refs = refs(inventory);
    let project = inventory.root().map_or(subject.bin, |root| &root.name);
    let mut components = Vec::new();
    for (at, package) in inventory.packages.iter().enumerate() {
        let kind = if Some(at) == inventory.root { "application" } else { "library" };
        components.push(component(package, kind, &refs[at], project));
    }
    components.push(std(inventory.compiler.as_ref()));
    let own = refs.iter().skip(inventory.packages.len());
    components.extend(inventory.provided.iter().zip(own).map(|(library, name)| provided(library, name)));
    let (name, version) = TOOL;
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": subject.created,
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": name, "version": version}]},
            "component": image(inventory, subject, project),
            "properties": [{"name": "cargo-scratch:target", "value": inventory.target}],
        },
        "components": components,
        "dependencies": dependencies(inventory, subject, &refs),
    });
    if !inventory.related {
        let image = purl::image(subject);
        let root = inventory.root.and_then(|root| refs.get(root)).unwrap_or(&image);
        document["compositions"] = json!([{"aggregate": "unknown", "dependencies": [root]}]);
    }
    document
}

/// The names by which the document speaks of its packages and then of what was provided, each another: a library may have
/// come out of a package that is among the packages itself.
fn refs(inventory: &Inventory) -> Vec<String> {
    let mut refs: Vec<String> = Vec::new();
    let provided = inventory.provided.iter().map(purl::provided);
    for purl in inventory.packages.iter().map(purl::package).chain(provided) {
        let twins = refs.iter().filter(|known| known.split('#').next() == Some(&purl)).count();
        refs.push(if twins == 0 { purl } else { format!("{purl}#{twins}") });
    }
    refs
}

fn image(inventory: &Inventory, subject: &Subject<'_>, project: &str) -> Value {
    let supplier = inventory.root().map(|root| party::supplier(root, project));
    let supplier = supplier.as_ref().map_or(project, Supplier::name);
    json!({
        "type": "container",
        "bom-ref": purl::image(subject),
        "name": subject.bin,
        "version": subject.manifest.to_string(),
        "supplier": {"name": supplier},
        "hashes": [{"alg": "SHA-256", "content": subject.manifest.hex()}],
        "purl": purl::image(subject),
    })
}

fn component(package: &Package, kind: &str, name: &str, project: &str) -> Value {
    let about = &package.about;
    let mut component = json!({
        "type": kind,
        "bom-ref": name,
        "name": package.name,
        "version": package.version,
        "scope": if package.builds { "excluded" } else { "required" },
        "supplier": {"name": party::supplier(package, project).name()},
        "purl": purl::package(package),
    });
    let mut put = |key: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            component[key] = value;
        }
    };
    put("description", about.description.as_deref().into());
    put("authors", party::authors(package).iter().map(author).collect());
    put("licenses", licenses(&about.license));
    put("hashes", package.checksum.iter().map(|hex| json!({"alg": "SHA-256", "content": hex})).collect());
    put("externalReferences", references(package).into());
    let feature = |feature: &String| json!({"name": "cargo-scratch:feature", "value": feature});
    put("properties", package.features.iter().map(feature).collect());
    component
}

fn author(person: &Person<'_>) -> Value {
    match person.mail {
        Some(mail) => json!({"name": person.name, "email": mail}),
        None => json!({"name": person.name}),
    }
}

fn licenses(license: &License) -> Value {
    match license {
        License::Expression(text) => json!([{"expression": text}]),
        License::Named(text) => json!([{"license": {"name": text}}]),
        License::File(path) => json!([{"license": {"name": format!("see {path} in the package")}}]),
        License::Unsaid => Value::Null,
    }
}

fn references(package: &Package) -> Vec<Value> {
    let mut references = Vec::new();
    if let Source::Git { url: Some(url), commit } = &package.source {
        let mut vcs = json!({"type": "vcs", "url": url.to_string()});
        if !commit.is_empty() {
            vcs["comment"] = format!("commit {commit}").into();
        }
        references.push(vcs);
    }
    for (kind, url) in [("vcs", &package.about.repository), ("website", &package.about.homepage)] {
        let known = |url: &str| references.iter().any(|one: &Value| one["url"] == url);
        if let Some(url) = url.as_ref().map(ToString::to_string).filter(|url| !known(url)) {
            references.push(json!({"type": kind, "url": url}));
        }
    }
    references
}

fn std(compiler: Option<&Compiler>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": STD,
        "name": "std",
        "description": "The Rust standard library",
        "scope": "required",
        "supplier": {"name": super::RUST.supplier},
        "licenses": [{"expression": super::RUST.license}],
    });
    let mut vcs = json!({"type": "vcs", "url": super::RUST.repository});
    if let Some(compiler) = compiler {
        component["version"] = compiler.version.as_str().into();
        component["purl"] = purl::std(&compiler.version).into();
        if let Some(cpe) = compiler.cpe() {
            component["cpe"] = cpe.into();
        }
        if let Some(commit) = &compiler.commit {
            vcs["comment"] = format!("commit {commit}").into();
        }
    }
    component["externalReferences"] = json!([vcs]);
    component
}

/// The name by which the document speaks of the standard library.
const STD: &str = "std";

fn provided(library: &Provided, name: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": name,
        "name": library.package,
        "version": library.version,
        "description": format!("{}, provided by {}", library.name, TOOL.0),
        "scope": "required",
        "supplier": {"name": party::CRATES_IO},
        "licenses": [{"expression": library.license}],
        "purl": purl::provided(library),
    })
}

fn dependencies(inventory: &Inventory, subject: &Subject<'_>, refs: &[String]) -> Vec<Value> {
    let mut all: Map<String, Value> = Map::new();
    let (packages, libraries) = refs.split_at(inventory.packages.len());
    // where it is not known which of the packages the program is, the image has all of them
    let whole = inventory.root.map_or(packages, |root| packages.get(root..=root).unwrap_or_default());
    all.insert(purl::image(subject), json!(whole));
    for (at, package) in inventory.packages.iter().enumerate() {
        let mut below: Vec<String> = package.dependencies.iter().map(|&below| refs[below].clone()).collect();
        below.extend((Some(at) == inventory.root).then(|| STD.to_owned()));
        let provided = inventory.provided.iter().zip(libraries).filter(|(one, _)| one.by.contains(&at));
        below.extend(provided.map(|(_, name)| name.clone()));
        below.sort_unstable();
        all.insert(refs[at].clone(), json!(below));
    }
    all.insert(STD.to_owned(), json!([]));
    all.extend(libraries.iter().map(|name| (name.clone(), json!([]))));
    all.into_iter().map(|(name, below)| json!({"ref": name, "dependsOn": below})).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, subject};
    use super::*;
    use crate::image::digest::Digest;

    fn made(inventory: &Inventory) -> Value {
        let digest = Digest::of(b"manifest");
        serde_json::from_slice(&document(inventory, &subject(&digest)).unwrap()).unwrap()
    }

    #[test]
    fn h5_every_package_is_a_component_with_its_scope_source_and_licence() {
        let document = made(&sample());
        let of = |name: &str| {
            let all = document["components"].as_array().unwrap();
            all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
        };
        assert_eq!((&of("app")["type"], &of("app")["scope"]), (&json!("application"), &json!("required")));
        assert_eq!(of("app")["licenses"], json!([{"license": {"name": "Proprietary"}}]));
        assert_eq!(of("app")["authors"], json!([{"name": "Ada", "email": "ada@example.org"}]));
        let own = json!([{"type": "vcs", "url": "https://example.org/ada/app"}]);
        assert_eq!(of("app")["externalReferences"], own);
        assert_eq!(of("derive")["scope"], "excluded");
        assert_eq!(of("derive")["hashes"][0]["content"], "ab".repeat(32));
        assert_eq!(of("derive")["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
        assert_eq!(of("gitted")["externalReferences"][0]["comment"], "commit 0123");
        assert_eq!(of("sys_lib")["properties"][1]["value"], "std");
        assert_eq!(
            (&of("std")["version"], &of("std")["cpe"]),
            (&json!("1.95.0"), &json!("cpe:2.3:a:rust-lang:rust:1.95.0:*:*:*:*:*:*:*"),)
        );
        assert_eq!(of("openssl-src")["licenses"], json!([{"expression": "Apache-2.0"}]));
        assert_eq!(document["components"].as_array().unwrap().len(), 7);
    }

    #[test]
    fn h5_the_image_leads_to_its_program_and_that_to_all_else() {
        let document = made(&sample());
        let image = &document["metadata"]["component"];
        assert_eq!(image["version"], Digest::of(b"manifest").to_string());
        let below = |name: &Value| {
            let all = document["dependencies"].as_array().unwrap();
            all.iter().find(|one| one["ref"] == *name).unwrap()["dependsOn"].clone()
        };
        assert_eq!(below(&image["bom-ref"]), json!(["pkg:cargo/app@0.1.0"]));
        let app = below(&json!("pkg:cargo/app@0.1.0"));
        assert_eq!(app.as_array().unwrap().len(), 4);
        assert!(app.as_array().unwrap().contains(&json!("std")));
        let sys = json!("pkg:cargo/sys_lib@2.0.0?repository_url=sparse%2Bhttps://registry.example.org/");
        assert_eq!(below(&sys), json!(["pkg:cargo/openssl-src@300.6.1"]));
    }

    #[test]
    fn its_identity_follows_from_its_content_and_what_is_not_known_is_said() {
        let inventory = sample();
        let serial = made(&inventory)["serialNumber"].clone();
        assert!(serial.as_str().unwrap().starts_with("urn:uuid:"));
        assert_eq!(serial, made(&inventory)["serialNumber"]);
        let mut other = inventory.clone();
        other.packages[1].version = "1.0.1".into();
        other.related = false;
        other.compiler = None;
        let other = made(&other);
        assert_ne!(serial, other["serialNumber"]);
        assert_eq!(other["compositions"][0]["aggregate"], "unknown");
        assert!(made(&inventory)["compositions"].is_null());
    }

    #[test]
    fn of_a_repository_whose_commit_or_address_is_not_known_nothing_is_made_up() {
        let mut inventory = sample();
        let references = |inventory: &Inventory| {
            let all = made(inventory)["components"].as_array().unwrap().clone();
            all.iter().find(|one| one["name"] == "gitted").unwrap()["externalReferences"].clone()
        };
        let Source::Git { url, .. } = inventory.packages[2].source.clone() else { panic!() };
        inventory.packages[2].source = Source::Git { url, commit: String::new() };
        assert_eq!(references(&inventory), json!([{"type": "vcs", "url": "https://example.org/ada/gitted"}]));
        inventory.packages[2].source = Source::Git { url: None, commit: "0123".into() };
        assert_eq!(references(&inventory), Value::Null);
    }

    #[test]
    fn two_packages_of_one_name_and_version_are_two_components() {
        let mut inventory = sample();
        inventory.packages[3] = inventory.packages[1].clone();
        let document = made(&inventory);
        let mut refs: Vec<_> =
            document["components"].as_array().unwrap().iter().map(|one| one["bom-ref"].to_string()).collect();
        refs.sort();
        refs.dedup();
        assert_eq!(refs.len(), 7);
    }

    #[test]
    fn h5_a_library_out_of_a_package_that_uses_it_is_a_component_of_its_own() {
        let mut inventory = sample();
        inventory.packages[4] = Package {
            name: "libsqlite3-sys".into(),
            version: "0.38.2".into(),
            ..inventory.packages[1].clone()
        };
        inventory.packages[4].dependencies = vec![3];
        inventory.provided[0].package = "libsqlite3-sys";
        inventory.provided[0].version = "0.38.2";
        let document = made(&inventory);
        let purl = "pkg:cargo/libsqlite3-sys@0.38.2";
        let below = |name: &str| {
            let all = document["dependencies"].as_array().unwrap();
            let found: Vec<_> = all.iter().filter(|one| one["ref"] == name).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0]["dependsOn"].clone()
        };
        assert_eq!(below(purl), json!(["pkg:cargo/libsqlite3-sys@0.38.2#1", "pkg:cargo/quote@1.0.0%2Bx"]));
        assert_eq!(below("pkg:cargo/libsqlite3-sys@0.38.2#1"), json!([]));
        let library = document["components"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(library["bom-ref"], "pkg:cargo/libsqlite3-sys@0.38.2#1");
        assert_eq!(library["purl"], purl, "scanners know it by the plain name");
    }

    #[test]
    fn an_image_whose_own_package_is_not_known_leads_to_all_packages() {
        let inventory = Inventory { root: None, related: false, ..sample() };
        let document = made(&inventory);
        let image = &document["metadata"]["component"]["bom-ref"];
        let mut all = document["dependencies"].as_array().unwrap().iter();
        let below = all.find(|one| one["ref"] == *image).unwrap()["dependsOn"].clone();
        assert_eq!(below.as_array().unwrap().len(), inventory.packages.len());
        assert_eq!(document["compositions"][0]["dependencies"][0], *image);
        assert!(document["components"].as_array().unwrap().iter().all(|one| one["type"] == "library"));
    }
}

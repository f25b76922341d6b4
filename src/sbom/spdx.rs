//! SPDX 2.3 as JSON (the SPDX specification, version 2.3; clause numbers are its).
//!
//! The document describes the image, which contains the program's own package; that depends on all others.

use super::identity::uuid;
use super::party::{self, Person, Supplier};
use super::purl;
use super::{Compiler, Inventory, License, Package, Provided, Source, Subject, TOOL, text};
use crate::error::Error;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const IMAGE: &str = "SPDXRef-Image";
const STD: &str = "SPDXRef-std";
const NONE: &str = "NOASSERTION";

/// The document about `subject`, whose program `inventory` was compiled into.
///
/// # Errors
/// None that can be thought of: it is written to memory.
pub fn document(inventory: &Inventory, subject: &Subject<'_>) -> Result<Vec<u8>, Error> {
    let mut document = whole(inventory, subject);
    // the form that 6.5 has for those who own no site
    let (name, id) = (plain(subject.bin), uuid(document.to_string().as_bytes()));
    document["documentNamespace"] = format!("https://spdx.org/spdxdocs/{name}-{id}").into();
    text(&document)
}

fn whole(inventory: &Inventory, subject: &Subject<'_>) -> Value {
    let ids = ids(inventory);
    let project = inventory.root().map_or(subject.bin, |root| &root.name);
    let mut licenses = Licenses::default();
    let mut packages = vec![image(inventory, subject, project)];
    for (at, one) in inventory.packages.iter().enumerate() {
        packages.push(package(one, &ids[at], Some(at) == inventory.root, project, &mut licenses));
    }
    packages.push(std(inventory.compiler.as_ref()));
    let own = ids.iter().skip(inventory.packages.len());
    packages.extend(inventory.provided.iter().zip(own).map(|(library, id)| provided(library, id)));
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": subject.bin,
        "creationInfo": {
            "created": subject.created,
            "creators": [format!("Tool: {}-{}", TOOL.0, TOOL.1)],
        },
        "packages": packages,
        "relationships": relationships(inventory, &ids),
    });
    if !licenses.0.is_empty() {
        let info = |(id, text): (&String, &String)| json!({"licenseId": id, "extractedText": text});
        document["hasExtractedLicensingInfos"] = licenses.0.iter().map(info).collect();
    }
    document
}

/// The identifiers of the packages and then of what was provided, each another (3.2: letters, digits, full stops and
/// hyphens).
fn ids(inventory: &Inventory) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let package = |one: &Package| format!("SPDXRef-Package-{}-{}", plain(&one.name), plain(&one.version));
    let provided = |one: &Provided| format!("SPDXRef-Provided-{}", plain(one.package));
    let packages = inventory.packages.iter().map(package);
    for id in packages.chain(inventory.provided.iter().map(provided)) {
        let (mut own, mut twins) = (id.clone(), 1);
        while ids.contains(&own) {
            twins += 1;
            own = format!("{id}-{twins}");
        }
        ids.push(own);
    }
    ids
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '-' }).collect()
}

/// The licences of the document that are on no list, by name, with what is known of them (10.1, 10.2).
#[derive(Default)]
struct Licenses(BTreeMap<String, String>);

impl Licenses {
    /// What the package `id` declares.
    fn declared(&mut self, license: &License, id: &str) -> String {
        let own = || format!("LicenseRef-{}", id.trim_start_matches("SPDXRef-Package-"));
        match license {
            License::Unsaid => NONE.to_owned(),
            License::Expression(text) => {
                for name in license.references() {
                    let said = "Named by the manifest of a package, which may carry its text.";
                    self.0.entry(name.to_owned()).or_insert_with(|| said.to_owned());
                }
                text.clone()
            }
            License::Named(text) => {
                self.0.insert(own(), text.clone());
                own()
            }
            License::File(path) => {
                self.0.insert(own(), format!("See {path} in the package."));
                own()
            }
        }
    }
}

fn reference(category: &str, kind: &str, locator: &str) -> Value {
    json!({"referenceCategory": category, "referenceType": kind, "referenceLocator": locator})
}

/// What every package says, those of the image, of Rust and of others.
fn stated(id: &str, name: &str, supplier: &Supplier<'_>, purpose: &str) -> Value {
    let supplier = match supplier {
        Supplier::Person(one) => person(one),
        Supplier::Organization(name) => format!("Organization: {name}"),
    };
    json!({
        "SPDXID": id,
        "name": name,
        "supplier": supplier,
        "downloadLocation": NONE,
        "filesAnalyzed": false,
        "licenseConcluded": NONE,
        "licenseDeclared": NONE,
        "copyrightText": NONE,
        "primaryPackagePurpose": purpose,
    })
}

/// A person, as 7.5 and 7.6 have one.
fn person(person: &Person<'_>) -> String {
    let mail = person.mail.map(|mail| format!(" ({mail})")).unwrap_or_default();
    format!("Person: {}{mail}", person.name)
}

fn organization(name: &str) -> Supplier<'static> {
    Supplier::Organization(name.to_owned())
}

fn image(inventory: &Inventory, subject: &Subject<'_>, project: &str) -> Value {
    let supplier = inventory.root().map(|root| party::supplier(root, project));
    let supplier = supplier.unwrap_or_else(|| organization(project));
    let mut image = stated(IMAGE, subject.bin, &supplier, "CONTAINER");
    image["versionInfo"] = subject.manifest.to_string().into();
    image["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": subject.manifest.hex()}]);
    image["externalRefs"] = json!([reference("PACKAGE-MANAGER", "purl", &purl::image(subject))]);
    image
}

fn package(package: &Package, id: &str, root: bool, project: &str, licenses: &mut Licenses) -> Value {
    let purpose = if root { "APPLICATION" } else { "LIBRARY" };
    let mut stated = stated(id, &package.name, &party::supplier(package, project), purpose);
    stated["versionInfo"] = package.version.as_str().into();
    stated["licenseDeclared"] = licenses.declared(&package.about.license, id).into();
    stated["externalRefs"] = json!([reference("PACKAGE-MANAGER", "purl", &purl::package(package))]);
    match &package.source {
        Source::CratesIo => stated["downloadLocation"] = crates_io(&package.name, &package.version).into(),
        Source::Git { url: Some(url), commit } => {
            stated["downloadLocation"] = purl::vcs(&url.to_string(), commit).into();
        }
        Source::Git { .. } | Source::Registry(_) | Source::Local => {}
    }
    if let Some(hex) = &package.checksum {
        stated["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": hex}]);
    }
    if let Some(homepage) = &package.about.homepage {
        stated["homepage"] = homepage.to_string().into();
    }
    if let Some(description) = &package.about.description {
        stated["summary"] = description.as_str().into();
    }
    if let Some(author) = party::authors(package).first() {
        stated["originator"] = person(author).into();
    }
    stated
}

/// Where crates.io hands out a package (The Cargo Book, "Registry Web API" and "Index Format", `dl`).
fn crates_io(name: &str, version: &str) -> String {
    format!("https://static.crates.io/crates/{name}/{version}/download")
}

fn std(compiler: Option<&Compiler>) -> Value {
    let mut std = stated(STD, "std", &organization(super::RUST.supplier), "LIBRARY");
    std["licenseDeclared"] = super::RUST.license.into();
    std["summary"] = "The Rust standard library".into();
    std["downloadLocation"] = purl::vcs(super::RUST.repository, "").into();
    let Some(compiler) = compiler else { return std };
    std["versionInfo"] = compiler.version.as_str().into();
    let mut references = vec![reference("PACKAGE-MANAGER", "purl", &purl::std(&compiler.version))];
    references.extend(compiler.cpe().map(|cpe| reference("SECURITY", "cpe23Type", &cpe)));
    std["externalRefs"] = references.into();
    if let Some(commit) = &compiler.commit {
        std["downloadLocation"] = purl::vcs(super::RUST.repository, commit).into();
    }
    std
}

fn provided(library: &Provided, id: &str) -> Value {
    let mut stated = stated(id, library.package, &organization(party::CRATES_IO), "LIBRARY");
    stated["versionInfo"] = library.version.into();
    stated["licenseDeclared"] = library.license.into();
    stated["summary"] = format!("{}, provided by {}", library.name, TOOL.0).into();
    stated["downloadLocation"] = crates_io(library.package, library.version).into();
    stated["externalRefs"] = json!([reference("PACKAGE-MANAGER", "purl", &purl::provided(library))]);
    stated
}

fn relationships(inventory: &Inventory, ids: &[String]) -> Vec<Value> {
    let relation = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
    let mut all = vec![relation("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    for (at, package) in inventory.packages.iter().enumerate() {
        let own = &ids[at];
        if inventory.root.is_none_or(|root| root == at) || !inventory.related {
            all.push(relation(IMAGE, "CONTAINS", own));
        }
        if Some(at) == inventory.root {
            all.push(relation(own, "DEPENDS_ON", STD));
            all.extend((!inventory.related).then(|| relation(own, "DEPENDS_ON", NONE)));
        }
        for &below in &package.dependencies {
            if package.builds || inventory.packages[below].builds {
                all.push(relation(&ids[below], "BUILD_DEPENDENCY_OF", own));
                // the other way round too: many readers follow an image to what it leads to, and nowhere back
                all.push(relation(own, "HAS_PREREQUISITE", &ids[below]));
            } else {
                all.push(relation(own, "DEPENDS_ON", &ids[below]));
            }
        }
        let libraries = inventory.provided.iter().zip(ids.iter().skip(inventory.packages.len()));
        let linked = libraries.filter(|(library, _)| library.by.contains(&at));
        all.extend(linked.map(|(_, id)| relation(own, "DEPENDS_ON", id)));
    }
    all
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

    fn of(document: &Value, name: &str) -> Value {
        let all = document["packages"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    }

    #[test]
    fn h5_every_package_says_where_it_is_from_and_what_its_licence_is() {
        let document = made(&sample());
        assert_eq!(of(&document, "app")["licenseDeclared"], "LicenseRef-app-0.1.0");
        for who in ["originator", "supplier"] {
            assert_eq!(of(&document, "app")[who], "Person: Ada (ada@example.org)", "{who}");
        }
        assert_eq!(of(&document, "quote")["supplier"], "Organization: crates.io");
        assert_eq!(of(&document, "gitted")["licenseDeclared"], "LicenseRef-gitted-0.2.0");
        assert_eq!(of(&document, "gitted")["downloadLocation"], "git+https://example.org/ada/gitted@0123");
        assert_eq!(
            of(&document, "quote")["downloadLocation"],
            "https://static.crates.io/crates/quote/1.0.0+x/download"
        );
        assert_eq!(of(&document, "quote")["checksums"][0]["checksumValue"], "ab".repeat(32));
        assert_eq!(of(&document, "sys_lib")["licenseDeclared"], "MIT OR LicenseRef-House");
        assert_eq!(of(&document, "std")["versionInfo"], "1.95.0");
        let infos = document["hasExtractedLicensingInfos"].as_array().unwrap();
        let infos: Vec<_> = infos.iter().map(|info| info["licenseId"].as_str().unwrap()).collect();
        assert_eq!(infos, ["LicenseRef-House", "LicenseRef-app-0.1.0", "LicenseRef-gitted-0.2.0"]);
    }

    #[test]
    fn h5_macros_are_what_the_program_was_built_with() {
        let document = made(&sample());
        let id = |name: &str| of(&document, name)["SPDXID"].as_str().unwrap().to_owned();
        let related = |from: &str, kind: &str, to: &str| {
            let wanted = json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
            document["relationships"].as_array().unwrap().contains(&wanted)
        };
        assert!(related("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE) && related(IMAGE, "CONTAINS", &id("app")));
        assert!(related(&id("app"), "DEPENDS_ON", &id("gitted")));
        assert!(related(&id("derive"), "BUILD_DEPENDENCY_OF", &id("app")));
        assert!(related(&id("app"), "HAS_PREREQUISITE", &id("derive")));
        assert!(related(&id("quote"), "BUILD_DEPENDENCY_OF", &id("derive")));
        assert!(related(&id("sys_lib"), "DEPENDS_ON", "SPDXRef-Provided-openssl-src"));
        assert!(related(&id("app"), "DEPENDS_ON", STD));
        assert!(!related(&id("app"), "DEPENDS_ON", &id("derive")));
    }

    #[test]
    fn identifiers_are_unique_and_the_namespace_follows_from_the_content() {
        let mut inventory = sample();
        let namespace = made(&inventory)["documentNamespace"].clone();
        assert_eq!(namespace, made(&inventory)["documentNamespace"]);
        assert!(namespace.as_str().unwrap().starts_with("https://spdx.org/spdxdocs/App-"));
        inventory.packages[1].name = "a_b".into();
        inventory.packages[2].name = "a-b".into();
        inventory.packages[2].version = "1.0.0".into();
        let ids = ids(&inventory);
        assert_eq!(ids[1..3], ["SPDXRef-Package-a-b-1.0.0", "SPDXRef-Package-a-b-1.0.0-2"]);
        inventory.provided.push(inventory.provided[0].clone());
        let provided = ["SPDXRef-Provided-openssl-src", "SPDXRef-Provided-openssl-src-2"];
        assert_eq!(self::ids(&inventory)[5..], provided, "two libraries of one package");
        inventory.related = false;
        let document = made(&inventory);
        assert_ne!(namespace, document["documentNamespace"]);
        assert!(document["relationships"].to_string().contains("\"NOASSERTION\""));
    }
}

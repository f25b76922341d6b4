//! Labels that an image gets by itself: what Cargo.toml and git say of it, without anything secret.

use super::git::Revisions;
use crate::error::one_line;
use crate::image::address::Address;
use cargo_metadata::Package;
use std::collections::BTreeMap;

/// The `org.opencontainers.image.*` labels of `package` (OCI image spec, annotations.md, "Pre-Defined").
pub fn labels(package: &Package, title: &str, revisions: &Revisions<'_>) -> BTreeMap<String, String> {
    let address = |text: &Option<String>| Address::read(text.as_deref()?).map(|address| address.to_string());
    let mut labels = BTreeMap::new();
    let mut label = |name: &str, value: Option<String>| {
        if let Some(value) = value.map(|value| one_line(&value)).filter(|value| !value.is_empty()) {
            labels.insert(format!("org.opencontainers.image.{name}"), value);
        }
    };
    label("title", Some(title.to_owned()));
    label("version", Some(package.version.to_string()));
    label("description", package.description.clone());
    label("licenses", package.license.clone());
    label("authors", Some(package.authors.join(", ")));
    label("source", address(&package.repository));
    label("url", address(&package.homepage));
    label("documentation", address(&package.documentation));
    let folder = package.manifest_path.parent();
    label("revision", folder.and_then(|folder| revisions.of(folder.as_std_path())));
    labels
}

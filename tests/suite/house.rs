//! The house itself: the stated MSRV is true, every dependency has its reason.

use std::path::Path;

fn metadata() -> cargo_metadata::Metadata {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    cargo_metadata::MetadataCommand::new()
        .manifest_path(manifest)
        .features(cargo_metadata::CargoOpt::AllFeatures)
        .other_options(vec![
            "--locked".into(),
            "--offline".into(),
            "--filter-platform=x86_64-unknown-linux-gnu".into(),
        ])
        .exec()
        .unwrap()
}

/// What we ask for is what our dependencies ask for; `clippy::incompatible_msrv` sees to our own code.
#[test]
fn no_dependency_needs_a_newer_rust_than_we_say() {
    let metadata = metadata();
    let own = metadata.root_package().unwrap().rust_version.clone().unwrap();
    for package in &metadata.packages {
        if let Some(needed) = &package.rust_version {
            assert!(*needed <= own, "{} needs Rust {needed}, we say {own}", package.name);
        }
    }
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let part = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let rows: Vec<_> = part.lines().filter(|line| line.contains(" = ") && !line.starts_with('[')).collect();
    assert!(rows.len() > 10);
    for row in rows.iter().filter(|row| !row.starts_with("serde =")) {
        assert!(row.contains("# "), "no reason: {row}");
    }
}

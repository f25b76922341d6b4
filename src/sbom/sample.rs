//! An inventory with one package of each kind, for the tests of all forms.

use super::{About, Compiler, Inventory, License, Package, Provided, Source, Subject};
use crate::image::address::Address;
use crate::image::digest::Digest;

pub fn sample() -> Inventory {
    let package = |name: &str, version: &str, source: Source, about: About, dependencies: &[usize]| Package {
        name: name.into(),
        version: version.into(),
        checksum: (source == Source::CratesIo).then(|| "ab".repeat(32)),
        source,
        about,
        dependencies: dependencies.to_vec(),
        ..Package::default()
    };
    let license = |license: License| About { license, ..About::default() };
    let mit = || license(License::Expression("MIT OR Apache-2.0".into()));
    let own = About {
        license: License::Named("Proprietary".into()),
        description: Some("Says hello".into()),
        authors: vec!["Ada <ada@example.org>".into()],
        repository: Address::read("https://example.org/ada/app"),
        homepage: None,
    };
    let git = Source::Git { url: Address::read("https://example.org/ada/gitted"), commit: "0123".into() };
    let registry = Source::Registry(Address::of_index("sparse+https://registry.example.org/"));
    let macros = |package: Package| Package { builds: true, ..package };
    Inventory {
        packages: vec![
            package("app", "0.1.0", Source::Local, own, &[1, 2, 4]),
            macros(package("derive", "1.0.0", Source::CratesIo, mit(), &[3])),
            package("gitted", "0.2.0", git, license(License::File("LICENSE".into())), &[]),
            macros(package("quote", "1.0.0+x", Source::CratesIo, mit(), &[])),
            Package {
                features: vec!["default".into(), "std".into()],
                ..package(
                    "sys_lib",
                    "2.0.0",
                    registry,
                    license(License::Expression("MIT OR LicenseRef-House".into())),
                    &[],
                )
            },
        ],
        root: Some(0),
        target: "x86_64-unknown-linux-musl".into(),
        related: true,
        compiler: Some(Compiler { version: "1.95.0".into(), commit: Some("0".repeat(40)) }),
        provided: vec![Provided {
            name: "OpenSSL",
            package: "openssl-src",
            version: "300.6.1",
            license: "Apache-2.0",
            by: vec![4],
        }],
    }
}

pub fn subject(manifest: &Digest) -> Subject<'_> {
    Subject { bin: "App", manifest, architecture: "amd64", created: "1970-01-01T00:00:00Z" }
}

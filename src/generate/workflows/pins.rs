//! What the workflows take from others, each pinned to its content: a tag can be moved, a commit or digest cannot.
//!
//! An update is one line here: the commit that the version's tag points to, and the version.

use serde::Serialize;

/// An action at a commit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pin {
    /// `OWNER/NAME@COMMIT`.
    pub at: &'static str,
    /// The version that the commit is.
    pub version: &'static str,
}

/// The actions, by the names that the templates know.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pins {
    /// Fetches the sources.
    pub checkout: Pin,
    /// Keeps what cargo downloads and builds.
    pub cache: Pin,
    /// Signs statements about an image: of its origin, or with `sbom-path` of what is in it.
    pub attest: Pin,
    /// Hands files to later jobs.
    pub upload: Pin,
    /// Takes them.
    pub download: Pin,
}

/// Those in force.
pub const PINS: Pins = Pins {
    checkout: pin("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    cache: pin("Swatinem/rust-cache@c19371144df3bb44fab255c43d04cbc2ab54d1c4", "v2.9.1"),
    attest: pin("actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6", "v4.2.2"),
    upload: pin("actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    download: pin("actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
};

/// The image that GitLab's jobs run in: rustup, a C compiler and curl.
pub const RUST: &str =
    "rust:1.98-trixie@sha256:620dbcd124499c59e2406d3741574b5c5838cf9eb9656f0c3a03948f79b02959";

const fn pin(at: &'static str, version: &'static str) -> Pin {
    Pin { at, version }
}

//! What is read of any image at most; more is a fault, so that a hostile one costs little.

/// The bytes of one document (a registry takes no manifest above 4 MiB; configurations of large images are less).
pub const DOCUMENT: u64 = 8 << 20;
/// The values of one document, which take far more memory than the few bytes that each is written with.
pub const VALUES: usize = 1 << 18;
/// The manifests that indexes lead to.
pub const MANIFESTS: usize = 1024;
/// The layers of one image.
pub const LAYERS: usize = 1024;
/// The entries of one layer.
pub const ENTRIES: u64 = 1 << 20;
/// The bytes of the names of one layer: a million of 64.
pub const NAMES: u64 = 64 << 20;
/// The bytes of one extended header of a tar.
pub const EXTENSION: u64 = 1 << 20;
/// The bytes that one layer may unpack to.
pub const UNPACKED: u64 = 64 << 30;

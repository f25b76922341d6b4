//! Where the bytes of an image go, for people and programs.

use crate::size::Sizes;

/// A file of an image and its bytes.
pub type File = (String, u64);

/// An image with the sizes of all that is in it, uncompressed.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The binary's name.
    pub bin: &'a str,
    /// The platform, e.g. `linux/amd64`.
    pub platform: String,
    /// Its layers, bottom first, each with its files.
    pub layers: Vec<(String, Vec<File>)>,
    /// The path of the program, which is one of the files.
    pub program: String,
    /// What the program is made of.
    pub sizes: Sizes,
    /// The same of the time before, if there was one.
    pub before: Option<Sizes>,
}

impl Measured<'_> {
    /// The bytes of all files.
    pub fn total(&self) -> u64 {
        self.layers.iter().flat_map(|(_, files)| files).map(|(_, size)| size).sum()
    }
}

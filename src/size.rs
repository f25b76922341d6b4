//! Where the bytes of a program go: sections, the crates that they come from, and their functions.

/// A program in an image, byte by byte: the sizes of `owners` add up to `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The bytes of the program as it is in the image.
    pub total: u64,
    /// Its sections, largest first: what the file holds of them.
    pub sections: Vec<(String, u64)>,
    /// Who they belong to, largest first.
    pub owners: Vec<Owner>,
}

/// A crate, a native library, or what belongs to nobody by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The crate's name as in Rust (`serde_json`), a library's, or what it is that has no owner.
    pub name: String,
    /// What sort it is.
    pub kind: Kind,
    /// Bytes of machine code.
    pub code: u64,
    /// Bytes of constants and variables.
    pub data: u64,
    /// Bytes that describe the rest: tables for unwinding, relocations, headers.
    pub tables: u64,
    /// Its functions and named data, largest first.
    pub parts: Vec<Part>,
}

impl Owner {
    /// All its bytes.
    pub fn size(&self) -> u64 {
        self.code + self.data + self.tables
    }
}

/// What an owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A crate of the project or one that it depends on.
    Crate,
    /// The standard library, with the crates in it.
    Std,
    /// Compiled C: musl, or a library that a crate brings.
    Native,
    /// Bytes that no name tells the owner of.
    Unknown,
}

/// A function, or named data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its demangled name, without the compiler's hash.
    pub name: String,
    /// Its bytes: those of all that have this name.
    pub size: u64,
    /// How many have this name: instances of one generic function.
    pub count: usize,
}

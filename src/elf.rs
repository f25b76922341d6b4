//! Reads ELF files: what they ask of the kernel, what they carry, and what `strip` would leave.
//!
//! The reader is total: any bytes give facts or a reason, in bounded time and
//! memory, and it never panics. It holds no opinion: whether a file that has an
//! interpreter may be packed is for others to say.
//!
//! Two kinds of answer are kept apart. [`read`] consults what the kernel and a
//! dynamic loader consult, and a proof may rest on it. [`sections`] and
//! [`report()`] consult the section headers, which nothing that runs ever reads.
//!
//! Sources: the System V ABI's generic part (ELF gABI), and Linux
//! `fs/binfmt_elf.c` for what the kernel makes of it.

mod bytes;
mod dynamic;
mod error;
mod facts;
mod header;
mod interpreter;
mod keep;
mod layout;
mod names;
mod notes;
mod pieces;
mod report;
mod sections;
mod segments;
mod strip;
mod view;

#[cfg(test)]
mod sample;

pub use bytes::ReadAt;
pub use error::{Error, Malformed, Part};
pub use facts::{Facts, Kind, Relro, read};
pub use layout::{Class, Data};
pub use pieces::{Piece, Stripped};
pub use report::{Report, report};
pub use sections::{Section, sections};
pub use strip::strip;
pub use view::View;

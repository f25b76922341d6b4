//! What the files of an image are, told by their bytes as they pass by: programs, scripts, and the few texts that decide
//! how a container starts. Each content is looked at once, however many paths and images have it.

use crate::content::Entry;
use crate::elf::{self, Facts};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::verify::passing::{Kept, hashed};
use crate::verify::traces::traces;
use std::collections::HashMap;
use std::io::{self, Read, Write};

/// What the kernel reads of the line after `#!` (Linux `include/uapi/linux/binfmts.h`, `BINPRM_BUF_SIZE`).
const SCRIPT_LINE: usize = 256;
/// The largest text that is kept, in bytes.
const TEXT: u64 = 256 << 10;
/// What is kept of all files of all images together, in bytes; far more than any image has that is not made to fill
/// memory.
const KEPT: usize = 64 << 20;
/// What a content costs beside its words, in bytes.
const EACH: usize = 512;

/// What a file is.
#[derive(Debug)]
pub enum Content {
    /// An ELF file.
    Elf(Box<Elf>),
    /// It begins as one, and is none that could be read; why.
    Broken(String),
    /// What a linker makes programs of.
    Object,
    /// A script: the words after `#!`.
    Script(Vec<String>),
    /// One of the texts that are read of a root file system.
    Text(String),
}

/// An ELF file.
#[derive(Debug)]
pub struct Elf {
    /// What its headers say.
    pub facts: Facts,
    /// There is no symbol table but the one that a dynamic loader needs.
    pub stripped: bool,
    /// There are debug sections.
    pub debug_info: bool,
    /// The C library that is inside.
    pub libc: Option<&'static str>,
    /// How many times a path of the machine that built it appears, and the first of them.
    pub build_paths: (u64, Option<String>),
}

/// What is known of contents.
#[derive(Debug, Default)]
pub struct Contents {
    all: HashMap<Digest, Content>,
    kept: usize,
}

impl Contents {
    /// What the file with this content is, if it was worth a look.
    pub fn get(&self, digest: &Digest) -> Option<&Content> {
        self.all.get(digest)
    }

    /// Whether more was found than is kept.
    pub fn is_full(&self) -> bool {
        self.kept > KEPT
    }

    /// Looks at the content of `entry`, a file; its digest if it is worth a look.
    ///
    /// # Errors
    /// No room for a temporary file. A content that ends too early is the fault of its layer.
    pub fn look(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<Option<Digest>, Error> {
        let mut head = Vec::new();
        if content.take(4).read_to_end(&mut head).is_err() || self.is_full() {
            return Ok(None);
        }
        let mut rest = head.as_slice().chain(content);
        let looked = match head.as_slice() {
            b"\x7fELF" => {
                let Some((digest, kept)) = Kept::of(entry.size, &mut rest)? else { return Ok(None) };
                self.remember(digest, || elf_of(&kept, entry))?
            }
            [b'#', b'!', ..] if entry.mode & 0o111 != 0 => {
                let Some((digest, first)) = hashed(&mut rest, First(Vec::new())).unwrap_or(None) else {
                    return Ok(None);
                };
                self.remember(digest, || Ok(Content::Script(script(&first.0))))?
            }
            _ if entry.size <= TEXT && is_text(&entry.path) => {
                let Some((digest, bytes)) = hashed(&mut rest, Vec::new()).unwrap_or(None) else {
                    return Ok(None);
                };
                self.remember(digest, || Ok(Content::Text(String::from_utf8_lossy(&bytes).into_owned())))?
            }
            _ => return Ok(None),
        };
        Ok(Some(looked))
    }

    fn remember(
        &mut self,
        digest: Digest,
        tell: impl FnOnce() -> io::Result<Content>,
    ) -> Result<Digest, Error> {
        if !self.all.contains_key(&digest) {
            let content = tell().map_err(|reason| {
                Error::new(Code::Output, format!("a temporary file is unreadable: {reason}"))
            })?;
            self.kept += content.weight();
            self.all.insert(digest.clone(), content);
        }
        Ok(digest)
    }
}

impl Content {
    fn weight(&self) -> usize {
        let words = |words: &[String]| words.iter().map(|word| word.len() + 24).sum::<usize>();
        EACH + match self {
            Content::Elf(elf) => {
                let facts = &elf.facts;
                let other = [&facts.interpreter, &facts.soname, &facts.runpath];
                words(&facts.needed) + other.into_iter().flatten().map(String::len).sum::<usize>()
            }
            Content::Script(line) => words(line),
            Content::Broken(text) | Content::Text(text) => text.len(),
            Content::Object => 0,
        }
    }
}

/// Keeps the first bytes of what is written to it.
struct First(Vec<u8>);

impl Write for First {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = SCRIPT_LINE.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn elf_of(bytes: &Kept, entry: &Entry) -> io::Result<Content> {
    let facts = match elf::read(bytes) {
        Ok(facts) => facts,
        Err(elf::Error::Malformed(_)) if bytes.is_object() => return Ok(Content::Object),
        Err(elf::Error::Malformed(why)) => return Ok(Content::Broken(why.to_string())),
        Err(elf::Error::Io(reason)) => return Err(reason),
    };
    let report = elf::report(bytes).ok();
    // what is only ever loaded by others has no story of its own
    let starts = entry.mode & 0o111 != 0 && (facts.interpreter.is_some() || facts.soname.is_none());
    let traces = if starts { traces(bytes)? } else { crate::verify::traces::Traces::default() };
    let libc = match (&report, traces.musl) {
        (Some(report), _) if report.glibc_abi_tag => Some("glibc"),
        (_, true) => Some("musl"),
        _ => None,
    };
    Ok(Content::Elf(Box::new(Elf {
        facts,
        stripped: report.as_ref().is_some_and(|report| report.stripped),
        debug_info: report.as_ref().is_some_and(|report| report.debug_info),
        libc,
        build_paths: (traces.build_paths, traces.first),
    })))
}

/// The words of the first line, as the kernel splits it: the interpreter, and all that follows as one argument (Linux
/// `fs/binfmt_script.c`).
fn script(head: &[u8]) -> Vec<String> {
    let line = head.get(2..).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim_matches([' ', '\t']);
    let (interpreter, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    [interpreter, argument.trim_start_matches([' ', '\t'])]
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Who the users are, and where a loader looks for libraries; by their names alone, since links may lead to them from
/// where they are looked for.
fn is_text(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "passwd" | "group" | "ld.so.conf" => true,
        _ => folder.ends_with("ld.so.conf.d") || name.starts_with("ld-musl-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Kind;

    fn entry(path: &str, mode: u32, size: usize) -> Entry {
        let (path, size) = (path.to_owned(), size as u64);
        Entry { path, kind: Kind::File, mode, uid: 0, gid: 0, size, mtime: 0, xattrs: vec![] }
    }

    #[test]
    fn contents_are_told_by_their_bytes() {
        let mut contents = Contents::default();
        let mut look = |path: &str, mode, bytes: &[u8]| {
            let digest = contents.look(&entry(path, mode, bytes.len()), &mut &*bytes).unwrap();
            digest.map(|digest| {
                format!("{:?}", contents.get(&digest).unwrap()).chars().take(40).collect::<String>()
            })
        };
        let mut object = b"\x7fELF\x02\x01\x01".to_vec();
        object.resize(64, 0);
        object[16] = 1; // ET_REL
        assert_eq!(look("lib/a.o", 0o644, &object).unwrap(), "Object");
        assert!(look("bin/b", 0o755, b"\x7fELF\x02").unwrap().starts_with("Broken("));
        assert_eq!(
            look("bin/c", 0o755, b"#! /bin/sh -e x\necho").unwrap(),
            "Script([\"/bin/sh\", \"-e x\"])"
        );
        assert_eq!(look("bin/d", 0o644, b"#!/bin/sh\n"), None, "no program");
        assert_eq!(look("etc/passwd", 0o644, b"a:b").unwrap(), "Text(\"a:b\")");
        assert_eq!(look("bin/e", 0o755, b""), None);
    }

    #[test]
    fn h8_what_is_kept_of_a_hostile_image_is_bounded() {
        let mut contents = Contents::default();
        let mut kept = 0;
        for n in 0..2000_u32 {
            let mut bytes = vec![b'x'; TEXT as usize];
            bytes[..4].copy_from_slice(&n.to_le_bytes());
            kept += usize::from(
                contents.look(&entry("etc/passwd", 0o644, bytes.len()), &mut &*bytes).unwrap().is_some(),
            );
        }
        assert!(contents.is_full() && kept <= KEPT / TEXT as usize + 1, "{kept}");
    }
}

//! The packages that a program was built from, as cargo-auditable notes them in it.
//!
//! Section `.dep-v0`: JSON, compressed with zlib (cargo-auditable, PARSING.md).

use crate::elf::{self, ReadAt, Rewritten, View};
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::io::Read;

/// The most that is read of the section, and of the JSON in it, in bytes; a program of a thousand packages has 100 kB.
const LIMIT: u64 = 8 << 20;

/// A package that is in a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

#[derive(Deserialize)]
struct Noted {
    packages: Vec<Package>,
}

/// What becomes of `program`, of which all but `rewritten` is left out, with a section that holds `noted`. It stays as it
/// is where it has the section, and where none can be added.
pub fn note<R: ReadAt + ?Sized>(
    program: &R,
    rewritten: Option<Rewritten>,
    noted: &[u8],
) -> Option<Rewritten> {
    let added = match &rewritten {
        Some(base) => added(&View::new(program, base), noted).map(|added| added.through(base)),
        None => added(program, noted),
    };
    added.or(rewritten)
}

fn added<R: ReadAt + ?Sized>(program: &R, noted: &[u8]) -> Option<Rewritten> {
    let sections = elf::sections(program).ok()?;
    if sections.iter().any(|section| section.name == elf::DEP_V0) {
        return None;
    }
    elf::add(program, elf::DEP_V0, noted).ok()?
}

/// The packages that are noted in the program `bytes`, if any are.
pub fn packages<R: ReadAt + ?Sized>(bytes: &R) -> Option<Vec<Package>> {
    let sections = elf::sections(bytes).ok()?;
    let section = sections.iter().find(|section| section.name == elf::DEP_V0)?;
    let size = section.file_size();
    if size > LIMIT {
        return None;
    }
    let mut packed = vec![0; usize::try_from(size).ok()?];
    bytes.read_exact_at(&mut packed, section.offset).ok()?;
    noted(&packed)
}

fn noted(packed: &[u8]) -> Option<Vec<Package>> {
    let mut json = Vec::new();
    ZlibDecoder::new(packed).take(LIMIT + 1).read_to_end(&mut json).ok()?;
    let noted: Noted = serde_json::from_slice(&json).ok().filter(|_| json.len() as u64 <= LIMIT)?;
    Some(noted.packages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(json: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(json).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn packages_are_read_and_what_is_no_list_of_them_is_none() {
        let json =
            br#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io","root":true}],"format":1}"#;
        let package = Package { name: "a".into(), version: "1.0.0".into() };
        assert_eq!(noted(&packed(json)), Some(vec![package]));
        for bad in [&b""[..], b"{}", b"[]", &[b'['; 9_000], br#"{"packages":[{}]}"#] {
            assert_eq!(noted(&packed(bad)), None);
        }
        assert_eq!(noted(b"no zlib"), None);
        assert_eq!(noted(&packed(json)[..20]), None, "cut");
        assert_eq!(packages(&b"no ELF"[..]), None);
    }

    #[test]
    fn h8_a_bomb_is_not_unpacked() {
        assert_eq!(noted(&packed(&vec![b' '; 64 << 20])), None);
    }
}

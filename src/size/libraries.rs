//! Who brings the functions of C: each archive that the linker could take them from tells what it defines.

use crate::elf::ReadAt;
use object::read::archive::ArchiveFile;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A larger archive is not looked into: reading it would take longer than the rest.
const LIMIT: u64 = 512 << 20;

/// An archive (`.a` or `.rlib`), and who is told where a symbol is from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Library {
    /// Where it is.
    pub path: PathBuf,
    /// Who it belongs to.
    pub owner: super::Who,
}

/// The owner of each of `names` that one of `libraries` defines; the first of them wins, as it does for the linker.
pub fn owners(names: &BTreeSet<&[u8]>, libraries: &[Library]) -> BTreeMap<Vec<u8>, super::Who> {
    let mut found = BTreeMap::new();
    for library in libraries {
        // what cannot be read owns nothing: this is a report, and the program is linked already
        let defined = symbols(&library.path).unwrap_or_default();
        for name in defined.into_iter().filter(|name| names.contains(name.as_slice())) {
            found.entry(name).or_insert_with(|| library.owner.clone());
        }
    }
    found
}

/// The symbols that the archive at `path` defines for others.
fn symbols(path: &Path) -> Option<Vec<Vec<u8>>> {
    let file = File::open(path).ok()?;
    let size = ReadAt::size(&file).ok().filter(|size| *size <= LIMIT)?;
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    ReadAt::read_exact_at(&file, &mut bytes, 0).ok()?;
    let archive = ArchiveFile::parse(bytes.as_slice()).ok()?;
    let symbols = archive.symbols().ok()??;
    Some(symbols.filter_map(|symbol| Some(symbol.ok()?.name().to_vec())).collect())
}

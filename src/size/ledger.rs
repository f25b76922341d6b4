//! The account: every byte is entered once, under its owner.

use super::{FORMAT, Kind, Owner, Part, Sizes, Who};
use crate::elf::Section;
use std::collections::BTreeMap;

/// What bytes are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The processor runs them.
    Code,
    /// The code reads them.
    Data,
    /// The loader and the unwinder read them.
    Tables,
}

/// `SHF_EXECINSTR`.
const SHF_EXECINSTR: u64 = 4;
/// `SHT_PROGBITS`, the type of what the program itself gives a meaning.
const SHT_PROGBITS: u32 = 1;

impl Area {
    /// What `section` holds, which is loaded.
    pub fn of(section: &Section) -> Self {
        let unwinding = [".eh_frame", ".gcc_except_table", ".ARM.ex"];
        match section {
            _ if section.flags & SHF_EXECINSTR != 0 => Area::Code,
            _ if unwinding.iter().any(|start| section.name.starts_with(start)) => Area::Tables,
            _ if section.kind == SHT_PROGBITS || section.name.ends_with("_array") => Area::Data,
            _ => Area::Tables,
        }
    }
}

#[derive(Debug, Default)]
struct Entry {
    code: u64,
    data: u64,
    tables: u64,
    parts: BTreeMap<String, (u64, usize)>,
}

/// The account of one program.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Who, Entry>,
    sum: u64,
}

impl Ledger {
    /// Enters `size` bytes under `who`.
    pub fn add(&mut self, who: &Who, area: Area, size: u64) {
        if size == 0 {
            return;
        }
        self.sum = self.sum.saturating_add(size);
        let entry = match self.entries.get_mut(who) {
            Some(entry) => entry,
            None => self.entries.entry(who.clone()).or_default(),
        };
        match area {
            Area::Code => entry.code += size,
            Area::Data => entry.data += size,
            Area::Tables => entry.tables += size,
        }
    }

    /// The same for what has a name of its own.
    pub fn add_part(&mut self, who: &Who, area: Area, size: u64, name: &str) {
        self.add(who, area, size);
        if let Some(entry) = self.entries.get_mut(who).filter(|_| size > 0) {
            let (sum, count) = entry.parts.entry(name.to_owned()).or_default();
            *sum += size;
            *count += 1;
        }
    }

    /// The report on a program of `total` bytes: what nobody has claimed of them is the format's.
    pub fn close(mut self, total: u64, sections: Vec<(String, u64)>) -> Sizes {
        self.add(&FORMAT, Area::Tables, total.saturating_sub(self.sum));
        let mut owners: Vec<_> = self.entries.into_iter().map(|(who, entry)| owner(who, entry)).collect();
        owners.sort_by(|a, b| b.size().cmp(&a.size()).then_with(|| a.name.cmp(&b.name)));
        Sizes { total, sections, owners }
    }
}

fn owner(who: Who, entry: Entry) -> Owner {
    let (kind, name) = match who {
        Who::Crate(name) => (Kind::Crate, name),
        Who::Std => (Kind::Std, "std".to_owned()),
        Who::Native(name) => (Kind::Native, name),
        Who::Unknown(what) => (Kind::Unknown, what.to_owned()),
    };
    let Entry { code, data, tables, parts } = entry;
    let parts = parts.into_iter().map(|(name, (size, count))| Part { name, size, count });
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    Owner { name, kind, code, data, tables, parts }
}

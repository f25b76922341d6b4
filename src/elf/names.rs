//! Builds a string table in which a name that ends another shares its bytes.

/// A string table (ELF gABI, "String Table") and where each string is in it.
pub(super) struct Table {
    pub(super) raw: Vec<u8>,
    /// One for each string given, in the order given.
    pub(super) offsets: Vec<u32>,
}

/// A table of these strings; `None` if it would be too large for an offset.
///
/// The order is GNU binutils' (`bfd/elf-strtab.c`): strings as they were given,
/// but for those that end another, so that the same sections give the same bytes.
pub(super) fn table(strings: &[&str]) -> Option<Table> {
    let holders = holders(strings);
    let mut raw = vec![0];
    let mut starts = vec![0_usize; strings.len()];
    for ((index, string), start) in strings.iter().enumerate().zip(&mut starts) {
        if holders.get(index) == Some(&index) && !string.is_empty() {
            *start = raw.len();
            raw.extend_from_slice(string.as_bytes());
            raw.push(0);
        }
    }
    let offset = |(string, holder): (&&str, &usize)| {
        if string.is_empty() {
            return Some(0);
        }
        let before = strings.get(*holder)?.len().checked_sub(string.len())?;
        u32::try_from(starts.get(*holder)?.checked_add(before)?).ok()
    };
    let offsets = strings.iter().zip(&holders).map(offset);
    Some(Table { offsets: offsets.collect::<Option<_>>()?, raw })
}

/// For each string the index of the one whose bytes it ends; its own if none.
fn holders(strings: &[&str]) -> Vec<usize> {
    let mut order: Vec<(usize, &str)> = strings.iter().copied().enumerate().collect();
    // Read backwards, a string that ends another begins it: from the greatest
    // down, it comes right after the strings it ends. The sort is stable, so of
    // equal strings the first one given holds the bytes.
    order.sort_by(|(_, a), (_, b)| b.bytes().rev().cmp(a.bytes().rev()));
    let mut holders: Vec<usize> = (0..strings.len()).collect();
    let mut holder: Option<(usize, &str)> = None;
    for (index, string) in order {
        match holder {
            Some((held_by, longer)) if longer.ends_with(string) => {
                if let Some(slot) = holders.get_mut(index) {
                    *slot = held_by;
                }
            }
            _ => holder = Some((index, string)),
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_ends_another_shares_its_bytes() {
        let strings = ["", ".got", ".plt.got", ".text", ".got", ".rela.text", ".shstrtab"];
        let table = table(&strings).unwrap();
        assert_eq!(table.raw, b"\0.plt.got\0.rela.text\0.shstrtab\0");
        assert_eq!(table.offsets, [0, 5, 1, 15, 5, 10, 21]);
    }

    #[test]
    fn every_offset_leads_to_its_string() {
        let strings = ["b", "ab", "cab", "b", "", "xb", "ab", "a"];
        let table = table(&strings).unwrap();
        for (string, offset) in strings.iter().zip(table.offsets) {
            let rest = &table.raw[offset as usize..];
            let end = rest.iter().position(|byte| *byte == 0).unwrap();
            assert_eq!(&rest[..end], string.as_bytes());
        }
    }

    #[test]
    fn no_strings_are_one_nul() {
        let table = table(&[]).unwrap();
        assert_eq!((table.raw, table.offsets), (vec![0], vec![]));
    }
}

//! Decides which sections `strip` drops.

use super::Strip;
use super::sections::{SHT_GROUP, SHT_STRTAB, SHT_SYMTAB, SHT_SYMTAB_SHNDX, Section};

/// Which sections are dropped, by their index; the section name table is not among them.
///
/// What the running program holds stays, whatever its name: `.debug_gdb_scripts`
/// is loaded. So does every section not known to describe symbols or source:
/// notes, `.comment`, the dependency list of `cargo auditable` in `.dep-v0`.
pub(super) fn dropped(sections: &[Section], names: usize, what: Strip) -> Vec<bool> {
    let unwanted = |section: &Section| {
        is_debug_name(&section.name) || (what == Strip::All && describes_symbols(section))
    };
    let mut dropped: Vec<bool> =
        sections.iter().map(|section| !section.is_alloc() && unwanted(section)).collect();
    let strings = strings_of_symbols(sections, &dropped);
    for (index, drop) in dropped.iter_mut().enumerate() {
        // Section 0 is no section. And one table may hold the names of symbols
        // and of sections; as that of sections it is written anew in any case.
        *drop = index != 0 && index != names && (*drop || strings.get(index) == Some(&true));
    }
    let relocations: Vec<bool> =
        sections.iter().map(|section| relocates_what_is_dropped(section, &dropped)).collect();
    for (drop, also) in dropped.iter_mut().zip(relocations) {
        *drop |= also;
    }
    dropped
}

fn describes_symbols(section: &Section) -> bool {
    matches!(section.kind, SHT_SYMTAB | SHT_SYMTAB_SHNDX | SHT_GROUP)
}

/// The names GNU binutils takes for debug sections (`bfd/elf.c`, where it makes
/// a section of a header).
fn is_debug_name(name: &str) -> bool {
    let prefixes = [".debug", ".zdebug", ".gnu.debuglto_", ".gnu.linkonce.wi.", ".stab", ".line"];
    name == ".gdb_index" || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The string tables only dropped symbol tables link to.
fn strings_of_symbols(sections: &[Section], dropped: &[bool]) -> Vec<bool> {
    let mut strings = vec![false; sections.len()];
    let mut mark = |wanted: bool| {
        for (section, drop) in sections.iter().zip(dropped) {
            if *drop != wanted {
                continue;
            }
            let linked = usize::try_from(section.link).ok();
            let linked = linked.filter(|index| {
                let target = sections.get(*index);
                target.is_some_and(|s| s.kind == SHT_STRTAB && !s.is_alloc())
            });
            if let Some(slot) = linked.and_then(|index| strings.get_mut(index)) {
                *slot = wanted;
            }
        }
    };
    // Second, so that a link from a section that is kept has the last word.
    mark(true);
    mark(false);
    strings
}

/// Relocations without their target, or without the symbols they are written in.
fn relocates_what_is_dropped(section: &Section, dropped: &[bool]) -> bool {
    let is_dropped = |index: u32| {
        let index = usize::try_from(index).ok();
        index.and_then(|index| dropped.get(index)) == Some(&true)
    };
    !section.is_alloc() && section.is_relocation() && (is_dropped(section.info) || is_dropped(section.link))
}

#[cfg(test)]
mod tests {
    use super::super::sample::section;
    use super::*;

    /// The names that stay of sections given as name, type, link and info.
    fn stays(given: &[(&str, u32, u32, u32)]) -> Vec<String> {
        stays_of(given, Strip::All)
    }

    fn stays_of(given: &[(&str, u32, u32, u32)], what: Strip) -> Vec<String> {
        let all: Vec<Section> = given
            .iter()
            .map(|(name, kind, link, info)| Section { link: *link, info: *info, ..section(name, *kind) })
            .collect();
        let names = all.len() - 1;
        let dropped = dropped(&all, names, what);
        let kept = all.into_iter().zip(dropped).filter(|(_, drop)| !drop);
        kept.map(|(section, _)| section.name).collect()
    }

    #[test]
    fn symbols_go_with_their_strings_and_indices() {
        let kept = stays(&[
            ("", 0, 0, 0),
            (".comment", 1, 0, 0),
            (".symtab", 2, 3, 0),
            (".strtab", 3, 0, 0),
            (".symtab_shndx", 18, 2, 0),
            (".shstrtab", 3, 0, 0),
        ]);
        assert_eq!(kept, ["", ".comment", ".shstrtab"]);
    }

    #[test]
    fn a_string_table_something_else_links_to_stays() {
        let kept = stays(&[
            ("", 0, 0, 0),
            (".symtab", 2, 2, 0),
            (".strtab", 3, 0, 0),
            (".other", 0x7000_0000, 2, 0),
            (".shstrtab", 3, 0, 0),
        ]);
        assert_eq!(kept, ["", ".strtab", ".other", ".shstrtab"]);
        let shared = [("", 0, 0, 0), (".symtab", 2, 2, 0), (".strtab", 3, 0, 0)];
        assert_eq!(stays(&shared), ["", ".strtab"]);
    }

    #[test]
    fn debug_sections_go_and_unknown_ones_stay() {
        let kept = stays(&[
            ("", 0, 0, 0),
            (".debug_info", 1, 0, 0),
            (".zdebug_str", 1, 0, 0),
            (".gdb_index", 1, 0, 0),
            (".stabstr", 3, 0, 0),
            (".gnu.debuglto_.debug_info", 1, 0, 0),
            (".group", 17, 0, 0),
            (".gnu_debuglink", 1, 0, 0),
            (".dep-v0", 1, 0, 0),
            (".note.x", 7, 0, 0),
            (".shstrtab", 3, 0, 0),
        ]);
        let names = ["", ".gnu_debuglink", ".dep-v0", ".note.x", ".shstrtab"];
        assert_eq!(kept, names);
    }

    #[test]
    fn relocations_go_with_what_they_need() {
        let kept = stays(&[
            ("", 0, 0, 0),
            (".symtab", 2, 0, 0),
            (".debug_info", 1, 0, 0),
            (".text", 1, 0, 0),
            (".rela.debug_info", 4, 0, 2),
            (".rela.text", 4, 1, 3),
            (".rel.kept", 9, 0, 3),
            (".shstrtab", 3, 0, 0),
        ]);
        assert_eq!(kept, ["", ".text", ".rel.kept", ".shstrtab"]);
    }

    #[test]
    fn symbols_stay_where_only_debug_sections_go() {
        let given = [
            ("", 0, 0, 0),
            (".debug_info", 1, 0, 0),
            (".rela.debug_info", 4, 4, 1),
            (".stab", 1, 5, 0),
            (".symtab", 2, 6, 0),
            (".stabstr", 3, 0, 0),
            (".strtab", 3, 0, 0),
            (".shstrtab", 3, 0, 0),
        ];
        assert_eq!(stays_of(&given, Strip::Debug), ["", ".symtab", ".strtab", ".shstrtab"]);
    }

    #[test]
    fn what_is_loaded_stays_whatever_its_name() {
        let mut loaded = section(".debug_gdb_scripts", 1);
        loaded.flags = 2;
        assert_eq!(dropped(&[section("", 0), loaded], 0, Strip::All), [false, false]);
    }
}

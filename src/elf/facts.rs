//! Says what an ELF file would ask of the kernel and of a dynamic loader.

use super::header::FileHeader;
use super::segments::{PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD, PT_TLS, Segments};
use super::{Class, Data, Error, ReadAt, dynamic, interpreter};

/// What the headers of an ELF file say; nothing here comes from a section.
///
/// A section header table is advice to linkers and debuggers. The kernel and
/// the loader never read it, so no claim about what they do may rest on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `EI_CLASS`.
    pub class: Class,
    /// `EI_DATA`.
    pub data: Data,
    /// `EI_OSABI`.
    pub osabi: u8,
    /// `e_machine`.
    pub machine: u16,
    /// `e_flags`.
    pub flags: u32,
    /// `e_type`.
    pub kind: Kind,
    /// `e_entry`.
    pub entry: u64,
    /// The path in `PT_INTERP`.
    pub interpreter: Option<String>,
    /// The names in `DT_NEEDED`, the first 1024 of them; one that cannot be read is `?`.
    pub needed: Vec<String>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_RUNPATH`, else `DT_RPATH`.
    pub runpath: Option<String>,
    /// There is a `PT_DYNAMIC`.
    pub dynamic: bool,
    /// `DT_FLAGS_1` has `DF_1_PIE`.
    pub pie: bool,
    /// `DF_BIND_NOW`, `DF_1_NOW` or `DT_BIND_NOW`.
    pub bind_now: bool,
    /// How much of the data is made read-only after relocation.
    pub relro: Relro,
    /// `PT_GNU_STACK` has `PF_X`, or there is none.
    pub executable_stack: bool,
    /// `PT_GNU_STACK`'s `p_memsz`: the size of stack the program asks for, 0 for the default.
    pub stack_size: u64,
    /// A `PT_LOAD` with `PF_X` holds `e_entry` among its bytes from the file.
    pub entry_is_executable: bool,
    /// There is a `PT_TLS`.
    pub tls: bool,
    /// A `PT_LOAD` brings the program headers into memory, where start-up code looks for `PT_TLS` (`AT_PHDR`).
    pub headers_loaded: bool,
    /// The lowest `p_vaddr` of a `PT_LOAD`.
    pub lowest_address: u64,
    /// The number of `PT_LOAD`.
    pub loads: usize,
}

/// `e_type` (ELF gABI, "ELF Header").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ET_REL`.
    Relocatable,
    /// `ET_EXEC`.
    Executable,
    /// `ET_DYN`: a shared object or a position-independent program.
    SharedObject,
    /// `ET_CORE`.
    Core,
    /// Any other.
    Other(u16),
}

/// Whether a program's relocated data is read-only while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relro {
    /// No `PT_GNU_RELRO`.
    None,
    /// `PT_GNU_RELRO`, but functions are bound lazily: `.got.plt` stays writable.
    Partial,
    /// `PT_GNU_RELRO`, and nothing is left to bind once the program runs.
    Full,
}

/// Reads what an ELF file says of itself, or why it is not one.
///
/// Consults the file header, the program headers, and through them the
/// interpreter path, the dynamic section and its strings.
///
/// # Errors
///
/// [`Error::Malformed`] for a file a loader could read differently, or not at
/// all; [`Error::Io`] if the bytes cannot be read.
pub fn read<R: ReadAt + ?Sized>(bytes: &R) -> Result<Facts, Error> {
    let header = FileHeader::read(bytes)?;
    let segments = Segments::read(bytes, &header)?;
    let interpreter = interpreter::read(bytes, &segments)?;
    let dynamic = dynamic::read(bytes, header.layout, &segments)?;
    let has_dynamic = dynamic.is_some();
    let dynamic = dynamic.unwrap_or_default();

    let loads = || segments.iter().filter(|s| s.p_type == PT_LOAD);
    // Linux walks all headers and keeps the last PT_GNU_STACK it meets.
    let stack = segments.iter().filter(|s| s.p_type == PT_GNU_STACK).last();
    let has_relro = segments.iter().any(|s| s.p_type == PT_GNU_RELRO);

    let table = u64::from(header.e_phnum).saturating_mul(header.e_phentsize.into());
    let table = header.e_phoff..=header.e_phoff.saturating_add(table);

    Ok(Facts {
        class: header.layout.class,
        data: header.layout.data,
        osabi: header.osabi(),
        machine: header.e_machine,
        flags: header.e_flags,
        kind: kind(header.e_type),
        entry: header.e_entry,
        interpreter,
        needed: dynamic.needed,
        soname: dynamic.soname,
        runpath: dynamic.runpath,
        dynamic: has_dynamic,
        pie: dynamic.pie,
        bind_now: dynamic.bind_now,
        relro: match (has_relro, dynamic.bind_now || !has_dynamic) {
            (false, _) => Relro::None,
            (true, false) => Relro::Partial,
            (true, true) => Relro::Full,
        },
        executable_stack: stack.is_none_or(|s| s.p_flags & PF_X != 0),
        stack_size: stack.map_or(0, |s| s.p_memsz),
        entry_is_executable: loads()
            .any(|s| s.p_flags & PF_X != 0 && s.loaded_from_file(header.e_entry).is_some()),
        tls: segments.iter().any(|s| s.p_type == PT_TLS),
        headers_loaded: loads()
            .any(|s| s.p_offset <= *table.start() && s.p_offset.saturating_add(s.p_filesz) >= *table.end()),
        lowest_address: loads().map(|s| s.p_vaddr).min().unwrap_or(0),
        loads: loads().count(),
    })
}

fn kind(e_type: u16) -> Kind {
    match e_type {
        1 => Kind::Relocatable,
        2 => Kind::Executable,
        3 => Kind::SharedObject,
        4 => Kind::Core,
        other => Kind::Other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, segment};
    use super::*;

    fn facts(sample: &Sample) -> Facts {
        read(sample.bytes().as_slice()).unwrap()
    }

    #[test]
    fn a_plain_static_program_asks_for_nothing() {
        for sample in Sample::every_layout() {
            let facts = facts(&sample);
            assert_eq!(facts.kind, Kind::Executable);
            assert_eq!((facts.class, facts.data), (sample.class, sample.data));
            assert_eq!((facts.machine, facts.loads), (62, 1));
            assert!(facts.interpreter.is_none() && facts.needed.is_empty());
            assert!(!facts.dynamic && !facts.pie && facts.entry_is_executable);
        }
    }

    #[test]
    fn a_stack_is_executable_unless_the_last_header_says_otherwise() {
        let mut sample = Sample::default();
        assert!(facts(&sample).executable_stack);
        sample.segments.push(segment(PT_GNU_STACK, 7, 0, 0));
        assert!(facts(&sample).executable_stack);
        sample.segments.push(segment(PT_GNU_STACK, 6, 0, 0));
        sample.segments.last_mut().unwrap().p_memsz = 0x8000;
        assert!(!facts(&sample).executable_stack);
        assert_eq!(facts(&sample).stack_size, 0x8000);
    }

    #[test]
    fn relro_is_full_only_when_nothing_is_bound_later() {
        let mut sample = Sample::default();
        assert_eq!(facts(&sample).relro, Relro::None);
        sample.segments.push(segment(PT_GNU_RELRO, 4, 0, 16));
        assert_eq!(facts(&sample).relro, Relro::Full);
        let lazy = sample.clone().dynamic(&[(0, 0)]);
        assert_eq!(facts(&lazy).relro, Relro::Partial);
        let now = sample.dynamic(&[(24, 0), (0, 0)]);
        assert_eq!(facts(&now).relro, Relro::Full);
    }

    #[test]
    fn an_entry_outside_executable_bytes_is_seen() {
        let mut sample = Sample::default();
        sample.entry = Sample::BASE + Sample::SIZE;
        sample.segments[0].p_memsz += 0x100;
        assert!(!facts(&sample).entry_is_executable);
        sample.entry = Sample::BASE;
        assert!(facts(&sample).entry_is_executable);
        sample.segments[0].p_flags = 4;
        assert!(!facts(&sample).entry_is_executable);
    }
}

//! Reads the path of the program interpreter, as the kernel would.

use super::segments::{PT_INTERP, Segments};
use super::{Error, Malformed, Part, ReadAt};

/// `PATH_MAX`: the longest path the kernel takes, with its NUL.
const PATH_MAX: u64 = 4096;

/// The path in `PT_INTERP`, if there is one.
///
/// Refuses what Linux answers with `ENOEXEC` (`fs/binfmt_elf.c`,
/// `load_elf_binary`): a path shorter than one byte and its NUL, longer than
/// `PATH_MAX`, or whose last byte is not NUL. The kernel takes the first
/// `PT_INTERP` and ignores the rest; a second one is refused here, as there is
/// no honest reason for it.
pub(super) fn read<R: ReadAt + ?Sized>(bytes: &R, segments: &Segments) -> Result<Option<String>, Error> {
    let Some(segment) = segments.only(PT_INTERP, "PT_INTERP")? else {
        return Ok(None);
    };
    let refused = |why| Err(Malformed::Interpreter(why).into());
    if segment.p_filesz < 2 {
        return refused("is empty");
    }
    if segment.p_filesz > PATH_MAX {
        return refused("is longer than 4096 bytes");
    }
    let raw = Part::Interpreter.read(bytes, segment.p_offset, segment.p_filesz)?;
    if raw.last() != Some(&0) {
        return refused("does not end in NUL");
    }
    // The kernel opens the C string: what comes before the first NUL.
    match raw.split(|byte| *byte == 0).next() {
        Some([]) | None => refused("is empty"),
        Some(path) => Ok(Some(String::from_utf8_lossy(path).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::super::{Error, read as facts};

    fn interpreter(path: &[u8]) -> Result<Option<String>, String> {
        match facts(Sample::default().interpreter(path).bytes().as_slice()) {
            Ok(facts) => Ok(facts.interpreter),
            Err(Error::Malformed(why)) => Err(why.to_string()),
            Err(Error::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn the_path_is_what_the_kernel_would_open() {
        let path = interpreter(b"/lib/ld-musl-x86_64.so.1\0");
        assert_eq!(path, Ok(Some("/lib/ld-musl-x86_64.so.1".into())));
        assert_eq!(interpreter(b"/ld\0/other\0"), Ok(Some("/ld".into())));
        assert_eq!(interpreter(b"/\xff\0"), Ok(Some("/\u{fffd}".into())));
        let longest = [vec![b'/'; 4095], vec![0]].concat();
        assert_eq!(interpreter(&longest).unwrap().unwrap().len(), 4095);
    }

    #[test]
    fn a_path_no_kernel_takes_is_refused() {
        let why = |path: &[u8]| interpreter(path).unwrap_err();
        assert_eq!(why(b""), "the interpreter path is empty");
        assert_eq!(why(b"\0"), "the interpreter path is empty");
        assert_eq!(why(b"\0\0"), "the interpreter path is empty");
        assert_eq!(why(b"/ld"), "the interpreter path does not end in NUL");
        let long = [vec![b'/'; 4096], vec![0]].concat();
        assert_eq!(why(&long), "the interpreter path is longer than 4096 bytes");
    }

    #[test]
    fn a_second_interpreter_is_refused() {
        let mut sample = Sample::default().interpreter(b"/ld\0");
        sample.segments.push(*sample.segments.last().unwrap());
        let error = facts(sample.bytes().as_slice()).unwrap_err();
        assert_eq!(error.to_string(), "more than one PT_INTERP segment");
    }
}

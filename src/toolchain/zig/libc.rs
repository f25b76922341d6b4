//! Musl, its start files and an unwinder from zig: what Rust's own musl targets have in the folder `self-contained`.

use super::{Zig, link};
use crate::error::{Code, Error};
use crate::image::platform::Target;
use crate::tool::Tool;
use crate::toolchain::cached;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// What gcc's crtbegin.o and crtend.o do for a static program on musl: the handle that destructors are registered
/// under, and the end of the table that is unwound by. Initializers run from `.init_array` without them.
const BEGIN: &str = "__attribute__((visibility(\"hidden\"))) void *__dso_handle = 0;\n";
const END: &str = "__attribute__((section(\".eh_frame\"), used)) static const int end = 0;\n";
/// What crti.o and crtn.o do where there is no `.init` section: nothing.
const NOTHING: &str = "";

/// The objects that rustc links by name (`rustc_target::spec::crt_objects`, `pre_musl_self_contained`), beside those of
/// zig's musl.
const OBJECTS: [(&str, &str); 6] = [
    ("crti.o", NOTHING),
    ("crtn.o", NOTHING),
    ("crtbegin.o", BEGIN),
    ("crtbeginS.o", BEGIN),
    ("crtend.o", END),
    ("crtendS.o", END),
];

impl Zig {
    /// Fills the folder `made` with what a program for `target` is linked from beside Rust's own libraries.
    pub fn self_contained(
        &self,
        target: &Target,
        cache: &Path,
        work: &Path,
        made: &Path,
    ) -> Result<(), Error> {
        let wrappers = self.wrappers(target, cache)?;
        let (cc, ar) = (wrappers.folder.join("cc"), wrappers.folder.join("ar"));
        for (name, text) in OBJECTS {
            let source = cached::write(work, "object.c", text)?;
            let tool = Tool::new(&cc).args(["-O2", "-c"]).args([&source, Path::new("-o"), &made.join(name)]);
            if !tool.run()?.success() {
                return Err(link::failed(&tool));
            }
        }
        let source = cached::write(work, "program.c", "int main(void) { return 0; }\n")?;
        let linked = |kind: &[&'static str]| {
            let words = kind.iter().map(OsStr::new).chain([source.as_ref(), OsStr::new("-lunwind")]);
            link::linked(&cc, words, cache, work)
        };
        let fixed = linked(&["-O2", "-static"])?;
        copy(fixed.file("crt1.o")?, &made.join("crt1.o"))?;
        // code that can be moved serves programs that are not, too
        let movable = linked(&["-O2", "-static", "-fPIE", "-pie"])?;
        copy(movable.file("rcrt1.o")?, &made.join("rcrt1.o"))?;
        copy(movable.file("libunwind.a")?, &made.join("libunwind.a"))?;
        // newer versions have parts of musl, such as memcpy, in zig's own language
        let mut parts = vec![movable.file("libc.a")?];
        parts.extend(["libzigc.a", "libcompiler_rt.a"].iter().filter_map(|name| movable.find(name)));
        link::merge(&ar, &made.join("libc.a"), &parts)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(|reason| Error::io(Code::Output, "write", to, &reason))
}

//! The folder of scripts that stand for a C toolchain, and the variables that name them to build scripts.
//!
//! Every variable carries the target's name, so that what is built for this machine (build scripts, macros and the
//! libraries they use) is not compiled by them.

use super::Zig;
use super::names::Names;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::platform::Target;
use crate::templates::{self, Wrapper};
use crate::tool::Tool;
use crate::toolchain::cached::{self, text};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file that holds [bindgen]'s arguments.
///
/// [bindgen]: https://docs.rs/bindgen
const BINDGEN: &str = "bindgen";
/// The folder of the empty libraries.
const LIBRARIES: &str = "lib";
/// How libclang is told of folders that it looks into before its own, and of one that comes after all others.
const BEFORE: &str = "-isystem";
const AFTER: &str = "-idirafter";

/// The libraries that build scripts ask for and that musl has as empty archives, all of it being in libc.a (musl's
/// Makefile, `EMPTY_LIB_NAMES`); and gcc's unwinder, for which Rust's stands. Rust's musl has none of these: a linker for
/// this machine would take those of its glibc, and another finds none.
const EMPTY: [&str; 9] = ["m", "rt", "pthread", "crypt", "util", "xnet", "resolv", "dl", "gcc_s"];
/// An archive without a member.
const ARCHIVE: &str = "!<arch>\n";

/// A C toolchain of scripts, for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrappers {
    /// The folder that holds `cc`, `c++`, `ar`, `ranlib`, `toolchain.cmake`, the arguments of bindgen and empty libraries.
    pub folder: PathBuf,
}

impl Zig {
    /// The wrappers for `target` in the folder `cache`, written where they are not there yet.
    pub fn wrappers(&self, target: &Target, cache: &Path) -> Result<Wrappers, Error> {
        let names = self.names(target)?;
        let wrappers = self.planned(target, cache);
        cached::once(&wrappers.folder, |_, made| self.write(&names, target, cache, &wrappers.folder, made))?;
        Ok(wrappers)
    }

    /// The same, whether or not they are there.
    pub fn planned(&self, target: &Target, cache: &Path) -> Wrappers {
        Wrappers { folder: self.folder(cache).join(target.triple()) }
    }

    /// The names of `target`, or why zig has none.
    pub(super) fn names(&self, target: &Target) -> Result<Names, Error> {
        Names::of(target).ok_or_else(|| {
            Error::new(Code::Tool, format!("zig {} cannot compile for `{target}`", self.version))
        })
    }

    /// What this zig has in the folder `cache`: another version, one elsewhere, or other templates have another.
    pub(super) fn folder(&self, cache: &Path) -> PathBuf {
        let mut made_of = self.program.as_os_str().as_encoded_bytes().to_vec();
        templates::ZIG.iter().for_each(|template| made_of.extend(template.source().bytes()));
        made_of.extend([&[BEFORE, AFTER], &EMPTY[..]].concat().concat().bytes());
        let digest = Digest::of(&made_of);
        cache.join("zig").join(format!("{}-{}", self.version, &digest.hex()[..12]))
    }

    fn write(
        &self,
        names: &Names,
        target: &Target,
        cache: &Path,
        folder: &Path,
        partial: &Path,
    ) -> Result<(), Error> {
        let built = zigs_own(cache);
        for template in templates::ZIG {
            let values = Wrapper {
                target: target.triple(),
                arch: names.arch,
                zig_target: &names.target,
                cpu: names.cpu,
                cmake_processor: names.cmake,
                zig: &word(&self.program)?,
                command: template.path,
                cache: &word(&built)?,
                folder: text(folder)?,
                root: text(cache)?,
            };
            let path = cached::write(partial, template.path, template.render(&values)?)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .map_err(|reason| Error::io(Code::Output, "write", &path, &reason))?;
        }
        for name in EMPTY {
            cached::write(partial, &format!("{LIBRARIES}/lib{name}.a"), ARCHIVE)?;
        }
        cached::write(partial, BINDGEN, self.headers(names, &built)?).map(drop)
    }

    /// The arguments with which libclang finds the headers that zig would, in the words of a shell. It keeps the headers
    /// of its own version, which describe its own built-in functions; zig's folder of those, the first of its list, is
    /// for a libclang that comes without, such as Python's.
    fn headers(&self, names: &Names, built: &Path) -> Result<String, Error> {
        let ask = ["cc", "-target", &names.target, "-E", "-v", "-x", "c", "/dev/null"];
        // it does not start without a folder to keep things in, and its own is in the home that some systems do not name
        let tool = Tool::new(&self.program).args(ask).env("ZIG_GLOBAL_CACHE_DIR", built);
        let said = tool.read()?;
        let list = said.stderr.lines().skip_while(|line| !line.starts_with("#include <"));
        let mut folders = list.skip(1).take_while(|line| line.starts_with(' ')).map(str::trim);
        let own = folders.next();
        let all = folders.map(|folder| (BEFORE, folder)).chain(own.map(|folder| (AFTER, folder)));
        let words = all.map(|(flag, folder)| Ok(format!(" {flag} {}", word(Path::new(folder))?)));
        let words = words.collect::<Result<String, Error>>()?;
        if !words.contains(BEFORE) {
            return Err(Error::new(Code::Tool, "zig does not say where its headers are")
                .note(format!("the command was: {tool}"))
                .note(said.stderr.lines().next().unwrap_or("it says nothing").to_owned())
                .help(format!(
                    "take `{}` away, and install one that works: pip install ziglang",
                    self.program.display()
                )));
        }
        Ok(format!("-nostdlibinc{words}"))
    }
}

impl Wrappers {
    /// The folder of the empty libraries, to be named by `-Lnative=`.
    pub fn libraries(&self) -> PathBuf {
        self.folder.join(LIBRARIES)
    }

    /// The variables that build scripts read for `target` alone: those of the crates cc, cmake and bindgen.
    pub fn variables(&self, target: &Target) -> Vec<(OsString, OsString)> {
        let suffix = target.underscored();
        let variable = |name: &str, value: OsString| (format!("{name}_{suffix}").into(), value);
        let file = |name: &str| self.folder.join(name).into_os_string();
        let mut variables = vec![
            variable("CC", file("cc")),
            variable("CXX", file("c++")),
            variable("AR", file("ar")),
            variable("RANLIB", file("ranlib")),
            variable("CXXSTDLIB", "c++".into()),
            variable("CMAKE_TOOLCHAIN_FILE", file("toolchain.cmake")),
        ];
        let headers = fs::read_to_string(self.folder.join(BINDGEN)).ok();
        variables.extend(headers.map(|words| variable("BINDGEN_EXTRA_CLANG_ARGS", words.into())));
        variables
    }
}

/// Where zig keeps what it has built: shared by its versions, which know their own, and in the same folder as all else.
pub(super) fn zigs_own(cache: &Path) -> PathBuf {
    cache.join("zig/cache")
}

/// `path` as a shell takes it.
fn word(path: &Path) -> Result<String, Error> {
    text(path).map(|path| Tool::new(path).to_string())
}

#[cfg(test)]
mod tests;

//! The standard library from the source that a toolchain carries, where nobody can install it for the target.
//!
//! It is built once for all projects and compiler by compiler, as a sysroot of its own: a folder that rustc is told to
//! take the target's libraries from, while it has those of this machine, for macros and build scripts, from its own.

mod kind;

pub use kind::{Kind, UNWOUND};

use super::zig::Zig;
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::platform::Target;
use crate::templates;
use crate::tool::Tool;
use crate::toolchain::cached;
use crate::toolchain::remap::Remap;
use cargo_metadata::Message;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Whether the toolchain in the folder `sysroot` carries the source.
pub fn available(sysroot: &Path) -> bool {
    source(sysroot).join("std/Cargo.toml").is_file()
}

/// Where rustup's component `rust-src` and Debian's package `rust-src` put it.
fn source(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library")
}

/// What a program is linked from beside Rust's own libraries: the C library, its start files and an unwinder.
#[derive(Clone, Debug)]
pub enum Beside {
    /// What lies beside the standard library in this folder, if anything has to: else the system has it.
    Library(PathBuf),
    /// Zig's musl.
    Zig(Zig),
}

/// What the library is built with, for one target.
#[derive(Clone, Debug)]
pub struct StdBuild<'a> {
    /// cargo.
    pub cargo: &'a Path,
    /// rustc, which must be the one that programs are compiled with.
    pub rustc: &'a Path,
    /// Its own folder.
    pub sysroot: &'a Path,
    /// The target.
    pub target: &'a Target,
    /// Which of its kinds it is.
    pub kind: Kind,
    /// The folder that all projects share.
    pub cache: &'a Path,
    /// Whether the network must not be used.
    pub offline: bool,
    /// What the library calls the folders that it was built in.
    pub remap: Remap,
}

impl StdBuild<'_> {
    /// Where the library is, or will be: a folder for `--sysroot`. Asks rustc who it is, since no compiler can use
    /// another one's libraries.
    pub fn place(&self) -> Result<PathBuf, Error> {
        let said = Tool::new(self.rustc).arg("-vV").read()?;
        let text = String::from_utf8_lossy(&said.stdout);
        let release = text.lines().find_map(|line| line.strip_prefix("release: "));
        let (true, Some(release)) = (said.status.success(), release) else {
            let why = said.stderr.lines().next().unwrap_or("it says nothing").to_owned();
            return Err(Error::new(Code::Tool, "rustc does not tell its version")
                .at(self.rustc.display())
                .note(why));
        };
        let mut made_of = format!("{text}{} remapped{}", self.kind.crates(), self.words().join(" "));
        templates::STD.iter().for_each(|template| made_of.push_str(template.source()));
        let digest = Digest::of(made_of.as_bytes());
        Ok(self.cache.join("std").join(format!("{release}-{}-{}", self.target, &digest.hex()[..16])))
    }

    /// The library in `place`, built now if it is not there. cargo's progress is live on the terminal.
    pub fn build(&self, place: &Path, beside: &Beside) -> Result<(), Error> {
        cached::once(place, |work, made| {
            let library = made.join("lib/rustlib").join(self.target.triple()).join("lib");
            let others = library.join("self-contained");
            fs::create_dir_all(&others)
                .map_err(|reason| Error::io(Code::Output, "create", &others, &reason))?;
            match beside {
                Beside::Zig(zig) => zig.self_contained(self.target, self.cache, work, &others)?,
                Beside::Library(folder) => copy_all(files(&folder.join("self-contained")), &others)?,
            }
            copy_all(self.compile(work)?, &library)
        })
        .map(drop)
    }

    /// Builds in the folder `work`, and tells the libraries for the target.
    fn compile(&self, work: &Path) -> Result<Vec<PathBuf>, Error> {
        for template in templates::STD {
            cached::write(work, template.path, template.render(&())?)?;
        }
        cached::write(work, "lib.rs", "")?;
        let wrapper = work.join("rustc");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))
            .map_err(|reason| Error::io(Code::Output, "write", &wrapper, &reason))?;
        let tool = self.command(work, &wrapper);
        let mut libraries = Vec::new();
        let (status, _) = tool.watch(|line| libraries.extend(self.libraries(line, work)))?;
        if status.success() && libraries.iter().any(|file| is_std(file)) {
            return Ok(libraries);
        }
        let what = format!("could not build the standard library for `{}`", self.target);
        let error = Error::new(Code::NoStd, what).at(source(self.sysroot).display());
        let error = error.note(format!("the command was: {tool}"));
        match self.offline && !self.is_vendored() {
            true => Err(error
                .note("its own dependencies are on crates.io, and the network must not be used")
                .help(
                    "build once without --offline, --frozen and cargo's net.offline: what is built is kept",
                )),
            false => Err(error),
        }
    }

    /// Whether its dependencies lie beside it, as in a distribution's source; rustup's has them on crates.io.
    fn is_vendored(&self) -> bool {
        source(self.sysroot).join("vendor").is_dir()
    }

    /// What decides what is built, beside the compiler and the crates.
    fn words(&self) -> Vec<String> {
        let source = source(self.sysroot);
        [self.kind.words(&source), self.kind.rustc(&source)].concat()
    }

    fn command(&self, work: &Path, wrapper: &Path) -> Tool {
        let source = source(self.sysroot);
        let vendor = source.join("vendor");
        let vendored = self.is_vendored();
        let flags = ["-Cembed-bitcode=yes".to_owned()];
        let flags = flags.into_iter().chain(self.kind.rustc(&source)).chain(self.remap.rustc());
        let directory = serde_json::Value::from(vendor.to_string_lossy());
        let replaced = [
            "--config=source.crates-io.replace-with=\"beside-std\"".to_owned(),
            format!("--config=source.beside-std.directory={directory}"),
        ];
        Tool::new(self.cargo)
            .args(["build", "--profile=needs-std", "--message-format=json-render-diagnostics"])
            .arg(self.kind.crates())
            .args(self.kind.words(&source))
            .arg(format!("--target={}", self.target))
            .arg("--target-dir=target")
            .args(replaced.into_iter().filter(|_| vendored))
            .args((self.offline || vendored).then_some("--offline"))
            .folder(work)
            .env("RUSTC", self.rustc)
            .env("RUSTC_WRAPPER", wrapper)
            // -Zbuild-std is not stable yet: for this one build
            .env("RUSTC_BOOTSTRAP", "1")
            // over the user's own flags, which are for programs; with bitcode, programs can be built with LTO
            .env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\u{1f}"))
    }

    /// The libraries for the target that a line of cargo's output tells of, beside the empty package itself.
    fn libraries(&self, line: &[u8], work: &Path) -> Vec<PathBuf> {
        let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_slice(line) else { return Vec::new() };
        let ours = work.join("target").join(self.target.triple());
        let files = artifact.filenames.into_iter().map(PathBuf::from);
        let wanted = |file: &PathBuf| {
            file.extension().is_some_and(|extension| extension == "rlib") && file.starts_with(&ours)
        };
        if artifact.target.name == "needs_std" { Vec::new() } else { files.filter(wanted).collect() }
    }
}

/// The files in `folder`; none where it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

fn copy_all(files: Vec<PathBuf>, folder: &Path) -> Result<(), Error> {
    for file in files {
        let name = file.file_name().unwrap_or_default();
        fs::copy(&file, folder.join(name))
            .map_err(|reason| Error::io(Code::Output, "copy", &file, &reason))?;
    }
    Ok(())
}

fn is_std(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libstd-"))
}

#[cfg(test)]
mod tests;

//! The standard library from the source that a toolchain carries, where nobody can install it for the target.
//!
//! It is built once for all projects and compiler by compiler, as a sysroot of its own: a folder that rustc is told to
//! take the target's libraries from, while it has those of this machine, for macros and build scripts, from its own.

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

/// The crates of the library that programs name: `proc_macro` is among them, since crates that use it in macros are
/// also compiled for the target (`proc-macro2`).
const CRATES: &str = "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro";

/// Whether the toolchain in the folder `sysroot` carries the source.
pub fn available(sysroot: &Path) -> bool {
    source(sysroot).join("std/Cargo.toml").is_file()
}

/// Where rustup's component `rust-src` and Debian's package `rust-src` put it.
fn source(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library")
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
        let mut made_of = format!("{text}{CRATES} remapped");
        templates::STD.iter().for_each(|template| made_of.push_str(template.source()));
        let digest = Digest::of(made_of.as_bytes());
        Ok(self.cache.join("std").join(format!("{release}-{}-{}", self.target, &digest.hex()[..16])))
    }

    /// The library in `place`, built now if it is not there. cargo's progress is live on the terminal.
    pub fn build(&self, place: &Path, zig: &Zig) -> Result<(), Error> {
        cached::once(place, |work, made| {
            let library = made.join("lib/rustlib").join(self.target.triple()).join("lib");
            let others = library.join("self-contained");
            fs::create_dir_all(&others)
                .map_err(|reason| Error::io(Code::Output, "create", &others, &reason))?;
            zig.self_contained(self.target, self.cache, work, &others)?;
            for file in self.compile(work)? {
                let name = file.file_name().unwrap_or_default();
                fs::copy(&file, library.join(name))
                    .map_err(|reason| Error::io(Code::Output, "copy", &file, &reason))?;
            }
            Ok(())
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
        Err(Error::new(Code::NoStd, format!("could not build the standard library for `{}`", self.target))
            .at(source(self.sysroot).display())
            .note(format!("the command was: {tool}")))
    }

    fn command(&self, work: &Path, wrapper: &Path) -> Tool {
        // a distribution's source has its dependencies beside it; rustup's has them on crates.io
        let vendor = source(self.sysroot).join("vendor");
        let vendored = vendor.is_dir();
        let directory = serde_json::Value::from(vendor.to_string_lossy());
        let replaced = [
            "--config=source.crates-io.replace-with=\"beside-std\"".to_owned(),
            format!("--config=source.beside-std.directory={directory}"),
        ];
        Tool::new(self.cargo)
            .args(["build", "--profile=needs-std", "--message-format=json-render-diagnostics", CRATES])
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
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                [vec!["-Cembed-bitcode=yes".to_owned()], self.remap.rustc()].concat().join("\u{1f}"),
            )
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

fn is_std(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libstd-"))
}

#[cfg(test)]
mod tests;

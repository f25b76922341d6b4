//! The debug information of a program, kept beside the image that has the program without it.
//!
//! It lies in the folder `debug` under the archives twice, as one file of two names: `BIN.debug` for people, and the name
//! that debuggers look for below a folder that they are told of, `.build-id/xx/rest.debug`, where `xx` and `rest` are the
//! build id (GDB's manual, "Separate Debug Files"). The next build replaces the first and leaves the second: the
//! program of an earlier image has another build id.

use crate::elf::{self, Rewritten, View};
use crate::error::{Code, Error};
use crate::interrupt;
use crate::plan::{ImagePlan, Plan};
use crate::regular::RegularFile;
use crate::temporary::{self, Temporary};
use crate::verify::Verified;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is kept of a program, not yet written.
pub struct Twin {
    file: RegularFile,
    kept: Rewritten,
    build_id: String,
    path: PathBuf,
}

impl Twin {
    /// That of `program` for `image`; `several` where the image is built for more than one platform.
    ///
    /// # Errors
    /// The program has no build id, or nothing to keep.
    pub fn of(program: &Verified, image: &ImagePlan, plan: &Plan, several: bool) -> Result<Self, Error> {
        let path = program.file().path();
        let file = program.file().again()?;
        let lacks = |what: &str| {
            let what = format!("`{}` has no {what}, so no debugger could be helped", image.bin);
            Error::new(Code::NoDebug, what).at(path.display())
        };
        let report = program.report.as_ref();
        let Some(build_id) = report.and_then(|report| report.build_id.clone()).filter(|id| id.len() > 2)
        else {
            return Err(lacks("build id")
                .note("the linker was asked for one, and other flags may have told it not to write it")
                .help("look for `--build-id` in RUSTFLAGS and .cargo/config.toml, and for a linker script"));
        };
        let kept = elf::twin(file.file()).map_err(|error| match error {
            elf::Error::Io(reason) => file.unreadable(&reason),
            elf::Error::Malformed(why) => lacks("sound table of sections").note(why.to_string()),
        })?;
        let debug = kept.filter(|kept| {
            let beside = elf::report(&View::new(file.file(), kept));
            beside.is_ok_and(|beside| beside.debug_info && beside.build_id.as_ref() == Some(&build_id))
        });
        let Some(kept) = debug else {
            return Err(lacks("debug information")
                .note("the compiler was asked for it, and other flags may have had it taken out")
                .help("look for `strip` and `link-arg=-s` in RUSTFLAGS and .cargo/config.toml"));
        };
        let name = match several {
            true => format!("{}.{}.debug", image.bin, plan.target.platform().replace('/', "-")),
            false => format!("{}.debug", image.bin),
        };
        Ok(Twin { file, kept, build_id, path: plan.archives.join("debug").join(name) })
    }

    /// Where people find it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.kept.size()
    }

    /// Writes it under both of its names.
    ///
    /// # Errors
    /// The program changed, or a file cannot be written.
    pub fn write(&self) -> Result<(), Error> {
        let found = self.found();
        for folder in [self.path.parent(), found.parent()].into_iter().flatten() {
            fs::create_dir_all(folder)
                .map_err(|reason| Error::io(Code::Output, "create", folder, &reason))?;
        }
        // first under the name that says what it is, which another build at this moment does not write to
        self.write_to(&found)?;
        // where the file system has one name for each file, a copy
        temporary::link(&found, &self.path).or_else(|_| self.write_to(&self.path))
    }

    /// Where a debugger finds it.
    fn found(&self) -> PathBuf {
        let (first, rest) = self.build_id.split_at_checked(2).unwrap_or_default();
        self.path.with_file_name(".build-id").join(first).join(format!("{rest}.debug"))
    }

    /// Its bytes, in a file without a name.
    ///
    /// # Errors
    /// The program changed, or the file cannot be written.
    pub fn nameless(&self) -> Result<File, Error> {
        let folder = temporary::large();
        let failed = |reason: io::Error| Error::io(Code::Output, "write in", &folder, &reason);
        let file = tempfile::tempfile_in(&folder).map_err(failed)?;
        self.copy_to(&file, failed)?;
        Ok(file)
    }

    fn write_to(&self, path: &Path) -> Result<(), Error> {
        let failed = |reason: io::Error| Error::io(Code::Output, "write", path, &reason);
        let temporary = Temporary::beside(path).map_err(failed)?;
        self.copy_to(temporary.file(), failed)?;
        temporary.commit().map_err(failed)
    }

    fn copy_to(&self, mut file: &File, failed: impl Fn(io::Error) -> Error) -> Result<(), Error> {
        let view = View::new(self.file.file(), &self.kept);
        let unreadable = |reason: io::Error| self.file.unreadable(&reason);
        elf::chunks(&view, unreadable, |_, chunk| {
            interrupt::check()?;
            file.write_all(chunk).map_err(&failed)
        })?;
        self.file.unchanged()
    }
}

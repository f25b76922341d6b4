//! The proof: a program either becomes [`Verified`] here, or the run ends. Only what is [`Proven`] can be packed: what this
//! run has verified, or an earlier one as the file that it still is.
//!
//! The proof is made on the bytes that are packed: on the view of the file that is stripped, and has the list of its
//! packages, where it is so; through the same open file, and what the proof has read is compared again as the bytes
//! stream into the layer.

mod advice;
mod allocator;
mod auditable;
mod compiler;
mod evidence;
pub mod image;
mod passing;
mod policy;
pub mod programs;
mod proven;
pub mod traces;

pub use allocator::allocator;
pub use auditable::Package;
pub use compiler::compiler;
pub use policy::{Refusal, judge};
pub use proven::{Found, Proven, proven, summary};

use crate::compile::{Artifact, NativeLibrary};
use crate::elf::{self, Facts, ReadAt, Report, Rewritten, Strip, View};
use crate::error::{Code, Error};
use crate::image::layer::{CopyError, Source};
use crate::image::platform::Target;
use crate::interrupt;
use crate::plan::Plan;
use crate::regular::RegularFile;
use crate::size::{self, Known, Sizes};
use evidence::{Evidence, Recorder};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use traces::Lookout;

/// The first path in a program that lies in one of some folders, once all of it has been packed.
pub type Sighting = Arc<OnceLock<Option<String>>>;

/// A program that a kernel alone can start, and the open file that it is in.
pub struct Verified {
    file: RegularFile,
    rewritten: Option<Rewritten>,
    evidence: Evidence,
    saved: u64,
    folders: Vec<PathBuf>,
    sighting: Sighting,
    /// What its headers say.
    pub facts: Facts,
    /// What its sections say, for people.
    pub report: Option<Report>,
    /// Whether the list of its packages is in it.
    pub lists_packages: bool,
}

impl Verified {
    /// The file that it is in.
    pub fn file(&self) -> &RegularFile {
        &self.file
    }

    /// Where its bytes go: those that are packed, told by the symbols of the file that it is in.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sizes(&self, known: &Known<'_>) -> Result<Sizes, elf::Error> {
        let open = self.file.file();
        match &self.rewritten {
            Some(rewritten) => size::measure(open, &View::new(open, rewritten), known),
            None => size::measure(open, open, known),
        }
    }

    /// Has whoever packs it look for a path in it that lies in one of `folders`; what is found is in the cell then.
    pub fn watch_for(&mut self, folders: &[PathBuf]) -> Sighting {
        folders.clone_into(&mut self.folders);
        self.sighting.clone()
    }

    /// The bytes that stripping saves.
    pub fn saved(&self) -> u64 {
        self.saved
    }
}

/// Proves that `artifact` is a static program for the plan's target; its symbols are taken out on the way if the plan
/// says so, and the list of its packages, `noted`, is put in.
///
/// `libraries` are what build scripts linked: they tell which package to blame, and the plan's graph by which way it
/// came into the program.
pub fn verify(
    artifact: &Artifact,
    libraries: &[NativeLibrary],
    plan: &Plan,
    noted: Option<&[u8]>,
) -> Result<Verified, Error> {
    let refuse = |why: String| {
        Error::new(Code::NotStatic, format!("`{}` is not proven static", artifact.name))
            .at(artifact.path.display())
            .note(why)
    };
    let file = RegularFile::open(&artifact.path, false).map_err(|error| refuse(error.what().to_owned()))?;
    prove(file, Some(&plan.target), plan.symbols.strip(), noted).map_err(|failed| match failed {
        Unproven::Unreadable(error) => error,
        Unproven::Malformed(why) => refuse(why),
        Unproven::Refused(facts, refusals) => {
            let error = refusals.iter().fold(
                Error::new(Code::NotStatic, format!("`{}` is not proven static", artifact.name))
                    .at(artifact.path.display()),
                |error, refusal| error.note(refusal.to_string()),
            );
            advice::advise(error, &facts, libraries, plan)
        }
    })
}

/// The same program again, for whoever wants to look at what is in a layer by now.
///
/// # Errors
/// It is not there any more, or not the same.
pub fn again(artifact: &Artifact, plan: &Plan, noted: Option<&[u8]>) -> Result<Verified, Unproven> {
    let file = RegularFile::open(&artifact.path, false).map_err(Unproven::Unreadable)?;
    prove(file, Some(&plan.target), plan.symbols.strip(), noted)
}

/// Why there is no proof.
pub enum Unproven {
    /// The file could not be read.
    Unreadable(Error),
    /// It is no sound ELF file.
    Malformed(String),
    /// It is one, and these are the reasons against it.
    Refused(Box<Facts>, Vec<Refusal>),
}

/// Proves that `file` is a static program, for `target` if one is wanted, as it is when it is stripped and holds `noted`:
/// the bytes of the section that cargo-auditable would have written, unless it has.
pub fn prove(
    file: RegularFile,
    target: Option<&Target>,
    strip: Option<Strip>,
    noted: Option<&[u8]>,
) -> Result<Verified, Unproven> {
    let open = file.file();
    // a damaged section table is no obstacle to starting; such a file is packed as it is
    let stripped = strip.and_then(|strip| elf::strip(open, strip).unwrap_or(None));
    let saved = stripped.as_ref().map_or(0, |stripped| file.size().saturating_sub(stripped.size()));
    let rewritten = match noted {
        Some(noted) => auditable::note(open, stripped, noted),
        None => stripped,
    };
    let (facts, evidence) = match &rewritten {
        Some(rewritten) => recorded(&View::new(open, rewritten)),
        None => recorded(open),
    }
    .map_err(|error| match error {
        elf::Error::Io(reason) => Unproven::Unreadable(file.unreadable(&reason)),
        elf::Error::Malformed(malformed) => Unproven::Malformed(malformed.to_string()),
    })?;
    let refusals = judge(&facts, target);
    if !refusals.is_empty() {
        return Err(Unproven::Refused(Box::new(facts), refusals));
    }
    let report = match &rewritten {
        Some(rewritten) => elf::report(&View::new(open, rewritten)),
        None => elf::report(open),
    };
    let report = report.ok();
    let mut sections = report.iter().flat_map(|report| &report.sections);
    let lists_packages = sections.any(|section| section.name == elf::DEP_V0);
    let (folders, sighting) = (Vec::new(), Sighting::default());
    Ok(Verified { file, rewritten, evidence, saved, folders, sighting, facts, report, lists_packages })
}

fn recorded<R: ReadAt + ?Sized>(bytes: &R) -> Result<(Facts, Evidence), elf::Error> {
    let recorder = Recorder::new(bytes);
    let facts = elf::read(&recorder)?;
    Ok((facts, recorder.evidence()))
}

impl Source for Verified {
    fn size(&self) -> u64 {
        self.rewritten.as_ref().map_or_else(|| self.file.size(), Rewritten::size)
    }

    fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError> {
        let open = self.file.file();
        let unreadable = |reason: io::Error| CopyError::Source(self.file.unreadable(&reason));
        let mut lookout = Lookout::new(&self.folders);
        let pass = |offset: u64, chunk: &[u8]| {
            interrupt::check()?;
            lookout.see(chunk);
            if !self.evidence.agrees(offset, chunk) {
                return Err(crate::regular::changed(self.file.path()).into());
            }
            Ok(out.write_all(chunk)?)
        };
        match &self.rewritten {
            Some(rewritten) => elf::chunks(&View::new(open, rewritten), unreadable, pass)?,
            None => elf::chunks(open, unreadable, pass)?,
        }
        self.sighting.get_or_init(|| lookout.found());
        Ok(self.file.unchanged()?)
    }
}

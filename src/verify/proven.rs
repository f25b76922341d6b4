//! What may be packed: a program that was proven, in this run or by an earlier one as the very file that it still is.
//!
//! An earlier run's word counts where cargo says that it has not touched the program since (`fresh`), and where the file is
//! the same by its [`Identity`]. Then it is not even opened, unless its bytes are wanted after all: they are proven again.

use super::{Sighting, Unproven, Verified, compiler, prove, verify};
use crate::cache::Cache;
use crate::compile::{Artifact, NativeLibrary};
use crate::elf::{Facts, Kind, Report, Strip};
use crate::error::{Code, Error};
use crate::image::digest::Digest;
use crate::image::layer::{CopyError, Source};
use crate::image::platform::{Target, machine_name};
use crate::plan::Plan;
use crate::regular::{Identity, RegularFile, changed};
use crate::sbom::Compiler;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// What records of proofs are called.
const RECORD: &str = "proof";

/// A program that a kernel alone can start. Only this module makes one.
pub struct Proven {
    /// What is known of it.
    pub found: Found,
    /// The proof, if this run has made it.
    now: Option<Verified>,
    /// What tells of every change to its file, if something does.
    file: Option<Identity>,
    /// The path of a folder of this machine that is in it, known once it was packed.
    sighting: Sighting,
    recipe: Recipe,
}

/// What a proof has found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The program in three words.
    pub summary: String,
    /// Its size in bytes.
    pub size: u64,
    /// The bytes that stripping saves.
    pub saved: u64,
    /// Its build id, in hexadecimal.
    pub build_id: Option<String>,
    /// Whether the list of its packages is in it.
    pub lists_packages: bool,
    /// Its compiler, if it says one.
    pub compiler: Option<Compiler>,
}

/// What is made of a file.
struct Recipe {
    path: PathBuf,
    target: Target,
    strip: Option<Strip>,
    noted: Option<Vec<u8>>,
    folders: Vec<PathBuf>,
    records: Cache,
}

impl Recipe {
    fn of(artifact: &Artifact, plan: &Plan, noted: Option<&[u8]>, folders: &[PathBuf]) -> Self {
        Recipe {
            folders: folders.to_vec(),
            records: plan.records.clone(),
            path: artifact.path.clone(),
            target: plan.target.clone(),
            strip: plan.symbols.strip(),
            noted: noted.map(<[u8]>::to_vec),
        }
    }

    /// All that the bytes depend on that are made of `file`.
    fn key(&self, file: Identity) -> impl Serialize + use<> {
        let strip = self.strip.map(|strip| match strip {
            Strip::Debug => "debug",
            Strip::All => "all",
        });
        (file, strip, self.noted.as_deref().map(Digest::of))
    }

    /// All that a proof depends on that is made of `file`.
    fn question(&self, file: Identity) -> impl Serialize + use<> {
        (self.key(file), self.target.triple().to_owned(), self.folders.clone())
    }
}

/// The proof of `artifact` as [`verify`] makes it, or the one that an earlier run has left in the cache of `plan`. It should
/// name none of `folders`.
///
/// # Errors
/// It is no static program for the target.
pub fn proven(
    artifact: &Artifact,
    libraries: &[NativeLibrary],
    plan: &Plan,
    noted: Option<&[u8]>,
    folders: &[PathBuf],
) -> Result<Proven, Error> {
    let recipe = Recipe::of(artifact, plan, noted, folders);
    let known = || {
        let file = Identity::at(&artifact.path).ok()?;
        Some((file, plan.records.get(RECORD, &recipe.question(file))?))
    };
    if let Some((file, (found, sighting))) = artifact.fresh.then(known).flatten() {
        let sighting: Option<String> = sighting;
        let sighting = Arc::new(OnceLock::from(sighting));
        return Ok(Proven { found, now: None, file: Some(file), sighting, recipe });
    }
    // before a byte is looked at: a later write must show
    let before = Identity::at(&artifact.path).ok().filter(Identity::is_settled);
    let mut program = verify(artifact, libraries, plan, noted)?;
    let file = before.filter(|before| *before == program.file().identity());
    let sighting = program.watch_for(folders);
    Ok(Proven { found: Found::of(&program), now: Some(program), file, sighting, recipe })
}

impl Found {
    fn of(program: &Verified) -> Self {
        let report = program.report.as_ref();
        Found {
            summary: summary(&program.facts, report),
            size: program.size(),
            saved: program.saved(),
            build_id: report.and_then(|report| report.build_id.clone()),
            lists_packages: program.lists_packages,
            compiler: compiler(program.file().file()),
        }
    }
}

impl Proven {
    /// The first path in it that lies in one of the folders that it should not name, once it was packed.
    pub fn names(&self) -> Option<&str> {
        self.sighting.get()?.as_deref()
    }

    /// Tells later runs what has come out, once it was packed.
    ///
    /// # Errors
    /// A signal.
    pub fn remember(&self) -> Result<(), Error> {
        let (Some(program), Some(file)) = (&self.now, self.file) else { return Ok(()) };
        // it is in an archive of an earlier run whose proof is not known any more: nobody has looked through it yet
        if self.sighting.get().is_none() {
            match program.copy_to(&mut io::sink()) {
                Err(CopyError::Source(error)) if error.code() == Code::Interrupted => return Err(error),
                Err(_) => return Ok(()),
                Ok(()) => {}
            }
        }
        if let Some(names) = self.sighting.get() {
            self.recipe.records.put(RECORD, &self.recipe.question(file), &(&self.found, names));
        }
        Ok(())
    }

    /// Gives `look` the open program, if this run has proven it: what is wrong with one is never remembered.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn if_new(&self, look: impl FnOnce(&Verified) -> Result<(), Error>) -> Result<(), Error> {
        self.now.as_ref().map_or(Ok(()), look)
    }

    /// Gives `look` the open program.
    ///
    /// # Errors
    /// It is not any more what was proven, or those of `look`.
    pub fn open<T>(&self, look: impl FnOnce(&Verified) -> Result<T, Error>) -> Result<T, Error> {
        match &self.now {
            Some(program) => look(program),
            None => look(&self.again()?),
        }
    }

    /// What an earlier run has proven, proven by this one too.
    fn again(&self) -> Result<Verified, Error> {
        let Recipe { path, target, strip, noted, .. } = &self.recipe;
        let file = RegularFile::open(path, false)?;
        if Some(file.identity()) != self.file {
            return Err(changed(path));
        }
        let program = prove(file, Some(target), *strip, noted.as_deref()).map_err(|failed| match failed {
            Unproven::Unreadable(error) => error,
            Unproven::Malformed(_) | Unproven::Refused(..) => changed(path),
        })?;
        match program.size() == self.found.size {
            true => Ok(program),
            false => Err(changed(path)),
        }
    }
}

impl Source for Rc<Proven> {
    fn size(&self) -> u64 {
        self.found.size
    }

    fn fingerprint(&self) -> Option<Digest> {
        let key = serde_json::to_vec(&("program", self.recipe.key(self.file?))).ok()?;
        Some(Digest::of(&key))
    }

    fn copy_to(&self, out: &mut dyn Write) -> Result<(), CopyError> {
        match &self.now {
            Some(program) => program.copy_to(out),
            None => self.again()?.copy_to(out),
        }
    }
}

/// `static-pie, x86_64, stripped`: a program in three words.
pub fn summary(facts: &Facts, report: Option<&Report>) -> String {
    let mut words = vec![
        match facts.kind {
            Kind::SharedObject => "static-pie".to_owned(),
            _ => "static".to_owned(),
        },
        machine_name(facts.machine, facts.data),
    ];
    match report {
        Some(report) if report.stripped && !report.debug_info => words.push("stripped".into()),
        Some(_) => words.push("not stripped".into()),
        None => {}
    }
    words.join(", ")
}

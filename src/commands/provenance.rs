//! The provenance of an image, and its signature.

use super::stages::Ready;
use super::workplace::Workplace;
use crate::config::env::Env;
use crate::error::{Code, Error};
use crate::image::attachment::{Attachment, IN_TOTO, SIGSTORE};
use crate::image::bundle::Bundle;
use crate::image::digest::Digest;
use crate::plan::{self, ImagePlan, Plans};
use crate::provenance::{self, Build, PREDICATE, Runner, Source, Surroundings, Tools, is_commit};
use crate::regular::RegularFile;
use crate::sbom::Compiler;
use crate::signature::Signer;
use crate::toolchain::Version;
use crate::ui::Ui;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The bytes of a Cargo.lock that is read: those of the largest projects are a hundredth of it.
const LOCK: u64 = 64 << 20;

/// The annotations by which others find a statement (BuildKit's `docs/attestations/attestation-storage.md`), and a bundle
/// (cosign's `specs/BUNDLE_SPEC.md`).
const PLAIN: [(&str, &str); 1] = [("in-toto.io/predicate-type", PREDICATE)];
const SIGNED: [(&str, &str); 2] =
    [("dev.sigstore.bundle.content", "dsse-envelope"), ("dev.sigstore.bundle.predicateType", PREDICATE)];

/// Who signs, for all images.
#[derive(Default)]
pub struct Signers(Vec<(plan::Signer, Signer)>);

impl Signers {
    /// Those that `plans` ask for: what could not sign must not cost a build first.
    ///
    /// # Errors
    /// One could not sign.
    pub fn of(plans: &Plans, env: &Env, ui: &Ui) -> Result<Self, Error> {
        let mut signers: Vec<(plan::Signer, Signer)> = Vec::new();
        for key in plans.first.images.iter().filter_map(|image| image.papers.signer.as_ref()) {
            if signers.iter().any(|(known, _)| known == key) {
                continue;
            }
            let (signer, warning) = Signer::find(key, env)?;
            warning.iter().for_each(|warning| ui.warning(warning));
            signers.push((key.clone(), signer));
        }
        Ok(Signers(signers))
    }

    fn of_image(&self, image: &ImagePlan) -> Option<&Signer> {
        let wanted = image.papers.signer.as_ref()?;
        self.0.iter().find(|(key, _)| key == wanted).map(|(_, signer)| signer)
    }
}

/// How it was before the build: what cargo or a build script changes later has no part in it.
#[derive(Default)]
pub struct Before {
    sources: BTreeMap<PathBuf, Source>,
    tools: Tools,
    surroundings: Surroundings,
    runner: Runner,
}

impl Before {
    /// As it is now, as far as `plans` have something that tells of it.
    pub fn of(plans: &Plans, workplace: &Workplace<'_>, env: &Env) -> Self {
        let told = plans.first.images.iter().filter(|image| image.papers.provenance);
        let manifests: BTreeSet<_> = told.map(|image| &image.manifest).collect();
        if manifests.is_empty() {
            return Before::default();
        }
        let tools = workplace.tools(env);
        let surroundings = Surroundings::of(&plans.first.workspace, tools.container.is_none(), env);
        let source = |manifest: &PathBuf| Some((manifest.clone(), Source::of(manifest, env)?));
        let sources = manifests.into_iter().filter_map(source).collect();
        Before { sources, tools, surroundings, runner: Runner::of(env) }
    }

    /// Takes note of who has linked in the end.
    pub fn linked(&mut self, workplace: &Workplace<'_>) {
        self.tools.linkers = workplace.linkers();
    }
}

/// The provenance of the images of one program, `ready` in `bundle`, signed if the plan says so.
///
/// # Errors
/// It cannot be written or signed.
pub fn provenance(
    ready: &[Ready<'_>],
    plans: &Plans,
    bundle: &Bundle,
    (before, signers): (&Before, &Signers),
    ui: &Ui,
) -> Result<Option<Attachment>, Error> {
    let images: Vec<_> = ready.iter().map(|ready| ready.program.image).zip(plans.iter()).collect();
    let Some((image, plan)) = images.first().filter(|(image, _)| image.papers.provenance) else {
        return Ok(None);
    };
    let lock = lock(&plan.workspace.join("Cargo.lock"))?;
    let said = ready.first().and_then(|first| first.inventory.compiler.as_ref());
    let tools = Tools { rustc: compiler(said, before.tools.rustc.as_ref()), ..before.tools.clone() };
    let build = Build {
        images: &images,
        source: before.sources.get(&image.manifest),
        tools: &tools,
        surroundings: &before.surroundings,
        runner: &before.runner,
        lock: lock.as_ref(),
    };
    let statement = provenance::statement(&build, bundle)?;
    let written = |kind, annotations: &[(&str, &str)], bytes| {
        let annotations = annotations.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Some(Attachment {
            kind,
            platform: None,
            subject: bundle.root.clone(),
            parts: bundle
                .images()
                .map(|image| image.manifest.clone())
                .filter(|one| *one != bundle.root)
                .collect(),
            annotations: annotations.collect(),
            bytes,
        })
    };
    let Some(signer) = signers.of_image(image) else {
        return Ok(written(IN_TOTO, &PLAIN, statement));
    };
    if let Signer::Cosign(_) = signer {
        ui.status("Signing", format!("the provenance of {}, by cosign", image.bin));
    }
    let bytes = signer.sign(provenance::MEDIA_TYPE, &statement)?;
    Ok(written(SIGSTORE, &SIGNED, bytes))
}

/// The compiler by what the program says of it, which is true of one that was compiled in a container too; its host is what
/// the compiler has `told`, if that is the same one.
fn compiler(said: Option<&Compiler>, told: Option<&Version>) -> Option<Version> {
    let Some(said) = said else { return told.cloned() };
    let told = told.filter(|told| told.release == said.version);
    Some(Version {
        release: said.version.clone(),
        commit: said.commit.clone().filter(|commit| is_commit(commit)).or_else(|| told?.commit.clone()),
        host: told.and_then(|told| told.host.clone()),
    })
}

/// The digest of Cargo.lock as the build has left it; `None` where there is none.
fn lock(path: &Path) -> Result<Option<Digest>, Error> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let file = RegularFile::open(path, true)?;
    match file.bytes(LOCK)? {
        None => Err(Error::new(Code::Project, format!("`{}` has more than {LOCK} bytes", path.display()))),
        Some(bytes) => Ok(Some(Digest::of(&bytes))),
    }
}

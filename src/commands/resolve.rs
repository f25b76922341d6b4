//! `cargo scratch resolve`: manifests of Kubernetes with the programs that they name built, pushed, and named by digest.

use super::build::carry_out;
use crate::config::env::Env;
use crate::error::{Caution, Code, Error, Warning, escaped};
use crate::image::reference::Reference;
use crate::plan::{self, ImagePlan, Plans, Request};
use crate::report::counted;
use crate::resolve::{self, Manifest, Mention};
use crate::ui::{Format, Ui};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Which manifests, and what is wanted of them.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Files, folders, or `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Whether the folders of folders count too.
    pub recursive: bool,
    /// Whether to tell what is named where, and do nothing.
    pub list: bool,
}

/// What stands for the digest of what is not pushed.
const UNKNOWN: &str = "sha256:…";

/// What the manifests name, each with the manifest that it stands in.
type Mentions<'a> = [(&'a Manifest, &'a Mention)];

/// Runs the command. `request` asks for a push; of programs, it names none.
pub fn resolve(wanted: &Wanted, request: &Request, env: &Env, ui: &Ui) -> Result<(), Error> {
    let inputs = resolve::inputs::read(&wanted.files, wanted.recursive, env.folder())?;
    let manifests = inputs.into_iter().map(|(name, bytes)| Manifest::read(&name, bytes));
    let manifests = manifests.collect::<Result<Vec<_>, Error>>()?;
    for manifest in &manifests {
        for (place, why) in &manifest.strays {
            let what = format!("{}: {why}", manifest.at(*place));
            ui.warning(&Warning::new(Caution::StrayReference, what));
        }
    }
    let all = manifests.iter();
    let mentions: Vec<_> =
        all.flat_map(|one| one.mentions.iter().map(move |mention| (one, mention))).collect();
    // what names no program needs neither cargo nor a project
    let names = match mentions.is_empty() {
        true => Vec::new(),
        false => names(&mentions, wanted, request, env, ui)?,
    };
    if wanted.list {
        return list(&mentions, &names, ui);
    }
    let mut left = names.iter();
    let texts: Vec<_> = manifests.iter().map(|manifest| manifest.with(left.by_ref())).collect();
    let images = names.iter().collect::<BTreeSet<_>>().len();
    ui.status("Resolved", format!("{} to {}", counted(names.len(), "reference"), counted(images, "image")));
    print(&resolve::joined(&texts), &mentions, &names, ui)
}

/// The name of an image for every mention: of what was built and pushed for it, or for a list of what would be.
fn names(
    mentions: &Mentions<'_>,
    wanted: &Wanted,
    request: &Request,
    env: &Env,
    ui: &Ui,
) -> Result<Vec<String>, Error> {
    let (plans, which) = planned(mentions, request, env)?;
    let images: Vec<_> = which.iter().filter_map(|at| plans.first.images.get(*at)).collect();
    for ((manifest, mention), image) in mentions.iter().zip(&images) {
        if !image.tags.iter().all(Reference::names_registry) {
            return Err(no_repository(image, wanted).at(manifest.at(mention.place)));
        }
    }
    let digests = match wanted.list {
        true => BTreeMap::new(),
        false => pushed(&plans, env, ui)?,
    };
    let name = |image: &&ImagePlan| {
        let repository = image.tags.first().map(Reference::name).unwrap_or_default();
        match digests.get(&key(image)) {
            Some(digest) => Ok(format!("{repository}@{digest}")),
            None if wanted.list => Ok(format!("{repository}@{UNKNOWN}")),
            None => Err(Error::new(Code::Registry, format!("`{}` was not pushed", image.bin))),
        }
    };
    images.iter().map(name).collect()
}

/// The plan for all programs that are named, each once, and for each mention which of its images it is.
fn planned(mentions: &Mentions<'_>, request: &Request, env: &Env) -> Result<(Plans, Vec<usize>), Error> {
    let programs: Vec<_> = mentions.iter().map(|(_, mention)| &mention.program).collect();
    let mut images = Vec::new();
    let plans = plan::plan_of(request, env, |metadata, _| {
        let named = plan::named_all(metadata, &programs, &request.cargo);
        let (selected, which) = named.map_err(|(number, error)| match mentions.get(number) {
            Some((manifest, mention)) => error.at(manifest.at(mention.place)),
            None => error,
        })?;
        images = which;
        Ok(selected)
    })?;
    Ok((plans, images))
}

fn no_repository(image: &ImagePlan, wanted: &Wanted) -> Error {
    let files: Vec<_> = wanted.files.iter().take(8).map(|file| format!("-f {}", file.display())).collect();
    let (files, bin) = (files.join(" "), &image.bin);
    Error::new(Code::Usage, format!("no repository to push `{bin}` to"))
        .note("a cluster pulls it from a registry")
        .help(format!("cargo scratch resolve --repo ghcr.io/me {files}     for ghcr.io/me/{bin}"))
        .help("or for all runs: export CARGO_SCRATCH_REPO=ghcr.io/me")
        .help(format!("or in Cargo.toml, [package.metadata.scratch]: tag = \"ghcr.io/me/{bin}\""))
}

/// Builds and pushes what is planned; the digests, by [`key`].
fn pushed(plans: &Plans, env: &Env, ui: &Ui) -> Result<BTreeMap<(String, String), String>, Error> {
    let mut digests = BTreeMap::new();
    carry_out(plans, false, None, env, ui, &mut |made| {
        let image = made.programs.first().map(|program| key(program.image));
        digests.extend(image.map(|image| (image, made.bundle.root.digest.to_string())));
        Ok(())
    })?;
    Ok(digests)
}

/// What tells the images of a plan apart: package and binary.
fn key(image: &ImagePlan) -> (String, String) {
    (image.spec.clone(), image.bin.clone())
}

fn list(mentions: &Mentions<'_>, names: &[String], ui: &Ui) -> Result<(), Error> {
    for ((manifest, mention), name) in mentions.iter().zip(names) {
        let line = format!("{}: {} → {name}", manifest.at(mention.place), mention.program);
        ui.result(escaped(&line), || reference(manifest, mention, name))?;
    }
    Ok(())
}

/// The text as it is; as JSON, an object for each mention and one with the text.
fn print(text: &str, mentions: &Mentions<'_>, names: &[String], ui: &Ui) -> Result<(), Error> {
    if ui.format == Format::Json {
        list(mentions, names, ui)?;
        return ui.json(&json!({ "reason": "manifests", "text": text }));
    }
    ui.document(text)
}

fn reference(manifest: &Manifest, mention: &Mention, name: &str) -> Value {
    let (repository, digest) = name.split_once('@').unwrap_or((name, UNKNOWN));
    json!({
        "reason": "reference",
        "file": manifest.name,
        "line": mention.place.line,
        "column": mention.place.column,
        "reference": mention.program.to_string(),
        "repository": repository,
        "result": Some(name).filter(|_| digest != UNKNOWN),
    })
}

//! `cargo scratch resolve`: manifests of Kubernetes with the programs that they name built, pushed, and named by digest.

use super::build::{carry_out, result};
use crate::config::env::Env;
use crate::error::{Code, Error, escaped};
use crate::image::reference::Reference;
use crate::plan::{self, ImagePlan, Plans, Request};
use crate::resolve::{self, Manifest, Mention, Program};
use crate::ui::{Format, Ui};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

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

/// Runs the command. `request` asks for a push; of programs, it names none.
pub fn resolve(wanted: &Wanted, request: &Request, env: &Env, ui: &Ui) -> Result<(), Error> {
    let inputs = resolve::inputs::read(&wanted.files, wanted.recursive, env.folder())?;
    let manifests = inputs.into_iter().map(|(name, bytes)| Manifest::read(&name, bytes));
    let manifests = manifests.collect::<Result<Vec<_>, Error>>()?;
    for manifest in &manifests {
        for (place, why) in &manifest.strays {
            ui.warning(format!("{}: {why}", manifest.at(*place)));
        }
    }
    let mentions: Vec<_> = manifests
        .iter()
        .flat_map(|manifest| manifest.mentions.iter().map(move |one| (manifest, one)))
        .collect();
    let names = match mentions.is_empty() {
        true => BTreeMap::new(),
        false => {
            let (plans, images) = planned(&mentions, wanted, request, env)?;
            if wanted.list {
                return list(&mentions, &plans, &images, ui);
            }
            pushed(&plans, &images, env, ui)?
        }
    };
    if wanted.list {
        return Ok(());
    }
    let name = |mention: &Mention| names.get(&mention.program).map_or("", String::as_str);
    let texts: Vec<_> =
        manifests.iter().map(|manifest| manifest.with(manifest.mentions.iter().map(name))).collect();
    let images: BTreeSet<_> = names.values().collect();
    ui.status(
        "Resolved",
        format!("{} to {}", counted(mentions.len(), "reference"), counted(images.len(), "image")),
    );
    print(&resolve::joined(&texts), &mentions, &names, ui)
}

/// The plan for all programs that are named, each once, and which of its images each is.
fn planned<'a>(
    mentions: &[(&Manifest, &'a Mention)],
    wanted: &Wanted,
    request: &Request,
    env: &Env,
) -> Result<(Plans, BTreeMap<&'a Program, usize>), Error> {
    let programs: Vec<_> = mentions.iter().map(|(_, mention)| &mention.program).collect();
    let place = |number: usize| {
        mentions.get(number).map(|(manifest, mention)| manifest.at(mention.place).to_string())
    };
    let mut images = BTreeMap::new();
    let plans = plan::plan_of(request, env, |metadata, _| {
        let named = plan::named_all(metadata, &programs, &request.cargo);
        let (selected, which) = named.map_err(|(number, error)| match place(number) {
            Some(place) => error.at(place),
            None => error,
        })?;
        images.extend(programs.iter().copied().zip(which));
        Ok(selected)
    })?;
    for (manifest, mention) in mentions {
        let image = images.get(&mention.program).and_then(|at| plans.first.images.get(*at));
        if let Some(image) = image.filter(|image| !image.tags.iter().all(Reference::names_registry)) {
            return Err(no_repository(image, wanted, manifest.at(mention.place)));
        }
    }
    Ok((plans, images))
}

fn no_repository(image: &ImagePlan, wanted: &Wanted, place: impl Display) -> Error {
    let files: Vec<_> = wanted.files.iter().take(8).map(|file| format!("-f {}", file.display())).collect();
    let files = files.join(" ");
    Error::new(Code::Usage, format!("no repository to push `{}` to", image.bin))
        .at(place)
        .note("a cluster pulls it from a registry")
        .help(format!(
            "cargo scratch resolve --repo REGISTRY/PATH {files}     e.g. ghcr.io/me for ghcr.io/me/{}",
            image.bin
        ))
        .help("or for all runs: export CARGO_SCRATCH_REPO=REGISTRY/PATH")
        .help("or in Cargo.toml, [package.metadata.scratch]: tag = \"REGISTRY/PATH/NAME\"")
}

/// What every program is called in its repository, without its digest.
fn repository(image: &ImagePlan) -> String {
    image.tags.first().map(Reference::name).unwrap_or_default()
}

/// Builds and pushes what is planned. The names, with their digests, of all programs.
fn pushed(
    plans: &Plans,
    images: &BTreeMap<&Program, usize>,
    env: &Env,
    ui: &Ui,
) -> Result<BTreeMap<Program, String>, Error> {
    let mut digests = BTreeMap::new();
    carry_out(plans, false, env, ui, &mut |made| {
        if let Some(program) = made.programs.first() {
            digests.insert(
                (program.image.spec.clone(), program.image.bin.clone()),
                made.bundle.root.digest.to_string(),
            );
        }
        Ok(())
    })?;
    let name = |(program, at): (&&Program, &usize)| {
        let image = plans.first.images.get(*at)?;
        let digest = digests.get(&(image.spec.clone(), image.bin.clone()))?;
        Some(((*program).clone(), format!("{}@{digest}", repository(image))))
    };
    let names: BTreeMap<_, _> = images.iter().filter_map(name).collect();
    match names.len() == images.len() {
        true => Ok(names),
        false => Err(Error::new(Code::Registry, "a program was not pushed")),
    }
}

fn list(
    mentions: &[(&Manifest, &Mention)],
    plans: &Plans,
    images: &BTreeMap<&Program, usize>,
    ui: &Ui,
) -> Result<(), Error> {
    for (manifest, mention) in mentions {
        let image = images.get(&mention.program).and_then(|at| plans.first.images.get(*at));
        let name = format!("{}@sha256:…", image.map(repository).unwrap_or_default());
        let place = manifest.at(mention.place).to_string();
        let line = format!("{place}: {} → {name}", mention.program);
        result(ui, escaped(&line), || reference(manifest, mention, &name))?;
    }
    Ok(())
}

fn reference(manifest: &Manifest, mention: &Mention, name: &str) -> Value {
    json!({
        "reason": "reference",
        "file": manifest.name,
        "line": mention.place.line,
        "column": mention.place.column,
        "reference": mention.program.to_string(),
        "result": name,
    })
}

/// The text as it is; as JSON, one object with the text in it, after one for each reference.
fn print(
    text: &str,
    mentions: &[(&Manifest, &Mention)],
    names: &BTreeMap<Program, String>,
    ui: &Ui,
) -> Result<(), Error> {
    if ui.format == Format::Json {
        for (manifest, mention) in mentions {
            let name = names.get(&mention.program).map_or("", String::as_str);
            result(ui, "", || reference(manifest, mention, name))?;
        }
        return result(ui, "", || json!({ "reason": "manifests", "text": text }));
    }
    let written = ui.document(text);
    written.map_err(|reason| Error::io(Code::Output, "write", Path::new("standard output"), &reason))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

//! What several images of one run must not share.

use super::ImagePlan;
use crate::error::{Code, Error};
use crate::image::attachment;
use crate::image::reference::Reference;
use crate::sink::{self, Destination, Takes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// No two are written to one file; a layout has room for all of them, and so has a folder of files.
pub fn one_destination_each(images: &[ImagePlan]) -> Result<(), Error> {
    let destinations = images.iter().flat_map(|image| &image.destinations);
    let mut places: Vec<(&Path, Takes)> =
        destinations.filter_map(|one| Some((one.path()?, one.kind.takes))).collect();
    places.sort_by_key(|(path, _)| *path);
    let is_shared = |pair: &&[(&Path, Takes)]| {
        let room = pair[0].1 == pair[1].1 && matches!(pair[0].1, Takes::Folder(_) | Takes::Files(_));
        pair[0].0 == pair[1].0 && !room
    };
    let shared = places.windows(2).find(is_shared);
    match shared {
        None => documents_of_their_own(images),
        Some(pair) => {
            Err(Error::new(Code::Usage, format!("two outputs want the path `{}`", pair[0].0.display()))
                .help("end the destination with `/` to get a file for each: -o docker-archive=DIR/"))
        }
    }
}

/// No document about one is written over that of another, or over an image.
fn documents_of_their_own(images: &[ImagePlan]) -> Result<(), Error> {
    let stems = |image: &ImagePlan| -> BTreeSet<PathBuf> {
        let all = image.destinations.iter().filter(|_| image.papers.has_documents());
        all.filter_map(|destination| sink::stem(destination, &image.bin)).collect()
    };
    let refused = |what: String| {
        Err(Error::new(Code::Usage, what)
            .help("end the destination with `/` to get a file for each: -o docker-archive=DIR/")
            .help("to make no such documents: --sbom none --provenance=false"))
    };
    let mut known: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for image in images {
        for stem in stems(image) {
            if let Some(other) = known.insert(stem.clone(), &image.bin) {
                return refused(format!(
                    "the documents about `{other}` and `{}` would be the same files, {}.*.json",
                    image.bin,
                    stem.display()
                ));
            }
        }
    }
    let paths = images.iter().flat_map(|image| &image.destinations).filter_map(Destination::path);
    for path in paths.map(sink::real) {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_document = |stem: &&PathBuf| {
            stem.parent() == path.parent() && attachment::name::read(&name(&path), &name(stem)).is_some()
        };
        if let Some(stem) = known.keys().find(is_document) {
            return refused(format!(
                "`{}` could be a document about another image, {}.*.json",
                path.display(),
                stem.display()
            ));
        }
    }
    Ok(())
}

/// No two have one name, be it a tag or that of a push; `by_digest` a push has none.
pub fn one_name_each(images: &[ImagePlan], by_digest: bool) -> Result<(), Error> {
    for (at, image) in images.iter().enumerate() {
        let ours = names(image, by_digest);
        let shared = |other: &&ImagePlan| !names(other, by_digest).is_disjoint(&ours);
        if let Some(other) = images[..at].iter().find(shared) {
            let what = format!("the images of `{}` and `{}` would have the same name", other.bin, image.bin);
            return Err(Error::new(Code::Usage, what)
                .note("the one that is loaded or pushed last would take it from the other")
                .help(format!(
                    "build them one after the other: cargo scratch --bin {} --tag NAME",
                    image.bin
                )));
        }
    }
    Ok(())
}

/// Every name that `image` is given, in full.
fn names(image: &ImagePlan, by_digest: bool) -> BTreeSet<String> {
    let pushed = image.destinations.iter().filter(|one| one.kind.takes == Takes::Reference && !by_digest);
    let pushed = pushed.filter_map(|one| one.name()?.parse::<Reference>().ok());
    pushed.chain(image.tags.iter().cloned()).map(|name| name.full()).collect()
}

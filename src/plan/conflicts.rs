//! What several images of one run must not share.

use super::ImagePlan;
use crate::error::{Code, Error};
use crate::sink::Takes;
use std::path::Path;

/// No two are written to one file; a layout has room for all of them.
pub fn one_destination_each(images: &[ImagePlan]) -> Result<(), Error> {
    let destinations = images.iter().flat_map(|image| &image.destinations);
    let mut places: Vec<(&Path, bool)> = destinations
        .filter_map(|one| Some((one.path()?, matches!(one.kind.takes, Takes::Folder(_)))))
        .collect();
    places.sort_unstable();
    let shared = places.windows(2).find(|pair| pair[0].0 == pair[1].0 && !(pair[0].1 && pair[1].1));
    match shared {
        None => Ok(()),
        Some(pair) => {
            Err(Error::new(Code::Usage, format!("two outputs want the path `{}`", pair[0].0.display()))
                .help("end the destination with `/` to get a file for each: -o docker-archive=DIR/"))
        }
    }
}

/// No two have one name.
pub fn one_name_each(images: &[ImagePlan]) -> Result<(), Error> {
    for (at, image) in images.iter().enumerate() {
        let shared = |other: &&ImagePlan| other.tags.iter().any(|tag| image.tags.contains(tag));
        if let Some(other) = images[..at].iter().find(shared) {
            let what = format!("the images of `{}` and `{}` would have the same name", other.bin, image.bin);
            return Err(Error::new(Code::Usage, what)
                .note("the one that is loaded last would take it from the other")
                .help(format!(
                    "build them one after the other: cargo scratch --bin {} --tag NAME",
                    image.bin
                )));
        }
    }
    Ok(())
}

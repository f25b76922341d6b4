//! What several images of one run must not share.

use super::ImagePlan;
use crate::error::{Code, Error};
use crate::sink::Destination;
use std::path::Path;

/// No two are written to one file.
pub fn one_destination_each(images: &[ImagePlan]) -> Result<(), Error> {
    let mut paths: Vec<&Path> =
        images.iter().flat_map(|i| i.destinations.iter().filter_map(Destination::path)).collect();
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            Err(Error::new(Code::Usage, format!("two outputs want the path `{}`", pair[0].display()))
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

//! An image on its way into an engine: under a name of ours alone, so that no name of the user's is given to another
//! image, and none is taken away.

use super::Image;
use crate::content::Stored;
use crate::error::{Code, Error};
use crate::image::archive::Archive;
use crate::image::json;
use crate::image::manifest::DockerManifest;
use crate::image::reference::Reference;
use crate::sink::engine::Engine;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

/// An image that an engine has under our name. The name goes with this; whatever else the engine calls the image stays.
#[derive(Debug)]
pub struct Loaded {
    engine: Engine,
    name: Reference,
    left: bool,
}

impl Loaded {
    /// Gives `image` to `engine`, by way of an archive without a name in `folder`.
    ///
    /// # Errors
    /// A layer is not there, there is no room for a copy, or the engine refuses it.
    pub fn load(engine: &Engine, image: &Image, folder: &Path) -> Result<Self, Error> {
        let stored = image.stored()?;
        let name = name(image, stored)?;
        let mut archive = Archive::nameless(folder, 0)?;
        let files = documents(stored, &name, &mut archive)?;
        // from here on, what the engine may have is taken away again
        let loaded = Loaded { engine: engine.clone(), name, left: true };
        engine.load(&mut archive, &files, &["load", "--quiet"])?;
        Ok(loaded)
    }

    /// Our name for it.
    pub fn name(&self) -> String {
        self.name.to_string()
    }

    /// Takes the name away.
    ///
    /// # Errors
    /// The engine does not.
    pub fn leave(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.left) {
            return Ok(());
        }
        // without force: an image whose container is still there is not ours to take apart
        let cleared = self.engine.clears(["image", "rm", &self.name()], "kept an image");
        cleared
            .map(drop)
            .map_err(|error| error.help(format!("{} image rm {}", self.engine.tool(), self.name)))
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

/// A name that no other image and no other run has, on whatever machine the engine is.
fn name(image: &Image, stored: &Stored) -> Result<Reference, Error> {
    let digest = &stored.config.digest.hex()[..12];
    let program = Reference::slug(&image.name).unwrap_or_else(|| "image".into());
    let unique = RandomState::new().build_hasher().finish();
    let name = format!("cargo-scratch.local/run/{program}:{digest}-{}-{unique:016x}", std::process::id());
    name.parse().map_err(|why| Error::new(Code::Name, format!("`{name}` is no name of an image: {why}")))
}

/// Copies the blobs of `stored` into `archive`; the document that leads docker and podman to them.
fn documents(
    stored: &Stored,
    name: &Reference,
    archive: &mut Archive,
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let config = archive.document(crate::image::config::MEDIA_TYPE, &stored.config.bytes)?.digest;
    let mut layers = Vec::new();
    for layer in &stored.layers {
        let lacks = || Error::new(Code::Invalid, "a layer of the image is not there").at(&layer.place);
        let digest = layer.claim.as_ref().map(|claim| &claim.digest).or(layer.diff_id.as_ref());
        let (digest, blob) = digest.zip(layer.blob.as_ref()).ok_or_else(lacks)?;
        archive.copy(digest, blob)?;
        layers.push(digest);
    }
    let manifest = DockerManifest::new(&config, layers.into_iter(), std::slice::from_ref(name));
    Ok(vec![("manifest.json", json(&[manifest])?)])
}

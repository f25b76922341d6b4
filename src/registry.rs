//! A client of the OCI distribution protocol: what an image needs on its way to a registry, and no request more.

pub mod http;
pub mod url;

use crate::config::env::Env;
use crate::credentials::Credentials;
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use crate::image::manifest::Descriptor;
use crate::image::reference::Reference;
use http::Http;
use std::path::PathBuf;
use std::sync::Arc;

/// How registries are reached, as the user says.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Registries (`HOST[:PORT]`) that may be spoken to over plain HTTP, beside those of this machine.
    pub insecure: Vec<String>,
    /// A PEM file of certificates that are trusted beside the platform's; absolute.
    pub cacert: Option<PathBuf>,
    /// Whether the manifest is not read back after a push.
    pub no_read_back: bool,
}

/// Blobs, and the documents over them in the order in which a registry takes them: the last is the root.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Configurations and layers, each once.
    pub blobs: Vec<(Descriptor, Blob)>,
    /// Manifests, then the index if there is one.
    pub manifests: Vec<(Descriptor, Blob)>,
}

/// What a push did.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The digest of the root.
    pub digest: Digest,
    /// The bytes of blobs that were sent; the others were there or were mounted.
    pub sent: u64,
    /// What the registry has the user look at (header `Warning`), each once.
    pub warnings: Vec<String>,
}

/// A client for all registries of one run. It knows the tokens and what has been pushed where.
#[derive(Clone)]
pub struct Client {
    _inner: Arc<(Http, Credentials, Access)>,
}

impl Client {
    /// A client that has asked nothing yet.
    ///
    /// # Errors
    /// Certificates cannot be read.
    pub fn new(access: Access, env: &Env) -> Result<Self, Error> {
        let http = Http::new(&access, env)?;
        Ok(Client { _inner: Arc::new((http, Credentials::of(env), access)) })
    }

    /// Pushes `parcel` under `names`, which are of one repository; with `by_digest` under no tag at all.
    ///
    /// # Errors
    /// The registry refuses, or cannot be reached.
    pub fn push(&self, _parcel: &Parcel, _names: &[Reference], _by_digest: bool) -> Result<Pushed, Error> {
        Err(Error::new(Code::Registry, "not written yet"))
    }

    /// Joins the images with `digests`, which the repository of `names` has, in an index under these names.
    ///
    /// # Errors
    /// One is not there or is no image, two are for one platform, or the registry refuses.
    pub fn join(&self, _names: &[Reference], _digests: &[Digest]) -> Result<Pushed, Error> {
        Err(Error::new(Code::Registry, "not written yet"))
    }
}

//! A client of the OCI distribution protocol: what an image needs on its way to a registry, and no request more.
//!
//! ```text
//! Client → Session (one repository) → push: documents::look → upload::place × blobs → documents::publish
//!              │                        attach: referrers::list → upload::place × documents → documents::offer
//!              ↓ every request
//!          auth (challenge, token) → retry → http
//! ```
//!
//! A new blob takes three requests (HEAD, POST, PUT), one that is there a single HEAD; everything else takes five: the
//! request that draws the challenge, the token, the look for the image, its manifest, and the read-back. An image that
//! is there already is seen by the first look.

mod aside;
mod attach;
#[cfg(test)]
mod attached;
mod auth;
mod challenge;
mod date;
mod documents;
#[cfg(test)]
mod fake;
mod fetch;
pub mod http;
mod join;
mod leads;
#[cfg(test)]
mod listed;
mod pull;
#[cfg(test)]
mod pulls;
mod push;
mod range;
mod referrers;
mod retry;
mod said;
mod scope;
mod session;
mod several;
#[cfg(test)]
mod tests;
mod token;
mod upload;
pub mod url;

pub use attach::Attached;
pub use pull::{Pulled, READ};

use crate::config::env::Env;
use crate::content::Claim;
use crate::credentials::Credentials;
use crate::error::{Code, Error, Warning};
use crate::image::archive::Blob;
use crate::image::attachment::Attachment;
use crate::image::digest::Digest;
use crate::image::manifest::Descriptor;
use crate::image::reference::Reference;
use crate::progress::Progress;
use aside::aside;
use http::Http;
use retry::Policy;
use session::{Registry, Session};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How registries are reached, as the user says.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Registries (`HOST[:PORT]`) that may be spoken to over plain HTTP, beside those of this machine.
    pub insecure: Vec<String>,
    /// A PEM file of certificates that are trusted beside the platform's; absolute.
    pub cacert: Option<PathBuf>,
    /// Whether the manifest is not read back after a push.
    pub no_read_back: bool,
    /// Who sees how much of a pull has come.
    pub progress: Progress,
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
    /// What the user should look at, each once: the registry's own words (header `Warning`), and what was overtaken.
    pub warnings: Vec<Warning>,
}

/// A client for all registries of one run. It knows the tokens and what has been pushed where.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    credentials: Credentials,
    access: Access,
    policy: Policy,
    registries: Mutex<BTreeMap<String, Arc<Registry>>>,
}

impl Client {
    /// A client that has asked nothing yet.
    ///
    /// # Errors
    /// Certificates cannot be read.
    pub fn new(access: Access, env: &Env) -> Result<Self, Error> {
        Client::patient(access, env, Policy::default())
    }

    /// One with this `policy`.
    fn patient(access: Access, env: &Env, policy: Policy) -> Result<Self, Error> {
        let http = Http::new(&access, env)?;
        let (credentials, registries) = (Credentials::of(env), Mutex::default());
        Ok(Client { inner: Arc::new(Inner { http, credentials, access, policy, registries }) })
    }

    /// Pushes `parcel` under `names`, which are of one repository; with `by_digest` under no tag at all.
    ///
    /// # Errors
    /// The registry refuses, or cannot be reached.
    pub fn push(&self, parcel: &Parcel, names: &[Reference], by_digest: bool) -> Result<Pushed, Error> {
        let (client, parcel, names) = (self.clone(), parcel.clone(), names.to_vec());
        let places = match parcel.manifests.last() {
            Some((root, _)) if by_digest => vec![root.digest.to_string()],
            _ => tags(&names),
        };
        aside(move || push::push(&client.session(&names)?, &parcel, &places, client.trusting()))
    }

    /// Attaches documents about images that the repository of `name` has; `bin` is the program's name.
    ///
    /// # Errors
    /// The registry denies access, or cannot be reached.
    pub fn attach(&self, name: &Reference, attachments: &[Attachment], bin: &str) -> Result<Attached, Error> {
        let (client, name) = (self.clone(), name.clone());
        let (attachments, bin) = (attachments.to_vec(), bin.to_owned());
        aside(move || {
            let session = client.session(std::slice::from_ref(&name))?;
            attach::attach(&session, &name.name(), &attachments, &bin, client.trusting())
        })
    }

    /// Joins the images with `digests`, which the repository of `names` has, in an index under these names.
    ///
    /// # Errors
    /// One is not there or is no image, two are for one platform, or the registry refuses.
    pub fn join(&self, names: &[Reference], digests: &[Digest]) -> Result<Pushed, Error> {
        let (client, names, digests) = (self.clone(), names.to_vec(), digests.to_vec());
        aside(move || join::join(&client.session(&names)?, &digests, &tags(&names), client.trusting()))
    }

    /// The digest of what `name` leads to, an image or an index; `None` if there is nothing, or it is not told.
    ///
    /// # Errors
    /// The registry cannot be reached, or says that nothing will be told.
    pub fn digest(&self, name: &Reference) -> Result<Option<Digest>, Error> {
        let (client, name) = (self.clone(), name.clone());
        aside(move || documents::look(&client.session(std::slice::from_ref(&name))?, name.tag()))
    }

    /// Pulls what the repository of `name` has under its tag, or under `digest`, into `file`; of several platforms only
    /// `platform`, if one is given.
    ///
    /// # Errors
    /// It is not there, the registry refuses, or cannot be reached; or the file cannot be written.
    pub fn pull(
        &self,
        name: &Reference,
        digest: Option<&Digest>,
        platform: Option<&str>,
        file: File,
    ) -> Result<Pulled, Error> {
        let (client, name, platform) = (self.clone(), name.clone(), platform.map(str::to_owned));
        let under = digest.map_or_else(|| name.tag().to_owned(), ToString::to_string);
        aside(move || {
            let session = Session::to_pull(client.registry(&name)?, &name.repository());
            pull::pull(&session, &under, platform.as_deref(), file, &client.inner.access.progress)
        })
    }

    /// The bytes of a blob that the repository of `name` has: they pass through `file`, which is empty. The caller has an
    /// eye on its size.
    ///
    /// # Errors
    /// It is not there, the registry refuses, or cannot be reached; or the file cannot be written.
    pub fn blob(&self, name: &Reference, claim: &Claim, file: File) -> Result<Vec<u8>, Error> {
        let (client, name, claim) = (self.clone(), name.clone(), claim.clone());
        aside(move || {
            let session = Session::to_pull(client.registry(&name)?, &name.repository());
            fetch::bytes(&session, &claim, &file)
        })
    }

    /// Whether nothing is read back.
    fn trusting(&self) -> bool {
        self.inner.access.no_read_back
    }

    /// A session with the repository of `names`.
    fn session(&self, names: &[Reference]) -> Result<Session, Error> {
        let Some(name) = names.first() else {
            return Err(Error::new(Code::Registry, "an image needs a name to be pushed"));
        };
        Ok(Session::new(self.registry(name)?, &name.repository()))
    }

    /// The registry of `name`.
    fn registry(&self, name: &Reference) -> Result<Arc<Registry>, Error> {
        let Inner { http, credentials, policy, registries, .. } = &*self.inner;
        let mut registries = registries.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match registries.get(name.host()) {
            Some(registry) => registry.clone(),
            None => {
                let root = http.registry(name.host()).map_err(said::unreachable)?;
                let registry = Registry::new(http.clone(), *policy, root, name.host(), credentials.clone());
                registries.entry(name.host().to_owned()).or_insert(Arc::new(registry)).clone()
            }
        })
    }
}

/// Their tags, each once.
fn tags(names: &[Reference]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for name in names {
        if !tags.iter().any(|tag| tag == name.tag()) {
            tags.push(name.tag().to_owned());
        }
    }
    tags
}

//! Manifests and indexes in a repository: looked for, put under their names, read back (OCI distribution spec,
//! "Pushing Manifests" and "Pulling manifests").

use super::http::{Answer, Body, Call, Method};
use super::retry::Schedule;
use super::said;
use super::session::Session;
use crate::error::{Caution, Code, Error, Warning, bounded};
use crate::image::digest::Digest;
use std::sync::Arc;

/// What may be answered when a manifest is asked for.
pub const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// The largest manifest that a registry must take, and that is read here, in bytes (OCI distribution spec, "Pushing
/// Manifests").
pub const LARGEST: usize = 4 << 20;

/// A manifest or index on its way.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is.
    pub media_type: &'static str,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// The digest of what the repository has under `name`, a tag or a digest; `None` if that is nothing, or is not told.
///
/// # Errors
/// There is no answer, or one that says that nothing will be told to who asks.
pub fn look(session: &Session, name: &str) -> Result<Option<Digest>, Error> {
    let call = request(session, Method::Head, name)?;
    let answer = session.call(&call)?;
    match answer.status {
        200 => match told(&answer) {
            Some(digest) => Ok(digest.parse().ok()),
            None => read(session, name).map(|bytes| Some(Digest::of(&bytes))),
        },
        401 => Err(session.refused(&call, &answer)),
        // those who may push need not be allowed to read; whether they may push is told soon enough
        _ => Ok(None),
    }
}

/// Puts `document` under `name`. Returns whether the registry has confirmed the digest by itself.
///
/// # Errors
/// The registry refuses, or takes something else for it.
pub fn put(session: &Session, document: &Document, name: &str) -> Result<bool, Error> {
    match offer(session, document, name, &Replaces::Anything)? {
        Offer::Taken { confirmed, .. } => Ok(confirmed),
        Offer::Refused { error, .. } => Err(error),
    }
}

/// What has become of a document that was offered.
#[derive(Debug)]
pub enum Offer {
    /// The registry has it.
    Taken {
        /// Whether it has confirmed the digest by itself.
        confirmed: bool,
        /// Whether it has understood what the document is about, and lists it (OCI distribution spec, "Pushing Manifests
        /// with Subject").
        knows_subject: bool,
    },
    /// The registry does not take it.
    Refused {
        /// The status of the answer.
        status: u16,
        /// All that it says.
        error: Error,
    },
}

/// What a document is to replace (RFC 9110, 13.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// Whatever is there.
    Anything,
    /// Nothing: there must be none.
    Nothing,
    /// What has this `ETag`, which compares strongly.
    Version(String),
}

impl Replaces {
    /// What `answer` has, as far as it can be told from another version. A weak tag never can (RFC 9110, 8.8.3.2), and a
    /// proxy that compresses makes one of any.
    pub fn this(answer: &Answer) -> Self {
        let tag = answer.header("etag").map(str::trim).filter(|tag| tag.starts_with('"'));
        tag.map_or(Replaces::Anything, |tag| Replaces::Version(tag.to_owned()))
    }
}

/// Offers `document` under `name`, in the place of what it `replaces`; a registry need not look at that.
///
/// # Errors
/// There is no answer, or one that makes no sense.
pub fn offer(
    session: &Session,
    document: &Document,
    name: &str,
    replaces: &Replaces,
) -> Result<Offer, Error> {
    let mut call = session.request(Method::Put, &format!("manifests/{name}"))?;
    call.headers.push(("content-type", document.media_type.to_owned()));
    match replaces {
        Replaces::Anything => {}
        Replaces::Nothing => call.headers.push(("if-none-match", "*".to_owned())),
        Replaces::Version(tag) => call.headers.push(("if-match", tag.clone())),
    }
    call.body = Body::Bytes(document.bytes.clone());
    let mut answer = session.call(&call)?;
    // every blob was confirmed before; a registry misses one for the moment in which somebody else's push of the same
    // blob puts it in its place (docker-registry, on a file system)
    let mut schedule = Schedule::new(session.policy());
    for _ in 0..2 {
        if !misses_blob(&answer) || schedule.pause(None).is_err() {
            break;
        }
        answer = session.call(&call)?;
    }
    if !matches!(answer.status, 200..=204) {
        return Ok(Offer::Refused { status: answer.status, error: session.refused(&call, &answer) });
    }
    let knows_subject = answer.header("oci-subject").is_some();
    match told(&answer) {
        None => Ok(Offer::Taken { confirmed: false, knows_subject }),
        Some(digest) if digest == document.digest.to_string() => {
            Ok(Offer::Taken { confirmed: true, knows_subject })
        }
        Some(other) => Err(said::broken(&(&call).into(), "it has stored another manifest").note(format!(
            "{} was sent, {} is there",
            document.digest,
            bounded(other)
        ))),
    }
}

/// Whether `answer` refuses a manifest for want of a blob (OCI distribution spec, "Error Codes").
fn misses_blob(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 404)
        && memchr::memmem::find(&answer.body, b"MANIFEST_BLOB_UNKNOWN").is_some()
}

/// Puts `root` under those of `names` that do not have it yet; `before` is what the first one has. Then reads back
/// what is not confirmed, and the first one that was put, unless `trusting`.
///
/// # Errors
/// The registry refuses, or has another document under a name afterwards.
pub fn publish(
    session: &Session,
    root: &Document,
    names: &[String],
    before: Option<&Digest>,
    trusting: bool,
) -> Result<(), Error> {
    let has = before == Some(&root.digest);
    let mut doubtful: Vec<(&String, Option<&Digest>)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let there = if at == 0 { has } else { has && look(session, name)?.as_ref() == Some(&root.digest) };
        if !there {
            let confirmed = put(session, root, name)?;
            if !confirmed || doubtful.is_empty() {
                doubtful.push((name, before.filter(|_| at == 0)));
            }
        }
    }
    let doubtful = if trusting { Vec::new() } else { doubtful };
    doubtful.into_iter().try_for_each(|(name, before)| read_back(session, root, name, before))
}

/// Sees whether `name` leads to `root`, which was put there when it led to `before`.
///
/// Somebody else may have pushed under the same name meanwhile: then it leads to a whole other image, and `root` is
/// there by its digest. That is no failure of this push, but worth a word.
fn read_back(session: &Session, root: &Document, name: &str, before: Option<&Digest>) -> Result<(), Error> {
    let mut schedule = Schedule::new(session.policy());
    let mut seen = look(session, name)?;
    for again in [true, true, false] {
        if seen.as_ref() == Some(&root.digest) {
            return Ok(());
        }
        if let Some(other) = seen.as_ref().filter(|other| before != Some(other))
            && is_overtaken(session, root, name, other)
        {
            let what = format!("`{name}` leads to another image by now, {other}: somebody else pushed it");
            session.warn(Warning::new(Caution::Overtaken, what));
            return Ok(());
        }
        // the moment in which somebody else's push is written is no answer yet
        if !again || schedule.pause(None).is_err() {
            break;
        }
        seen = look(session, name)?;
    }
    let what = format!("`{name}` of `{}` does not lead to what was pushed", session.repository());
    let error = Error::new(Code::Registry, what);
    Err(match seen {
        None => error
            .note("the registry has nothing there, or does not say what")
            .help("--no-read-back, if you may push but not read"),
        Some(seen) => error.note(format!("{} was sent, {seen} is there", root.digest)),
    })
}

/// Whether `name` leads to the whole image `other`, and `root` is there by its digest.
fn is_overtaken(session: &Session, root: &Document, name: &str, other: &Digest) -> bool {
    let whole = read(session, name).is_ok_and(|bytes| Digest::of(&bytes) == *other);
    whole && look(session, &root.digest.to_string()).is_ok_and(|ours| ours.as_ref() == Some(&root.digest))
}

/// What there is under a name.
#[derive(Debug)]
pub enum Found {
    /// A document, with what the registry says it is.
    There(Answer),
    /// Nothing: the error that this is for who needs it.
    Nothing(Error),
}

/// What the repository has under `name`.
///
/// # Errors
/// The registry refuses, or it is too large.
pub fn find(session: &Session, name: &str) -> Result<Found, Error> {
    ask(session, name)?
}

/// The same; what the registry refuses, or it is too large, is the inner error.
///
/// # Errors
/// There is no answer.
pub fn ask(session: &Session, name: &str) -> Result<Result<Found, Error>, Error> {
    let mut call = request(session, Method::Get, name)?;
    call.limit = LARGEST;
    let (answer, enough) = session.answer(&call)?;
    Ok(match answer.status {
        200 if answer.cut => Err(said::broken(&(&call).into(), "no manifest is larger than 4 MiB")),
        200 => Ok(Found::There(answer)),
        404 => Ok(Found::Nothing(session.refused(&call, &answer))),
        _ => {
            let error = session.refused(&call, &answer);
            Err(match enough {
                Some(enough) => enough.explain(error),
                None => error,
            })
        }
    })
}

fn read(session: &Session, name: &str) -> Result<Vec<u8>, Error> {
    match find(session, name)? {
        Found::There(answer) => Ok(answer.body),
        Found::Nothing(error) => Err(error),
    }
}

/// Refuses bytes that are not what was asked for.
///
/// # Errors
/// Their digest is another.
pub fn check(bytes: &[u8], digest: &Digest) -> Result<(), Error> {
    match Digest::of(bytes) {
        other if other == *digest => Ok(()),
        other => Err(Error::new(Code::Registry, format!("the registry gave {other} for {digest}"))),
    }
}

/// What `answer` says that it has, by its header.
pub fn media_type(answer: &Answer) -> Option<&str> {
    answer.header("content-type").and_then(|header| header.split(';').next()).map(str::trim)
}

fn request(session: &Session, method: Method, name: &str) -> Result<Call, Error> {
    let mut call = session.request(method, &format!("manifests/{name}"))?;
    call.headers.push(("accept", ACCEPTED.to_owned()));
    Ok(call)
}

/// The digest that the registry gives of what it answers about; one of another algorithm says nothing here (OCI
/// distribution spec, "Digest Header").
pub fn told(answer: &Answer) -> Option<&str> {
    answer.header("docker-content-digest").map(str::trim).filter(|digest| digest.starts_with("sha256:"))
}

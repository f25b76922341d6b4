//! What refers to a manifest: by the registry's own list (OCI distribution spec 1.1, "Listing Referrers"), or by the
//! index under the tag that stands for it where a registry has none ("Referrers Tag Schema").
//!
//! A list is anybody's to write: it is read as far as it makes sense, and no further than a bound.

use super::documents::{self, Found, LARGEST};
use super::http::{Answer, Method};
use super::session::Session;
use super::url::Url;
use crate::content::{self, Claim};
use crate::error::Error;
use crate::image::digest::Digest;
use crate::image::manifest::INDEX;
use serde_json::Value;

/// The most pages of a list that are asked for.
const PAGES: usize = 8;
/// The most entries of a list that are looked at.
const ENTRIES: usize = 4096;

/// What refers to a manifest.
#[derive(Debug, Default)]
pub struct Listed {
    /// Each, in the order of the list.
    pub entries: Vec<Entry>,
    /// Whether it is the registry's own list, which it keeps by itself.
    pub kept: bool,
}

/// One of it.
#[derive(Debug)]
pub struct Entry {
    /// Its manifest.
    pub claim: Claim,
    /// Its type.
    pub artifact: String,
}

/// What refers to the manifest `subject`; the inner error is that the registry refuses to tell what is under the tag.
///
/// # Errors
/// There is no answer.
pub fn list(session: &Session, subject: &Digest) -> Result<Result<Listed, Error>, Error> {
    if let Some(entries) = asked(session, subject)? {
        return Ok(Ok(Listed { entries, kept: true }));
    }
    Ok(documents::ask(session, &tag(subject))?.map(|found| {
        let index = match found {
            Found::There(answer) => content::document(&answer.body).unwrap_or_default(),
            Found::Nothing(_) => Value::Null,
        };
        Listed { entries: entries(&index), kept: false }
    }))
}

/// The tag of the index that stands for the list of what refers to `subject`.
pub fn tag(subject: &Digest) -> String {
    subject.to_string().replace(':', "-")
}

/// The registry's own list; `None` if it has none.
fn asked(session: &Session, subject: &Digest) -> Result<Option<Vec<Entry>>, Error> {
    let mut call = session.request(Method::Get, &format!("referrers/{subject}"))?;
    call.headers.push(("accept", INDEX.to_owned()));
    call.limit = LARGEST;
    let (mut all, mut pages): (Vec<Entry>, Vec<Url>) = (Vec::new(), Vec::new());
    loop {
        // whoever does not know the question may answer anything: for them there is the tag
        let (answer, _) = session.answer(&call)?;
        let page = content::document(&answer.body).ok();
        let Some(page) = page.filter(|page| answer.status == 200 && !answer.cut && is_index(page)) else {
            return Ok((!pages.is_empty()).then_some(all));
        };
        all.extend(entries(&page));
        pages.push(call.url.clone());
        match next(&answer, session.root()) {
            Some(next) if pages.len() < PAGES && all.len() < ENTRIES && !pages.contains(&next) => {
                call.url = next;
            }
            _ => return Ok(Some(all)),
        }
    }
}

/// Whether `document` is an index: what a website answers to any question is none.
pub fn is_index(document: &Value) -> bool {
    document["manifests"].is_array()
        && document.get("mediaType").is_none_or(|media_type| media_type.as_str() == Some(INDEX))
}

fn entries(index: &Value) -> Vec<Entry> {
    let entry = |entry: &Value| {
        let artifact = entry["artifactType"].as_str().unwrap_or_default().to_owned();
        Some(Entry { claim: Claim::read(entry).ok()?, artifact })
    };
    let all = index["manifests"].as_array().into_iter().flatten();
    all.filter_map(entry).take(ENTRIES).collect()
}

/// Where the list goes on, by the header `Link: <URL>; rel="next"` (RFC 8288); the registry's own word for another server
/// is not taken.
fn next(answer: &Answer, root: &Url) -> Option<Url> {
    let link = answer.values("link").flat_map(|value| value.split(',')).find_map(|link| {
        let (url, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), r#"rel="next""# | "rel=next");
        parameters.split(';').any(is_next).then_some(url)
    })?;
    answer.url.join(link).ok().filter(|url| url.same_origin(root))
}

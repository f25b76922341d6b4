//! Where an answer may lead: the address of an upload, and that of a token server.
//!
//! Neither may take anything that was meant for a protected connection to one that is not, and neither gets the
//! registry's own credentials unless it is the registry. (Redirects have the same rules, in [`super::http`].)

use super::http::{Answer, Http};
use super::url::Url;
use crate::error::{Code, Error};

/// The longest address that is taken from an answer, in bytes: signed ones have some 2 KiB.
const LONGEST: usize = 8 << 10;

/// Where `answer` says that an upload goes on; an error says in words why not there.
pub fn upload(http: &Http, root: &Url, answer: &Answer) -> Result<Url, String> {
    let location = answer.header("location").map(str::trim).unwrap_or_default();
    if location.is_empty() {
        return Err("it does not say where the upload goes on".to_owned());
    }
    if location.len() > LONGEST {
        return Err("the address where the upload goes on is too long".to_owned());
    }
    let odd = |why: String| format!("the address where the upload goes on is none: {why}");
    let url = answer.url.join(location).map_err(odd)?;
    match is_protected(http, root, &url) {
        true => Ok(url),
        false => Err("it wants the upload to go on without encryption".to_owned()),
    }
}

/// The token server `realm` of the registry at `root`.
///
/// # Errors
/// It is no address, or what is sent there could be read on the way.
pub fn realm(http: &Http, root: &Url, realm: &str) -> Result<Url, Error> {
    let refused = |why: String| {
        Error::new(Code::Registry, "the registry names a token server that credentials must not be sent to")
            .note(why)
    };
    if realm.len() > LONGEST {
        return Err(refused("its address is too long".to_owned()));
    }
    let url = Url::parse(realm).map_err(|why| refused(format!("its address is none: {why}")))?;
    match is_protected(http, root, &url) {
        true => Ok(url),
        false => Err(refused(format!("`{url}` is not encrypted"))),
    }
}

/// Whether what is sent to `url` is as safe as what is sent to `root`.
fn is_protected(http: &Http, root: &Url, url: &Url) -> bool {
    let _ = http;
    url.reveal().starts_with("https:") || url.same_origin(root)
}

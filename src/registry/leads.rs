//! Where an answer may lead: the address of an upload, and that of a token server.
//!
//! Neither may take anything that was meant for a protected connection to one that is not. Whom else a connection may
//! be made to, protected or not, [`super::http`] decides, as for redirects; and the registry's own credentials go to
//! its own origin alone ([`super::session`]).

use super::http::Answer;
use super::url::Url;
use crate::error::{Code, Error};

/// Where `answer` of the registry at `root` says that an upload goes on; an error says in words why not there.
pub fn upload(root: &Url, answer: &Answer) -> Result<Url, String> {
    let location = answer.header("location").map(str::trim).unwrap_or_default();
    if location.is_empty() {
        return Err("it does not say where the upload goes on".to_owned());
    }
    let odd = |why: String| format!("the address where the upload goes on cannot be used: {why}");
    let url = answer.url.join(location).map_err(odd)?;
    match is_protected(root, &url) {
        true => Ok(url),
        false => Err("it wants the upload to go on without encryption".to_owned()),
    }
}

/// The token server `realm` of the registry at `root`.
///
/// # Errors
/// It is no address, or what is sent there could be read on the way.
pub fn realm(root: &Url, realm: &str) -> Result<Url, Error> {
    let refused = |why: String| {
        Error::new(Code::Registry, "the registry names a token server that credentials must not be sent to")
            .note(why)
    };
    // whole, unlike a `Location`; joined all the same, so that it is known whose word it is
    let url = Url::parse(realm).and_then(|_| root.join(realm)).map_err(refused)?;
    match is_protected(root, &url) {
        true => Ok(url),
        false => Err(refused(format!("`{url}` is not encrypted, and the registry is"))),
    }
}

/// Whether what is sent to `url` is as safe as what is sent to `root`.
fn is_protected(root: &Url, url: &Url) -> bool {
    url.origin().tls || !root.origin().tls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(location: &str) -> Answer {
        Answer {
            status: 202,
            headers: vec![("location".to_owned(), location.to_owned())],
            body: Vec::new(),
            cut: false,
            url: Url::parse("https://h/v2/a/blobs/uploads/").unwrap(),
        }
    }

    #[test]
    fn e5_an_upload_goes_on_where_it_is_protected() {
        let root = Url::parse("https://h/v2/").unwrap();
        let leads = |location: &str| upload(&root, &answer(location)).map(|url| url.reveal());
        assert_eq!(leads("/v2/u?_state=a%2Bb&c"), Ok("https://h/v2/u?_state=a%2Bb&c".to_owned()));
        assert_eq!(leads("u"), Ok("https://h/v2/a/blobs/uploads/u".to_owned()));
        assert_eq!(leads("https://store.example/x"), Ok("https://store.example/x".to_owned()));
        for bad in
            ["", " ", "http://h/v2/u", "http://store.example/x", "https://u:p@h/", "ftp://h/", "https://"]
        {
            assert!(leads(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn e7_a_token_server_is_protected_or_the_registry_is_not() {
        let (safe, open) =
            (Url::parse("https://h/v2/").unwrap(), Url::parse("http://127.0.0.1:1/v2/").unwrap());
        assert!(realm(&safe, "https://auth.example/token?a=b").is_ok());
        assert!(realm(&open, "http://127.0.0.1:2/token").is_ok());
        for bad in ["http://h/token", "file:///etc/passwd", "https://u:p@auth.example/", "/token", "", "auth"]
        {
            assert!(realm(&safe, bad).is_err(), "{bad}");
        }
    }
}

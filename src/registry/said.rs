//! What a registry says, in words for the user: its errors (OCI distribution spec, "Error Codes") and its warnings.
//!
//! All of it is foreign text: its length is bounded here, and `ui` escapes what could move a cursor.

use super::http::{Answer, Call, Failure, Method};
use super::url::Url;
use crate::error::{Caution, Code, Error, Warning, bounded};
use serde_json::Value;
use std::fmt;

/// The most that is read of a body that only explains a status, in bytes.
pub const BODY: usize = 64 << 10;
/// The most errors of one answer, and the most warnings of one push, that are repeated.
const MOST: usize = 8;

/// A request as errors name it.
#[derive(Clone, Debug)]
pub struct Asked {
    method: Method,
    url: Url,
}

impl From<&Call> for Asked {
    fn from(call: &Call) -> Self {
        Asked { method: call.method, url: call.url.clone() }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
        };
        write!(f, "{method} {}", self.url)
    }
}

/// The error that `answer` to `asked` is, with the server's own words: the registry's, or its token server's.
pub fn refused(asked: &Asked, answer: &Answer) -> Error {
    let meaning = ureq::http::StatusCode::from_u16(answer.status).ok();
    let status = match meaning.and_then(|status| status.canonical_reason()) {
        Some(meaning) => format!("{} ({})", answer.status, meaning.to_lowercase()),
        None => answer.status.to_string(),
    };
    let error = Error::new(Code::Registry, format!("`{asked}` was answered with {status}"));
    let error = match answer.status {
        413 => error.help("a proxy in front of the registry may bound the size of a request"),
        429 => error.help("its limit of requests is reached: try again later, or log in"),
        _ => error,
    };
    match words(answer) {
        Some(words) => error.note(format!("it says: {words}")),
        None => error,
    }
}

/// The error that no answer to `asked` is.
pub fn failed(asked: &Asked, failure: Failure) -> Error {
    match failure {
        Failure::Refused(error) => error,
        Failure::Broken(why) | Failure::Silent(why) => {
            Error::new(Code::Registry, format!("no answer to `{asked}`: {}", bounded(&why)))
        }
    }
}

/// The error that a registry is which cannot be spoken to at all.
pub fn unreachable(failure: Failure) -> Error {
    match failure {
        Failure::Refused(error) => error,
        Failure::Broken(why) | Failure::Silent(why) => Error::new(Code::Registry, bounded(&why)),
    }
}

/// The error that `outcome` is, which could have been another a moment later.
pub fn unanswered(asked: &Asked, outcome: Result<Answer, Failure>) -> Error {
    match outcome {
        Ok(answer) => refused(asked, &answer),
        Err(failure) => failed(asked, failure),
    }
}

/// The error that an answer to `asked` is that does not say what it must: `why` in a few words.
pub fn broken(asked: &Asked, why: impl fmt::Display) -> Error {
    Error::new(Code::Registry, format!("the answer to `{asked}` makes no sense: {why}"))
}

/// The words in the body of an answer: `CODE: message` for each error, or the text that it is.
pub fn words(answer: &Answer) -> Option<String> {
    let text = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(document) => in_document(&document)?,
        Err(_) => {
            // a page for browsers says nothing that a line could hold
            let text = String::from_utf8_lossy(&answer.body);
            let line = text.trim().lines().next().unwrap_or_default().to_owned();
            if line.starts_with('<') || line.starts_with('{') {
                return None;
            }
            line
        }
    };
    (!text.is_empty()).then(|| bounded(&text))
}

fn in_document(document: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let of_one = |error: &Value| match (text(error, "code"), text(error, "message")) {
        (Some(code), Some(message)) if !message.is_empty() => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    };
    if let Some(errors) = document.get("errors").and_then(Value::as_array) {
        let all: Vec<_> = errors.iter().take(MOST).filter_map(of_one).collect();
        return (!all.is_empty()).then(|| all.join("; "));
    }
    // token servers have no common form (RFC 6749, 5.2, is one of them)
    ["error_description", "details", "message", "error"].iter().find_map(|name| text(document, name))
}

/// What to do about a refusal to write to `repository`, where the registry's words tell.
pub fn advice(answer: &Answer, repository: &str) -> Option<String> {
    let unknown = words(answer).is_some_and(|words| words.contains("NAME_UNKNOWN"));
    unknown.then(|| {
        format!("create the repository `{repository}` first: this registry does not do so by itself")
    })
}

/// Adds the warnings in `answer` (OCI distribution spec, "Warnings": `299 - "TEXT"`) to those that are known.
pub fn warnings(answer: &Answer, known: &mut Vec<Warning>) {
    for value in answer.values("warning") {
        let text = value.strip_prefix("299 - \"").and_then(|rest| rest.strip_suffix('"'));
        let Some(text) = text.map(|text| bounded(&text.replace("\\\"", "\""))) else { continue };
        let warning = Warning::new(Caution::RegistryNotice, text);
        if known.len() < MOST && !warning.what().is_empty() && !known.contains(&warning) {
            known.push(warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            cut: false,
            url: Url::parse("https://h/v2/").unwrap(),
        }
    }

    #[test]
    fn e1_the_registrys_own_words_are_repeated() {
        let said = |body: &str| words(&answer(403, &[], body));
        let two = r#"{"errors":[{"code":"DENIED","message":"no","detail":{"x":1}},{"code":"UNAUTHORIZED"}]}"#;
        assert_eq!(said(two).unwrap(), "DENIED: no; UNAUTHORIZED");
        assert_eq!(said(r#"{"details":"incorrect username"}"#).unwrap(), "incorrect username");
        assert_eq!(said("try later\n<more>").unwrap(), "try later");
        assert_eq!(said("<html>oops</html>"), None);
        assert_eq!(said(""), None);
        for odd in
            ["[]", "null", "{}", r#"{"errors":{}}"#, r#"{"errors":[1,null,{}]}"#, r#"{"errors":[{"code":"#]
        {
            assert_eq!(said(odd), None, "{odd}");
        }
    }

    #[test]
    fn e10_they_are_bounded() {
        let long = format!(r#"{{"errors":[{{"code":"X","message":"{}"}}]}}"#, "é".repeat(100_000));
        let said = words(&answer(400, &[], &long)).unwrap();
        assert!(said.len() <= crate::error::WORDS + 3 && said.ends_with('…'));
        let many = format!(r#"{{"errors":[{}1]}}"#, r#"{"code":"X"},"#.repeat(1000));
        assert!(words(&answer(400, &[], &many)).unwrap().len() < 100);
    }

    #[test]
    fn e11_warnings_are_taken_once_and_not_without_end() {
        let mut known = Vec::new();
        let headers = [("warning", r#"299 - "moves soon""#), ("warning", "110 - stale"), ("x", "y")];
        warnings(&answer(200, &headers, ""), &mut known);
        warnings(&answer(200, &headers, ""), &mut known);
        assert_eq!(known, [Warning::new(Caution::RegistryNotice, "moves soon")]);
        for number in 0..100 {
            let text = format!("299 - \"{number}\"");
            warnings(&answer(200, &[("warning", &text)], ""), &mut known);
        }
        assert_eq!(known.len(), MOST);
    }
}

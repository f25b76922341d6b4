//! A token server: what it is asked (distribution, "Token Authentication Specification" and "OAuth2 Token
//! Authentication"), and what it is trusted with.

use super::http::{Answer, Authorization, Body, Call, Http, Method};
use super::retry::{self, Policy};
use super::said::{self, Asked};
use super::scope::Scope;
use super::{leads, url::Url};
use crate::credentials::{Credential, Secret};
use crate::error::Error;
use serde::Deserialize;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The largest answer, in bytes.
const BODY: usize = 1 << 20;
/// How long a token lives that does not say so (distribution, "Token Response Fields").
const LIFE: Duration = Duration::from_mins(1);
/// The longest life that is believed.
const LONGEST: Duration = Duration::from_hours(24);
/// How long before its end a token is renewed, unless it lives shorter than four times this.
const MARGIN: Duration = Duration::from_secs(15);
/// Who we are to a token server (RFC 6749, 2.2).
const CLIENT: &str = "cargo-scratch";

/// A token, and the time until which it is used.
#[derive(Debug)]
pub struct Token {
    text: Secret,
    until: Instant,
}

impl Token {
    fn new(text: String, life: Duration, now: Instant) -> Self {
        let life = life.min(LONGEST);
        Token { text: Secret::new(text), until: now + life.saturating_sub(MARGIN.min(life / 4)) }
    }

    /// One that the user has, of whose end nothing is known.
    pub fn without_end(text: Secret) -> Self {
        Token { text, until: Instant::now() + LONGEST }
    }

    /// Whether it will live for a request that starts at `now`.
    pub fn is_fresh(&self, now: Instant) -> bool {
        now < self.until
    }

    /// It, in the form that a request carries.
    pub fn authorization(&self) -> Authorization {
        Authorization::Bearer(self.text.clone())
    }
}

/// What a token server answers. Both names are in use for the one thing.
#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

/// No token.
#[derive(Debug)]
pub struct Denied {
    /// What to tell.
    pub error: Error,
    /// The status, if the server refuses whoever asks.
    pub status: Option<u16>,
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Denied { error, status: None }
    }
}

/// A token server that may be asked.
#[derive(Debug)]
pub struct Server<'a> {
    http: &'a Http,
    policy: Policy,
    realm: Url,
    service: Option<&'a str>,
}

impl<'a> Server<'a> {
    /// The server that the registry at `root` names.
    ///
    /// # Errors
    /// It is no address, or one that credentials must not be sent to.
    pub fn new(
        http: &'a Http,
        policy: Policy,
        root: &Url,
        realm: &str,
        service: Option<&'a str>,
    ) -> Result<Self, Error> {
        let realm = leads::realm(root, realm)?;
        Ok(Server { http, policy, realm, service })
    }

    /// A token for `scope`, got with `credential`.
    ///
    /// # Errors
    /// The server refuses, or says nothing of use.
    pub fn token(&self, credential: &Credential, scope: &Scope) -> Result<Token, Denied> {
        let now = Instant::now();
        let (call, answer) = match credential {
            Credential::Identity(token) => {
                let call = self.form(token, scope);
                let answer = self.send(&call)?;
                // some servers know no POST; they take the same token as a password
                if matches!(answer.status, 404 | 405) {
                    let basic = Authorization::Basic(String::new(), token.clone());
                    self.asked(self.query(scope, Some(basic)))?
                } else {
                    (call, answer)
                }
            }
            Credential::Basic(name, password) => {
                let basic = Authorization::Basic(name.clone(), password.clone());
                self.asked(self.query(scope, Some(basic)))?
            }
            Credential::Anonymous | Credential::Access(_) => self.asked(self.query(scope, None))?,
        };
        let asked = Asked::from(&call);
        if answer.status != 200 {
            let status = Some(answer.status).filter(|status| matches!(status, 400 | 401 | 403));
            return Err(Denied { error: said::refused(&asked, &answer), status });
        }
        Ok(token_in(&answer, now).map_err(|why| said::broken(&asked, why))?)
    }

    fn asked(&self, call: Call) -> Result<(Call, Answer), Error> {
        let answer = self.send(&call)?;
        Ok((call, answer))
    }

    fn send(&self, call: &Call) -> Result<Answer, Error> {
        retry::persist(self.policy, &Asked::from(call), || self.http.send(call))
    }

    fn query(&self, scope: &Scope, authorization: Option<Authorization>) -> Call {
        let mut url = self.realm.clone();
        if let Some(service) = self.service {
            url = url.with("service", service);
        }
        for scope in scope.each() {
            url = url.with("scope", scope);
        }
        Call { method: Method::Get, url, headers: Vec::new(), authorization, body: Body::Empty, limit: BODY }
    }

    fn form(&self, token: &Secret, scope: &Scope) -> Call {
        let scopes: Vec<_> = scope.each().collect();
        let scopes = scopes.join(" ");
        let mut form = String::new();
        for (name, value) in [
            ("grant_type", "refresh_token"),
            ("service", self.service.unwrap_or_default()),
            ("client_id", CLIENT),
            ("scope", &scopes),
            ("refresh_token", token.reveal()),
        ] {
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(name);
            form.push('=');
            encode(value, &mut form);
        }
        Call {
            method: Method::Post,
            url: self.realm.clone(),
            headers: Vec::new(),
            authorization: None,
            body: Body::Form(Secret::new(form)),
            limit: BODY,
        }
    }
}

/// The token in an answer; an error says in words what is wrong with it.
fn token_in(answer: &Answer, now: Instant) -> Result<Token, &'static str> {
    if answer.cut {
        return Err("it is longer than any token");
    }
    // the parser's own words could repeat a part of the token
    let answered: Answered =
        serde_json::from_slice(&answer.body).map_err(|_| "it is not the JSON of a token")?;
    let text = [answered.token, answered.access_token].into_iter().flatten().find(|text| !text.is_empty());
    let text = text.ok_or("it has no token")?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("its token cannot stand in a header");
    }
    let seconds = answered.expires_in.as_ref().and_then(serde_json::Value::as_u64).filter(|life| *life > 0);
    Ok(Token::new(text, seconds.map_or(LIFE, Duration::from_secs), now))
}

/// Appends `value` as a form has it (WHATWG URL, "application/x-www-form-urlencoded").
fn encode(value: &str, form: &mut String) {
    for byte in value.bytes() {
        match byte {
            b' ' => form.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                form.push(char::from(byte));
            }
            _ => drop(write!(form, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            cut: false,
            url: Url::parse("https://h/token").unwrap(),
        }
    }

    #[test]
    fn e8_a_token_is_used_until_shortly_before_its_end() {
        let now = Instant::now();
        let fresh = |body: &str, seconds| {
            token_in(&answer(body), now).unwrap().is_fresh(now + Duration::from_secs(seconds))
        };
        let bodies = [
            (r#"{"token":"a"}"#, 45),
            (r#"{"access_token":"a","expires_in":300,"token":""}"#, 285),
            (r#"{"token":"a","expires_in":4}"#, 3),
            (r#"{"token":"a","expires_in":0}"#, 45),
            (r#"{"token":"a","expires_in":"soon"}"#, 45),
            (r#"{"token":"a","expires_in":18446744073709551615}"#, 24 * 60 * 60 - 15),
        ];
        for (body, end) in bodies {
            assert!(fresh(body, end - 1) && !fresh(body, end), "{body}");
        }
    }

    #[test]
    fn e7_what_is_no_token_is_refused_without_being_repeated() {
        let now = Instant::now();
        for odd in ["", "{}", r#"{"token":""}"#, r#"{"token":1}"#, r#"{"token":"a\r\nX: y"}"#, "secret"] {
            let why = token_in(&answer(odd), now).unwrap_err();
            assert!(!why.contains("secret"), "{odd}");
        }
        assert!(token_in(&Answer { cut: true, ..answer(r#"{"token":"a"}"#) }, now).is_err());
        let token = token_in(&answer(r#"{"token":"hunter2"}"#), now).unwrap();
        assert!(!format!("{token:?} {:?}", token.authorization()).contains("hunter2"));
    }

    #[test]
    fn forms_are_escaped() {
        let mut form = String::new();
        encode("a b&c=d/é+*", &mut form);
        assert_eq!(form, "a+b%26c%3Dd%2F%C3%A9%2B*");
    }
}

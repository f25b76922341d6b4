//! Who may do what: nobody is asked, or everybody for a password, or for a token of the registry's own token server.

use super::wire::{Answer, Request, decoded};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::BTreeMap;

/// What a client must show.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// This user's password (RFC 7617).
    Basic(&'static str, &'static str),
    /// A token from `/token`, which is good for a number of requests.
    Tokens(Tokens),
}

/// A token server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The user and the password that it wants for a token; anybody gets one where that is `None`.
    pub user: Option<(&'static str, &'static str)>,
    /// The refresh token that it takes by POST.
    pub identity: Option<&'static str>,
    /// The requests that a token is good for.
    pub uses: usize,
    /// The realm that the registry names; its own where that is `None`.
    pub realm: Option<String>,
}

impl Tokens {
    /// For this user, without an end.
    pub fn of(user: &'static str, password: &'static str) -> Self {
        Tokens { user: Some((user, password)), identity: None, uses: usize::MAX, realm: None }
    }
}

/// The header of a user who shows a password.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// The tokens that are out, with the requests that they are still good for.
#[derive(Debug, Default)]
pub struct Out(BTreeMap<String, usize>);

impl Out {
    /// Adds the first token without an end.
    pub fn first(&mut self) {
        self.0.insert("token-1".to_owned(), usize::MAX);
    }
}

impl Gate {
    /// What is answered to a request that may not pass, or to one for a token; `host` is the registry's.
    pub fn answer(&self, out: &mut Out, host: &str, request: &Request, body: &[u8]) -> Option<Answer> {
        let shown = request.header("authorization").unwrap_or_default();
        let unauthorized = |challenge: String| {
            Some(
                Answer::error(401, "UNAUTHORIZED", "authentication required")
                    .header("WWW-Authenticate", challenge),
            )
        };
        match self {
            Gate::Open => None,
            Gate::Basic(user, password) if shown == basic(user, password) => None,
            Gate::Basic(..) => unauthorized("Basic realm=\"scripted\"".to_owned()),
            Gate::Tokens(tokens) if request.path() == "/token" => Some(tokens.token(out, request, body)),
            Gate::Tokens(tokens) => {
                let left = shown.strip_prefix("Bearer ").and_then(|token| out.0.get_mut(token));
                if let Some(left) = left.filter(|left| **left > 0) {
                    *left -= 1;
                    return None;
                }
                let realm = tokens.realm.clone().unwrap_or_else(|| format!("http://{host}/token"));
                let repository = request.path().trim_start_matches("/v2/");
                let repository =
                    repository.split("/blobs/").next().unwrap().split("/manifests/").next().unwrap();
                unauthorized(format!(
                    "Bearer realm=\"{realm}\",service=\"scripted\",scope=\"repository:{repository}:pull,push\""
                ))
            }
        }
    }
}

impl Tokens {
    fn token(&self, out: &mut Out, request: &Request, body: &[u8]) -> Answer {
        let shown = request.header("authorization").unwrap_or_default();
        let form = String::from_utf8_lossy(body).into_owned();
        let refresh = form.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).map(decoded);
        let good = match request.method.as_str() {
            "POST" => refresh.is_some() && refresh.as_deref() == self.identity,
            _ => self.user.is_none_or(|(user, password)| shown == basic(user, password)),
        };
        if !good {
            return Answer::new(401).body(r#"{"details":"incorrect username or password"}"#);
        }
        let token = format!("token-{}", out.0.len() + 1);
        out.0.insert(token.clone(), self.uses);
        let document = serde_json::json!({ "token": token, "access_token": token, "expires_in": 3600 });
        Answer::new(200).header("Content-Type", "application/json").body(document.to_string())
    }
}

//! Who asks, as one registry wants to be told: nothing until it says so, then a password or a token for the scope.
//!
//! Credentials are looked up when a challenge asks for them, once for a repository. Tokens are kept by what they allow, shared by the
//! threads of a push, renewed shortly before their end, or when the registry takes one no longer.

use super::challenge::{Challenge, Wanted};
use super::http::{Answer, Authorization, Http};
use super::retry::Policy;
use super::scope::Scope;
use super::token::{Server, Token};
use super::url::Url;
use crate::credentials::{Credential, Credentials, Found};
use crate::error::Error;
use crate::image::reference::HUB;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The authorization of one registry's requests; shared by threads.
#[derive(Debug)]
pub struct Auth {
    http: Http,
    policy: Policy,
    root: Url,
    host: String,
    credentials: Credentials,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What the registry wants, once it has said so.
    wanted: Option<Challenge>,
    /// What the user has for a repository, once it was looked for.
    found: BTreeMap<String, Found>,
    tokens: BTreeMap<Scope, Token>,
}

impl State {
    /// A token for `scope` that has not come to its end.
    fn fresh(&self, scope: &Scope) -> Option<Authorization> {
        let token = self.tokens.get(scope).filter(|token| token.is_fresh(Instant::now()));
        token.map(Token::authorization)
    }
}

/// What a request is repeated with.
#[derive(Debug)]
pub struct Better {
    /// What to send.
    pub authorization: Authorization,
    /// Whether it was got for this request.
    pub anew: bool,
    /// What is shared once the registry has taken it.
    token: Option<(Scope, Token)>,
}

impl Better {
    fn new(authorization: Authorization) -> Self {
        Better { authorization, anew: true, token: None }
    }
}

impl Auth {
    /// For the registry that users call `host` and that is spoken to at `root`.
    pub fn new(http: Http, policy: Policy, root: Url, host: &str, credentials: Credentials) -> Self {
        Auth { http, policy, root, host: host.to_owned(), credentials, state: Mutex::default() }
    }

    /// What to send with a request: nothing, as long as the registry asks for nothing.
    ///
    /// # Errors
    /// A token is at its end, and there is no new one.
    pub fn current(&self, scope: &Scope, repository: &str) -> Result<Option<Authorization>, Error> {
        let mut state = self.lock();
        match state.wanted.clone() {
            None => Ok(None),
            Some(Challenge::Basic) => self.password(&mut state, repository),
            Some(Challenge::Bearer(wanted)) => {
                let scope = scope.with(wanted.scope.as_deref());
                if let Some(known) = state.fresh(&scope) {
                    return Ok(Some(known));
                }
                let token = self.token(&mut state, &wanted, &scope, repository)?;
                let shown = token.authorization();
                state.tokens.insert(scope, token);
                Ok(Some(shown))
            }
        }
    }

    /// What to send in place of `used`, which `answer` (401) refuses; `None` if there is nothing better. What another
    /// thread has got meanwhile will do, unless the caller must `insist` on something new.
    ///
    /// # Errors
    /// Credentials cannot be read, or the token server refuses.
    pub fn renewed(
        &self,
        answer: &Answer,
        used: Option<&Authorization>,
        (scope, repository): (&Scope, &str),
        insist: bool,
    ) -> Result<Option<Better>, Error> {
        let Some(wanted) = Challenge::preferred(answer.values("www-authenticate")) else { return Ok(None) };
        let mut state = self.lock();
        state.wanted = Some(wanted.clone());
        let better = match wanted {
            Challenge::Basic => self.password(&mut state, repository)?.map(Better::new),
            Challenge::Bearer(wanted) => {
                let scope = scope.with(wanted.scope.as_deref());
                let known = state.fresh(&scope).filter(|known| !is_same(used, known));
                match known.filter(|_| !insist) {
                    Some(known) => Some(Better { anew: false, ..Better::new(known) }),
                    None => {
                        let token = self.token(&mut state, &wanted, &scope, repository)?;
                        let better = Better::new(token.authorization());
                        if used.is_none() {
                            state.tokens.insert(scope, token);
                            Some(better)
                        } else {
                            // a token that is good for few requests is good for this one at least
                            state.tokens.remove(&scope);
                            Some(Better { token: Some((scope, token)), ..better })
                        }
                    }
                }
            }
        };
        Ok(better.filter(|better| !is_same(used, &better.authorization)))
    }

    /// Shares what the registry has taken.
    pub fn keep(&self, better: Better) {
        if let Some((scope, token)) = better.token {
            self.lock().tokens.insert(scope, token);
        }
    }

    /// Adds to `error`, which `status` brought, what is known of the credentials, and what to type.
    pub fn explain(&self, error: Error, status: u16, repository: &str) -> Error {
        self.explained(&self.lock(), error, status, repository)
    }

    fn explained(&self, state: &State, error: Error, status: u16, repository: &str) -> Error {
        let found = state.found.get(repository);
        let anonymous = found.is_none_or(|found| found.credential == Credential::Anonymous);
        let error = match (&state.wanted, found) {
            // what a registry hides from strangers is not there for them
            (_, None) if status == 404 => return error,
            _ if status == 404 && !anonymous => return error,
            (None, _) if status == 401 => {
                return error
                    .note("it asks for a way to log in that is not known here: not Basic, not Bearer");
            }
            (_, Some(_)) if anonymous => error.note(format!("no credentials for `{}` are known", self.host)),
            (Some(Challenge::Basic), Some(Found { credential: Credential::Identity(_), place })) => {
                error.note(format!("it wants a password, and {place} has an identity token"))
            }
            (_, Some(found)) if matches!(status, 400 | 401) => {
                error.note(format!("it does not take the credentials from {}", found.place))
            }
            (_, Some(found)) => {
                error.note(format!("those whose credentials are in {} may not do that", found.place))
            }
            (_, None) => error,
        };
        error.help(match self.host.as_str() {
            HUB => "docker login".to_owned(),
            host => format!("docker login {host}"),
        })
    }

    /// The name and the password for a challenge that asks for them.
    fn password(&self, state: &mut State, repository: &str) -> Result<Option<Authorization>, Error> {
        Ok(match &self.found(state, repository)?.credential {
            Credential::Basic(name, password) => Some(Authorization::Basic(name.clone(), password.clone())),
            Credential::Access(token) => Some(Authorization::Bearer(token.clone())),
            Credential::Anonymous | Credential::Identity(_) => None,
        })
    }

    /// A token from the server that `wanted` names. The lock is held meanwhile, so that threads that want the same do
    /// not all ask.
    fn token(
        &self,
        state: &mut State,
        wanted: &Wanted,
        scope: &Scope,
        repository: &str,
    ) -> Result<Token, Error> {
        let server =
            Server::new(&self.http, self.policy, &self.root, &wanted.realm, wanted.service.as_deref())?;
        match &self.found(state, repository)?.credential {
            Credential::Access(token) => Ok(Token::without_end(token.clone())),
            credential => server.token(credential, scope).map_err(|denied| match denied.status {
                None => denied.error,
                Some(status) => self.explained(state, denied.error, status, repository),
            }),
        }
    }

    fn found<'a>(&self, state: &'a mut State, repository: &str) -> Result<&'a Found, Error> {
        Ok(match state.found.entry(repository.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.credentials.lookup(&self.host, repository)?),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `used` is `other`.
fn is_same(used: Option<&Authorization>, other: &Authorization) -> bool {
    match (used, other) {
        (Some(Authorization::Basic(name, password)), Authorization::Basic(other, secret)) => {
            name == other && password == secret
        }
        (Some(Authorization::Bearer(one)), Authorization::Bearer(other)) => one == other,
        _ => false,
    }
}

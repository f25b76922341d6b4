//! Who asks, as one registry wants to be told: nothing until it says so, then a password or a token for the scope.
//!
//! Credentials are looked up when a challenge asks for them, once for a repository. Tokens are kept by what they allow, shared by the
//! threads of a push, renewed shortly before their end, or when the registry takes one no longer.

use super::challenge::Challenge;
use super::http::{Answer, Authorization, Http};
use super::retry::Policy;
use super::token::{Denied, Server, Token};
use super::url::Url;
use crate::credentials::{Credential, Credentials, Found};
use crate::error::Error;
use crate::image::reference::HUB;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The most scopes beside our own that a challenge may name.
const FURTHER: usize = 4;

/// What a request must be allowed to do, each as `repository:NAME:ACTIONS` (distribution, "Token Scope
/// Documentation"); the first is of the repository that is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(Vec<String>);

impl Scope {
    /// To push to `repository`, and to mount from `others`.
    pub fn to_push(repository: &str, others: &[String]) -> Self {
        let own = format!("repository:{repository}:pull,push");
        let others = others.iter().map(|other| format!("repository:{other}:pull"));
        Scope(std::iter::once(own).chain(others).collect())
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// With what a challenge asks for beside: some registries know a repository by another name than its path. More
    /// than to pull and push is not asked for.
    fn with(&self, asked: Option<&str>) -> Self {
        let own = self.0.first().and_then(|own| own.rsplit_once(':')).map_or("", |(name, _)| name);
        let mut all = self.0.clone();
        for scope in asked.unwrap_or_default().split(' ').filter(|scope| scope.len() <= 512).take(FURTHER) {
            let Some((name, actions)) = scope.rsplit_once(':') else { continue };
            let modest = actions.split(',').all(|action| matches!(action, "pull" | "push"));
            if name != own && name.starts_with("repository:") && modest {
                all.push(scope.to_owned());
            }
        }
        all.dedup();
        Scope(all)
    }
}

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
            Some(wanted) => self.shown(&mut state, &wanted, scope, repository),
        }
    }

    /// What to send in place of `used`, which `answer` (401) refuses, and whether it was got anew for that: another
    /// thread may have done so meanwhile. `None` if there is nothing better.
    ///
    /// # Errors
    /// Credentials cannot be read, or the token server refuses.
    pub fn renewed(
        &self,
        answer: &Answer,
        used: Option<&Authorization>,
        scope: &Scope,
        repository: &str,
    ) -> Result<Option<(Authorization, bool)>, Error> {
        let headers = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let Some(wanted) = Challenge::preferred(headers.map(|(_, value)| value.as_str())) else {
            return Ok(None);
        };
        let mut state = self.lock();
        let mut anew = true;
        if let Challenge::Bearer { scope: asked, .. } = &wanted {
            let scope = scope.with(asked.as_deref());
            let refused = |token: &Token| used.is_some_and(|used| is_same(used, &token.authorization()));
            if state.tokens.get(&scope).is_some_and(refused) {
                state.tokens.remove(&scope);
            }
            anew = !state.tokens.get(&scope).is_some_and(|token| token.is_fresh(Instant::now()));
        }
        let shown = self.shown(&mut state, &wanted, scope, repository)?;
        state.wanted = Some(wanted);
        Ok(shown.filter(|shown| !used.is_some_and(|used| is_same(used, shown))).map(|shown| (shown, anew)))
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
            (_, Some(found)) if status == 401 => {
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

    /// Answers the challenge `wanted` with what the user has.
    fn shown(
        &self,
        state: &mut State,
        wanted: &Challenge,
        scope: &Scope,
        repository: &str,
    ) -> Result<Option<Authorization>, Error> {
        let (realm, service, asked) = match wanted {
            Challenge::Basic => {
                return Ok(match &self.found(state, repository)?.credential {
                    Credential::Basic(name, password) => {
                        Some(Authorization::Basic(name.clone(), password.clone()))
                    }
                    Credential::Access(token) => Some(Authorization::Bearer(token.clone())),
                    Credential::Anonymous | Credential::Identity(_) => None,
                });
            }
            Challenge::Bearer { realm, service, scope } => (realm, service.as_deref(), scope.as_deref()),
        };
        let scope = scope.with(asked);
        if let Some(token) = state.tokens.get(&scope).filter(|token| token.is_fresh(Instant::now())) {
            return Ok(Some(token.authorization()));
        }
        let server = Server::new(&self.http, self.policy, &self.root, realm, service)?;
        let found = self.found(state, repository)?;
        if let Credential::Access(token) = &found.credential {
            return Ok(Some(Authorization::Bearer(token.clone())));
        }
        match server.token(&found.credential, &scope) {
            Ok(token) => {
                let shown = token.authorization();
                state.tokens.insert(scope, token);
                Ok(Some(shown))
            }
            Err(Denied { error, status: None }) => Err(error),
            Err(Denied { error, status: Some(status) }) => {
                state.wanted = Some(wanted.clone());
                Err(self.explained(state, error, status, repository))
            }
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

fn is_same(one: &Authorization, other: &Authorization) -> bool {
    match (one, other) {
        (Authorization::Basic(name, password), Authorization::Basic(other, secret)) => {
            name == other && password == secret
        }
        (Authorization::Bearer(one), Authorization::Bearer(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e7_a_challenge_may_add_names_but_no_powers() {
        let scope = Scope::to_push("a/b", &["c/d".to_owned()]);
        let with = |asked: &str| scope.with(Some(asked)).0.split_off(2);
        assert_eq!(scope.0, ["repository:a/b:pull,push", "repository:c/d:pull"]);
        assert!(with("repository:a/b:pull").is_empty());
        assert_eq!(with("repository:org/a/b:pull,push"), ["repository:org/a/b:pull,push"]);
        for odd in ["registry:catalog:*", "repository:x:pull,delete", "", " ", "x", "repository:x:*"] {
            assert!(with(odd).is_empty(), "{odd}");
        }
        assert_eq!(with(&"repository:x:pull repository:y:pull ".repeat(1000)).len(), FURTHER);
    }
}

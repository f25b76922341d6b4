//! One repository of one registry: requests that carry who asks and are repeated where that helps.

use super::auth::Auth;
use super::http::{Answer, Body, Call, Failure, Http, Method, Taker};
use super::retry::{self, Enough, Policy};
use super::said::{self, Asked};
use super::scope::Scope;
use super::url::Url;
use crate::credentials::Credentials;
use crate::error::{Code, Error, Warning};
use crate::image::digest::Digest;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most other repositories that a token is asked for, to mount from them.
const OTHERS: usize = 8;

/// A registry, and what is known of it after some requests.
#[derive(Debug)]
pub struct Registry {
    http: Http,
    policy: Policy,
    root: Url,
    auth: Auth,
    /// The repositories that have a blob, as far as this run has seen.
    held: Mutex<BTreeMap<Digest, Vec<String>>>,
}

impl Registry {
    /// The one that users call `host` and that is spoken to at `root` ("https://ghcr.io/v2/").
    pub fn new(http: Http, policy: Policy, root: Url, host: &str, credentials: Credentials) -> Self {
        let auth = Auth::new(http.clone(), policy, root.clone(), host, credentials);
        Registry { http, policy, root, auth, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Digest, Vec<String>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One repository; shared by the threads of a push or a pull.
#[derive(Debug)]
pub struct Session {
    registry: Arc<Registry>,
    repository: String,
    scope: Scope,
    warnings: Mutex<Vec<Warning>>,
    stopped: AtomicBool,
}

impl Session {
    /// With `repository`, to push to it.
    pub fn new(registry: Arc<Registry>, repository: &str) -> Self {
        let mut others: Vec<_> = registry.held().values().flatten().cloned().collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| other != repository);
        others.truncate(OTHERS);
        Session::with(Scope::to_push(repository, &others), registry, repository)
    }

    /// With `repository`, to pull from it.
    pub fn to_pull(registry: Arc<Registry>, repository: &str) -> Self {
        Session::with(Scope::to_pull(repository), registry, repository)
    }

    fn with(scope: Scope, registry: Arc<Registry>, repository: &str) -> Self {
        Session {
            scope,
            registry,
            repository: repository.to_owned(),
            warnings: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    /// A request without a body for `path` of the repository, e.g. `manifests/latest`.
    ///
    /// # Errors
    /// The name cannot stand in an address.
    pub fn request(&self, method: Method, path: &str) -> Result<Call, Error> {
        let text = format!("{}{}/{path}", self.registry.root.reveal(), self.repository);
        let url = Url::parse(&text).map_err(|why| {
            Error::new(Code::Registry, format!("`{}` cannot be asked for: {why}", self.repository))
        })?;
        let (headers, body) = (Vec::new(), Body::Empty);
        Ok(Call { method, url, headers, authorization: None, body, limit: said::BODY })
    }

    /// Makes `call`, again and again while that may help.
    ///
    /// # Errors
    /// There is no answer, or only answers that say "later". Every other answer is the caller's to judge.
    pub fn call(&self, call: &Call) -> Result<Answer, Error> {
        let mut renewed = false;
        let Registry { policy, http, .. } = &*self.registry;
        retry::persist(*policy, &Asked::from(call), || {
            self.exchange(call, &mut renewed, &mut |call| http.send(call))
        })
    }

    /// The same, with answers that say "later" as answers too: each with why it was not asked again.
    ///
    /// # Errors
    /// There is no answer.
    pub fn answer(&self, call: &Call) -> Result<(Answer, Option<Enough>), Error> {
        let mut renewed = false;
        let Registry { policy, http, .. } = &*self.registry;
        let (outcome, enough) =
            retry::last(*policy, || self.exchange(call, &mut renewed, &mut |call| http.send(call)));
        match (outcome, enough) {
            (Ok(answer), enough) => Ok((answer, enough)),
            (Err(failure), None) => Err(said::failed(&call.into(), failure)),
            (Err(failure), Some(enough)) => Err(enough.explain(said::failed(&call.into(), failure))),
        }
    }

    /// Makes `call` once; for what must not be repeated as it is.
    ///
    /// # Errors
    /// There is no answer.
    pub fn once(&self, call: &Call) -> Result<Answer, Failure> {
        self.exchange(call, &mut false, &mut |call| self.registry.http.send(call))
    }

    /// Makes `call` once, and hands what it asks for to `taker`.
    ///
    /// # Errors
    /// There is no answer, its body broke off, or `taker` refuses it.
    pub fn stream(&self, call: &Call, taker: &mut Taker<'_>) -> Result<Answer, Failure> {
        self.exchange(call, &mut false, &mut |call| self.registry.http.stream(call, taker))
    }

    /// The schedule's policy for what is repeated in another way than [`Session::call`] does.
    pub fn policy(&self) -> Policy {
        self.registry.policy
    }

    /// The repository's name.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Where the registry is.
    pub fn root(&self) -> &Url {
        &self.registry.root
    }

    /// The error that `answer` to `call` is: with the registry's words, what is known of the credentials, and advice.
    pub fn refused(&self, call: &Call, answer: &Answer) -> Error {
        let error = match call.method {
            // an answer to HEAD has no words; the one to GET is the same with them
            Method::Head => match self.once(&Call { method: Method::Get, ..call.clone() }) {
                Ok(wordy) if wordy.status == answer.status => said::refused(&call.into(), &wordy),
                _ => said::refused(&call.into(), answer),
            },
            _ => said::refused(&call.into(), answer),
        };
        let writes = matches!(call.method, Method::Post | Method::Put | Method::Patch);
        let error = match said::advice(answer, &self.repository).filter(|_| writes) {
            Some(advice) => error.help(advice),
            None => error,
        };
        let own = answer.url.same_origin(&self.registry.root);
        match answer.status {
            status @ (401 | 403 | 404) if own => self.registry.auth.explain(error, status, &self.repository),
            _ => error,
        }
    }

    /// Whether this run knows that the repository has the blob.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.registry.held().get(digest).is_some_and(|held| held.contains(&self.repository))
    }

    /// Remembers that the repository has the blob.
    pub fn hold(&self, digest: &Digest) {
        if !self.holds(digest) {
            self.registry.held().entry(digest.clone()).or_default().push(self.repository.clone());
        }
    }

    /// Another repository of the registry that has the blob.
    pub fn elsewhere(&self, digest: &Digest) -> Option<String> {
        self.registry.held().get(digest)?.iter().find(|held| **held != self.repository).cloned()
    }

    /// What the user should look at, so far.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds `warning` to what the user should look at.
    pub fn warn(&self, warning: Warning) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// Lets no further request start: the push or pull has failed.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Makes `call`, and again if the registry wants to know better who asks: with what another thread has got
    /// meanwhile, and once with what is got anew for that, which `renewed` remembers.
    ///
    /// Credentials go to the registry's own origin alone, and only its own challenges are answered.
    fn exchange(
        &self,
        call: &Call,
        renewed: &mut bool,
        send: &mut dyn FnMut(&Call) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Failure::Refused(Error::new(Code::Registry, "another request has failed")));
        }
        let Registry { root, auth, .. } = &*self.registry;
        let own = call.url.same_origin(root);
        let authorization = match own {
            true => auth.current(&self.scope, &self.repository).map_err(Failure::Refused)?,
            false => None,
        };
        let mut call = Call { authorization, ..call.clone() };
        let mut answer = send(&call)?;
        for insist in [false, true] {
            if answer.status != 401 || !own || !answer.url.same_origin(root) || *renewed {
                break;
            }
            let used = call.authorization.as_ref();
            let better = auth.renewed(&answer, used, (&self.scope, &self.repository), insist);
            let Some(better) = better.map_err(Failure::Refused)? else { break };
            *renewed = better.anew;
            call.authorization = Some(better.authorization.clone());
            answer = send(&call)?;
            if answer.status != 401 {
                auth.keep(better);
            }
        }
        said::warnings(&answer, &mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(answer)
    }
}

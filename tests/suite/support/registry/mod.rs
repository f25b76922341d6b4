//! A registry of the tests' own, which can be told to answer wrongly. It listens on 127.0.0.1, keeps all in memory,
//! notes every request, and is gone when it is dropped. It is also a proxy, where it is asked as one.

mod gate;
mod rules;
mod server;
mod state;
mod wire;

pub use gate::{Gate, Tokens, basic};
pub use rules::{ALWAYS, Fault, ONCE};
pub use server::{Stream, Wrap};
pub use state::{State, sha256};
pub use wire::{Answer, Form, Request};

use rules::Rule;
use server::Server;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;

/// A registry that runs.
pub struct Registry {
    address: SocketAddr,
    server: Arc<Server>,
}

impl Registry {
    /// A correct one, over plain HTTP.
    pub fn start() -> Self {
        Registry::with(None, Arc::default())
    }

    /// One that asks for something.
    pub fn behind(gate: Gate) -> Self {
        let registry = Registry::start();
        registry.ask(gate);
        registry
    }

    /// From now on it asks for something.
    pub fn ask(&self, gate: Gate) -> &Self {
        self.server.gate.lock().unwrap().0 = gate;
        self
    }

    /// From now on it takes the token that its token server, elsewhere, gives out first.
    pub fn takes_first_token(&self) -> &Self {
        self.server.gate.lock().unwrap().1.first();
        self
    }

    /// One whose connections are what `wrap` makes of them.
    pub fn over(wrap: Wrap) -> Self {
        Registry::with(Some(wrap), Arc::default())
    }

    /// Another server that has what this one has: a place to lead to that asks nobody who they are.
    pub fn twin(&self) -> Self {
        Registry::with(None, self.server.state.clone())
    }

    fn with(wrap: Option<Wrap>, state: Arc<Mutex<State>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Server { host: address.to_string(), wrap, state, ..Server::default() });
        let listening = server.clone();
        thread::spawn(move || listening.listen(&listener));
        Registry { address, server }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.server.host
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A full name of an image here.
    pub fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host())
    }

    /// Bends it: `what` is `METHOD PART`, as in `"PUT /manifests/"`; of several rules the first one that fits counts.
    pub fn bend(&self, what: &str, turns: Range<usize>, fault: impl Into<Fault>) -> &Self {
        self.server.rules.lock().unwrap().push(Rule::new(what, turns, fault.into()));
        self
    }

    /// As a proxy it leads every CONNECT to `upstream`.
    pub fn lead_to(&self, upstream: SocketAddr) -> &Self {
        *self.server.upstream.lock().unwrap() = Some(upstream);
        self
    }

    /// The requests up to now.
    pub fn seen(&self) -> Vec<Request> {
        self.server.seen.lock().unwrap().clone()
    }

    /// Those that `METHOD PART` fits, as in [`Registry::bend`].
    pub fn count(&self, what: &str) -> usize {
        let mut rule = Rule::new(what, ALWAYS, Fault::Silence);
        self.seen().iter().filter(|request| rule.meets(request).is_some()).count()
    }

    /// Forgets the requests, not the images.
    pub fn forget(&self) -> &Self {
        self.server.seen.lock().unwrap().clear();
        self
    }

    /// What it has.
    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.server.state.lock().unwrap())
    }

    /// The digest that `repository` has under `tag`.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<String> {
        self.state(|state| state.tags.get(&(repository.to_owned(), tag.to_owned())).cloned())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.stopped.store(true, Ordering::Relaxed);
        // wakes the listener
        let _ = TcpStream::connect(self.address);
    }
}

//! A registry of the tests' own, which can be told to answer wrongly. It listens on 127.0.0.1, keeps all in memory,
//! notes every request, and is gone when it is dropped. It is also a proxy, where it is asked as one.

mod gate;
mod rules;
mod state;
mod wire;

pub use gate::{Gate, Tokens, basic};
pub use rules::{ALWAYS, Fault, ONCE};
pub use state::{State, sha256};
pub use wire::{Answer, Form, Request};

use rules::Rule;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The first byte of a connection that wants to be protected (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// A connection, perhaps a protected one.
pub trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// Makes a connection a protected one; `None` if the client does not want it.
pub type Wrap = Box<dyn Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync>;

/// A registry that runs.
pub struct Registry {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    host: String,
    wrap: Wrap,
    protected: bool,
    state: Arc<Mutex<State>>,
    gate: Mutex<(Gate, gate::Out)>,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Request>>,
    upstream: Mutex<Option<SocketAddr>>,
    stopped: AtomicBool,
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
        self.shared.gate.lock().unwrap().0 = gate;
        self
    }

    /// From now on it takes the token that its token server, elsewhere, gives out first.
    pub fn takes_first_token(&self) -> &Self {
        self.shared.gate.lock().unwrap().1.first();
        self
    }

    /// One whose connections are what `wrap` makes of them.
    pub fn over(wrap: Wrap) -> Self {
        Registry::with(Some(wrap), Arc::default())
    }

    /// Another server that has what this one has: a place to lead to that asks nobody who they are.
    pub fn twin(&self) -> Self {
        Registry::with(None, self.shared.state.clone())
    }

    fn with(wrap: Option<Wrap>, state: Arc<Mutex<State>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            host: address.to_string(),
            protected: wrap.is_some(),
            wrap: wrap.unwrap_or_else(|| Box::new(|stream| Some(Box::new(stream)))),
            state,
            gate: Mutex::default(),
            rules: Mutex::default(),
            seen: Mutex::default(),
            upstream: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let server = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let server = server.clone();
                // it ends when the client leaves, or sooner
                thread::spawn(move || {
                    let plain = stream.try_clone().unwrap();
                    let mut first = [0];
                    if !server.protected && stream.peek(&mut first).is_ok() && first == [TLS_HANDSHAKE] {
                        return; // as a server does that takes it for a request
                    }
                    if let Some(stream) = (server.wrap)(stream) {
                        let _ = server.serve(BufReader::new(stream), plain);
                    }
                });
            }
        });
        Registry { address, shared }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.shared.host
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
        self.shared.rules.lock().unwrap().push(Rule::new(what, turns, fault.into()));
        self
    }

    /// As a proxy it leads every CONNECT to `upstream`.
    pub fn lead_to(&self, upstream: SocketAddr) -> &Self {
        *self.shared.upstream.lock().unwrap() = Some(upstream);
        self
    }

    /// The requests up to now.
    pub fn seen(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Those that `METHOD PART` fits, as in [`Registry::bend`].
    pub fn count(&self, what: &str) -> usize {
        let mut rule = Rule::new(what, ALWAYS, Fault::Silence);
        self.seen().iter().filter(|request| rule.meets(request)).count()
    }

    /// Forgets the requests, not the images.
    pub fn forget(&self) -> &Self {
        self.shared.seen.lock().unwrap().clear();
        self
    }

    /// What it has.
    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state.lock().unwrap())
    }

    /// The digest that `repository` has under `tag`.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<String> {
        self.state(|state| state.tags.get(&(repository.to_owned(), tag.to_owned())).cloned())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // wakes the listener
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Answers the requests of one connection; `plain` is what is below it.
    fn serve(&self, mut reader: BufReader<Box<dyn Stream>>, plain: TcpStream) -> io::Result<()> {
        while let Some(request) = Request::read(&mut reader) {
            let at = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(request.clone());
                seen.len() - 1
            };
            let fault = {
                let mut rules = self.rules.lock().unwrap();
                let met: Vec<_> =
                    rules.iter_mut().filter_map(|r| r.meets(&request).then(|| r.fault.clone())).collect();
                met.into_iter().next()
            };
            if request.method == "CONNECT" && fault.is_none() {
                return self.lead(reader, plain);
            }
            let limit = match fault.as_deref() {
                Some(Fault::Silence) => return self.wait(),
                Some(Fault::Cut(limit)) => *limit,
                Some(Fault::Early(answer)) => {
                    reader.get_mut().write_all(&answer.bytes(&request.method))?;
                    return reader.get_mut().flush();
                }
                _ => usize::MAX,
            };
            if request.header("expect").is_some() {
                reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let body = request.body(&mut reader, limit)?;
            if let Some(seen) = self.seen.lock().unwrap().get_mut(at) {
                seen.length = body.len();
            }
            let out = reader.get_mut();
            let answer = match fault.as_deref() {
                None => self.right(&request, &body),
                Some(Fault::Change(change)) => {
                    let mut answer = self.right(&request, &body);
                    change(&request, &mut answer);
                    answer
                }
                Some(Fault::Answer(answer) | Fault::Early(answer)) => answer.clone(),
                Some(Fault::Silence) => return Ok(()),
                Some(Fault::Lead(status, host)) => {
                    let location = format!("http://{host}{}", request.target);
                    Answer::new(*status).header("Location", location)
                }
                Some(Fault::Cut(_)) => {
                    self.state.lock().unwrap().cut(&request, &body);
                    return Ok(());
                }
                Some(Fault::Lost) => {
                    self.right(&request, &body);
                    return Ok(());
                }
                Some(Fault::Limit(limit)) if body.len() > *limit => Answer::new(413),
                Some(Fault::Limit(_)) => self.right(&request, &body),
                Some(Fault::Raw(bytes)) => {
                    out.write_all(bytes)?;
                    return out.flush();
                }
                Some(Fault::Drip(bytes)) => {
                    for byte in bytes {
                        out.write_all(&[*byte])?;
                        out.flush()?;
                        thread::sleep(Duration::from_millis(100));
                    }
                    return self.wait();
                }
                Some(Fault::Endless(first, again)) => {
                    out.write_all(first)?;
                    loop {
                        out.write_all(again)?;
                    }
                }
            };
            out.write_all(&answer.bytes(&request.method))?;
            out.flush()?;
            if answer.form == Form::Closed {
                return Ok(());
            }
        }
        Ok(())
    }

    fn right(&self, request: &Request, body: &[u8]) -> Answer {
        let refused = {
            let (gate, out) = &mut *self.gate.lock().unwrap();
            gate.answer(out, &self.host, request, body)
        };
        refused.unwrap_or_else(|| self.state.lock().unwrap().answer(request, body))
    }

    /// Until the registry stops.
    fn wait(&self) -> io::Result<()> {
        while !self.stopped.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Carries bytes between a client and the upstream.
    fn lead(&self, mut client: BufReader<Box<dyn Stream>>, mut plain: TcpStream) -> io::Result<()> {
        let Some(upstream) = *self.upstream.lock().unwrap() else {
            return plain.write_all(&Answer::new(502).bytes("CONNECT"));
        };
        let mut upstream = TcpStream::connect(upstream)?;
        plain.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        let mut back = upstream.try_clone()?;
        thread::spawn(move || {
            let _ = io::copy(&mut back, &mut plain);
            let _ = plain.shutdown(Shutdown::Write);
        });
        let carried = io::copy(&mut client, &mut upstream);
        upstream.shutdown(Shutdown::Write)?;
        carried.map(drop)
    }
}

//! Connections: requests are noted, and answered as the rules say, or rightly where none is for them.

use super::gate::{Gate, Out};
use super::rules::{Fault, Rule};
use super::state::State;
use super::wire::{Answer, Form, Request};
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
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

/// What the threads of a registry share.
#[derive(Default)]
pub struct Server {
    pub host: String,
    pub wrap: Option<Wrap>,
    pub state: Arc<Mutex<State>>,
    pub gate: Mutex<(Gate, Out)>,
    pub rules: Mutex<Vec<Rule>>,
    pub seen: Mutex<Vec<Request>>,
    pub upstream: Mutex<Option<SocketAddr>>,
    pub stopped: AtomicBool,
}

impl Server {
    /// Takes connections until it is stopped; each ends when its client leaves, or sooner.
    pub fn listen(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let server = self.clone();
            // a client may leave at any time
            thread::spawn(move || server.welcome(stream));
        }
    }

    fn welcome(&self, stream: TcpStream) -> io::Result<()> {
        let mut plain = stream.try_clone()?;
        let stream = match &self.wrap {
            Some(wrap) => wrap(stream),
            None => {
                let mut first = [0];
                stream.peek(&mut first)?;
                if first == [TLS_HANDSHAKE] {
                    // as a server does that takes it for a request
                    return plain.write_all(&Answer::new(400).bytes(""));
                }
                Some(Box::new(stream) as Box<dyn Stream>)
            }
        };
        stream.map_or(Ok(()), |stream| self.serve(BufReader::new(stream), plain))
    }

    /// Answers the requests of one connection; `plain` is what is below it.
    fn serve(&self, mut reader: BufReader<Box<dyn Stream>>, plain: TcpStream) -> io::Result<()> {
        while let Some(request) = Request::read(&mut reader) {
            let at = self.note(&request);
            let fault = self.fault(&request);
            let fault = fault.as_deref();
            let mut limit = usize::MAX;
            match fault {
                None if request.method == "CONNECT" => return self.lead(reader, plain),
                Some(Fault::Silence) => return self.wait(),
                Some(Fault::Early(answer)) => {
                    return reader.get_mut().write_all(&answer.bytes(&request.method));
                }
                Some(Fault::Cut(bytes) | Fault::CutLonger(bytes)) => limit = *bytes,
                _ => {}
            }
            if request.header("expect").is_some() {
                reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let body = request.body(&mut reader, limit)?;
            if let Some(seen) = self.seen.lock().unwrap().get_mut(at) {
                seen.length = body.len();
            }
            let out = reader.get_mut();
            let Some(answer) = self.answer(fault, &request, &body) else { return self.end(fault, out) };
            out.write_all(&answer.bytes(&request.method))?;
            out.flush()?;
            if answer.form == Form::Closed {
                break;
            }
        }
        Ok(())
    }

    fn note(&self, request: &Request) -> usize {
        let mut seen = self.seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    }

    /// What `request` gets in place of the right answer; every rule counts it.
    fn fault(&self, request: &Request) -> Option<Arc<Fault>> {
        let mut rules = self.rules.lock().unwrap();
        let met: Vec<_> = rules.iter_mut().filter_map(|rule| rule.meets(request)).collect();
        met.into_iter().next()
    }

    /// The answer to `request` with `body`, if it gets one in one piece.
    fn answer(&self, fault: Option<&Fault>, request: &Request, body: &[u8]) -> Option<Answer> {
        match fault {
            Some(Fault::Answer(answer)) => Some(answer.clone()),
            Some(Fault::Change(change)) => {
                let mut answer = self.right(request, body);
                change(request, &mut answer);
                Some(answer)
            }
            Some(Fault::Lead(status, host)) => {
                Some(Answer::new(*status).header("Location", format!("http://{host}{}", request.target)))
            }
            Some(Fault::Limit(limit)) if body.len() > *limit => Some(Answer::new(413)),
            None | Some(Fault::Limit(_)) => Some(self.right(request, body)),
            Some(Fault::Cut(_) | Fault::CutLonger(_)) => {
                self.state.lock().unwrap().cut(request, body);
                None
            }
            Some(Fault::Lost) => {
                self.right(request, body);
                None
            }
            Some(_) => None,
        }
    }

    /// Ends a connection as `fault` says.
    fn end(&self, fault: Option<&Fault>, out: &mut dyn Stream) -> io::Result<()> {
        match fault {
            Some(Fault::Raw(bytes)) => out.write_all(bytes),
            Some(Fault::Drip(bytes)) => {
                for byte in bytes {
                    out.write_all(&[*byte])?;
                    out.flush()?;
                    thread::sleep(Duration::from_millis(100));
                }
                self.wait()
            }
            Some(Fault::Endless(first, again)) => {
                out.write_all(first)?;
                loop {
                    out.write_all(again)?;
                }
            }
            _ => Ok(()),
        }
    }

    fn right(&self, request: &Request, body: &[u8]) -> Answer {
        let refused = {
            let (gate, out) = &mut *self.gate.lock().unwrap();
            gate.answer(out, &self.host, request, body)
        };
        refused.unwrap_or_else(|| self.state.lock().unwrap().answer(request, body))
    }

    /// Until the registry is stopped.
    fn wait(&self) -> io::Result<()> {
        while !self.stopped.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Carries bytes between a client and the upstream (RFC 9110, 9.3.6).
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
        io::copy(&mut client, &mut upstream)?;
        upstream.shutdown(Shutdown::Write)
    }
}

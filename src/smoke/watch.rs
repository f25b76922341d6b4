//! A program from its start until all conditions hold, the time is over, or it ends.
//!
//! The loop never waits for an answer: a connection is made here, where the program's network can be reached, and a
//! thread of its own asks on it, one for each condition at most. So an end is seen at once, and one server that is slow
//! does not keep the others from being asked.

use super::condition::{Condition, Get};
use super::ending;
use super::http;
use super::outcome::{Check, Seen, What};
use super::output::Ear;
use super::{LAST_WORDS, Subject, Test, span};
use crate::error::Error;
use std::io::{self, Read};
use std::net::TcpStream;
use std::process::ExitStatus;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long an engine's connection must stay open to be one to the program: its proxy takes every connection first,
/// and closes those that it cannot hand on.
const HELD: Duration = Duration::from_millis(200);
/// How long an answer may be waited for before the question is asked again, at least.
const PATIENCE: Duration = Duration::from_secs(5);
/// From when on an answer that has not come is worth a word.
const UNANSWERED: Duration = Duration::from_millis(100);

/// What came of it.
#[derive(Debug)]
pub struct Watched {
    /// One for each condition, in their order.
    pub checks: Vec<Check>,
    /// How the program ended, if it did.
    pub ended: Option<ExitStatus>,
}

/// Watches `subject`, which has just been started, and whose output `ears` listen to. Times count from `begin` on, when
/// it was asked to start; the time-out does not, because an engine may take long to load an image.
///
/// # Errors
/// The system's, or a signal arrived.
pub fn watch(
    subject: &mut impl Subject,
    test: &Test,
    ears: &[Ear],
    begin: Instant,
) -> Result<Watched, Error> {
    let mut probes: Vec<_> = test.conditions.iter().map(Probe::of).collect();
    let (up, mut pause) = (Instant::now(), Duration::ZERO);
    loop {
        let ended = subject.wait_within(pause)?;
        if ended.is_some() {
            ears.iter().for_each(|ear| ear.finish(LAST_WORDS));
        }
        let (since, up) = (begin.elapsed(), up.elapsed());
        let now = Now { since, up, left: test.timeout.saturating_sub(up), ended };
        for probe in probes.iter_mut().filter(|probe| probe.held.is_none()) {
            probe.look(subject, ears, begin, &now);
        }
        let over = ended.is_some() || now.left.is_zero() || probes.iter().all(|probe| probe.held.is_some());
        if over {
            let checks = probes.into_iter().map(|probe| probe.check(&now, test.timeout)).collect();
            return Ok(Watched { checks, ended });
        }
        // what takes long is not asked for so often
        pause = (up / 10).clamp(Duration::from_millis(2), Duration::from_millis(50)).min(now.left);
    }
}

/// The moment of one look.
struct Now {
    since: Duration,
    /// For how long it runs.
    up: Duration,
    left: Duration,
    ended: Option<ExitStatus>,
}

/// What a thread has found: the status of an answer, or that there is none.
type Answer = (Duration, Result<Option<u16>, String>);

/// One condition on its way to come true.
struct Probe<'a> {
    condition: &'a Condition,
    held: Option<Seen>,
    /// What stands in the way, and how often in a row it did.
    last: Option<(String, u32)>,
    /// Since when somebody asks, and where the answer comes.
    asked: Option<(Instant, Receiver<Answer>)>,
}

impl<'a> Probe<'a> {
    fn of(condition: &'a Condition) -> Self {
        Probe { condition, held: None, last: None, asked: None }
    }

    fn look(&mut self, subject: &impl Subject, ears: &[Ear], begin: Instant, now: &Now) {
        let held = |after| Some(Seen { after, status: None });
        match self.condition {
            Condition::Http(get) => {
                let limit = (now.left / 2).max(PATIENCE).min(now.left);
                let get = get.clone();
                self.ask(subject, get.port, begin, now, move |stream| ask(stream, &get, limit));
            }
            Condition::Tcp { port } if subject.engine() == "builtin" => match subject.connect(*port) {
                Ok(_) => self.held = held(begin.elapsed()),
                Err(reason) => self.failed(unreached(*port, &reason)),
            },
            Condition::Tcp { port } => self.ask(subject, *port, begin, now, hold),
            Condition::Line { stream, pattern } => {
                let ear = ears.iter().find(|ear| ear.stream() == *stream);
                self.held = ear.and_then(|ear| ear.found(pattern.as_str())).and_then(held);
                if self.held.is_none() {
                    let count = ear.map_or(0, Ear::total);
                    self.last = Some((format!("no line of its {count} bytes fits"), 1));
                }
            }
            Condition::Exit { code } => {
                let exited = now.ended.filter(|status| ending::code(*status) == i32::from(*code));
                self.held = exited.and_then(|_| held(now.since));
            }
            Condition::Start => {
                let started = match now.ended {
                    Some(status) => status.success(),
                    None => now.up >= Condition::SETTLED || now.left.is_zero(),
                };
                self.held = held(now.since).filter(|_| started);
            }
        }
    }

    /// Takes the answer that has come, or else asks, if nobody does already.
    fn ask(
        &mut self,
        subject: &impl Subject,
        port: u16,
        begin: Instant,
        now: &Now,
        question: impl FnOnce(TcpStream) -> Result<Option<u16>, String> + Send + 'static,
    ) {
        if let Some((_, asked)) = &self.asked {
            // its connections end with the program
            let limit = if now.ended.is_some() { LAST_WORDS } else { Duration::ZERO };
            match asked.recv_timeout(limit) {
                Ok((after, Ok(status))) => self.held = Some(Seen { after, status }),
                Ok((_, Err(why))) => self.failed(format!("port {port}: {why}")),
                Err(mpsc::RecvTimeoutError::Timeout) => return,
                Err(mpsc::RecvTimeoutError::Disconnected) => {}
            }
            self.asked = None;
            return;
        }
        if now.ended.is_some() || now.left.is_zero() {
            return;
        }
        let stream = match subject.connect(port) {
            Ok(stream) => stream,
            Err(reason) => return self.failed(unreached(port, &reason)),
        };
        let (answered, asked) = mpsc::channel();
        let thread = thread::Builder::new().name("question".into()).spawn(move || {
            let answer = question(stream);
            let _ = answered.send((begin.elapsed(), answer));
        });
        match thread {
            Ok(_) => self.asked = Some((Instant::now(), asked)),
            Err(reason) => self.failed(http::io_words(&reason)),
        }
    }

    fn failed(&mut self, why: String) {
        match &mut self.last {
            Some((last, times)) if *last == why => *times += 1,
            last => *last = Some((why, 1)),
        }
    }

    fn check(self, now: &Now, timeout: Duration) -> Check {
        let what = What::Condition(self.condition.clone());
        if let Some(seen) = self.held {
            return Check { what, seen: Some(seen), fault: None };
        }
        let last = self.last.map(|(why, times)| match times {
            1 => why,
            _ => format!("{why}, {times} times"),
        });
        let waits = self.asked.is_some_and(|(since, _)| since.elapsed() >= UNANSWERED);
        let last = match (last, waits) {
            (Some(last), true) => Some(format!("{last}; then a connection, and no answer")),
            (None, true) => Some("a connection, and no answer".to_owned()),
            (last, false) => last,
        };
        let fault = match (now.ended, self.condition) {
            (Some(status), Condition::Exit { .. } | Condition::Start) => {
                format!("it {} after {}", ending::words(status), span(now.since))
            }
            (Some(status), Condition::Line { .. }) => {
                format!("{}, and it {}", last.unwrap_or_default(), ending::words(status))
            }
            (Some(status), _) => {
                let before = last.map_or(String::new(), |last| format!(" ({last})"));
                format!("it {} after {}, before that{before}", ending::words(status), span(now.since))
            }
            (None, Condition::Exit { .. }) => format!("after {} it still runs", span(timeout)),
            (None, _) => match last {
                Some(last) => format!("not within {}: {last}", span(timeout)),
                None => format!("not within {}", span(timeout)),
            },
        };
        Check { what, seen: None, fault: Some(fault) }
    }
}

fn ask(stream: TcpStream, get: &Get, limit: Duration) -> Result<Option<u16>, String> {
    let status = http::get(stream, get.port, &get.path, limit)?;
    match get.takes(status) {
        true => Ok(Some(status)),
        false => Err(format!("the answer is {status}, and {} is wanted", get.wanted())),
    }
}

/// Whether somebody is at the other end: whoever closes at once without a word is an engine's proxy.
fn hold(mut stream: TcpStream) -> Result<Option<u16>, String> {
    let closed = || "the connection was closed at once: nobody listens, or on 127.0.0.1 alone".to_owned();
    stream.set_read_timeout(Some(HELD)).map_err(|reason| http::io_words(&reason))?;
    match stream.read(&mut [0]) {
        Ok(0) => Err(closed()),
        Ok(_) => Ok(None),
        Err(reason) if matches!(reason.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Ok(None)
        }
        Err(_) => Err(closed()),
    }
}

fn unreached(port: u16, reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::ConnectionRefused => format!("nobody listens on port {port} (connection refused)"),
        _ => format!("port {port}: {}", http::io_words(reason)),
    }
}

//! How a registry is bent: which requests get something else than the right answer.

use super::wire::{Answer, Request};
use std::ops::Range;
use std::sync::Arc;

/// Every occurrence.
pub const ALWAYS: Range<usize> = 0..usize::MAX;
/// The first one.
pub const ONCE: Range<usize> = 0..1;

/// Changes an answer to a request.
type Change = Box<dyn Fn(&Request, &mut Answer) + Send + Sync>;

/// What a request gets in place of the right answer.
pub enum Fault {
    /// This one; nothing of the request takes effect.
    Answer(Answer),
    /// This one before the body is read; then the connection is closed.
    Early(Answer),
    /// The right one, which takes effect, but changed on its way back.
    Change(Change),
    /// A redirect with this status to the same target at another host; nothing of the request takes effect.
    Lead(u16, String),
    /// The end of the connection after so many bytes of the body: a reset where more of them wait to be read.
    Cut(usize),
    /// The same for a body that is longer than that; one that is not is not meant at all.
    CutLonger(usize),
    /// The end of the connection in place of the right answer, which takes effect.
    Lost,
    /// 413 if the body is longer than so many bytes, else the right one: a proxy that bounds requests.
    Limit(usize),
    /// Nothing, for ever; not even its body is read.
    Silence,
    /// These bytes one by one, ten a second.
    Drip(Vec<u8>),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// The first bytes, then the second ones again and again until the client leaves.
    Endless(Vec<u8>, Vec<u8>),
}

impl Fault {
    pub fn change(change: impl Fn(&Request, &mut Answer) + Send + Sync + 'static) -> Self {
        Fault::Change(Box::new(change))
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Fault::Answer(answer)
    }
}

/// A fault for the requests with one method whose target has a text in it.
pub struct Rule {
    method: String,
    part: String,
    turns: Range<usize>,
    seen: usize,
    fault: Arc<Fault>,
}

impl Rule {
    /// `what` is `METHOD PART`, where `*` is any method; `turns` says which of these requests are meant.
    pub fn new(what: &str, turns: Range<usize>, fault: Fault) -> Self {
        let (method, part) = what.split_once(' ').unwrap();
        let (method, part) = (method.to_owned(), part.to_owned());
        Rule { method, part, turns, seen: 0, fault: fault.into() }
    }

    /// The fault, if `request` is meant; every rule counts for itself.
    pub fn meets(&mut self, request: &Request) -> Option<Arc<Fault>> {
        let length = || request.header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
        let met = (self.method == "*" || self.method == request.method)
            && request.target.contains(&self.part)
            && !matches!(*self.fault, Fault::CutLonger(least) if length() <= least);
        self.seen += usize::from(met);
        (met && self.turns.contains(&(self.seen - 1))).then(|| self.fault.clone())
    }
}

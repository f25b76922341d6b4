//! One blob into a repository, with as few requests and bytes as it takes (OCI distribution spec, "Pushing blobs").
//!
//! A blob goes up in one piece: every registry takes that, some take nothing else. Pieces are for those that say so,
//! for proxies that bound a request (413), and for the rest of a large blob after a cut. A session that has lost
//! count is given up for a new one, and an upload is closed only when all bytes of it are accounted for.

use super::documents::told;
use super::http::{Answer, Body, Call, Failure, Method};
use super::range::received;
use super::retry::{Passing, Policy, Schedule};
use super::session::Session;
use super::url::Url;
use super::{leads, said};
use crate::error::{Error, bounded};
use crate::image::archive::Blob;
use crate::image::manifest::Descriptor;
use std::ops::Range;
use std::time::Duration;

/// The sizes of pieces, in bytes: the first is well below the 100 MB that the largest proxy takes and costs few
/// requests; the last is what nginx takes if nobody has told it more.
const PIECES: [u64; 3] = [32 << 20, 8 << 20, 1 << 20];
/// From how many bytes on it is worth a request to ask how much of a cut upload has arrived.
const WORTH: u64 = 1 << 20;
/// How often an upload is resumed or begun again.
const RESTARTS: u32 = 5;

/// How a blob got there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was there.
    There,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Sent,
}

/// Sees to it that the repository has `blob`.
///
/// # Errors
/// The registry refuses, or cannot be reached.
pub fn place(session: &Session, descriptor: &Descriptor, blob: &Blob) -> Result<Placed, Error> {
    if session.holds(&descriptor.digest) {
        return Ok(Placed::There);
    }
    let placed = match is_there(session, descriptor)? {
        true => Placed::There,
        false => Upload::new(session, descriptor, blob).run()?,
    };
    session.hold(&descriptor.digest);
    Ok(placed)
}

/// Whether the repository has it, and all of it.
fn is_there(session: &Session, descriptor: &Descriptor) -> Result<bool, Error> {
    let call = session.request(Method::Head, &format!("blobs/{}", descriptor.digest))?;
    let answer = session.call(&call)?;
    match (answer.status, answer.header("content-length")) {
        (200, Some(length)) if length.trim() != descriptor.size.to_string() => {
            let length = bounded(length);
            Err(said::broken(&(&call).into(), "it has another blob by that digest")
                .note(format!("{} bytes were expected, it has {length}", descriptor.size))
                .help("delete that blob in the registry: nobody can use it"))
        }
        (200, _) => Ok(true),
        (404, _) => Ok(false),
        _ => Err(session.refused(&call, &answer)),
    }
}

/// What a request of a session has led to.
enum Turn {
    /// The blob is there.
    Done,
    /// All up to this byte is there; the rest goes to this address.
    On(Url, u64),
    /// The session is of no use any more.
    Over(Error, Option<Passing>),
    /// So much in one request is too much.
    TooLarge(Error),
}

struct Upload<'a> {
    session: &'a Session,
    descriptor: &'a Descriptor,
    blob: &'a Blob,
    schedule: Schedule,
    /// The size of pieces; all at once if there is none.
    piece: Option<u64>,
    /// The smallest piece that the registry takes, but for the last one.
    least: u64,
    /// Whether a part of it may be what a cut has left there.
    resumed: bool,
    /// Whether what a registry says of a cut upload is believed.
    believing: bool,
    /// Whether the registry has been silent in the middle of it.
    silent: bool,
}

impl<'a> Upload<'a> {
    fn new(session: &'a Session, descriptor: &'a Descriptor, blob: &'a Blob) -> Self {
        let schedule = Schedule::new(Policy { most: RESTARTS, ..session.policy() });
        Upload {
            session,
            descriptor,
            blob,
            schedule,
            piece: None,
            least: 0,
            resumed: false,
            believing: true,
            silent: false,
        }
    }

    fn run(&mut self) -> Result<Placed, Error> {
        let mut url = match self.session.elsewhere(&self.descriptor.digest) {
            Some(other) => match self.mount(&other)? {
                Some(url) => url,
                None => return Ok(Placed::Mounted),
            },
            None => self.open()?,
        };
        let mut at = 0;
        loop {
            match self.turn(&url, at)? {
                Turn::Done => return Ok(Placed::Sent),
                Turn::On(next, to) => (url, at) = (next, to),
                Turn::Over(error, passing) => {
                    let wait = passing.and_then(|passing| passing.wait);
                    self.schedule.pause(wait).map_err(|enough| enough.explain(error))?;
                    (url, at) = (self.open()?, 0);
                }
                Turn::TooLarge(error) => {
                    let sent =
                        self.piece.map_or(self.descriptor.size, |piece| piece.min(self.descriptor.size));
                    let mut smaller = PIECES.into_iter().map(|piece| piece.max(self.least));
                    let Some(piece) = smaller.find(|piece| *piece < sent) else { return Err(error) };
                    self.piece = Some(piece);
                    // at once, but not without end: what the registry wants at least may change each time
                    let at_once = Some(Duration::ZERO);
                    self.schedule.pause(at_once).map_err(|enough| enough.explain(error))?;
                    (url, at) = (self.open()?, 0);
                }
            }
        }
    }

    /// Has the registry take the blob from `other`; `None` if it does, or else where to send it.
    fn mount(&mut self, other: &str) -> Result<Option<Url>, Error> {
        let mut call = self.session.request(Method::Post, "blobs/uploads/")?;
        call.url = call.url.with("mount", &self.descriptor.digest.to_string()).with("from", other);
        let answer = self.session.call(&call)?;
        match answer.status {
            201 => self.confirmed(&call, &answer).map(|()| None),
            202 => self.location(&call, &answer).map(Some),
            // not there, or not for who asks: then it is sent like any other
            401 | 403 | 404 | 405 => self.open().map(Some),
            _ => Err(self.session.refused(&call, &answer)),
        }
    }

    /// Opens a session.
    fn open(&mut self) -> Result<Url, Error> {
        self.resumed = false;
        let call = self.session.request(Method::Post, "blobs/uploads/")?;
        let answer = self.session.call(&call)?;
        if answer.status != 202 {
            return Err(self.session.refused(&call, &answer));
        }
        let least = answer.header("oci-chunk-min-length").and_then(|least| least.trim().parse().ok());
        if let Some(least) = least.filter(|least| *least > 0) {
            self.least = least;
            self.piece = Some(self.piece.unwrap_or(PIECES[0]).max(least));
        }
        self.location(&call, &answer)
    }

    /// Sends what comes next of what is missing from byte `at`: all, a piece, or the word that this was all.
    fn turn(&mut self, url: &Url, at: u64) -> Result<Turn, Error> {
        let size = self.descriptor.size;
        let closes = at == size || at == 0 && self.piece.is_none_or(|piece| size <= piece);
        let end = match closes {
            true => size,
            false => size.min(at.saturating_add(self.piece.unwrap_or(size))),
        };
        let mut headers = vec![("content-type", "application/octet-stream".to_owned())];
        if !closes {
            headers.push(("content-range", format!("{at}-{}", end - 1)));
        }
        let call = Call {
            method: if closes { Method::Put } else { Method::Patch },
            url: match closes {
                true => url.clone().with("digest", &self.descriptor.digest.to_string()),
                false => url.clone(),
            },
            headers,
            authorization: None,
            body: match end - at {
                0 => Body::Empty,
                length => Body::Blob(self.blob.from(at).first(length)),
            },
            limit: said::BODY,
        };
        let outcome = self.session.once(&call);
        if let Some(passing) = Passing::of(&outcome) {
            let cut = matches!(outcome, Err(Failure::Broken(_) | Failure::Silent(_)));
            let silent = matches!(outcome, Err(Failure::Silent(_)));
            let error = said::unanswered(&(&call).into(), outcome);
            // once may be the network's fault; twice is a minute each for nothing
            if silent && std::mem::replace(&mut self.silent, true) {
                return Err(error.note("it did so twice"));
            }
            return match cut && self.believing && size >= WORTH {
                true => self.after_cut(url, end, error),
                false => Ok(Turn::Over(error, Some(passing))),
            };
        }
        let answer = outcome.map_err(|failure| self.astray(url, said::failed(&(&call).into(), failure)))?;
        let refused = || self.session.refused(&call, &answer);
        match (answer.status, closes) {
            (200 | 201 | 204, true) => self.confirmed(&call, &answer).map(|()| Turn::Done),
            (202, true) if at == size => Ok(Turn::Over(refused(), None)),
            // some registries close the session with the last piece, and say so by its digest
            (201, false) if end == size && told(&answer).is_some() => {
                self.confirmed(&call, &answer).map(|()| Turn::Done)
            }
            (200..=204, _) => self.progress(url, &call, &answer, at..end),
            (404 | 416, _) => Ok(Turn::Over(refused(), None)),
            (400, true) if self.resumed => {
                self.believing = false;
                Ok(Turn::Over(refused(), None))
            }
            (413, _) => Ok(Turn::TooLarge(refused())),
            _ => Err(refused()),
        }
    }

    /// Goes on after an answer that `bytes` were taken, or a part of them, which says how much there is by now.
    fn progress(
        &mut self,
        url: &Url,
        call: &Call,
        answer: &Answer,
        bytes: Range<u64>,
    ) -> Result<Turn, Error> {
        let there = match answer.header("range") {
            None => Some(bytes.end),
            Some(range) => received(range, bytes.end).filter(|there| *there > bytes.start),
        };
        let lost = || said::broken(&call.into(), "it has lost count of what it was sent");
        let Some(there) = there else { return Ok(Turn::Over(lost(), None)) };
        if there < bytes.end {
            self.schedule.pause(None).map_err(|enough| enough.explain(lost()))?;
        }
        let next = match answer.header("location") {
            None => url.clone(),
            Some(_) => self.location(call, answer)?,
        };
        Ok(Turn::On(next, there))
    }

    /// Asks how much has arrived of what was sent up to `end` when the connection broke, with `error`.
    fn after_cut(&mut self, url: &Url, end: u64, error: Error) -> Result<Turn, Error> {
        let over = |error| Ok(Turn::Over(error, None));
        let mut call = self.session.request(Method::Get, "blobs/uploads/")?;
        call.url = url.clone();
        if let Err(enough) = self.schedule.pause(None) {
            return Err(enough.explain(error));
        }
        let Ok(answer) = self.session.once(&call) else { return over(error) };
        if answer.status == 404 && is_there(self.session, self.descriptor)? {
            // only the answer was lost
            return Ok(Turn::Done);
        }
        let there = answer.header("range").and_then(|range| received(range, end));
        match (answer.status, there.filter(|there| *there >= WORTH)) {
            (200..=204, Some(there)) => {
                self.resumed = true;
                let next = match answer.header("location") {
                    None => url.clone(),
                    Some(_) => self.location(&call, &answer)?,
                };
                Ok(Turn::On(next, there))
            }
            _ => over(error),
        }
    }

    /// Refuses an answer that the blob is there under another digest.
    fn confirmed(&self, call: &Call, answer: &Answer) -> Result<(), Error> {
        match told(answer) {
            Some(other) if other != self.descriptor.digest.to_string() => Err(said::broken(
                &call.into(),
                "it has stored another blob",
            )
            .note(format!("{} was sent, {} is there", self.descriptor.digest, bounded(other)))),
            _ => Ok(()),
        }
    }

    /// Says in `error` who led the upload to `url`, if that is elsewhere.
    fn astray(&self, url: &Url, error: Error) -> Error {
        let root = self.session.root();
        match url.same_origin(root) {
            true => error,
            false => error.note(format!(
                "that is where the upload goes on, says `{root}{}/blobs/uploads/`",
                self.session.repository()
            )),
        }
    }

    fn location(&self, call: &Call, answer: &Answer) -> Result<Url, Error> {
        leads::upload(self.session.root(), answer).map_err(|why| said::broken(&call.into(), why))
    }
}

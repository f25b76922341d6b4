//! One blob out of a repository, into a file: hashed as it comes, and no byte more of it than its descriptor says
//! (OCI distribution spec, "Pulling blobs").
//!
//! After a cut the rest is asked for (RFC 9110, 14.2, `Range`); a registry that sends all of it again is as well. If
//! the whole then has another digest, the parts may not belong together, and it is fetched once more in one piece.

use super::http::{Answer, Failure, Method, Stopped, Taker};
use super::retry::{Enough, Passing, Policy, Schedule};
use super::said::{self, Asked};
use super::session::Session;
use crate::content::Claim;
use crate::error::{Code, Error, bounded};
use crate::image::digest::{Digest, Hashing};
use crate::progress::Progress;
use std::fs::File;
use std::io::{self, Read, Write};
use std::mem;
use std::os::unix::fs::FileExt;

/// How often a download is resumed or begun again.
const RESTARTS: u32 = 5;
/// What is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Writes the blob that `claim` is about to `file` from `offset` on. Returns whether the repository has it.
///
/// # Errors
/// The registry refuses, cannot be reached, or has something else by that digest; or the file cannot be written.
pub fn fetch(
    session: &Session,
    claim: &Claim,
    file: &File,
    offset: u64,
    progress: &Progress,
) -> Result<bool, Error> {
    let mut call = session.request(Method::Get, &format!("blobs/{}", claim.digest))?;
    let asked = Asked::from(&call);
    let mut landing = Landing {
        claim,
        asked: &asked,
        out: Hashing::new(At { file, offset }),
        at: 0,
        resumed: false,
        progress,
    };
    let mut schedule = Schedule::new(Policy { most: RESTARTS, ..session.policy() });
    loop {
        call.headers = match landing.at {
            0 => Vec::new(),
            at => vec![("range", format!("bytes={at}-"))],
        };
        let mut take = |head: &Answer, body: &mut dyn Read| landing.take(head, body);
        let outcome = session.stream(&call, &mut Taker { size: claim.size, take: &mut take });
        if matches!(&outcome, Ok(answer) if answer.status == 416) && landing.at > 0 {
            landing.restart();
        } else if let Some(passing) = Passing::of(&outcome) {
            let pause = match outcome {
                Err(Failure::Silent(_)) => Err(Enough::Asked(1)),
                _ => schedule.pause(passing.wait),
            };
            if let Err(enough) = pause {
                return Err(enough.explain(said::unanswered(&asked, outcome)));
            }
        } else {
            let answer = outcome.map_err(|failure| said::failed(&asked, failure))?;
            return match answer.status {
                200 | 206 => Ok(true),
                404 => Ok(false),
                _ => Err(session.refused(&call, &answer)),
            };
        }
    }
}

/// A blob on its way into its place.
struct Landing<'a> {
    claim: &'a Claim,
    asked: &'a Asked,
    out: Hashing<At<'a>>,
    /// How much of it is there.
    at: u64,
    /// Whether what is there came in parts.
    resumed: bool,
    progress: &'a Progress,
}

impl Landing<'_> {
    /// Takes what `answer` brings: all of it, or what was missing.
    fn take(&mut self, answer: &Answer, body: &mut dyn Read) -> Result<(), Stopped> {
        match answer.status {
            206 if start(answer) == Some(self.at) => self.resumed = self.at > 0,
            206 => return Err(self.refused("it is not the part that was asked for")),
            _ => drop(self.restart()),
        }
        let missing = self.claim.size - self.at;
        let length = answer.header("content-length").and_then(|length| length.trim().parse::<u64>().ok());
        if let Some(length) = length.filter(|length| *length != missing) {
            return Err(self.refused(&format!("it has {length} bytes, {missing} were expected")));
        }
        let mut piece = vec![0; PIECE];
        loop {
            let read = match body.read(&mut piece) {
                Ok(read) => read,
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
                Err(reason) => return Err(Stopped::Read(reason)),
            };
            if read == 0 {
                return self.end();
            }
            if read as u64 > self.claim.size - self.at {
                return Err(self.refused(&format!("it goes on after {} bytes", self.claim.size)));
            }
            self.out.write_all(&piece[..read]).map_err(|reason| Stopped::Refused(unwritten(&reason)))?;
            self.at += read as u64;
            self.progress.add(read as u64);
        }
    }

    /// What it is, now that nothing more comes.
    fn end(&mut self) -> Result<(), Stopped> {
        let Claim { digest, size, .. } = self.claim;
        if self.at < *size {
            let why = format!("it ended after {} of {size} bytes", self.at);
            return Err(Stopped::Read(io::Error::new(io::ErrorKind::UnexpectedEof, why)));
        }
        let resumed = self.resumed;
        match self.restart() {
            is if is == *digest => Ok(()),
            is if resumed => Err(Stopped::Read(io::Error::other(format!("its parts together are {is}")))),
            is => Err(self.refused(&format!("it is {is}"))),
        }
    }

    /// Forgets what is there. Returns its digest.
    fn restart(&mut self) -> Digest {
        let At { file, offset } = *self.out.inner();
        let start = Hashing::new(At { file, offset: offset - self.at });
        (self.at, self.resumed) = (0, false);
        mem::replace(&mut self.out, start).finish().0
    }

    fn refused(&self, why: &str) -> Stopped {
        Stopped::Refused(said::broken(self.asked, why))
    }
}

/// Writes to a file from `offset` on, and moves no position that others share.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Write for At<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.offset)?;
        self.offset += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of the blob that `claim` is about, by way of `file`, which is empty.
///
/// # Errors
/// The same, and that it is not there.
pub fn bytes(session: &Session, claim: &Claim, file: &File) -> Result<Vec<u8>, Error> {
    if !fetch(session, claim, file, 0, &Progress::default())? {
        return Err(Error::new(Code::Registry, format!("the repository has no {}", claim.digest)));
    }
    let mut bytes = vec![0; usize::try_from(claim.size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, 0).map_err(|reason| unwritten(&reason))?;
    Ok(bytes)
}

/// The error that what comes cannot be kept.
pub fn unwritten(reason: &io::Error) -> Error {
    Error::new(
        Code::Output,
        format!("could not keep what a registry sends: {}", bounded(&reason.to_string())),
    )
}

/// Where a part starts (RFC 9110, 14.4, `Content-Range: bytes START-END/SIZE`).
fn start(answer: &Answer) -> Option<u64> {
    let range = answer.header("content-range")?.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

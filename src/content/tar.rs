//! A reader of tar that forgives nothing: what two readers could take for different things is no tar here.
//!
//! POSIX.1-2001 ustar and pax, and the long names and base-256 numbers of GNU tar, as image builders write them. A
//! header that a reader could miss, a size that two fields give differently, a sparse file, garbage in the padding or
//! behind the end: each ends the reading, because nothing that follows can be trusted to be an entry.

mod header;
mod pax;

use super::limits;
use crate::image::tarball::BLOCK;
use pax::Records;
use std::io::{self, Read};

/// What tar is read from.
pub trait Input: Read {
    /// Moves on by `count` bytes, which need not be looked at.
    ///
    /// # Errors
    /// The system's; there are fewer.
    fn skip(&mut self, count: u64) -> io::Result<()>;
}

/// A member of an archive: what its headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, as it is written.
    pub name: Vec<u8>,
    /// `typeflag`; `0` for a file.
    pub kind: u8,
    /// What a link leads to, as it is written.
    pub link: Vec<u8>,
    /// The bits that chmod(2) takes.
    pub mode: u32,
    /// Its owner.
    pub uid: u64,
    /// Its group.
    pub gid: u64,
    /// The bytes of its content, which stand from [`Reader::position`] on.
    pub size: u64,
    /// Seconds since the epoch.
    pub mtime: i64,
    /// The names of its extended attributes.
    pub xattrs: Vec<String>,
}

/// Why an archive is not read further.
#[derive(Debug)]
pub enum Stop {
    /// It is no sound tar: why, at which byte.
    Unsound(String),
    /// More than is read of any.
    Limit(String),
    /// The source cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(reason: io::Error) -> Self {
        match reason.kind() {
            io::ErrorKind::UnexpectedEof => Stop::Unsound("it is cut off".into()),
            _ => Stop::Io(reason),
        }
    }
}

/// Reads an archive, member by member.
pub struct Reader<R> {
    input: R,
    at: u64,
    /// What is left of the content of the member before.
    rest: u64,
    /// The zeros after it.
    padding: u64,
    ended: bool,
}

impl<R: Input> Reader<R> {
    /// From its first byte.
    pub fn new(input: R) -> Self {
        Reader { input, at: 0, rest: 0, padding: 0, ended: false }
    }

    /// How many bytes have been read.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// What it is read from.
    pub fn into_input(self) -> R {
        self.input
    }

    /// The same, to be read further.
    pub fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// The next member; `None` after the last, when everything behind it was found to be zeros.
    ///
    /// # Errors
    /// The archive is not sound, is beyond a limit, or cannot be read.
    pub fn next(&mut self) -> Result<Option<Member>, Stop> {
        self.finish()?;
        let (mut records, mut long_name, mut long_link) = (None::<Records>, None, None);
        loop {
            let Some(block) = self.block()? else {
                if records.is_some() || long_name.is_some() || long_link.is_some() {
                    return self.unsound("an extended header belongs to no entry");
                }
                return Ok(None);
            };
            let header = match header::read(&block) {
                Ok(header) => header,
                Err(why) => return self.unsound(&why),
            };
            let twice = match header.kind {
                b'x' => records.replace(self.records(&header)?).is_some(),
                b'L' => long_name.replace(self.long(&header)?).is_some(),
                b'K' => long_link.replace(self.long(&header)?).is_some(),
                b'g' => {
                    let global = self.records(&header)?;
                    if !global.is_comment() {
                        return self
                            .unsound("a global header speaks for all entries, which few readers heed");
                    }
                    false
                }
                _ => return self.member(header, records, long_name, long_link).map(Some),
            };
            if twice {
                return self.unsound("two extended headers speak for one entry");
            }
        }
    }

    fn member(
        &mut self,
        header: Member,
        records: Option<Records>,
        long_name: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<Member, Stop> {
        let records = records.unwrap_or_default();
        if records.path.is_some() && long_name.is_some() || records.linkpath.is_some() && long_link.is_some()
        {
            return self.unsound("pax and GNU give one entry two names");
        }
        let size = match records.size {
            // a writer of pax leaves the field at zero where it cannot hold the size
            Some(size) if header.size == size || header.size == 0 && size > header::OCTAL => size,
            Some(size) => {
                let why = format!("its header says {} bytes, and its pax record {size}", header.size);
                return self.unsound(&why);
            }
            None => header.size,
        };
        if header.kind != b'0' && size > 0 {
            return self
                .unsound("an entry that is no file has content, which some readers skip and some do not");
        }
        self.rest = size;
        self.padding = (BLOCK - size % BLOCK) % BLOCK;
        Ok(Member {
            name: records.path.or(long_name).unwrap_or(header.name),
            link: records.linkpath.or(long_link).unwrap_or(header.link),
            uid: records.uid.unwrap_or(header.uid),
            gid: records.gid.unwrap_or(header.gid),
            size,
            mtime: records.mtime.unwrap_or(header.mtime),
            xattrs: records.xattrs,
            ..header
        })
    }

    /// Moves to the end of the member before.
    fn finish(&mut self) -> Result<(), Stop> {
        if self.rest > 0 {
            self.input.skip(self.rest)?;
            self.at += self.rest;
            self.rest = 0;
        }
        let mut padding = [0; BLOCK as usize];
        let padding = &mut padding[..usize::try_from(self.padding).unwrap_or(0)];
        self.input.read_exact(padding)?;
        self.at += padding.len() as u64;
        self.padding = 0;
        match padding.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => self.unsound("the padding after an entry is not empty"),
        }
    }

    /// The next header; `None` at the end.
    fn block(&mut self) -> Result<Option<[u8; BLOCK as usize]>, Stop> {
        if self.ended {
            return Ok(None);
        }
        let block = self.bytes()?;
        if block.iter().any(|byte| *byte != 0) {
            return Ok(Some(block));
        }
        // two blocks of zeros are the end, and some writers fill up to a larger unit (POSIX.1-2001, pax, "ustar
        // Interchange Format")
        if self.bytes()?.iter().any(|byte| *byte != 0) {
            return self.unsound("there is an empty block among its headers");
        }
        self.ended = true;
        let mut buffer = [0; 8 << 10];
        loop {
            match self.input.read(&mut buffer) {
                Ok(0) if self.at.is_multiple_of(BLOCK) => return Ok(None),
                Ok(0) => return self.unsound("it ends within a block"),
                Ok(read) if buffer[..read].iter().all(|byte| *byte == 0) => self.at += read as u64,
                Ok(_) => return self.unsound("there is more after its end"),
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                Err(reason) => return Err(reason.into()),
            }
        }
    }

    fn bytes(&mut self) -> Result<[u8; BLOCK as usize], Stop> {
        let mut block = [0; BLOCK as usize];
        self.input.read_exact(&mut block)?;
        self.at += BLOCK;
        Ok(block)
    }

    fn records(&mut self, header: &Member) -> Result<Records, Stop> {
        let text = self.extension(header)?;
        Records::read(&text).or_else(|why| self.unsound(&why))
    }

    /// A long name of GNU's: it ends with a zero byte, and has no other.
    fn long(&mut self, header: &Member) -> Result<Vec<u8>, Stop> {
        let mut name = self.extension(header)?;
        if name.pop() != Some(0) || name.contains(&0) {
            return self.unsound("a long name has no end, or two");
        }
        Ok(name)
    }

    fn extension(&mut self, header: &Member) -> Result<Vec<u8>, Stop> {
        if header.size > limits::EXTENSION {
            let most = limits::EXTENSION;
            return Err(Stop::Limit(format!("an extended header of {} bytes; {most} are read", header.size)));
        }
        let mut bytes = Vec::new();
        self.input.by_ref().take(header.size).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < header.size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.at += header.size;
        self.padding = (BLOCK - header.size % BLOCK) % BLOCK;
        self.finish()?;
        Ok(bytes)
    }

    fn unsound<T>(&self, why: &str) -> Result<T, Stop> {
        Err(Stop::Unsound(format!("{why} (before byte {})", self.at)))
    }
}

/// The content of the member that came last.
impl<R: Input> Read for Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.rest).unwrap_or(usize::MAX).min(into.len());
        if room == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut into[..room])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest -= read as u64;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;

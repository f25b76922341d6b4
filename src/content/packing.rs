//! How bytes are compressed, told by their first few, and taken back strictly: one gzip member or one zstd frame, whole
//! and with nothing behind it.
//!
//! Readers of layers stop at different places where more follows, so what a second member holds is in the image for some
//! and not for others.

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, Read};

/// A compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// None.
    Plain,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Packing {
    /// The one that data with this start has.
    pub fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Packing::Plain => "no compression",
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        }
    }
}

/// Reads what is compressed. What is wrong with it comes as [`io::ErrorKind::InvalidData`].
pub enum Unpacking<R: BufRead> {
    /// As it is.
    Plain(R),
    /// gzip.
    Gzip(Box<Gunzip<R>>),
    /// Zstandard.
    #[cfg(feature = "zstd")]
    Zstd(zstd::Decoder<'static, R>),
}

impl<R: BufRead> Unpacking<R> {
    /// Starts at the first byte of `input`.
    ///
    /// # Errors
    /// The system's, or it cannot be unpacked here.
    pub fn new(mut input: R) -> io::Result<Self> {
        let packing = Packing::of(input.fill_buf()?);
        Ok(match packing {
            Packing::Plain => Unpacking::Plain(input),
            Packing::Gzip => Unpacking::Gzip(Box::new(Gunzip::new(input)?)),
            #[cfg(feature = "zstd")]
            Packing::Zstd => Unpacking::Zstd(zstd::Decoder::with_buffer(input)?.single_frame()),
            #[cfg(not(feature = "zstd"))]
            Packing::Zstd => return Err(invalid("this cargo-scratch was built without the feature `zstd`")),
        })
    }
}

impl<R: BufRead> Read for Unpacking<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacking::Plain(input) => input.read(into),
            Unpacking::Gzip(gunzip) => gunzip.read(into),
            #[cfg(feature = "zstd")]
            Unpacking::Zstd(decoder) => decoder.read(into).map_err(|reason| match reason.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => invalid(&reason.to_string()),
                _ => reason,
            }),
        }
    }
}

/// One gzip member.
pub struct Gunzip<R: BufRead> {
    inner: DeflateDecoder<R>,
    crc: Crc,
    ended: bool,
}

impl<R: BufRead> Gunzip<R> {
    /// Reads the header (RFC 1952, 2.3).
    fn new(mut input: R) -> io::Result<Self> {
        const CRC: u8 = 1 << 1;
        const EXTRA: u8 = 1 << 2;
        const NAME: u8 = 1 << 3;
        const COMMENT: u8 = 1 << 4;
        let mut header = [0; 10];
        exactly(&mut input, &mut header)?;
        let flags = header[3];
        if header[2] != 8 {
            return Err(invalid("gzip with another method than deflate"));
        }
        if flags & 0b1110_0000 != 0 {
            return Err(invalid("gzip with flags that are reserved"));
        }
        if flags & CRC != 0 {
            return Err(invalid("gzip with a checksum of its header, which most readers refuse or ignore"));
        }
        if flags & EXTRA != 0 {
            let mut length = [0; 2];
            exactly(&mut input, &mut length)?;
            let length = u64::from(u16::from_le_bytes(length));
            if io::copy(&mut input.by_ref().take(length), &mut io::sink())? < length {
                return Err(invalid("gzip that is cut off"));
            }
        }
        for text in [NAME, COMMENT] {
            const MOST: u64 = 4 << 10;
            let mut bytes = Vec::new();
            if flags & text != 0
                && (input.by_ref().take(MOST).read_until(0, &mut bytes)? == 0 || bytes.last() != Some(&0))
            {
                return Err(invalid("gzip with a name that does not end"));
            }
        }
        Ok(Gunzip { inner: DeflateDecoder::new(input), crc: Crc::new(), ended: false })
    }

    fn end(&mut self) -> io::Result<()> {
        let mut trailer = [0; 8];
        exactly(self.inner.get_mut(), &mut trailer)?;
        let [a, b, c, d, rest @ ..] = trailer;
        if u32::from_le_bytes([a, b, c, d]) != self.crc.sum() {
            return Err(invalid("gzip with another checksum than its content"));
        }
        // the size modulo 2^32; `amount` counts likewise
        if u32::from_le_bytes(rest) != self.crc.amount() {
            return Err(invalid("gzip with another size than its content"));
        }
        self.ended = true;
        Ok(())
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ended || into.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(into).map_err(|reason| match reason.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                invalid("deflate data that is damaged")
            }
            io::ErrorKind::UnexpectedEof => invalid("gzip that is cut off"),
            _ => reason,
        })?;
        match read {
            0 => self.end()?,
            _ => self.crc.update(&into[..read]),
        }
        Ok(read)
    }
}

fn exactly(input: &mut impl Read, into: &mut [u8]) -> io::Result<()> {
    input.read_exact(into).map_err(|reason| match reason.kind() {
        io::ErrorKind::UnexpectedEof => invalid("gzip that is cut off"),
        _ => reason,
    })
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

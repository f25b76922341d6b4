//! How layers are compressed: chosen by the user, with bytes that depend on the content and the level alone.

use super::gzip::GzipWriter;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

/// libdeflate's level 6: the ratio of zlib's 9 at three times its speed.
const GZIP_LEVEL: u8 = 6;
/// zstd's own default.
const ZSTD_LEVEL: u8 = 3;

/// The compression of an image's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Plain tar.
    None,
    /// gzip at a level of 1 to 12.
    Gzip(u8),
    /// Zstandard at a level of 1 to 22.
    Zstd(u8),
}

impl Default for Compression {
    fn default() -> Self {
        Compression::Gzip(GZIP_LEVEL)
    }
}

impl Compression {
    /// The media type of a layer compressed in this way (OCI image spec, layer.md).
    pub fn media_type(self) -> &'static str {
        match self {
            Compression::None => "application/vnd.oci.image.layer.v1.tar",
            Compression::Gzip(_) => "application/vnd.oci.image.layer.v1.tar+gzip",
            Compression::Zstd(_) => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }

    /// A writer that compresses into `inner`.
    pub fn encoder<W: Write>(self, inner: W) -> io::Result<Encoder<W>> {
        Ok(match self {
            Compression::None => Encoder::None(inner),
            Compression::Gzip(level) => Encoder::Gzip(GzipWriter::new(inner, level)?),
            #[cfg(feature = "zstd")]
            Compression::Zstd(level) => Encoder::Zstd(zstd::Encoder::new(inner, i32::from(level))?),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd(_) => return Err(io::Error::other("built without zstd")),
        })
    }
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, level) = text.split_once(':').map_or((text, None), |(kind, level)| (kind, Some(level)));
        let level_up_to = |most: u8, default: u8| match level {
            None => Ok(default),
            Some(digits) => match digits.parse() {
                Ok(level) if (1..=most).contains(&level) && !digits.starts_with('+') => Ok(level),
                _ => Err(format!("the level of {kind} is a number from 1 to {most}")),
            },
        };
        match kind {
            "none" if level.is_none() => Ok(Compression::None),
            "gzip" => Ok(Compression::Gzip(level_up_to(12, GZIP_LEVEL)?)),
            "zstd" if cfg!(feature = "zstd") => Ok(Compression::Zstd(level_up_to(22, ZSTD_LEVEL)?)),
            "zstd" => Err("this cargo-scratch was built without the feature `zstd`".into()),
            _ => Err("expected `none`, `gzip[:1-12]` or `zstd[:1-22]`".into()),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Compression::None => write!(f, "none"),
            Compression::Gzip(level) => write!(f, "gzip:{level}"),
            Compression::Zstd(level) => write!(f, "zstd:{level}"),
        }
    }
}

/// A running compression.
pub enum Encoder<W: Write> {
    /// None.
    None(W),
    /// gzip.
    Gzip(GzipWriter<W>),
    /// Zstandard.
    #[cfg(feature = "zstd")]
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    /// Ends the stream and gives the writer below back.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Encoder::None(inner) => Ok(inner),
            Encoder::Gzip(gzip) => gzip.finish(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(zstd) => zstd.finish(),
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::None(inner) => inner.write(bytes),
            Encoder::Gzip(gzip) => gzip.write(bytes),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(zstd) => zstd.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // a flush in the middle would leave its trace in the bytes; all that is held back comes with `finish`
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_levels() {
        assert_eq!("gzip".parse(), Ok(Compression::Gzip(6)));
        assert_eq!("gzip:12".parse(), Ok(Compression::Gzip(12)));
        assert_eq!("none".parse(), Ok(Compression::None));
        for bad in ["", "gzip:0", "gzip:13", "gzip:x", "gzip:+6", "none:1", "zstd:23", "bzip2", "GZIP"] {
            assert!(bad.parse::<Compression>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_bytes_do_not_depend_on_how_the_writer_is_called() {
        let input: Vec<u8> = (0..3_000_000_u32).flat_map(|n| (n / 7 % 251).to_le_bytes()).collect();
        let kinds = ["none", "gzip", "gzip:1", "gzip:9", "zstd", "zstd:9"];
        for kind in kinds.iter().filter(|kind| cfg!(feature = "zstd") || !kind.starts_with("zstd")) {
            let compression: Compression = kind.parse().unwrap();
            let run = |chunk: usize| {
                let mut encoder = compression.encoder(Vec::new()).unwrap();
                for part in input.chunks(chunk) {
                    encoder.write_all(part).unwrap();
                    encoder.flush().unwrap();
                }
                encoder.finish().unwrap()
            };
            let whole = run(input.len());
            for chunk in [1_000, 65_536, 1 << 20, 4_000_001] {
                assert_eq!(run(chunk), whole, "{kind} in chunks of {chunk}");
            }
        }
    }
}

//! The most memory that a program may use.

use crate::config::values::Bytes;
use std::str::FromStr;

/// The least that a container can be started with (docker: "Minimum memory limit allowed is 6MB").
const LEAST: u64 = 6 << 20;

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory(pub u64);

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse()? {
            Bytes(bytes) if bytes < LEAST => Err("no container starts with less than 6MiB".into()),
            Bytes(bytes) => Ok(Memory(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_si_and_iec() {
        for (text, bytes) in [
            ("64MB", 64_000_000),
            ("64MiB", 64 << 20),
            ("1GB", 1_000_000_000),
            ("8000kB", 8_000_000),
            ("8192KiB", 8 << 20),
            ("2TiB", 2 << 40),
            ("6291456B", 6 << 20),
        ] {
            assert_eq!(text.parse(), Ok(Memory(bytes)), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for text in [
            "",
            "64",
            "64m",
            "64M",
            "64mb",
            "64Mb",
            "64 MB",
            "64KB",
            "-64MB",
            "+64MB",
            "6..5GB",
            "MB",
            "64MBB",
            "0x40MB",
            "6291455B",
            "0GB",
            "1kB",
            "99999999TB",
            "99999999999999999999GB",
            "9223372036854775808B",
        ] {
            assert!(text.parse::<Memory>().is_err(), "{text}");
        }
    }
}

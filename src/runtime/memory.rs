//! An amount of memory, as people write it: `64MB` of 1000², `64MiB` of 1024².
//!
//! Docker's own `64m` is refused: it means MiB there and MB to everybody else.

use std::str::FromStr;

/// The least that a container can be started with (docker: "Minimum memory limit allowed is 6MB").
const LEAST: u64 = 6 << 20;
const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory(pub u64);

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| bytes);
        let (Ok(number), Some(unit)) = (number.parse::<u64>(), unit) else {
            return Err(
                "expected a whole number with a unit, e.g. 64MB or 64MiB, which is docker's 64m".into()
            );
        };
        match number.checked_mul(*unit).filter(|bytes| i64::try_from(*bytes).is_ok()) {
            None => Err("no machine has that much".into()),
            Some(bytes) if bytes < LEAST => Err("no container starts with less than 6MiB".into()),
            Some(bytes) => Ok(Memory(bytes)),
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
            "6.5GB",
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

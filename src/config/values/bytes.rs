//! An amount of bytes, as people write it: `64MB` of 1000², `64MiB` of 1024².
//!
//! Docker's own `64m` is refused: it means MiB there and MB to everybody else.

use std::str::FromStr;

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

/// So many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| *bytes);
        let (Some(bytes), Some(unit)) = (thousandths(number), unit) else {
            return Err(
                "expected a number with a unit (B, kB, MB, GB, KiB, MiB, GiB), e.g. 64MB or 1.5MiB".into()
            );
        };
        let bytes = u64::try_from(bytes * u128::from(unit) / 1_000).ok();
        let bytes = bytes.filter(|bytes| i64::try_from(*bytes).is_ok());
        bytes.map(Bytes).ok_or_else(|| "no machine has that much".into())
    }
}

/// `1.5` as 1500; at most three digits behind the point.
fn thousandths(number: &str) -> Option<u128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if part.is_empty() || part.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    Some(u128::from(whole) * 1_000 + u128::from(part))
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
            ("1.5MB", 1_500_000),
            ("0.25KiB", 256),
            ("8192KiB", 8 << 20),
            ("2TiB", 2 << 40),
            ("0B", 0),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn what_people_could_mean_in_two_ways_is_refused() {
        for text in [
            "64m",
            "64",
            "MB",
            "1.MB",
            "1.0005MB",
            ".5MB",
            "1.2.3MB",
            "-1MB",
            "1 MB",
            "99999999TB",
            "+64MB",
            "64MBB",
            "0x40MB",
            "99999999999999999999GB",
            "9223372036854775808B",
        ] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }
}

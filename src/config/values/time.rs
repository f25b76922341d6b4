//! Times: seconds, or what `date` and `git` write.

use super::number;
use std::str::FromStr;

/// The last second that a ustar header and RFC 3339 both hold: in the year 2242.
const LAST_TIME: u64 = crate::image::tarball::OCTAL_LIMIT;

/// Seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub u64);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = number(text).or_else(|| rfc3339(text));
        match seconds {
            Some(seconds) if seconds <= LAST_TIME => Ok(Time(seconds)),
            Some(_) => Err("beyond the year 2242, the last that a tar header can hold".into()),
            None => Err("expected seconds since 1970 or a time such as 2026-01-31T12:00:00Z".into()),
        }
    }
}

/// Seconds since the epoch; humantime knows `Z` alone, and `git log --format=%cI` writes an offset.
fn rfc3339(text: &str) -> Option<u64> {
    let seconds = |text: &str| {
        let time = humantime::parse_rfc3339(text).ok()?;
        Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
    };
    let offset = |zone: &str| {
        let (hours, minutes) = zone.split_once(':')?;
        let digits = zone.len() == 5 && zone.chars().all(|c| c.is_ascii_digit() || c == ':');
        let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
        (digits && hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)
    };
    let (local, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    match (local.ends_with(|c: char| c.is_ascii_digit()), zone.split_at_checked(1)?) {
        (true, ("+", zone)) => seconds(&format!("{local}Z"))?.checked_sub(offset(zone)?),
        (true, ("-", zone)) => seconds(&format!("{local}Z"))?.checked_add(offset(zone)?),
        _ => seconds(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    #[test]
    fn times() {
        assert_eq!("0".parse(), Ok(Time(0)));
        for text in ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14T16:43:20-05:30"] {
            assert_eq!(text.parse(), Ok(Time(1_700_000_000)), "{text}");
        }
        refused::<Time>(&[
            "",
            "-1",
            "abc",
            "9223372036854775808",
            "8589934592",
            "2300-01-01T00:00:00Z",
            "now",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20+1:00",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20Z+01:00",
            "2023-11-14T22:13:20++1:00",
            "1970-01-01T00:00:00+01:00",
            "2023-11-14T22:13:20++1:0",
            "é+01:00",
        ]);
    }
}

//! Times in bytes: what a build that ran within a known window has written of its clock.

use crate::error::Error;
use crate::interrupt;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// From when to when a build ran, in seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    from: u64,
    to: u64,
}

/// How long the next second is waited for: there are clocks that stand still (faketime, some sandboxes).
const PATIENCE: Duration = Duration::from_secs(2);
/// The farthest that clocks are set from UTC, in seconds.
const ZONES: u64 = 14 * 3600;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Window {
    /// One that begins with the next second: what notes the second would note the same in two quick builds.
    ///
    /// # Errors
    /// A signal arrived.
    pub fn begin() -> Result<Self, Error> {
        Window::after(now, PATIENCE)
    }

    /// One that begins with the next second of the clock `now`, or after `patience`.
    fn after(now: impl Fn() -> u64, patience: Duration) -> Result<Self, Error> {
        let (called, start) = (now(), Instant::now());
        while now() == called && start.elapsed() < patience {
            interrupt::check()?;
            thread::sleep(Duration::from_millis(20));
        }
        let from = now();
        Ok(Window { from, to: from })
    }

    /// The same, which ends now.
    #[must_use]
    pub fn end(self) -> Self {
        Window { to: now(), ..self }
    }

    fn holds(self, seconds: u64) -> bool {
        (self.from..=self.to.saturating_add(1)).contains(&seconds)
    }

    /// The time of the window that `bytes` has as a number or in words, as it is written there. The bytes that differ
    /// are from `at` on; a binary number may begin a little before.
    pub fn found(self, bytes: &[u8], at: usize) -> Option<String> {
        self.number(bytes)
            .or_else(|| self.clock(bytes))
            .or_else(|| self.date(bytes))
            .or_else(|| self.binary(bytes, at))
    }

    /// Seconds since the epoch in decimal digits, or thousandths, millionths and billionths of them.
    fn number(self, bytes: &[u8]) -> Option<String> {
        let runs = bytes.split(|byte| !byte.is_ascii_digit());
        let numbers = runs.filter_map(|run| std::str::from_utf8(run).ok()).filter(|run| run.len() >= 10);
        let is_time = |digits: &&str| {
            let value = digits.parse::<u64>().unwrap_or(0);
            [(10, 1), (13, 1_000), (16, 1_000_000), (19, 1_000_000_000)]
                .iter()
                .any(|(length, unit)| digits.len() == *length && self.holds(value / unit))
        };
        numbers.into_iter().find(is_time).map(str::to_owned)
    }

    /// `HH:MM:SS` of any time zone, which are full hours apart, most of them.
    fn clock(self, bytes: &[u8]) -> Option<String> {
        bytes.windows(8).find_map(|word| {
            let two = |at: usize| Some(u64::from(digit(word, at)?) * 10 + u64::from(digit(word, at + 1)?));
            if word[2] != b':' || word[5] != b':' {
                return None;
            }
            let (hours, minutes, seconds) = (two(0)?, two(3)?, two(6)?);
            let past = minutes * 60 + seconds;
            let start = self.from - self.from % 3600;
            let fits = self.holds(start + past) || self.holds(start + 3600 + past);
            (hours < 24 && fits).then(|| String::from_utf8_lossy(word).into_owned())
        })
    }

    /// The day, as ISO 8601 or C's `__DATE__` write it.
    fn date(self, bytes: &[u8]) -> Option<String> {
        let days =
            [self.from.saturating_sub(ZONES), self.from, self.to, self.to + ZONES].map(|time| time / 86_400);
        days.into_iter().find_map(|day| {
            let (year, month, day) = civil(day);
            let name = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
            let forms = [
                format!("{year}-{month:02}-{day:02}"),
                format!("{year}{month:02}{day:02}"),
                format!("{name} {day:>2} {year}"),
                format!("{day:02} {name} {year}"),
            ];
            forms.into_iter().find(|form| memchr::memmem::find(bytes, form.as_bytes()).is_some())
        })
    }

    /// A number of four or eight bytes that holds the byte at `at`.
    fn binary(self, bytes: &[u8], at: usize) -> Option<String> {
        (at.saturating_sub(7)..=at).find_map(|start| {
            let word: [u8; 8] = bytes.get(start..start + 8)?.try_into().ok()?;
            let [a, b, c, d, ..] = word;
            let long = [u64::from_le_bytes(word), u64::from_be_bytes(word)];
            let units = [1, 1_000, 1_000_000, 1_000_000_000];
            let long = long.into_iter().find(|value| units.iter().any(|unit| self.holds(value / unit)));
            let short = [u32::from_le_bytes([a, b, c, d]), u32::from_be_bytes([a, b, c, d])];
            let short =
                short.into_iter().map(u64::from).filter(|_| start + 4 > at).find(|value| self.holds(*value));
            long.or(short).map(|value| value.to_string())
        })
    }
}

fn digit(word: &[u8], at: usize) -> Option<u8> {
    word.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0')
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Year, month and day of the `days`-th day after 1 January 1970: years are counted from March, so that the day that
/// some of them have more is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 20:41:05 to 20:42:35 UTC.
    const WINDOW: Window = Window { from: 1_795_984_865, to: 1_795_984_955 };

    #[test]
    fn a_clock_that_stands_still_is_not_waited_for_and_one_that_goes_is() {
        let stands = Window::after(|| 7, Duration::from_millis(1)).unwrap();
        assert_eq!((stands.from, stands.to), (7, 7));
        let told = std::cell::Cell::new(0);
        let goes = || {
            told.set(told.get() + 1);
            7 + told.get() / 4
        };
        assert!(Window::after(goes, Duration::from_mins(10)).unwrap().from > 7);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_786, (2026, 11, 29)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
    }

    #[test]
    fn a_time_of_the_window_is_found_however_it_is_written() {
        for text in [
            "built at 1795984900.",
            "1795984900123",
            "x1795984900123456789x",
            "20:41:59",
            "02:42:00 in another zone",
            "built on 2026-11-29",
            "Nov 29 2026",
            "29 Nov 2026",
            "v1.0-20261129",
        ] {
            assert!(WINDOW.found(text.as_bytes(), 0).is_some(), "{text}");
        }
        for text in ["1795980000", "17959849001", "20:45:00", "2026-11-20", "99:41:59", "no time", "4.2.0"] {
            assert_eq!(WINDOW.found(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn a_binary_time_is_found_where_it_differs() {
        let time = 1_795_984_900_u32;
        let mut bytes = [7_u8; 64];
        bytes[20..24].copy_from_slice(&time.to_le_bytes());
        assert_eq!(WINDOW.found(&bytes, 20).as_deref(), Some("1795984900"));
        assert_eq!(WINDOW.found(&bytes, 23).as_deref(), Some("1795984900"));
        assert_eq!(WINDOW.found(&bytes, 40), None);
        bytes[40..48].copy_from_slice(&(u64::from(time) * 1_000_000_000).to_be_bytes());
        assert!(WINDOW.found(&bytes, 45).is_some());
    }
}

//! Signals: a name that a runtime will know when it stops the container, not only when somebody tries.

use super::number;
use std::str::FromStr;

/// The names of signal(7) on Linux, in the order of their numbers on x86 and ARM.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
/// `SIGRTMIN+15` is the last that docker and runc name from below, and `SIGRTMAX-14` from above.
const REAL_TIME: [(&str, u8); 2] = [("RTMIN+", 15), ("RTMAX-", 14)];

/// A signal's name or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal(pub String);

impl Signal {
    /// The number that Linux has for `text`, which an image says: a name, with or without `SIG`, or a number. Those of
    /// real time count as runtimes count them, from 34 to 64.
    pub fn number_of(text: &str) -> Option<i32> {
        if let Some(number) = number::<u8>(text) {
            return (1..=64).contains(&number).then_some(number.into());
        }
        let name = text.strip_prefix("SIG").unwrap_or(text);
        if let Some(at) = NAMES.iter().position(|known| *known == name) {
            return i32::try_from(at + 1).ok();
        }
        let offset =
            |start: &str| name.strip_prefix(start).and_then(number::<u8>).filter(|&offset| offset <= 30);
        match name {
            "RTMIN" => Some(34),
            "RTMAX" => Some(64),
            _ => offset("RTMIN+")
                .map(|offset| 34 + i32::from(offset))
                .or_else(|| offset("RTMAX-").map(|offset| 64 - i32::from(offset))),
        }
    }

    /// The name of the signal with this number.
    pub fn name(number: i32) -> String {
        let name = usize::try_from(number).ok().and_then(|number| NAMES.get(number.checked_sub(1)?));
        name.map_or(format!("signal {number}"), |name| format!("SIG{name}"))
    }
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let real_time = |name: &str| {
            let offset = |(start, most): &(&str, u8)| {
                name.strip_prefix(start)
                    .and_then(number::<u8>)
                    .is_some_and(|offset| (1..=*most).contains(&offset))
            };
            matches!(name, "RTMIN" | "RTMAX") || REAL_TIME.iter().any(offset)
        };
        let named = text.strip_prefix("SIG").is_some_and(|name| NAMES.contains(&name) || real_time(name));
        let numbered = number::<u8>(text).is_some_and(|number| (1..=64).contains(&number));
        (named || numbered)
            .then(|| Signal(text.to_owned()))
            .ok_or_else(|| "expected a signal such as SIGTERM or 15".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_linux() {
        for (text, number) in [
            ("SIGTERM", 15),
            ("HUP", 1),
            ("SIGSYS", 31),
            ("9", 9),
            ("SIGRTMIN+3", 37),
            ("RTMAX-14", 50),
            ("64", 64),
        ] {
            assert_eq!(Signal::number_of(text), Some(number), "{text}");
        }
        for text in ["", "SIG", "0", "65", "SIGRTMIN+31", "NULL"] {
            assert_eq!(Signal::number_of(text), None, "{text}");
        }
        assert_eq!(
            (&*Signal::name(11), &*Signal::name(35), &*Signal::name(0)),
            ("SIGSEGV", "signal 35", "signal 0")
        );
    }

    #[test]
    fn only_signals_that_exist() {
        for good in ["SIGTERM", "SIGINT", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-14", "15", "64"] {
            assert!(good.parse::<Signal>().is_ok(), "{good}");
        }
        for bad in
            ["", "TERM", "SIG", "0", "65", "+9", "SIGterm", "SIGTERM\n", "SIGFOO", "SIGRTMIN+99", "SIGRTMIN+"]
        {
            assert!(bad.parse::<Signal>().is_err(), "{bad:?}");
        }
    }
}

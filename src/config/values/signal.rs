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

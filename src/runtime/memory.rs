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
    fn it_is_enough_for_a_container_to_start() {
        assert_eq!("64MiB".parse(), Ok(Memory(64 << 20)));
        assert_eq!("6291456B".parse(), Ok(Memory(6 << 20)));
        for text in ["6291455B", "0GB", "1kB", "64m"] {
            assert!(text.parse::<Memory>().is_err(), "{text}");
        }
    }
}

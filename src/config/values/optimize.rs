//! What a program is compiled for: size, speed, a kind of processor, an allocator.

use crate::image::platform::Level;
use std::fmt;
use std::str::FromStr;

/// What is given up for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Nothing: for who takes back what Cargo.toml sets.
    None,
    /// Time of the compiler, and some speed, for a small program.
    Size,
    /// Also messages of panics, for the smallest.
    Tiny,
    /// Time of the compiler, and some bytes, for a fast program.
    Speed,
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Preset::None => "none",
            Preset::Size => "size",
            Preset::Tiny => "tiny",
            Preset::Speed => "speed",
        })
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Preset::None),
            "size" => Ok(Preset::Size),
            "tiny" => Ok(Preset::Tiny),
            "speed" => Ok(Preset::Speed),
            _ => Err("expected size, tiny, speed or none".into()),
        }
    }
}

/// What a panic does to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panic {
    /// It unwinds the thread's stack, and whoever waits for the thread hears of it.
    Unwind,
    /// It ends the program.
    Abort,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Panic::Unwind => "unwind",
            Panic::Abort => "abort",
        })
    }
}

impl FromStr for Panic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "unwind" => Ok(Panic::Unwind),
            "abort" => Ok(Panic::Abort),
            _ => Err("expected unwind or abort".into()),
        }
    }
}

/// The allocator of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocator {
    /// That of the C library, or the program's own.
    System,
    /// mimalloc, in place of musl's.
    Mimalloc,
    /// jemalloc, in place of musl's.
    Jemalloc,
}

impl fmt::Display for Allocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Allocator::System => "system",
            Allocator::Mimalloc => "mimalloc",
            Allocator::Jemalloc => "jemalloc",
        })
    }
}

impl FromStr for Allocator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(Allocator::System),
            "mimalloc" => Ok(Allocator::Mimalloc),
            "jemalloc" => Ok(Allocator::Jemalloc),
            _ => Err("expected system, mimalloc or jemalloc".into()),
        }
    }
}

/// The processors that a program for amd64 is compiled for, by rustc's name: a level, or `x86-64`, which is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu(pub Option<Level>);

/// rustc's name for all processors of amd64.
const ANY: &str = "x86-64";

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.map_or(ANY, Level::cpu))
    }
}

impl FromStr for Cpu {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = std::iter::once(Cpu(None)).chain(Level::ALL.map(|level| Cpu(Some(level))));
        if let Some(cpu) = all.find(|cpu| cpu.to_string() == text) {
            return Ok(cpu);
        }
        let levels = Level::ALL.map(Level::cpu).join(", ");
        Err(match text {
            "native" => format!(
                "an image travels, and `native` is whatever machine builds it; say what all that run it have: {levels}"
            ),
            _ => format!("expected one of {ANY}, {levels}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_known_by_rustcs_name_alone_and_this_machine_is_none() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(Cpu(Some(level))));
        }
        assert_eq!("x86-64".parse(), Ok(Cpu(None)));
        let why = "native".parse::<Cpu>().unwrap_err();
        assert!(why.contains("travels") && why.contains("x86-64-v2, x86-64-v3, x86-64-v4"), "{why}");
        for other in ["v3", "x86-64-v1", "znver4", ""] {
            assert!(
                other.parse::<Cpu>().unwrap_err().starts_with("expected one of x86-64, x86-64-v2"),
                "{other}"
            );
        }
    }
}

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
}

impl fmt::Display for Allocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Allocator::System => "system",
            Allocator::Mimalloc => "mimalloc",
        })
    }
}

impl FromStr for Allocator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(Allocator::System),
            "mimalloc" => Ok(Allocator::Mimalloc),
            _ => Err("expected system or mimalloc".into()),
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
        if text == ANY { Ok(Cpu(None)) } else { text.parse().map(|level| Cpu(Some(level))) }
    }
}

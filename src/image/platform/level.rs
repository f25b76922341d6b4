//! Levels of x86-64: sets of instructions that processors have from some generation on (x86-64 psABI, "Micro-Architecture
//! Levels"). A program for one ends with SIGILL on a processor that lacks an instruction of it.
//!
//! rustc calls the third `x86-64-v3`, images call it the variant `v3` of `amd64`. The first is every amd64's, and no
//! variant of its own (containerd's `platforms`, which takes `v1` for none).

use std::fmt;

/// A level above the one that all processors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// SSE4.2 and POPCNT: Intel since 2008, AMD since 2011.
    V2,
    /// AVX2, BMI and FMA: Intel since 2013, AMD since 2015, but no Atom.
    V3,
    /// AVX-512: some servers since 2017, AMD since 2022.
    V4,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Level; 3] = [Level::V2, Level::V3, Level::V4];

    /// The OCI variant: `v3`.
    pub fn variant(self) -> &'static str {
        match self {
            Level::V2 => "v2",
            Level::V3 => "v3",
            Level::V4 => "v4",
        }
    }

    /// rustc's name: `x86-64-v3`.
    pub fn cpu(self) -> &'static str {
        match self {
            Level::V2 => "x86-64-v2",
            Level::V3 => "x86-64-v3",
            Level::V4 => "x86-64-v4",
        }
    }

    /// What this machine's processor, and its kernel, lack of it; elsewhere than on x86-64 all of it.
    pub fn lacking(self) -> Vec<&'static str> {
        let levels = Level::ALL.iter().filter(|level| **level <= self);
        levels.flat_map(|level| level.own()).filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect()
    }

    /// What it has beside that of the level below, and whether it is there.
    #[cfg(target_arch = "x86_64")]
    fn own(self) -> Vec<(&'static str, bool)> {
        macro_rules! features {
            ($($name:tt)*) => { vec![$(($name, std::is_x86_feature_detected!($name)),)*] };
        }
        match self {
            Level::V2 => features!("cmpxchg16b" "popcnt" "sse3" "sse4.1" "sse4.2" "ssse3"),
            Level::V3 => features!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe" "xsave"),
            Level::V4 => features!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl"),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn own(self) -> Vec<(&'static str, bool)> {
        vec![(self.cpu(), false)]
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cpu())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lacks_something_of_a_level_lacks_it_of_those_above() {
        let lacking = Level::ALL.map(Level::lacking);
        assert!(lacking.windows(2).all(|pair| pair[1].starts_with(&pair[0])), "{lacking:?}");
    }
}

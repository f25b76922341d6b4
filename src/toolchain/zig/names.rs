//! What zig calls the targets of Rust, and the processor that each is compiled for.

use crate::image::platform::Target;

/// A target in zig's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The architecture.
    pub arch: &'static str,
    /// Architecture, system and ABI: the word for `-target`.
    pub target: String,
    /// The word for `-mcpu`; empty where zig's own choice is that of Rust's target.
    pub cpu: &'static str,
    /// The architecture as CMake calls it: `uname -m` of such a machine.
    pub cmake: &'static str,
}

/// The architecture of a Rust target, then as [`Names`] has it. A processor is what rustc's target specification says
/// (`rustc -Zunstable-options --print target-spec-json`, fields `cpu` and `features`).
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("x86_64", "x86_64", "", "x86_64"),
    ("aarch64", "aarch64", "", "aarch64"),
    ("i686", "x86", "pentium4", "i686"),
    ("i586", "x86", "pentium", "i586"),
    ("i386", "x86", "pentium", "i386"),
    ("armv7", "arm", "generic+v7a+vfp3-d32-neon+thumb2", "armv7-a"),
    ("thumbv7neon", "arm", "generic+v7a+neon+thumb2", "armv7-a"),
    ("arm", "arm", "generic+v6+strict_align+vfp2-d32", "armv6"),
    ("armv5te", "arm", "generic+v5te+soft_float+strict_align", "armv5te"),
    ("riscv64gc", "riscv64", "", "riscv64"),
    ("powerpc64le", "powerpc64le", "ppc64le", "ppc64le"),
    ("s390x", "s390x", "z10", "s390x"),
    ("loongarch64", "loongarch64", "", "loongarch64"),
];

impl Names {
    /// The names of `target`, if it is one of musl that zig has.
    pub fn of(target: &Target) -> Option<Names> {
        let &(_, arch, cpu, cmake) = ROWS.iter().find(|row| row.0 == target.arch())?;
        let abi = target.triple().rsplit('-').next().filter(|abi| abi.starts_with("musl"))?;
        // zig has no plain musl for arm, and Rust's ABIs of the others are zig's plain one
        let abi = if arch == "arm" { abi } else { "musl" };
        let soft = arch == "arm" && !abi.ends_with("hf");
        let cpu = match cpu {
            "generic+v6+strict_align+vfp2-d32" if soft => "generic+v6+strict_align+soft_float",
            "generic+v7a+vfp3-d32-neon+thumb2" if soft => "generic+v7a+soft_float-neon",
            cpu => cpu,
        };
        Some(Names { arch, target: format!("{arch}-linux-{abi}"), cpu, cmake })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_a_name() {
        for (platform, name) in [
            ("linux/amd64", "x86_64-linux-musl"),
            ("linux/arm64", "aarch64-linux-musl"),
            ("linux/386", "x86-linux-musl"),
            ("linux/arm/v7", "arm-linux-musleabihf"),
            ("linux/arm/v6", "arm-linux-musleabihf"),
            ("linux/arm/v5", "arm-linux-musleabi"),
            ("linux/riscv64", "riscv64-linux-musl"),
            ("linux/ppc64le", "powerpc64le-linux-musl"),
            ("linux/s390x", "s390x-linux-musl"),
            ("linux/loong64", "loongarch64-linux-musl"),
        ] {
            let target = Target::from_platform(platform).unwrap();
            assert_eq!(Names::of(&target).unwrap().target, name);
        }
    }

    #[test]
    fn another_libc_has_none() {
        let target = Target::from_triple("x86_64-unknown-linux-gnu").unwrap();
        assert_eq!(Names::of(&target), None);
        let target = Target::from_triple("x86_64-alpine-linux-musl").unwrap();
        assert_eq!(Names::of(&target).unwrap().target, "x86_64-linux-musl");
    }
}

//! Platforms: an OCI name (`linux/arm64`), a Rust target for it, and the ELF machine that its kernel runs.

mod level;

pub use level::Level;

use crate::elf::{Class, Data};
use std::fmt;

/// The platform that has levels.
const AMD64: &str = "linux/amd64";

/// One row: what the three worlds call the same thing.
struct Row {
    /// The OCI architecture and variant (Go's `GOARCH`; OCI image spec, image-index.md).
    oci: (&'static str, Option<&'static str>),
    /// The default Rust target.
    triple: &'static str,
    /// The architectures of other triples that run on the platform.
    arch: &'static [&'static str],
    /// `e_machine`, class and byte order (System V ABI, "ELF Header").
    elf: (u16, Class, Data),
}

const ROWS: &[Row] = &[
    row(("amd64", None), "x86_64-unknown-linux-musl", &["x86_64"], (62, Class::Elf64, Data::Little)),
    row(("arm64", None), "aarch64-unknown-linux-musl", &["aarch64"], (183, Class::Elf64, Data::Little)),
    row(("386", None), "i686-unknown-linux-musl", &["i686", "i586", "i386"], (3, Class::Elf32, Data::Little)),
    row(
        ("arm", Some("v7")),
        "armv7-unknown-linux-musleabihf",
        &["armv7", "thumbv7neon"],
        (40, Class::Elf32, Data::Little),
    ),
    row(("arm", Some("v6")), "arm-unknown-linux-musleabihf", &["arm"], (40, Class::Elf32, Data::Little)),
    row(
        ("arm", Some("v5")),
        "armv5te-unknown-linux-musleabi",
        &["armv5te"],
        (40, Class::Elf32, Data::Little),
    ),
    row(("riscv64", None), "riscv64gc-unknown-linux-musl", &["riscv64gc"], (243, Class::Elf64, Data::Little)),
    row(
        ("ppc64le", None),
        "powerpc64le-unknown-linux-musl",
        &["powerpc64le"],
        (21, Class::Elf64, Data::Little),
    ),
    row(("ppc64", None), "powerpc64-unknown-linux-musl", &["powerpc64"], (21, Class::Elf64, Data::Big)),
    row(("s390x", None), "s390x-unknown-linux-musl", &["s390x"], (22, Class::Elf64, Data::Big)),
    row(
        ("loong64", None),
        "loongarch64-unknown-linux-musl",
        &["loongarch64"],
        (258, Class::Elf64, Data::Little),
    ),
];

const fn row(
    oci: (&'static str, Option<&'static str>),
    triple: &'static str,
    arch: &'static [&'static str],
    elf: (u16, Class, Data),
) -> Row {
    Row { oci, triple, arch, elf }
}

/// A Rust target and the platform that its programs run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    triple: String,
    row: usize,
    /// Of amd64 alone.
    level: Option<Level>,
}

impl Target {
    /// The target `triple`; an error says why no image can hold its programs.
    pub fn from_triple(triple: &str) -> Result<Self, String> {
        let mut parts = triple.split('-');
        let arch = parts.next().unwrap_or_default();
        if !triple.contains("-linux-") {
            let why = "a container runs Linux programs; choose a target such as `x86_64-unknown-linux-musl`";
            return Err(format!("`{triple}` is no Linux target: {why}"));
        }
        match ROWS.iter().position(|row| row.arch.contains(&arch)) {
            Some(row) => Ok(Target { triple: triple.to_owned(), row, level: None }),
            None => Err(format!("`{triple}`: no container platform is known for the architecture `{arch}`")),
        }
    }

    /// The default target of an OCI platform, e.g. `linux/arm/v7` or `linux/amd64/v3`.
    pub fn from_platform(platform: &str) -> Result<Self, String> {
        let levels = || Level::ALL.into_iter().map(|level| (format!("{AMD64}/{}", level.variant()), level));
        let level = levels().find(|(name, _)| name == platform).map(|(_, level)| level);
        let platform = if level.is_some() { AMD64 } else { platform };
        let known = ROWS.iter().position(|row| {
            let full = platform_name(row.oci);
            // the variant that the architecture implies may be written out
            let implied = [("arm64", "v8"), ("amd64", "v1")];
            let implied = implied.iter().find(|(architecture, _)| *architecture == row.oci.0);
            full == platform || implied.is_some_and(|(_, variant)| format!("{full}/{variant}") == platform)
        });
        match known {
            Some(row) => Ok(Target { triple: ROWS[row].triple.to_owned(), row, level }),
            None => {
                let mut all: Vec<_> = ROWS.iter().map(|row| platform_name(row.oci)).collect();
                all.extend(levels().map(|(name, _)| name));
                Err(format!("expected one of {}", all.join(", ")))
            }
        }
    }

    /// The same for processors of `level` alone; on other architectures than amd64 there are none.
    #[must_use]
    pub fn with_level(self, level: Option<Level>) -> Self {
        let level = level.filter(|_| self.architecture() == "amd64");
        Target { level, ..self }
    }

    /// The level that a processor must have; `None` where any of the architecture does.
    pub fn level(&self) -> Option<Level> {
        self.level
    }

    /// The Rust target triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// The first part of the triple.
    pub fn arch(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The triple as it stands in the names of variables: `x86_64_unknown_linux_musl`.
    pub fn underscored(&self) -> String {
        self.triple.replace(['-', '.'], "_")
    }

    /// Whether its C library is musl.
    pub fn is_musl(&self) -> bool {
        self.triple.contains("-musl")
    }

    /// Whether programs for it are dynamic unless rustc is told otherwise (rustc's target specifications, field
    /// `crt_static_default`).
    pub fn is_dynamic_by_default(&self) -> bool {
        const DYNAMIC: [&str; 4] = ["riscv64gc", "loongarch64", "s390x", "powerpc64"];
        self.is_musl() && DYNAMIC.contains(&self.arch())
    }

    /// What rustc's `cfg` says of it: `target_arch` and `target_endian` (The Rust Reference, "Conditional compilation").
    pub fn rustc(&self) -> (&'static str, &'static str) {
        let arch = match self.architecture() {
            "amd64" => "x86_64",
            "386" => "x86",
            "arm64" => "aarch64",
            "ppc64" | "ppc64le" => "powerpc64",
            "loong64" => "loongarch64",
            same => same,
        };
        let endian = match self.elf().2 {
            Data::Little => "little",
            Data::Big => "big",
        };
        (arch, endian)
    }

    /// Whether its architecture is this machine's, which is that of the containers that run here, also on a Mac.
    pub fn is_hosts(&self) -> bool {
        self.arch() == std::env::consts::ARCH
    }

    /// Whether this machine runs its programs, so that what distributions have for their own architecture serves.
    pub fn is_native(&self) -> bool {
        cfg!(target_os = "linux") && self.arch() == std::env::consts::ARCH
    }

    /// The OCI architecture.
    pub fn architecture(&self) -> &'static str {
        ROWS[self.row].oci.0
    }

    /// The OCI variant, where the architecture has them.
    pub fn variant(&self) -> Option<&'static str> {
        ROWS[self.row].oci.1.or(self.level.map(Level::variant))
    }

    /// The platform's name, e.g. `linux/arm/v7`.
    pub fn platform(&self) -> String {
        platform_name((self.architecture(), self.variant()))
    }

    /// What a program for it has in its ELF header: `e_machine`, class, byte order.
    pub fn elf(&self) -> (u16, Class, Data) {
        ROWS[self.row].elf
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

/// What people call an `e_machine`; its number where the table has no name.
pub fn machine_name(machine: u16, data: Data) -> String {
    match ROWS.iter().find(|row| row.elf.0 == machine && row.elf.2 == data) {
        Some(row) => row.arch[0].to_owned(),
        None => format!("machine {machine}"),
    }
}

fn platform_name((architecture, variant): (&str, Option<&str>)) -> String {
    match variant {
        Some(variant) => format!("linux/{architecture}/{variant}"),
        None => format!("linux/{architecture}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_platform_and_by_triple() {
        for row in ROWS {
            let target = Target::from_platform(&platform_name(row.oci)).unwrap();
            assert_eq!(target.triple(), row.triple);
            assert_eq!(Target::from_triple(row.triple).unwrap(), target);
        }
    }

    #[test]
    fn a_level_of_amd64_is_a_variant_and_the_target_stays() {
        let target = Target::from_platform("linux/amd64/v3").unwrap();
        assert_eq!((target.triple(), target.level()), ("x86_64-unknown-linux-musl", Some(Level::V3)));
        assert_eq!((target.variant(), &*target.platform()), (Some("v3"), "linux/amd64/v3"));
        let plain = Target::from_platform("linux/amd64").unwrap();
        assert_eq!(Target::from_platform("linux/amd64/v1").unwrap(), plain);
        assert_eq!(target.with_level(None), plain);
        let arm = Target::from_platform("linux/arm64").unwrap();
        assert_eq!(arm.clone().with_level(Some(Level::V2)), arm);
        assert!(Target::from_platform("linux/amd64/v5").unwrap_err().contains("linux/amd64/v4"));
        assert!(Target::from_platform("linux/arm64/v3").is_err());
    }

    #[test]
    fn other_systems_and_typos_are_refused() {
        for triple in ["x86_64-apple-darwin", "wasm32-wasip1", "sparc64-unknown-linux-gnu", "", "x86_64"] {
            assert!(Target::from_triple(triple).is_err(), "{triple}");
        }
        assert!(Target::from_platform("linux/amd65").unwrap_err().contains("linux/amd64"));
        assert_eq!(Target::from_platform("linux/arm64/v8").unwrap().triple(), "aarch64-unknown-linux-musl");
        assert_eq!(Target::from_triple("x86_64-alpine-linux-musl").unwrap().architecture(), "amd64");
    }
}

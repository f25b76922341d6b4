//! Whether this machine runs programs of a platform: those of its own architecture, and others that its kernel hands to
//! an emulator (Linux, Documentation/admin-guide/binfmt-misc.rst). What is for processors of a level that this one does not
//! have would end with SIGILL, so it is not run; of several levels that it has, the highest is.

use crate::elf::{Class, Data};
use crate::error::{Code, Error};
use crate::image::platform::{Level, Target};
use std::fs;
use std::path::Path;

const EMULATORS: &str = "/proc/sys/fs/binfmt_misc";

/// The best of `platforms` (`linux/arm64`) for this machine: its own, or else one that an emulator runs. `name` is what
/// people call the image.
///
/// # Errors
/// It runs none of them.
pub fn best(name: &str, platforms: &[String]) -> Result<usize, Error> {
    let targets: Vec<_> = platforms.iter().map(|platform| target(platform)).collect();
    let first = |runs: fn(&Target) -> bool| targets.iter().position(|one| one.as_ref().is_some_and(runs));
    let known = targets.iter().enumerate().filter_map(|(at, one)| Some((at, one.as_ref()?)));
    // the first of those that are alike
    let ours = known.rev().filter(|(_, one)| is_own(one)).max_by_key(|(_, one)| one.level());
    ours.map(|(at, _)| at).or_else(|| first(is_emulated)).ok_or_else(|| {
        let lacking = targets.iter().flatten().filter(|one| one.is_hosts()).filter_map(Target::level).min();
        if let Some(level) = lacking {
            return too_old(name, platforms, level);
        }
        let error = Error::new(Code::Platform, format!("`{name}` is for {}", platforms.join(", ")))
            .note(format!("this machine runs programs for {}, and has no emulator for others", own()));
        match cfg!(target_os = "linux") {
            true => {
                error.help("sudo apt-get install qemu-user-static     where that is Debian's or Ubuntu's")
            }
            false => error,
        }
    })
}

/// The refusal of what asks for more than this machine's processor has.
fn too_old(name: &str, platforms: &[String], level: Level) -> Error {
    Error::new(Code::Platform, format!("`{name}` is for {}", platforms.join(", ")))
        .note(format!("this machine's processor lacks {} of {level}", level.lacking().join(", ")))
        .note("the program would end with SIGILL at the first of these instructions")
        .help("build it for all processors: --cpu x86-64, or --platform linux/amd64")
}

/// The platform of this machine, as far as images run on it.
pub fn own() -> String {
    let triple = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    Target::from_triple(&triple)
        .map_or_else(|_| std::env::consts::ARCH.to_owned(), |target| target.platform())
}

/// The target of a platform, of which the variant may say more than a name of ours does.
fn target(platform: &str) -> Option<Target> {
    let known = Target::from_platform(platform);
    known.or_else(|_| Target::from_platform(platform.rsplit_once('/').map_or("", |(rest, _)| rest))).ok()
}

fn is_own(target: &Target) -> bool {
    // a kernel for x86_64 runs i386's programs too
    target.is_hosts() && target.level().is_none_or(|level| level.lacking().is_empty())
        || target.architecture() == "386" && std::env::consts::ARCH == "x86_64"
}

fn is_emulated(target: &Target) -> bool {
    let entries = fs::read_dir(Path::new(EMULATORS)).into_iter().flatten().flatten();
    let mut texts = entries.filter_map(|entry| fs::read_to_string(entry.path()).ok());
    texts.any(|text| takes(&text, &header(target)))
}

/// The first bytes of a program for `target` (System V ABI, "ELF Header").
fn header(target: &Target) -> [u8; 20] {
    let (machine, class, data) = target.elf();
    let mut bytes = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\0\0";
    bytes[4] = if class == Class::Elf32 { 1 } else { 2 };
    bytes[5] = if data == Data::Little { 1 } else { 2 };
    let two = |value: u16| if data == Data::Little { value.to_le_bytes() } else { value.to_be_bytes() };
    bytes[16..18].copy_from_slice(&two(2));
    bytes[18..].copy_from_slice(&two(machine));
    bytes
}

/// Whether the emulator of which the kernel says `text` takes a file that starts with `header`. It must be open already
/// (flag F): in a container nobody would find it.
fn takes(text: &str, header: &[u8]) -> bool {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let hex = |text: &str| -> Option<Vec<u8>> {
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        (0..text.len()).step_by(2).map(digit).collect()
    };
    let (Some(magic), Some(flags)) = (value("magic ").and_then(hex), value("flags:")) else { return false };
    let mask = value("mask ").and_then(hex).unwrap_or_else(|| vec![0xff; magic.len()]);
    let start: usize = value("offset ").and_then(|text| text.parse().ok()).unwrap_or(0);
    let Some(place) = start.checked_add(magic.len()).and_then(|end| header.get(start..end)) else {
        return false;
    };
    let same = |((byte, magic), mask): ((&u8, &u8), &u8)| (byte ^ magic) & mask == 0;
    text.starts_with("enabled") && flags.contains('F') && place.iter().zip(&magic).zip(&mask).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: F\noffset 0\n\
                         magic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n";

    #[test]
    fn an_emulator_is_known_by_the_header_that_it_takes() {
        let header = |platform: &str| header(&Target::from_platform(platform).unwrap());
        assert!(takes(ENTRY, &header("linux/arm64")));
        for other in ["linux/amd64", "linux/arm/v7", "linux/s390x", "linux/ppc64"] {
            assert!(!takes(ENTRY, &header(other)), "{other}");
        }
        let without = |what: &str, with: &str| ENTRY.replace(what, with);
        for text in [
            without("enabled", "disabled"),
            without("flags: F", "flags: "),
            without("offset 0", "offset 18446744073709551615"),
            without("magic 7f", "magic zz"),
            "enabled\n".into(),
            String::new(),
        ] {
            assert!(!takes(&text, &header("linux/arm64")), "{text}");
        }
    }

    #[test]
    fn this_machines_own_platform_is_chosen_of_several() {
        let platforms = ["windows/amd64".to_owned(), "linux/riscv64".to_owned(), own()];
        assert_eq!(best("x", &platforms).unwrap(), 2);
        let variant = if own() == "linux/amd64" { "linux/amd64/v2".to_owned() } else { own() };
        assert_eq!(best("x", &[variant]).unwrap(), 0);
        let error = best("x", &["windows/amd64".to_owned()]).unwrap_err();
        assert!(error.what().contains("windows/amd64") && error.notes()[0].contains(&own()), "{error:?}");
    }
}

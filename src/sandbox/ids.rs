//! Which users there are inside, and who they are outside (user_namespaces(7), "User and group ID mappings").
//!
//! root maps every id to itself but for 0, which is an id that nobody has: files of `-v` belong to whom they belong to with
//! an engine, and root in an image is nobody on the machine. Anybody else may map one id only, their own, which is the
//! image's user inside; the owners of all other files cannot be told apart, see [`super::unpack`].

use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// Whom root of an image is outside: of no range that Linux distributions give to users or containers (systemd's
/// "Users, Groups, UIDs and GIDs on systemd Systems" has it as unused).
const NOBODY: u32 = 2_000_000_000;

/// The maps of a user namespace.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub enum Maps {
    /// The texts of `uid_map` and `gid_map`, which only a privileged process outside may write.
    Many(String, String),
    /// The one user and the one group inside, which are the caller.
    One(u32, u32),
}

impl Maps {
    /// All ids, if this process may map them.
    pub fn many() -> Option<Maps> {
        let privileged = rustix::process::geteuid().is_root() && has_capabilities();
        let map = |file: &str| many(&fs::read_to_string(file).ok()?);
        let ids = || Some(Maps::Many(map("/proc/self/uid_map")?, map("/proc/self/gid_map")?));
        privileged.then(ids).flatten()
    }

    /// Writes them for the process `pid`, from outside.
    ///
    /// # Errors
    /// The system's.
    pub fn write_for(&self, pid: u32) -> io::Result<()> {
        let Maps::Many(users, groups) = self else { return Ok(()) };
        write(&format!("/proc/{pid}/uid_map"), users)?;
        write(&format!("/proc/{pid}/gid_map"), groups)
    }

    /// Writes them for this process, from inside; `uid` and `gid` are what it was before.
    ///
    /// # Errors
    /// The system's.
    pub fn write_own(&self, uid: u32, gid: u32) -> io::Result<()> {
        let Maps::One(user, group) = self else { return Ok(()) };
        write("/proc/self/setgroups", "deny")?;
        write("/proc/self/uid_map", &format!("{user} {uid} 1"))?;
        write("/proc/self/gid_map", &format!("{group} {gid} 1"))
    }
}

/// One system call: the kernel takes a map whole or not at all.
fn write(path: &str, text: &str) -> io::Result<()> {
    let file = fs::OpenOptions::new().write(true).open(Path::new(path))?;
    match rustix::io::write(&file, text.as_bytes())? {
        written if written == text.len() => Ok(()),
        _ => Err(Errno::IO.into()),
    }
}

fn has_capabilities() -> bool {
    use rustix::thread::CapabilitySet;
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID;
    rustix::thread::capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// A map for all that `own`, the map of this process, has; `None` if there is nobody in it to be root.
fn many(own: &str) -> Option<String> {
    let mut ranges: Vec<(u64, u64)> = own.lines().filter_map(range).collect();
    ranges.sort_unstable();
    let has = |id: u64| ranges.iter().any(|(start, end)| (*start..*end).contains(&id));
    // a container that has few ids gives its last one, where it has enough for the users of images
    let last = ranges.iter().map(|(_, end)| end - 1).max().filter(|last| *last >= 65_535);
    let root = Some(u64::from(NOBODY)).filter(|id| has(*id)).or(last)?;
    let mut map = format!("0 {root} 1\n");
    for (start, end) in ranges {
        let start = start.max(1);
        let parts = if (start..end).contains(&root) {
            [(start, root), (root + 1, end)]
        } else {
            [(start, end), (0, 0)]
        };
        for (start, end) in parts.into_iter().filter(|(start, end)| start < end) {
            map += &format!("{start} {start} {}\n", end - start);
        }
    }
    Some(map)
}

/// `INSIDE OUTSIDE COUNT` as the ids inside, without the end; the kernel's last id is no id.
fn range(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let start: u64 = words.next()?.parse().ok()?;
    let count: u64 = words.nth(1)?.parse().ok()?;
    Some((start, (start + count).min(u64::from(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_inside_is_nobody_and_all_others_are_themselves() {
        let all = many("         0          0 4294967295\n").unwrap();
        assert_eq!(all, "0 2000000000 1\n1 1 1999999999\n2000000001 2000000001 2294967294\n");
        let few = many("0 100000 65536\n").unwrap();
        assert_eq!(few, "0 65535 1\n1 1 65534\n");
    }

    #[test]
    fn who_has_only_one_id_cannot_map_many() {
        assert_eq!(many("0 1000 1\n"), None);
        assert_eq!(many(""), None);
    }
}

//! Control groups of the sandbox's own, which hold all its processes together: the most memory, the most processes.
//!
//! Version 2 where a controller is delegated to a group above ours (cgroups(7), "Delegation"), version 1 where its
//! hierarchy can be written. Where there is neither, limits of single processes have to do, see [`super::privileges`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// How many of our process's have a name.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How the folders are called; the number of our process follows.
const NAME: &str = "cargo-scratch-";

/// The groups of one sandbox.
#[derive(Debug, Default)]
pub struct Groups {
    folders: Vec<PathBuf>,
    /// Whether memory is limited.
    pub memory: bool,
}

impl Groups {
    /// New groups with at most `memory` bytes and `processes`, as far as this machine lets us have any.
    pub fn new(memory: Option<u64>, processes: u64) -> Groups {
        let mut groups = Groups::default();
        let Ok(own) = fs::read_to_string("/proc/self/cgroup") else { return groups };
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        if let Some(memory) = memory {
            groups.memory = groups.add("memory", &own, &mounts, &|folder, version| match version {
                2 => {
                    // without swap, or the limit would only be one of speed
                    let _ = fs::write(folder.join("memory.swap.max"), "0");
                    fs::write(folder.join("memory.max"), memory.to_string())
                }
                _ => {
                    fs::write(folder.join("memory.limit_in_bytes"), memory.to_string())?;
                    let _ = fs::write(folder.join("memory.memsw.limit_in_bytes"), memory.to_string());
                    Ok(())
                }
            });
        }
        if memory.is_some()
            || !limits_count_in_namespace(&rustix::system::uname().release().to_string_lossy())
        {
            groups.add("pids", &own, &mounts, &|folder, _| {
                fs::write(folder.join("pids.max"), processes.to_string())
            });
        }
        groups
    }

    /// Puts the process `pid` into them.
    ///
    /// # Errors
    /// The system's.
    pub fn take(&self, pid: i32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), pid.to_string()))
    }

    /// Where they are.
    pub fn folders(&self) -> Vec<String> {
        self.folders.iter().filter_map(|folder| folder.to_str()).map(str::to_owned).collect()
    }

    fn add(
        &mut self,
        controller: &str,
        own: &str,
        mounts: &str,
        set: &dyn Fn(&Path, u8) -> io::Result<()>,
    ) -> bool {
        let name = format!("{NAME}{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let made = places(controller, own, mounts).into_iter().find_map(|(parent, version)| {
            sweep(&parent);
            let folder = parent.join(&name);
            // a controller that was asked for before lies in the same group in version 2
            let there = self.folders.contains(&folder);
            if !there {
                fs::create_dir(&folder).ok()?;
            }
            match set(&folder, version) {
                Ok(()) => Some(folder),
                Err(_) => {
                    if !there {
                        let _ = fs::remove_dir(&folder);
                    }
                    None
                }
            }
        });
        let found = made.is_some();
        self.folders.extend(made.filter(|folder| !self.folders.contains(folder)));
        found
    }
}

/// Whether the limit of processes (`RLIMIT_NPROC`) counts those of a user namespace alone, as Linux does since 5.14: it
/// bounds a sandbox as well as a group then, and nobody waits for the kernel to move a process into one, which takes
/// longer than all the rest of a start.
fn limits_count_in_namespace(release: &str) -> bool {
    let mut numbers = release.split(['.', '-', '+']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 14)
}

/// Removes groups whose processes have ended. It is a matter of milliseconds until the kernel sees that.
pub fn remove(folders: &[String]) {
    for folder in folders {
        for _ in 0..100 {
            match fs::remove_dir(folder) {
                Err(reason) if reason.kind() == io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                _ => break,
            }
        }
    }
}

/// Removes what runs have left that were ended together with their keeper; a group in use does not go.
fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next());
        if number.is_some_and(|number| !Path::new("/proc").join(number).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The folders in which a group for `controller` could be made, best first, and the version of each.
fn places(controller: &str, own: &str, mounts: &str) -> Vec<(PathBuf, u8)> {
    let mut places = Vec::new();
    for line in own.lines() {
        // `HIERARCHY:CONTROLLERS:PATH` (cgroups(7), "/proc files"); version 2 is 0 and names no controller
        let mut parts = line.splitn(3, ':');
        let (Some(number), Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if names.split(',').any(|name| name == controller) {
            places.extend(folder(mounts, "cgroup", controller, path).map(|(folder, _)| (folder, 1)));
        } else if number == "0" {
            let Some((mut folder, top)) = folder(mounts, "cgroup2", "", path) else { continue };
            while folder.starts_with(&top) {
                let given = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
                if given.split_whitespace().any(|name| name == controller) {
                    places.push((folder.clone(), 2));
                }
                if !folder.pop() {
                    break;
                }
            }
        }
    }
    places
}

/// Where the group `path` is in the hierarchy of `kind` with `option`, and where that is mounted (proc(5),
/// `mountinfo`).
fn folder(mounts: &str, kind: &str, option: &str, path: &str) -> Option<(PathBuf, PathBuf)> {
    mounts.lines().find_map(|line| {
        let (place, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let options = (system.next() == Some(kind)).then(|| system.nth(1)).flatten()?;
        if !option.is_empty() && !options.split(',').any(|has| has == option) {
            return None;
        }
        let mut place = place.split(' ').skip(3);
        let (root, point) = (place.next()?, PathBuf::from(place.next()?));
        let inside = Path::new(path).strip_prefix(root).ok()?;
        Some((point.join(inside), point))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_new_enough_by_its_numbers() {
        for (release, new) in
            [("6.18.44-fc", true), ("5.14.0", true), ("5.13.19-1", false), ("4.19", false), ("", false)]
        {
            assert_eq!(limits_count_in_namespace(release), new, "{release}");
        }
    }

    const MOUNTS: &str = "\
25 20 0:22 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
26 20 0:23 /docker /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
27 20 0:24 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
";

    #[test]
    fn a_group_lies_below_our_own() {
        let own = "4:memory:/docker/abc\n1:cpu,cpuacct:/\n0::/\n";
        let memory = places("memory", own, MOUNTS);
        assert_eq!(memory, [(PathBuf::from("/sys/fs/cgroup/memory/abc"), 1)]);
        assert_eq!(places("pids", own, MOUNTS), []);
    }

    #[test]
    fn of_version_2_a_group_above_gives_the_controller() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().to_str().unwrap();
        fs::create_dir_all(folder.path().join("user/session")).unwrap();
        fs::write(folder.path().join("user/cgroup.subtree_control"), "memory pids\n").unwrap();
        fs::write(folder.path().join("cgroup.subtree_control"), "cpu memory\n").unwrap();
        let mounts = format!("25 20 0:22 / {top} rw - cgroup2 cgroup2 rw\n");
        let found = places("memory", "0::/user/session\n", &mounts);
        assert_eq!(found, [(folder.path().join("user"), 2), (folder.path().to_owned(), 2)]);
        assert_eq!(places("pids", "0::/user/session\n", &mounts), [(folder.path().join("user"), 2)]);
    }
}

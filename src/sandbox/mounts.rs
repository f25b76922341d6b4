//! What is mounted over the image: its places to write, what of the machine is shown, `/proc` and `/dev`.
//!
//! Every path here is one of the image's and leads, whatever links it has, to a place inside. `/proc` and `/dev` come
//! last, so that nothing can be put into them, and are refused where the image has links in their place.

use super::messages::{Failed, Mount};
use super::root::{self, Collected};
use super::step::Step;
use rustix::fs::{Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountFlags};
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// What of `/proc` docker hides: files are empty then, and folders too.
const HIDDEN: [&str; 10] = [
    "acpi",
    "asound",
    "interrupts",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
    "timer_stats",
];
/// What of `/proc` docker lets nobody write.
const READ_ONLY: [&str; 5] = ["bus", "fs", "irq", "sys", "sysrq-trigger"];

/// Mounts `path` onto itself, so that it can be written when the root cannot; its files and owner stay.
///
/// # Errors
/// The step that failed.
pub fn writable(path: &str) -> Result<(), Failed> {
    let failed = format!("keep {path} writable");
    let place = place(path, true).step(&failed)?;
    let tree = root::tree(path).step(&failed)?;
    root::attach(&tree, &place).step(&failed)
}

/// Mounts `tree` of this machine where `mount` says.
///
/// # Errors
/// The step that failed.
pub fn bind(mount: &Mount, tree: &OwnedFd, proc: Option<&OwnedFd>) -> Result<(), Failed> {
    let failed = format!("mount at {}", mount.destination);
    let place = place(&mount.destination, mount.folder).step(&failed)?;
    root::attach(tree, &place).step(&failed)?;
    let below = proc.map_or_else(Vec::new, |proc| mounts_below(proc, tree));
    for path in below.iter().map(String::as_str).chain([mount.destination.as_str()]) {
        restrict(path, mount.read_only).step(&failed)?;
    }
    Ok(())
}

/// Mounts `/proc` and `/dev`; says what could not be had.
///
/// # Errors
/// The step that failed.
pub fn own(collected: &Collected) -> Result<Vec<String>, Failed> {
    let (proc, dev) = (root::own_folder("proc")?, root::own_folder("dev")?);
    drop(dev);
    root::dev(&collected.devices)?;
    let tree = match &collected.proc {
        Ok(tree) => tree,
        Err(Errno::PERM) => {
            let why =
                "/proc is empty in the sandbox: this machine's own is covered in part, as in a container";
            return Ok(vec![why.to_owned()]);
        }
        Err(errno) => return Err(*errno).step("mount /proc"),
    };
    root::attach(tree, &proc).step("mount /proc")?;
    for name in HIDDEN {
        hide(&format!("/proc/{name}")).step("hide a part of /proc")?;
    }
    for name in READ_ONLY {
        let path = format!("/proc/{name}");
        let Ok(tree) = root::tree(&path) else { continue };
        root::attach(&tree, &existing(&path).step("protect /proc")?).step("protect /proc")?;
        restrict(&path, true).step("protect /proc")?;
    }
    Ok(Vec::new())
}

/// Covers what is at `path`, if anything is.
fn hide(path: &str) -> rustix::io::Result<()> {
    let Ok(place) = existing(path) else { return Ok(()) };
    let cover = match fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        true => root::memory(4096, "555", MountAttrFlags::MOUNT_ATTR_RDONLY)?,
        false => root::tree("/dev/null")?,
    };
    root::attach(&cover, &place)
}

fn existing(path: &str) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
}

/// The folder or file at `path`, made if it is missing; the root itself is no place.
fn place(path: &str, folder: bool) -> std::io::Result<OwnedFd> {
    let at = Path::new(path);
    if !at.exists() {
        let parent = if folder { Some(at) } else { at.parent() };
        parent.map_or(Ok(()), make_folders)?;
        if !folder {
            fs::File::create_new(at)?;
        }
    }
    let (found, root) = (fs::metadata(at)?, fs::metadata("/")?);
    if (found.dev(), found.ino()) == (root.dev(), root.ino()) {
        return Err(Errno::BUSY.into());
    }
    match (found.is_dir(), folder) {
        (false, true) => Err(Errno::NOTDIR.into()),
        (true, false) => Err(Errno::ISDIR.into()),
        _ => Ok(existing(path)?),
    }
}

/// Makes `folder` and what is above it, as docker does for a working directory: root's, for everybody to read.
///
/// # Errors
/// The system's.
pub fn make_folders(folder: &Path) -> std::io::Result<()> {
    let mut missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    while let Some(path) = missing.pop() {
        fs::create_dir(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Takes setuid, devices and, if wanted, writing from the mount at `path`; what is forbidden already stays so.
fn restrict(path: &str, read_only: bool) -> rustix::io::Result<()> {
    let has = rustix::fs::statvfs(path)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV;
    flags.set(MountFlags::RDONLY, read_only || has.contains(StatVfsMountFlags::RDONLY));
    flags.set(MountFlags::NOEXEC, has.contains(StatVfsMountFlags::NOEXEC));
    rustix::mount::mount_remount(path, flags, "")
}

/// The places of the mounts inside `tree`, as this process sees them, deepest last (proc(5), `mountinfo`).
fn mounts_below(proc: &OwnedFd, tree: &OwnedFd) -> Vec<String> {
    let open = |path: &str| rustix::fs::openat(proc, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let read = |path: &str| {
        let mut text = String::new();
        fs::File::from(open(path).ok()?).take(16 << 20).read_to_string(&mut text).ok()?;
        Some(text)
    };
    let id = read(&format!("self/fdinfo/{}", std::os::fd::AsRawFd::as_raw_fd(tree)));
    let id = id.as_deref().and_then(|info| info.lines().find_map(|line| line.strip_prefix("mnt_id:")));
    let (Some(id), Some(all)) = (id.map(str::trim), read("self/mountinfo")) else { return Vec::new() };
    let mut family = vec![id.to_owned()];
    let mut places = Vec::new();
    for line in all.lines() {
        let mut words = line.split(' ');
        let (Some(own), Some(parent), Some(place)) = (words.next(), words.next(), words.nth(2)) else {
            continue;
        };
        if family.iter().any(|id| id == parent) {
            family.push(own.to_owned());
            places.push(unescaped(place));
        }
    }
    places
}

/// `mountinfo` writes space, tab, line end and backslash as three octal digits.
fn unescaped(place: &str) -> String {
    let codes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    codes.iter().fold(place.to_owned(), |place, (code, character)| place.replace(code, character))
}

//! A root of nothing but memory, and what is mounted into it.
//!
//! Whatever of the machine is shown is taken as a detached tree (`OPEN_TREE_CLONE`, open_tree(2)) while the machine's
//! root is still there. Then the root is exchanged (pivot_root(2)), and only then is the image unpacked: no link of
//! it can lead anywhere but into itself.

use super::messages::Failed;
use super::step::Step;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use rustix::thread::UnshareFlags;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// Files of devices that every container has, as docker gives them.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// The bytes of `/dev`, which holds names alone, and of `/dev/shm`, which docker gives as many.
const DEV_BYTES: u64 = 1 << 20;
const SHM_BYTES: u64 = 64 << 20;

/// What nothing inside needs.
const PLAIN: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NODEV);

/// What of the machine goes into the sandbox, without a place yet.
#[derive(Debug)]
pub struct Collected {
    /// Devices by name.
    pub devices: Vec<(&'static str, OwnedFd)>,
    /// `/proc` of the sandbox's processes, or why there is none.
    pub proc: Result<OwnedFd, Errno>,
}

/// Takes a mount namespace of its own, from which nothing spreads, and what the sandbox needs of the machine.
///
/// # Errors
/// The step that failed.
pub fn collect() -> Result<Collected, Failed> {
    super::keeper::unshare(UnshareFlags::NEWNS).step("create a mount namespace")?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).step("make mounts private")?;
    let mut devices = Vec::new();
    for name in DEVICES {
        match tree(Path::new("/dev").join(name)) {
            Err(Errno::NOENT) if name != "null" => {}
            device => devices.push((name, device.step("take /dev/null and its like")?)),
        }
    }
    let noexec = PLAIN | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(Collected { devices, proc: new("proc", &[], noexec) })
}

/// Whether a root can be made and filled, for a first try.
///
/// # Errors
/// The step that failed.
pub fn try_mounts() -> Result<(), Failed> {
    collect()?;
    new("tmpfs", &[("size", "4096")], PLAIN).step("mount a file system in memory")?;
    Ok(())
}

/// The tree at `source`, to be mounted elsewhere.
///
/// # Errors
/// The system's.
pub fn tree(source: impl AsRef<Path>) -> rustix::io::Result<OwnedFd> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    rustix::mount::open_tree(CWD, source.as_ref(), flags)
}

/// Makes an empty root the only one, for at most `bytes` of files, and moves there.
///
/// # Errors
/// The step that failed.
pub fn enter(bytes: u64) -> Result<(), Failed> {
    let root = memory(bytes, "755", PLAIN).step("mount a file system in memory")?;
    attach(&root, &open_folder("/proc").step("open /proc")?).step("mount the root")?;
    rustix::process::fchdir(&root).step("enter the root")?;
    rustix::process::pivot_root(".", ".").step("exchange the root")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).step("leave the machine's root")?;
    rustix::process::chdir("/").step("enter the root")
}

/// Changes the most bytes of the root's files.
///
/// # Errors
/// The system's.
pub fn limit(bytes: u64) -> rustix::io::Result<()> {
    let flags = rustix::mount::FsPickFlags::FSPICK_CLOEXEC;
    let root = rustix::mount::fspick(CWD, "/", flags)?;
    rustix::mount::fsconfig_set_string(&root, "size", bytes.to_string())?;
    rustix::mount::fsconfig_reconfigure(&root)
}

/// `/dev`: the files of devices, the usual links, and shared memory.
///
/// # Errors
/// The step that failed.
pub fn dev(devices: &[(&str, OwnedFd)]) -> Result<(), Failed> {
    let noexec = PLAIN | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let dev = memory(DEV_BYTES, "755", noexec).step("mount /dev")?;
    attach(&dev, &own_folder("dev")?).step("mount /dev")?;
    for (name, device) in devices {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let place = rustix::fs::openat(&dev, *name, flags, Mode::from_raw_mode(0o666));
        attach(device, &place.step("mount a device")?).step("mount a device")?;
    }
    let links = [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")];
    for (name, target) in links {
        rustix::fs::symlinkat(target, &dev, name).step("link in /dev")?;
    }
    rustix::fs::mkdirat(&dev, "shm", Mode::from_raw_mode(0o755)).step("mount /dev/shm")?;
    let place = rustix::fs::openat(&dev, "shm", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let shm = memory(SHM_BYTES, "1777", noexec).step("mount /dev/shm")?;
    attach(&shm, &place.step("mount /dev/shm")?).step("mount /dev/shm")?;
    restrict(&dev, MountFlags::RDONLY | MountFlags::NOEXEC).step("make /dev read-only")
}

/// A folder of the root where something of ours belongs; made if it is missing, refused if the image has a link there.
///
/// # Errors
/// The step that failed.
pub fn own_folder(name: &str) -> Result<OwnedFd, Failed> {
    match rustix::fs::mkdir(format!("/{name}"), Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(reason) => return Err(reason).step(&format!("make /{name}")),
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::IN_ROOT;
    let folder = rustix::fs::openat2(CWD, format!("/{name}"), flags, Mode::empty(), resolve);
    folder.step(&format!("find a folder at /{name} of the image"))
}

/// A folder as a place to mount at.
///
/// # Errors
/// The system's.
pub fn open_folder(path: &str) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// A new file system in memory.
///
/// # Errors
/// The system's.
pub fn memory(bytes: u64, mode: &str, flags: MountAttrFlags) -> rustix::io::Result<OwnedFd> {
    // a file costs at least a page, so that as many names as pages are enough
    let (size, names) = (bytes.to_string(), (bytes / 1024).max(64).to_string());
    new("tmpfs", &[("size", &size), ("nr_inodes", &names), ("mode", mode)], flags)
}

fn new(kind: &str, options: &[(&str, &str)], flags: MountAttrFlags) -> rustix::io::Result<OwnedFd> {
    let made = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        rustix::mount::fsconfig_set_string(&made, *key, *value)?;
    }
    rustix::mount::fsconfig_create(&made)?;
    rustix::mount::fsmount(&made, FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

/// Mounts `tree` at the file or folder that `place` is.
///
/// # Errors
/// The system's.
pub fn attach(tree: &OwnedFd, place: &OwnedFd) -> rustix::io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(tree.as_fd(), "", place.as_fd(), "", flags)
}

/// Takes `flags` beside "no setuid" and "no devices" as the whole of what the mount at `folder` forbids.
///
/// # Errors
/// The system's.
pub fn restrict(folder: &OwnedFd, flags: MountFlags) -> rustix::io::Result<()> {
    let flags = MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV | flags;
    rustix::process::fchdir(folder)?;
    rustix::mount::mount_remount(".", flags, "")?;
    rustix::process::chdir("/")
}

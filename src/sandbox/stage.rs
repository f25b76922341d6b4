//! The process that becomes the program: PID 1 inside, which makes the root, unpacks the image, and gives up all that
//! it may.
//!
//! Standard input is the link to whoever started the sandbox, standard output a pipe that its keeper holds open.

use super::messages::{Bytes, Failed, Item, Mount, Task, Word};
use super::program::Program;
use super::step::Step;
use super::unpack::Unpack;
use super::user::{self, Identity};
use super::wire::Link;
use super::{filter, keeper, mounts, privileges, root};
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stdout};
use rustix::thread::{Gid, Uid, UnshareFlags};
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The most that is read of `/etc/passwd` and `/etc/group`.
const USERS: u64 = 4 << 20;

/// Why there is no program.
enum End {
    /// Nobody wants one any more.
    Unwanted,
    Failed(Failed),
    Unfit(String, Vec<String>),
}

impl From<Failed> for End {
    fn from(failed: Failed) -> Self {
        End::Failed(failed)
    }
}

/// Does what the link on standard input says; returns only if the program did not start.
pub fn run() {
    let Ok(link) = Link::of_stdin() else { return };
    let Err(end) = play(&link);
    let word = match end {
        End::Unwanted => return,
        End::Failed(failed) => Word::Failed(failed),
        End::Unfit(what, why) => Word::Unfit(what, why),
    };
    drop(link.send(&word, &[])); // whoever does not hear it is gone
}

fn play(link: &Link) -> Result<std::convert::Infallible, End> {
    let pulse = stdout().try_clone_to_owned().step("be told")?;
    let Some((task, files)) = link.receive::<Task>().step("be told")? else { return Err(End::Unwanted) };
    let mut files = files.into_iter();
    let streams = [files.next(), files.next(), files.next()];
    let [Some(input), Some(output), Some(errors)] = streams else {
        return Err(io::Error::from(Errno::BADF)).step("be told").map_err(End::from);
    };
    become_root(&task)?;
    rustix::process::umask(Mode::empty());
    let collected = root::collect()?;
    let trees = task.mounts.iter().map(|mount| tree(mount, &mut files)).collect::<Result<Vec<_>, _>>()?;
    rustix::system::sethostname(task.hostname.as_bytes()).step("set the host name")?;
    root::enter(half_of_memory())?;

    unpack(link, &task)?;
    let user = identity(&task)?;
    for (name, text) in &task.etc {
        etc(name, text).step(&format!("write /etc/{name}"))?;
    }
    let folder = Path::new("/").join(&task.working_dir);
    mounts::make_folders(&folder).step(&format!("make the working directory {}", folder.display()))?;
    let temporary = fs::symlink_metadata("/tmp").is_ok_and(|found| found.is_dir());
    let places = task.volumes.iter().map(String::as_str).chain(temporary.then_some("/tmp"));
    places.into_iter().try_for_each(mounts::writable)?;
    for (mount, tree) in task.mounts.iter().zip(&trees) {
        mounts::bind(mount, tree, collected.proc.as_ref().ok())?;
    }
    let mut missing = mounts::own(&collected)?;
    root::limit(used()?.saturating_add(task.files)).step("limit files")?;
    root::restrict(&root::open_folder("/").step("protect the root")?, rustix::mount::MountFlags::RDONLY)
        .step("protect the root")?;
    rustix::process::chdir(&folder).step(&format!("enter the working directory {}", folder.display()))?;
    drop((collected, trees));

    missing.extend(filter::known().err());
    rustix::process::setsid().step("create a session")?;
    link.send(&Word::Ready(missing), &[]).step("be told")?;
    let Ok(Some((Item::Go, _))) = link.receive() else { return Err(End::Unwanted) };
    // what it sees of control groups begins at its own; a kernel without these namespaces shows all
    let _ = keeper::unshare(UnshareFlags::NEWCGROUP);
    privileges::limit(&task)?;
    privileges::hear_signals();
    rustix::process::umask(Mode::from_raw_mode(0o022));
    privileges::drop_to(&user, task.only.is_some())?;
    let wired = dup2_stdin(&input).and_then(|()| dup2_stdout(&output));
    wired.and_then(|()| dup2_stderr(&errors)).step("connect the program's streams")?;
    if !privileges::end_with_keeper(&pulse)? {
        return Err(End::Unwanted);
    }
    let program = Program::find(&task, &user).map_err(|(what, why)| End::Unfit(what, why))?;
    filter::apply().map_err(|why| End::Unfit("there is no sandbox on this machine".to_owned(), vec![why]))?;
    link.send(&Word::Starting, &[]).step("be told")?;
    let (what, why) = program.start();
    Err(End::Unfit(what, why))
}

/// Where there are all users, files are made by root; the only user is what it is.
fn become_root(task: &Task) -> Result<(), Failed> {
    if task.only.is_some() {
        return Ok(());
    }
    let (uid, gid) = (Uid::ROOT, Gid::ROOT);
    rustix::thread::set_thread_groups(&[]).step("become root of the sandbox")?;
    rustix::thread::set_thread_res_gid(gid, gid, gid).step("become root of the sandbox")?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).step("become root of the sandbox")
}

fn tree(mount: &Mount, sent: &mut impl Iterator<Item = OwnedFd>) -> Result<OwnedFd, Failed> {
    let source = OsString::from_vec(mount.source.clone());
    let tree = match mount.sent {
        true => sent.next().ok_or(Errno::BADF),
        false => root::tree(&source),
    };
    tree.step(&format!("show {}", source.display()))
}

fn unpack(link: &Link, task: &Task) -> Result<(), End> {
    let mut unpack = Unpack::new(task.only.as_ref());
    loop {
        match link.receive::<Item>().step("be told")? {
            Some((Item::Layer, _)) => unpack.layer(),
            Some((Item::Entry(entry), _)) => unpack.apply(&entry, link)?,
            Some((Item::End, _)) => return Ok(unpack.finish()?),
            Some((Item::Go, _)) | None => return Err(End::Unwanted),
        }
    }
}

/// Who the program is: as the image's files say, but of one user only who that is counts.
fn identity(task: &Task) -> Result<Identity, End> {
    let text = |path: &str| {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(USERS).read_to_end(&mut text));
        read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    };
    let found = user::resolve(&task.user, &text("/etc/passwd"), &text("/etc/group"));
    match (&task.only, found) {
        (None, found) => {
            found.map_err(|why| End::Unfit(format!("the image's user is `{}`", task.user), vec![why]))
        }
        (Some(only), Ok(found)) => Ok(Identity { home: found.home, ..only.clone() }),
        (Some(only), Err(_)) => Ok(only.clone()),
    }
}

/// Puts a file of ours into `/etc`, in place of the image's.
fn etc(name: &str, text: &Bytes) -> io::Result<()> {
    mounts::make_folders(Path::new("/etc"))?;
    let path = Path::new("/etc").join(name);
    match fs::remove_file(&path) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
        _ => {}
    }
    fs::write(&path, text)?;
    fs::set_permissions(&path, Permissions::from_mode(0o644))
}

/// The bytes that the files of the root take.
fn used() -> Result<u64, Failed> {
    let root = rustix::fs::statvfs("/").step("limit files")?;
    Ok(root.f_blocks.saturating_sub(root.f_bfree).saturating_mul(root.f_frsize))
}

/// What tmpfs(5) takes by itself: more would leave nothing for the machine.
fn half_of_memory() -> u64 {
    let info = rustix::system::sysinfo();
    (info.totalram as u64).saturating_mul(u64::from(info.mem_unit)) / 2
}

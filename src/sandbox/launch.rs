//! Starts a sandbox, from outside: the keeper, the maps of users, the layers, and the word to go.

use super::cgroup::Groups;
use super::ids::Maps;
use super::messages::{Bytes, Failed, Item, Mount, Order, Report, Request, Task, Word};
use super::running::Running;
use super::step::Step;
use super::wire::{FILES, Link};
use super::{Bind, Jail, KEEPER, copy, feed, refusal, root};
use crate::error::{Code, Error};
use crate::interrupt;
use crate::tool::Tool;
use rustix::process::Pid;
use rustix::stdio::{stderr, stdin, stdout};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Child;
use std::thread;

/// The most processes and threads, so that a fork bomb leaves room for others.
const PROCESSES: u64 = 2048;
/// The most that is read of one of this machine's files of names.
const NAMES: u64 = 1 << 20;

/// Starts what `jail` says, with the keeper that `program` becomes by its hidden first argument.
///
/// # Errors
/// As [`super::start`].
pub fn start(program: &Path, jail: &Jail<'_>) -> Result<Running, Error> {
    interrupt::check()?;
    // what a terminal sends to all of us may have ended one of the sandbox's before it had a session of its own
    begin(program, jail).map_err(|error| interrupt::check().err().unwrap_or(error))
}

fn begin(program: &Path, jail: &Jail<'_>) -> Result<Running, Error> {
    fit(jail)?;
    let (maps, only) = match Maps::many() {
        Some(maps) => (maps, None),
        None => {
            let user = feed::identity(&jail.config.user, jail.layers)?;
            (Maps::One(user.uid, user.gid), Some(user))
        }
    };
    let groups = Groups::new(jail.memory, PROCESSES);
    let mut notes = Vec::new();
    if jail.memory.is_some() && !groups.memory {
        notes.push(
            "memory is limited for each process and not for all together: no control group may be made"
                .into(),
        );
    }
    let (mounts, trees) = mounts(jail.mounts)?;
    let arguments: Vec<Bytes> = match jail.args {
        Some(args) => args.iter().map(|arg| arg.as_bytes().to_vec()).collect(),
        None => jail.config.cmd.iter().map(|arg| arg.clone().into_bytes()).collect(),
    };
    let entrypoint = jail.config.entrypoint.iter().map(|arg| arg.clone().into_bytes());
    let hostname = hostname(jail.host_network);
    let task = Task {
        user: jail.config.user.clone(),
        only,
        argv: entrypoint.chain(arguments).collect(),
        env: jail.config.env.clone(),
        working_dir: jail.config.working_dir.clone(),
        volumes: jail.config.volumes.iter().filter(|volume| !is_ours(volume)).cloned().collect(),
        mounts,
        etc: etc(&hostname, jail.host_network),
        hostname,
        files: jail.memory.unwrap_or_else(half_of_memory),
        data: jail.memory.filter(|_| !groups.memory),
        processes: PROCESSES,
    };
    let (link, theirs) = Link::pair().map_err(|reason| refusal::system("open a socket", &reason))?;
    let order = Order { maps, host_network: jail.host_network, only_try: false, groups: groups.folders() };
    let keeper = Keeper::start(program, &order, Some(theirs), groups)?;
    let (keeper, pid, pidfd) = keeper.started()?;

    let streams =
        streams(jail).map_err(|reason| refusal::system("connect the program's streams", &reason))?;
    let files: Vec<BorrowedFd<'_>> = streams.iter().chain(&trees).map(AsFd::as_fd).collect();
    let group = || keeper.groups.take(pid.as_raw_nonzero().get());
    let grouped = thread::scope(|scope| {
        // the kernel waits for milliseconds before a process is in a group; one for memory is not to count the image
        let early = (!keeper.groups.memory).then(|| scope.spawn(group));
        let sent = link.send(&task, &files).is_ok() && feed::send(jail.layers, &link)?;
        match link.receive::<Word>() {
            Ok(Some((Word::Ready(missing), _))) if sent => notes.extend(missing),
            word => return Err(unready(word)),
        }
        Ok(early.map_or_else(group, |early| early.join().unwrap_or_else(|_| Err(io::Error::other("lost")))))
    })?;
    grouped.map_err(|reason| refusal::system("put the sandbox into its control group", &reason))?;
    drop((streams, trees));
    let word = match link.send(&Item::Go, &[]) {
        Ok(()) => link.receive::<Word>(),
        Err(reason) => Err(reason),
    };
    if !matches!(word, Ok(Some((Word::Starting, _)))) {
        return Err(unready(word));
    }
    // the link closes with the start, and speaks once more if that fails
    match link.receive::<Word>() {
        Ok(None) => Ok(Running::new(keeper, pid, pidfd, jail.host_network, notes)),
        word => Err(unready(word)),
    }
}

/// Makes ahead of a start what takes long and does not depend on the image.
pub fn prepare() {
    copy::make_ahead();
}

/// Tries whether a sandbox can be had.
///
/// # Errors
/// As [`super::available`].
pub fn try_out(program: &Path) -> Result<(), Error> {
    let maps = Maps::many().unwrap_or(Maps::One(0, 0));
    let order = Order { maps, host_network: false, only_try: true, groups: Vec::new() };
    let keeper = Keeper::start(program, &order, None, Groups::default())?;
    match keeper.report()? {
        (Report::Works, _) => Ok(()),
        _ => Err(lost()),
    }
}

/// The process that keeps a sandbox; it is ended and waited for when this is dropped.
#[derive(Debug)]
pub struct Keeper {
    child: Child,
    /// `None` when its end has been told to it by closing it.
    control: Option<Link>,
    /// The control groups that it removes, and we do if it cannot.
    pub groups: Groups,
}

impl Keeper {
    fn start(program: &Path, order: &Order, link: Option<Link>, groups: Groups) -> Result<Keeper, Error> {
        let failed = |reason: io::Error| refusal::system("start a process", &reason);
        let (control, theirs) = Link::pair().map_err(failed)?;
        let tool = Tool::new(program).name("scratch").arg(KEEPER).env_alone();
        let child = tool.spawn(theirs.into(), None).map_err(failed)?;
        let keeper = Keeper { child, control: Some(control), groups };
        let files: Vec<BorrowedFd<'_>> = link.iter().map(AsFd::as_fd).chain(copy::made_ahead()).collect();
        keeper.control()?.send(order, &files).map_err(failed)?;
        match keeper.report()? {
            (Report::Unshared, _) => {}
            _ => return Err(lost()),
        }
        let mapped = order.maps.write_for(keeper.child.id()).step("map users");
        mapped.map_err(|failed| refusal::explain(&failed))?;
        keeper.control()?.send(&Request::Mapped, &[]).map_err(failed)?;
        Ok(keeper)
    }

    fn started(self) -> Result<(Keeper, Pid, OwnedFd), Error> {
        let (report, files) = self.report()?;
        match (report, files.into_iter().next()) {
            (Report::Started(pid), Some(pidfd)) => {
                let pid = Pid::from_raw(pid).ok_or_else(lost)?;
                Ok((self, pid, pidfd))
            }
            _ => Err(lost()),
        }
    }

    /// What it says next.
    ///
    /// # Errors
    /// A step of its failed, or it is gone.
    pub fn report(&self) -> Result<(Report, Vec<OwnedFd>), Error> {
        match self.control()?.receive::<Report>() {
            Ok(Some((Report::Failed(failed), _))) => Err(refusal::explain(&failed)),
            Ok(Some(report)) => Ok(report),
            Ok(None) | Err(_) => Err(lost()),
        }
    }

    /// The link to it.
    ///
    /// # Errors
    /// It has been ended.
    pub fn control(&self) -> Result<&Link, Error> {
        self.control.as_ref().ok_or_else(lost)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.control = None; // its word to end
        let _ = self.child.wait();
        super::cgroup::remove(&self.groups.folders());
    }
}

/// The keeper or the stage ended without a word.
pub fn lost() -> Error {
    Error::new(Code::Sandbox, "a process of the sandbox ended before its time")
        .note("somebody has killed it, or the machine is out of memory")
}

fn unready(word: io::Result<Option<(Word, Vec<OwnedFd>)>>) -> Error {
    match word {
        Ok(Some((Word::Failed(Failed { step, errno }), _))) => refusal::explain(&Failed { step, errno }),
        Ok(Some((Word::Unfit(what, why), _))) => {
            why.into_iter().fold(Error::new(Code::Sandbox, what), Error::note)
        }
        _ => lost(),
    }
}

/// Refuses what no sandbox can start.
fn fit(jail: &Jail<'_>) -> Result<(), Error> {
    // the filter of system calls knows one architecture, and ends what calls in another
    let short = [("x86_64", "386"), ("aarch64", "arm")];
    let architecture = jail.config.architecture.as_str();
    if short.contains(&(std::env::consts::ARCH, architecture)) {
        let what = format!(
            "the sandbox runs no programs of 32 bits, and the image is for {}",
            jail.config.platform()
        );
        return Err(Error::new(Code::Sandbox, what).help("an engine does: --engine docker"));
    }
    for Bind { source, destination, .. } in jail.mounts {
        let place = format!("{}:{destination}", source.display());
        let inside = destination.starts_with('/') && !destination.split('/').any(|part| part == "..");
        if !inside || destination.trim_matches('/').is_empty() || is_ours(destination) {
            let what = format!("nothing can be mounted at `{destination}` of an image");
            let why =
                "a path from the root is meant, without `..`, and not the root, /proc or /dev themselves";
            return Err(Error::new(Code::Usage, what).at(place).note(why));
        }
    }
    if jail.mounts.len() > FILES / 2 {
        return Err(Error::new(Code::Usage, format!("at most {} mounts can be had", FILES / 2)));
    }
    Ok(())
}

/// Whether `path` is one that the sandbox fills itself.
fn is_ours(path: &str) -> bool {
    matches!(path.split('/').find(|part| !part.is_empty() && *part != "."), Some("proc" | "dev"))
}

/// What is shown of this machine. Who may take a tree here and now does: the sandbox's own user may see less.
fn mounts(binds: &[Bind]) -> Result<(Vec<Mount>, Vec<OwnedFd>), Error> {
    let (mut mounts, mut trees) = (Vec::new(), Vec::new());
    for Bind { source, destination, read_only } in binds {
        let found = fs::metadata(source).map_err(|reason| {
            Error::io(Code::Usage, "find", source, &reason)
                .note(format!("it was to be mounted at {destination}"))
        })?;
        let tree = root::tree(source).ok();
        mounts.push(Mount {
            source: source.as_os_str().as_bytes().to_vec(),
            sent: tree.is_some(),
            folder: found.is_dir(),
            destination: destination.clone(),
            read_only: *read_only,
        });
        trees.extend(tree);
    }
    Ok((mounts, trees))
}

/// What the program reads and writes.
fn streams(jail: &Jail<'_>) -> io::Result<[OwnedFd; 3]> {
    let input = if jail.input { stdin().try_clone_to_owned()? } else { File::open("/dev/null")?.into() };
    let (output, errors) = match &jail.output {
        Some((output, errors)) => (output.try_clone()?.into(), errors.try_clone()?.into()),
        None => (stdout().try_clone_to_owned()?, stderr().try_clone_to_owned()?),
    };
    Ok([input, output, errors])
}

/// With the machine's network goes its name, as docker has it.
fn hostname(host_network: bool) -> String {
    let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if host_network { own } else { "scratch".to_owned() }
}

/// The files with which names are found: this machine's with its network, else those of a loopback.
fn etc(hostname: &str, host_network: bool) -> Vec<(String, Bytes)> {
    let name = ("hostname".to_owned(), format!("{hostname}\n").into_bytes());
    if !host_network {
        let hosts = format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\t{hostname}\n");
        return vec![name, ("hosts".to_owned(), hosts.into_bytes())];
    }
    let read = |name: &str| {
        let mut text = Vec::new();
        File::open(Path::new("/etc").join(name)).ok()?.take(NAMES).read_to_end(&mut text).ok()?;
        Some((name.to_owned(), text))
    };
    ["hosts", "resolv.conf"].into_iter().filter_map(read).chain([name]).collect()
}

fn half_of_memory() -> u64 {
    let info = rustix::system::sysinfo();
    (info.totalram as u64).saturating_mul(u64::from(info.mem_unit)) / 2
}

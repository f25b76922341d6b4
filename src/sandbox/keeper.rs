//! The process between us and the sandbox: it makes the namespaces, stays in them, and ends what is in them.
//!
//! It has one thread, as unshare(2) demands for a user namespace, and so is this very program started once more. It
//! reads an [`Order`], starts the stage, which becomes PID 1 inside, and then waits: for the end of that, for a
//! [`Request`], or for the end of whoever gave the order, which is the end of all.

use super::messages::{Failed, Order, Report, Request};
use super::step::Step;
use super::wire::Link;
use super::{STAGE, cgroup, copy, loopback};
use crate::tool::Tool;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, UnshareFlags};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

/// For how long a connection may take: nothing is nearer than a loopback.
const CONNECT: Duration = Duration::from_millis(500);

/// Does what the link on standard input says. There is nobody to tell of an end but that link.
pub fn run() {
    let Ok(control) = Link::of_stdin() else { return };
    // what a terminal sends to its foreground is for those who started us
    let _ = rustix::process::setsid();
    // what our parents have left open is nothing for an image
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let Ok(Some((order, files))) = control.receive::<Order>() else { return };
    let mut files = files.into_iter();
    let done = match prepare(&control, &order) {
        Ok(false) => return,
        Ok(true) if order.only_try => control.send(&Report::Works, &[]),
        Ok(true) => {
            match files
                .next()
                .ok_or(rustix::io::Errno::BADF)
                .step("be told")
                .and_then(|link| start(link, files.next()))
            {
                Ok(stage) => watch(&control, &order, stage),
                Err(failed) => control.send(&Report::Failed(failed), &[]),
            }
        }
        Err(failed) => control.send(&Report::Failed(failed), &[]),
    };
    drop(done); // whoever does not hear it is gone
}

/// Enters the namespaces; `false` if nobody waits for that any more.
fn prepare(control: &Link, order: &Order) -> Result<bool, Failed> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let mut namespaces = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    if !order.host_network {
        namespaces |= UnshareFlags::NEWNET;
    }
    unshare(namespaces).step("create namespaces")?;
    order.maps.write_own(uid, gid).step("map users")?;
    if control.send(&Report::Unshared, &[]).is_err() {
        return Ok(false);
    }
    let Ok(Some((Request::Mapped, _))) = control.receive() else { return Ok(false) };
    keep_capabilities().step("keep capabilities")?;
    if !order.host_network {
        loopback::up().step("start the loopback")?;
    }
    if order.only_try {
        super::root::try_mounts()?;
    }
    Ok(true)
}

/// Moves this process into new namespaces.
#[expect(deprecated, reason = "its successor is unsafe for CLONE_FILES alone, which nobody asks for here")]
pub fn unshare(namespaces: UnshareFlags) -> rustix::io::Result<()> {
    rustix::thread::unshare(namespaces)
}

/// Who is not root inside loses everything with the next program that it becomes, but for the ambient set
/// (capabilities(7)).
fn keep_capabilities() -> rustix::io::Result<()> {
    let sets = rustix::thread::capabilities(None)?;
    rustix::thread::set_capabilities(None, CapabilitySets { inheritable: sets.permitted, ..sets })?;
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if sets.permitted.contains(one) {
            rustix::thread::configure_capability_in_ambient_set(one, true)?;
        }
    }
    Ok(())
}

/// The stage, and what is open as long as this process lives.
struct Stage {
    child: Child,
    pidfd: OwnedFd,
    _alive: io::PipeWriter,
}

/// Starts the stage from `copy`, or from one that is made now.
fn start(link: OwnedFd, copy: Option<OwnedFd>) -> Result<Stage, Failed> {
    let (pulse, alive) = io::pipe().step("open a pipe")?;
    let program = copy.map_or_else(copy::of_this_program, Ok).step("copy this program")?;
    let stage = Tool::new(copy::path(&program)).name("scratch").arg(STAGE).env_alone();
    let child = stage.spawn(link, Some(pulse.into())).step("start a process in the sandbox")?;
    let pidfd =
        rustix::process::pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).step("watch a process")?;
    Ok(Stage { child, pidfd, _alive: alive })
}

fn watch(control: &Link, order: &Order, mut stage: Stage) -> io::Result<()> {
    let pid = i32::try_from(stage.child.id()).unwrap_or_default();
    let mut gone = control.send(&Report::Started(pid), &[stage.pidfd.as_fd()]).is_err();
    let mut ended = false;
    while !gone && !ended {
        let mut events = [PollFd::new(control, PollFlags::IN), PollFd::new(&stage.pidfd, PollFlags::IN)];
        if rustix::event::poll(&mut events, None).is_err() {
            continue; // a signal, which is for others
        }
        let (asked, over) = (!events[0].revents().is_empty(), !events[1].revents().is_empty());
        ended = over;
        if asked && !ended {
            gone = match control.receive() {
                Ok(Some((Request::Connect(port), _))) => answer(control, port).is_err(),
                Ok(Some((Request::Mapped, _))) => false,
                Ok(None) | Err(_) => true,
            };
        }
    }
    let _ = rustix::process::pidfd_send_signal(&stage.pidfd, Signal::KILL);
    let status = stage.child.wait()?;
    cgroup::remove(&order.groups);
    control.send(&Report::Ended(status.into_raw()), &[])
}

fn answer(control: &Link, port: u16) -> io::Result<()> {
    let stream = connect(port);
    let files: Vec<BorrowedFd<'_>> = stream.iter().map(AsFd::as_fd).collect();
    let result = stream.as_ref().map(|_| ()).map_err(|reason| reason.raw_os_error().unwrap_or(0));
    control.send(&Report::Connected(result), &files)
}

/// A connection to `port` of the loopback, in either family.
///
/// # Errors
/// That of IPv4.
pub fn connect(port: u16) -> io::Result<TcpStream> {
    let to = |ip: IpAddr| TcpStream::connect_timeout(&SocketAddr::new(ip, port), CONNECT);
    to(Ipv4Addr::LOCALHOST.into()).or_else(|reason| to(Ipv6Addr::LOCALHOST.into()).map_err(|_| reason))
}

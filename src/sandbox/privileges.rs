//! Takes away whatever a program could do that a stranger's program should not.
//!
//! Order matters: limits and the bounding set need privileges, the change of user clears the signal of a parent's death
//! (`PR_SET_PDEATHSIG`, prctl(2)), and the filter comes last of all, see [`super::filter`].

use super::messages::{Failed, Task};
use super::step::Step;
use super::user::Identity;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};
use signal_hook::consts::FORBIDDEN;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The most open files: what docker's own service gives its containers.
const OPEN_FILES: u64 = 1 << 20;

/// Bounds what one process may take.
///
/// # Errors
/// The system's.
pub fn limit(task: &Task) -> Result<(), Failed> {
    let at_most = |resource: Resource, most: u64| {
        let maximum = rustix::process::getrlimit(resource).maximum.map_or(most, |has| has.min(most));
        rustix::process::setrlimit(resource, Rlimit { current: Some(maximum), maximum: Some(maximum) })
    };
    at_most(Resource::Core, 0).step("forbid core files")?;
    at_most(Resource::Nofile, OPEN_FILES).step("limit open files")?;
    at_most(Resource::Nproc, task.processes).step("limit processes")?;
    if let Some(data) = task.data {
        at_most(Resource::Data, data).step("limit memory")?;
    }
    Ok(())
}

/// Has no signal ignored, whoever started us ignores some, as `nohup` does and a shell for what it has in the background:
/// execve(2) keeps what is ignored, and takes handlers away.
pub fn hear_signals() {
    let none = Arc::new(AtomicBool::new(false));
    for signal in (1..=31).filter(|signal| !FORBIDDEN.contains(signal)) {
        let _ = signal_hook::flag::register(signal, none.clone());
    }
}

/// Makes this process `user`, for good, with no capability that could come back.
///
/// # Errors
/// The system's.
pub fn drop_to(user: &Identity, alone: bool) -> Result<(), Failed> {
    rustix::thread::clear_ambient_capability_set().step("drop capabilities")?;
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if rustix::thread::capability_is_in_bounding_set(one).is_ok_and(|has| has) {
            rustix::thread::remove_capability_from_bounding_set(one).step("drop capabilities")?;
        }
    }
    if !alone {
        // its first group counts among the others, or a file that forbids that group would be free to others' rights
        let groups = [user.gid].into_iter().chain(user.groups.iter().copied().filter(|gid| *gid != user.gid));
        let groups: Vec<Gid> = groups.map(Gid::from_raw).collect();
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        rustix::thread::set_thread_groups(&groups).step("set the groups")?;
        rustix::thread::set_thread_res_gid(gid, gid, gid).step(&format!("become group {}", user.gid))?;
        rustix::thread::set_thread_res_uid(uid, uid, uid).step(&format!("become user {}", user.uid))?;
    }
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, none).step("drop capabilities")?;
    rustix::thread::set_no_new_privs(true).step("forbid new privileges")
}

/// Makes this process end with its keeper, whose end of `pulse` is open as long as it lives; `false` if it is gone.
///
/// # Errors
/// The system's.
pub fn end_with_keeper(pulse: &OwnedFd) -> Result<bool, Failed> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).step("end with its parent")?;
    let mut events = [PollFd::new(pulse, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(rustix::event::poll(&mut events, Some(&now)).step("end with its parent")? == 0)
}

//! The system calls that a program in the sandbox is refused (seccomp(2)): those that docker's default profile refuses a
//! container without privileges.
//!
//! Most of them need a capability anyway, which nothing here has; but each is a part of the kernel that strangers' programs
//! have broken out through. Refused is EPERM, but for clone3(2), whose flags a filter cannot see: ENOSYS has the C
//! library take clone(2) instead. The other architectures of a machine (`int 0x80`, x32) have numbers of their own: a call
//! of theirs ends the program, or is refused.

#![allow(clippy::useless_conversion, reason = "a `c_long` has 32 bits on some machines")]

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};
use std::collections::BTreeMap;

/// The namespaces that clone(2) and unshare(2) make (sched.h): mount, cgroup, UTS, IPC, user, PID, network.
const CLONE_NEW: u64 = 0x7e02_0000;

/// `AF_VSOCK` (linux/socket.h): the way to whoever runs this machine as a virtual one.
const VSOCK: u64 = 40;
/// The personalities that docker allows: Linux, and that without the newest version numbers or with the old ones
/// (linux/personality.h), and the question for the present one.
const PERSONALITIES: [u64; 5] = [0, 0x0008, 0x0002_0000, 0x0002_0008, 0xffff_ffff];

/// Calls that are refused whatever their arguments.
const REFUSED: &[libc::c_long] = &[
    // mounts
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_open_by_handle_at,
    libc::SYS_chroot,
    // namespaces
    libc::SYS_setns,
    libc::SYS_unshare,
    // keys, which no namespace divides
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // the kernel's own programs, events and memory
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_move_pages,
    libc::SYS_mbind,
    libc::SYS_set_mempolicy,
    libc::SYS_get_mempolicy,
    libc::SYS_migrate_pages,
    libc::SYS_lookup_dcookie,
    // the machine
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
];

/// The same, which only this architecture has.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[libc::c_long] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[libc::c_long] = &[];

/// What is said where there is no filter: the sandbox is one without it too.
///
/// # Errors
/// A sentence.
pub fn known() -> Result<(), String> {
    let none = |_| {
        format!("no system call is refused in the sandbox: there is no list for {}", std::env::consts::ARCH)
    };
    TargetArch::try_from(std::env::consts::ARCH).map(|_| ()).map_err(none)
}

/// Puts the filter over this process and all that come from it.
///
/// # Errors
/// A sentence: the architecture is not known, or the kernel has no filters.
pub fn apply() -> Result<(), String> {
    let failed =
        |reason: &dyn std::fmt::Display| format!("no system call is refused in the sandbox: {reason}");
    let programs = programs().map_err(|reason| failed(&reason))?;
    programs
        .iter()
        .try_for_each(|program| seccompiler::apply_filter(program).map_err(|reason| failed(&reason)))
}

fn programs() -> Result<Vec<BpfProgram>, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|reason| reason.to_string())?;
    let (eperm, enosys) = (libc::EPERM.unsigned_abs(), libc::ENOSYS.unsigned_abs());
    let compiled = |rules: BTreeMap<i64, Vec<SeccompRule>>, errno: u32| -> Result<BpfProgram, String> {
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch);
        filter.and_then(BpfProgram::try_from).map_err(|reason| reason.to_string())
    };
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_HERE).map(|call| (number(*call), Vec::new())).collect();
    refused.extend(by_arguments().map_err(|reason| reason.to_string())?);
    let clone3 = BTreeMap::from([(number(libc::SYS_clone3), Vec::new())]);
    let mut programs = vec![compiled(refused, eperm)?, compiled(clone3, enosys)?];
    if arch == TargetArch::x86_64 {
        programs.push(without_x32(eperm));
    }
    Ok(programs)
}

/// Calls that are refused for what they ask. Any rule of a call is enough, and it needs all of its conditions.
fn by_arguments() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let first = |length, is, value| SeccompCondition::new(0, length, is, value);
    let flags = (0..u64::BITS).map(|bit| 1 << bit).filter(|flag| CLONE_NEW & flag != 0);
    let namespace = |flag: u64| {
        SeccompRule::new(vec![first(SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?])
    };
    let vsock = SeccompRule::new(vec![first(SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, VSOCK)?])?;
    let other = PERSONALITIES.map(|known| first(SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, known));
    let other = SeccompRule::new(other.into_iter().collect::<Result<_, _>>()?)?;
    Ok(BTreeMap::from([
        (number(libc::SYS_clone), flags.map(namespace).collect::<Result<_, _>>()?),
        (number(libc::SYS_socket), vec![vsock]),
        (number(libc::SYS_personality), vec![other]),
    ]))
}

#[allow(clippy::useless_conversion, reason = "a long has 32 bits on other machines")]
fn number(call: libc::c_long) -> i64 {
    i64::from(call)
}

/// x32 is x86-64 with bit 30 in the number of each call (`asm/unistd.h`, `__X32_SYSCALL_BIT`).
fn without_x32(errno: u32) -> BpfProgram {
    // linux/filter.h: load the number; is it at least the bit?; SECCOMP_RET_ERRNO; SECCOMP_RET_ALLOW
    let op = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        op(0x20, 0, 0, 0),
        op(0x35, 0, 1, 0x4000_0000),
        op(0x06, 0, 0, 0x0005_0000 | errno),
        op(0x06, 0, 0, 0x7fff_0000),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_architecture_that_is_known_has_a_filter() {
        let known = TargetArch::try_from(std::env::consts::ARCH).is_ok();
        assert_eq!(programs().is_ok(), known);
        assert_eq!(by_arguments().unwrap()[&number(libc::SYS_clone)].len(), 7);
    }
}

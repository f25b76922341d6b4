//! Why there is no sandbox: which setting of the machine forbids it, and what else works.

use super::messages::Failed;
use crate::error::{Code, Error};
use rustix::io::Errno;
use std::fs;
use std::io;

/// The first Linux with all that the sandbox uses: openat2(2), after pidfd_open(2) and the mounts by descriptor.
const LINUX: (u32, u32) = (5, 6);
/// Limits on namespaces (namespaces(7), "The /proc/sys/user directory").
const LIMITS: [&str; 6] = ["user", "mnt", "pid", "ipc", "uts", "net"];

/// Steps that need nothing of the image: where one of them fails, it is the machine that has no sandbox.
const OF_THE_MACHINE: [&str; 11] = [
    "create ",
    "map users",
    "keep capabilities",
    "start the loopback",
    "make mounts",
    "mount a file system",
    "mount the root",
    "mount /proc",
    "mount /dev",
    "take /dev",
    "exchange the root",
];

/// The error for a step that failed.
pub fn explain(failed: &Failed) -> Error {
    let errno = Errno::from_raw_os_error(failed.errno);
    let reason = io::Error::from(errno);
    if !OF_THE_MACHINE.iter().any(|step| failed.step.starts_with(step)) {
        let error =
            Error::new(Code::Sandbox, "the sandbox cannot be made ready").note(why(&failed.step, &reason));
        return match errno {
            Errno::NOSPC => error.note("the files of an image lie in memory there, and may take half of it"),
            _ => error,
        };
    }
    let error = system(&failed.step, &reason);
    // what the settings of a machine forbid fails with one of these
    let forbidden = [Errno::PERM, Errno::ACCESS, Errno::NOSPC, Errno::USERS, Errno::NOSYS, Errno::INVAL];
    let found = if forbidden.contains(&errno) { Machine::this().settings(errno) } else { Vec::new() };
    let error = found.into_iter().fold(error, |error, (why, change)| {
        let error = error.note(why);
        if change.is_empty() { error } else { error.help(change) }
    });
    error.help("or have an engine run it: --engine docker, --engine podman")
}

/// The error for a system call of ours.
pub fn system(step: &str, reason: &io::Error) -> Error {
    Error::new(Code::Sandbox, "there is no sandbox on this machine").note(why(step, reason))
}

fn why(step: &str, reason: &io::Error) -> String {
    let text = reason.to_string();
    format!("could not {step}: {}", text.split(" (os error").next().unwrap_or_default())
}

/// What of this machine decides over namespaces, as text.
struct Machine {
    release: String,
    status: String,
    limits: Vec<(String, String)>,
    userns_clone: String,
    apparmor: String,
    root: bool,
}

impl Machine {
    fn this() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let limit = |kind: &&str| {
            let path = format!("/proc/sys/user/max_{kind}_namespaces");
            (format!("user.max_{kind}_namespaces"), read(&path))
        };
        Machine {
            release: rustix::system::uname().release().to_string_lossy().into_owned(),
            status: read("/proc/self/status"),
            limits: LIMITS.iter().map(limit).collect(),
            userns_clone: read("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor: read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            root: rustix::process::geteuid().is_root(),
        }
    }

    /// What forbids, and the line that would allow it.
    fn settings(&self, errno: Errno) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, value) in &self.limits {
            if value == "0" {
                found.push((format!("{name} is 0 (sysctl)"), format!("sudo sysctl -w {name}=10000")));
            } else if errno == Errno::NOSPC && name == "user.max_user_namespaces" {
                let why =
                    format!("{name} is {value} (sysctl): there are that many, or namespaces are 32 deep");
                found.push((why, String::new()));
            }
        }
        if self.userns_clone == "0" && !self.root {
            let why = "kernel.unprivileged_userns_clone is 0 (sysctl): only root may have user namespaces";
            found.push((why.to_owned(), "sudo sysctl -w kernel.unprivileged_userns_clone=1".to_owned()));
        }
        if self.apparmor == "1" && !self.root {
            let why = "kernel.apparmor_restrict_unprivileged_userns is 1 (sysctl), as on Ubuntu since 24.04: a user \
                       namespace has no privileges inside";
            let change = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
            found.push((why.to_owned(), change.to_owned()));
        }
        if version(&self.release).is_some_and(|version| version < LINUX) {
            let why = format!("this is Linux {}, and {}.{} is needed", self.release, LINUX.0, LINUX.1);
            found.push((why, String::new()));
        }
        let filtered = self
            .status
            .lines()
            .any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"));
        if found.is_empty() && filtered {
            let why = "a seccomp filter is over this process, as in a container of an engine, and these refuse \
                       namespaces (docker: --security-opt seccomp=unconfined)";
            found.push((why.to_owned(), String::new()));
        }
        if found.is_empty() {
            let why =
                "no setting that is known forbids it: a security module may, or this process is in a chroot";
            found.push((why.to_owned(), String::new()));
        }
        found
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free() -> Machine {
        Machine {
            release: "6.1.0-13-amd64".into(),
            status: "Seccomp:\t0\n".into(),
            limits: vec![("user.max_user_namespaces".into(), "100".into())],
            userns_clone: "1".into(),
            apparmor: "0".into(),
            root: false,
        }
    }

    fn told(machine: &Machine, errno: Errno) -> String {
        let all = machine.settings(errno).into_iter().map(|(why, change)| format!("{why}; {change}"));
        all.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn i2_the_setting_that_forbids_is_named_with_its_change() {
        let none = Machine { limits: vec![("user.max_user_namespaces".into(), "0".into())], ..free() };
        assert!(told(&none, Errno::NOSPC).contains("sudo sysctl -w user.max_user_namespaces="));
        let debian = Machine { userns_clone: "0".into(), ..free() };
        assert!(told(&debian, Errno::PERM).contains("kernel.unprivileged_userns_clone is 0"));
        let ubuntu = Machine { apparmor: "1".into(), ..free() };
        assert!(told(&ubuntu, Errno::PERM).contains("apparmor_restrict_unprivileged_userns=0"));
        let container = Machine { status: "Seccomp:\t2\n".into(), ..free() };
        assert!(told(&container, Errno::PERM).contains("--security-opt seccomp=unconfined"));
        let old = Machine { release: "4.19.0".into(), ..free() };
        assert!(told(&old, Errno::NOSYS).contains("5.6 is needed"));
        assert!(told(&free(), Errno::PERM).contains("no setting that is known"));
    }

    #[test]
    fn i2_what_forbids_users_does_not_forbid_root() {
        let root = Machine { userns_clone: "0".into(), apparmor: "1".into(), root: true, ..free() };
        assert!(told(&root, Errno::PERM).contains("no setting that is known"));
    }

    #[test]
    fn a_step_about_the_image_blames_no_setting() {
        let failed = Failed { step: "unpack /a".into(), errno: Errno::NOSPC.raw_os_error() };
        assert_eq!(explain(&failed).helps(), [""; 0]);
        assert!(explain(&failed).notes()[1].contains("lie in memory"));
    }
}

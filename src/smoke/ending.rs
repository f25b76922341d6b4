//! How a program ended, in words, and what that mostly means.

use crate::config::values::Signal;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The status as a shell has it: that of a program that a signal ended is 128 and the signal.
pub fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// `ended with status 3`, `was ended by SIGSEGV`.
pub fn words(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("was ended by {}", Signal::name(signal)),
        None => format!("ended with status {}", code(status)),
    }
}

/// What such an end mostly means, where it means one thing.
pub fn hint(status: ExitStatus) -> Option<&'static str> {
    // engines, and shells inside, tell a signal by its number above 128
    Some(match code(status) {
        101 => "101 is a panic: standard error says where; set RUST_BACKTRACE=1 in the image for more",
        126 => {
            "126 is what a shell says of a program that cannot be executed: its mode, or another machine's"
        }
        127 => {
            "127 is what a shell says of a program that is not there: an empty image has no /bin/sh and no tools"
        }
        132 => {
            "SIGILL is an instruction that this processor lacks, as `-C target-cpu` allows them, or an abort"
        }
        134 => {
            "SIGABRT is the program's own: a panic with `panic = \"abort\"`, or an assertion of a C library"
        }
        137 => "SIGKILL comes from outside: mostly from the kernel, where the memory is used up (--memory)",
        139 => "SIGSEGV is a bad address, or a stack that is too small: musl gives threads of C 128 KiB",
        159 => "SIGSYS is a system call that the seccomp filter does not allow",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_a_shell_tells_it() {
        let (exited, killed) = (ExitStatus::from_raw(3 << 8), ExitStatus::from_raw(11));
        assert_eq!((code(exited), code(killed)), (3, 139));
        assert_eq!(words(exited), "ended with status 3");
        assert_eq!(words(killed), "was ended by SIGSEGV");
        assert_eq!(hint(killed), hint(ExitStatus::from_raw(139 << 8)), "an engine's word for the same");
        assert!(hint(exited).is_none() && hint(ExitStatus::from_raw(0)).is_none());
    }
}

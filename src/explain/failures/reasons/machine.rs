//! What is wrong with the machine, the network or the toolchain, whatever the project is.

use super::{ROW, Reason};

const NEWER_RUST: &[&str] = &["rustup update", "without rustup: https://rust-lang.org/tools/install"];

/// The rows.
pub const REASONS: &[Reason] = &[
    Reason {
        said: &[
            "No space left on device",
            "ld terminated with signal 7 [Bus error]", // it writes through a mapping of the file
            "failed: signal: 7 (SIGBUS)",
        ],
        cause: "the disk is full",
        fix: &["see which:                   df -h . /tmp", "free what older builds left: cargo clean"],
        ..ROW
    },
    Reason {
        said: &[
            "(signal: 9, SIGKILL: kill)",
            "failed: signal: 9 (SIGKILL)",
            "ld terminated with signal 9 [Killed]",
            "Killed signal terminated program {}",
        ],
        cause: "the system has killed a compiler or linker, as it does when memory runs out",
        fix: &["build with fewer compilers at once: cargo scratch --jobs 1"],
        ..ROW
    },
    Reason {
        said: &[
            "Could not connect to server",
            "Couldn't connect to server",
            "Could not resolve host",
            "Couldn't resolve host",
            "Could not resolve proxy",
            "Couldn't resolve proxy",
            "Timeout was reached",
        ],
        cause: "a registry cannot be reached",
        fix: &[
            "where there is a network, once: cargo fetch",
            "then:                           cargo scratch --offline",
        ],
        ..ROW
    },
    Reason {
        said: &[
            "you're using offline mode (",
            "you are in the offline mode (",
            "attempting to make an HTTP request, but {} was specified",
        ],
        cause: "a package is not on this machine, and cargo has been told to stay off the network",
        fix: &["where there is a network, once: cargo fetch"],
        ..ROW
    },
    Reason {
        said: &[
            "the lock file {} because {} was passed to prevent this",
            "needs to be updated but {} was passed to prevent this",
        ],
        cause: "Cargo.lock does not fit Cargo.toml, and a flag forbids to change it",
        fix: &["bring it up to date and commit it: cargo update --workspace"],
        ..ROW
    },
    Reason {
        said: &["\n  {}@{} requires rustc {}"],
        cause: "`{1}` {2} needs Rust {3}, which is newer than the one here",
        fix: NEWER_RUST,
        ..ROW
    },
    Reason {
        said: &["this version of Cargo is older than the `{}` edition", "feature `edition{}` is required"],
        cause: "a package is written for a newer Rust than the one here (`{1}`)",
        fix: NEWER_RUST,
        ..ROW
    },
    Reason {
        said: &["cannot produce proc-macro for `{} v"],
        cause: "flags that make everything static reach the macros too, which the compiler must load (`{1}`)",
        fix: &["name the target beside the flag, in .cargo/config.toml: [target.{target}] rustflags = […]"],
        ..ROW
    },
    Reason {
        said: &["the `{}` target may not be installed"],
        cause: "the compiler has no standard library for `{1}`",
        fix: &["rustup target add {1}"],
        ..ROW
    },
    Reason {
        said: &["version `GLIBC_{}' not found"],
        cause: "a build script in `target/` is from a machine with a newer C library ({1})",
        fix: &["build it again: cargo clean"],
        ..ROW
    },
    Reason {
        said: &["(signal: 4, SIGILL: illegal instruction)"],
        cause: "a program that runs during the build is for another processor, as after `-Ctarget-cpu=native` elsewhere",
        fix: &["build it again: cargo clean"],
        ..ROW
    },
];

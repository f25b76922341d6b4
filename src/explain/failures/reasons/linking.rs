//! What the linker cannot put together.

use super::{ROW, Reason};

/// The rows.
pub const REASONS: &[Reason] = &[
    Reason {
        said: &[
            "undefined reference to `__{}_chk'",
            "undefined symbol: __{}_chk\n",
            "undefined reference to `__isoc23_{}'",
            "undefined symbol: __isoc23_{}",
            "undefined reference to `gnu_get_libc_version'",
            "undefined symbol: gnu_get_libc_version",
        ],
        cause: "its C code was compiled for glibc, and calls functions that musl does not have",
        fix: &[
            "let no variable name a compiler for this machine: unset CC CXX TARGET_CC TARGET_CXX CC_{target_}",
        ],
        ..ROW
    },
    Reason {
        said: &[") is incompatible with {}", ": file in wrong format", ": Relocations in generic ELF"],
        cause: "its C code was compiled for another processor, as by a build script that calls `gcc` or `cc` by name",
        fix: &["compile it by the crate `cc`, which takes the compiler that CC_{target_} names"],
        ..ROW
    },
    Reason {
        said: &["duplicate symbol: _start\n", "multiple definition of `_start'"],
        cause: "the linker adds start files beside those of Rust's standard library",
        fix: &["cargo scratch --config 'target.{target}.rustflags=[\"-Clink-self-contained=no\"]'"],
        ..ROW
    },
    Reason {
        said: &["can not be used when making a PIE object", "recompile with -fPIE", "recompile with -fPIC"],
        cause: "its C code was compiled for one fixed address, and Rust makes programs that can be loaded anywhere",
        fix: &["cargo scratch --config 'target.{target}.rustflags=[\"-Crelocation-model=static\"]'"],
        ..ROW
    },
    Reason {
        said: &["ld: unknown option: --as-needed", "ld: unknown options: --as-needed"],
        cause: "the linker is that of macOS, which cannot link for Linux",
        fix: &[
            "let cargo scratch choose: take `linker` for {target} out of .cargo/config.toml and the environment",
        ],
        ..ROW
    },
    Reason {
        said: &["unable to find library -lgcc_s", "cannot find -lgcc_s"],
        cause: "a static program has no use for `gcc_s`, a shared library: Rust brings an unwinder of its own",
        fix: &[
            "take `gcc_s` out of what build scripts link, and -Ctarget-feature=-crt-static out of the flags",
        ],
        ..ROW
    },
    Reason {
        said: &[
            "unable to find library -l{}",
            "cannot find -l{}: No such file",
            "cannot find -l{}\n",
            "could not find native static library `{}`",
        ],
        cause: "the linker finds no static library `{1}` for {target}",
        fix: &[
            "name the folder of one: cargo scratch --config 'target.{target}.rustflags=[\"-Lnative=FOLDER\"]'",
            "or look whether the package that links it has a feature `vendored`, `bundled` or `static`",
        ],
        ..ROW
    },
];

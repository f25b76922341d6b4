//! What a build script wants to run or to find, and does not.

use super::{ROW, Reason};

const ZIG: &[&str] = &["C and C++, any target:  pip install ziglang"];
const FROM_SOURCE: &str =
    "look whether {package}, or what depends on it, has a feature `vendored`, `bundled` or `static`";

/// The rows.
pub const REASONS: &[Reason] = &[
    Reason {
        said: &["Could not find `protoc`"],
        cause: "`protoc` is not installed, which makes code of .proto files",
        install: "protoc",
        ..ROW
    },
    Reason {
        said: &["Unable to find libclang", "couldn't find any valid shared libraries matching: ['libclang"],
        cause: "libclang is not installed, with which bindgen reads C headers",
        install: "libclang",
        ..ROW
    },
    Reason {
        said: &[
            "fatal error: 'stddef.h' file not found",
            "fatal error: 'stdarg.h' file not found",
            "fatal error: 'stdbool.h' file not found",
        ],
        cause: "libclang is there without the headers of its own, as after `pip install libclang`",
        fix: &[
            "with gcc's: export BINDGEN_EXTRA_CLANG_ARGS_{target_}=\"-isystem $(gcc -print-file-name=include)\"",
            "or Debian, Ubuntu: sudo apt install libclang-dev",
        ],
        ..ROW
    },
    Reason {
        said: &["fatal error: linux/{}: No such file", "fatal error: asm/{}: No such file"],
        cause: "`musl-gcc` has no headers of the Linux kernel",
        fix: &["a compiler that has them:  pip install ziglang"],
        ..ROW
    },
    Reason {
        said: &["fatal error: '{}' file not found", "fatal error: {}: No such file"],
        cause: "a compiler or bindgen does not find the header `{1}` for {target}",
        fix: &[
            "name its folder, one for musl: export CFLAGS_{target_}=-IFOLDER",
            "where bindgen looks for it:    export BINDGEN_EXTRA_CLANG_ARGS_{target_}=-IFOLDER",
            FROM_SOURCE,
        ],
        ..ROW
    },
    Reason {
        said: &["Command '{}' not found. Is {} installed?"],
        cause: "`{1}` is not installed, with which OpenSSL is built from source",
        install: "{1}",
        ..ROW
    },
    Reason {
        said: &["Can't locate {} in @INC"],
        cause: "perl is installed without its module `{1}`",
        install: "perl",
        ..ROW
    },
    Reason {
        said: &["is `cmake` not installed?", "Missing dependency: cmake", " cmake: not found"],
        cause: "`cmake` is not installed",
        install: "cmake",
        ..ROW
    },
    Reason {
        said: &["is `make` not installed?", " make: not found"],
        cause: "`make` is not installed",
        install: "make",
        ..ROW
    },
    Reason {
        said: &["failed to execute command: No such file or directory"],
        cause: "its build script runs a program that is not installed; the last `running:` above ends with its name",
        fix: &["if that is make: sudo apt install make (Fedora: dnf, Alpine: apk add, Arch: pacman -S)"],
        ..ROW
    },
    Reason {
        said: &[
            "NASM build failed",
            "Unable to run nasm:",
            "NASM command not found",
            "Missing dependency: nasm",
        ],
        cause: "`nasm` is not installed",
        install: "nasm",
        ..ROW
    },
    Reason {
        said: &["Could not find directory of OpenSSL installation"],
        cause: "there is no OpenSSL for {target} here",
        fix: &[
            "build it from source with the project (needs perl and make): cargo add openssl --features vendored",
        ],
        ..ROW
    },
    Reason {
        said: &["The pkg-config command could not be found."],
        cause: "`pkg-config` is not installed",
        fix: &[FROM_SOURCE],
        install: "pkg-config",
        ..ROW
    },
    Reason {
        said: &["The system library `{}` required by crate `{}` was not found."],
        cause: "`{2}` finds no library `{1}` for {target}",
        fix: &[FROM_SOURCE, "name the folder of a {1}.pc for musl: export PKG_CONFIG_PATH_{target_}=FOLDER"],
        ..ROW
    },
    Reason {
        said: &["pkg-config has not been configured to support cross-compilation"],
        cause: "it wants a library of the system, and those are for this machine's C library, not for {target}",
        fix: &[
            FROM_SOURCE,
            "or name the folder of its .pc file, one for musl: export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_PATH_{target_}=FOLDER",
        ],
        ..ROW
    },
    Reason {
        said: &[
            "error occurred in cc-rs: failed to find tool \"cc\"",
            "error occurred in cc-rs: failed to find tool \"c++\"",
            "error: linker `cc` not found",
        ],
        cause: "there is no C compiler for this machine",
        install: "c++",
        ..ROW
    },
    Reason {
        said: &["error: linker `{}` not found"],
        cause: "the linker `{1}`, which cargo is configured to use, is not installed",
        fix: &[
            "let cargo scratch choose: take `linker` for {target} out of .cargo/config.toml and the environment",
        ],
        ..ROW
    },
    Reason {
        said: &[
            "error occurred in cc-rs: failed to find tool \"{}++\"",
            "Failed to find tool. Is `{}++` installed?",
            "The CMAKE_CXX_COMPILER:",
            "No CMAKE_CXX_COMPILER could be found",
            "unable to find library -lstdc++",
            "cannot find -lstdc++",
            "unable to find library -lc++",
            "cannot find -lc++",
        ],
        cause: "there is no C++ compiler for {target}",
        fix: ZIG,
        native: "musl-g++",
        ..ROW
    },
    Reason {
        said: &[
            "error occurred in cc-rs: failed to find tool \"{}\"",
            "Failed to find tool. Is `{}` installed?",
        ],
        cause: "there is no C compiler for {target} (looked for `{1}`)",
        fix: ZIG,
        native: "musl-gcc",
        ..ROW
    },
    Reason {
        said: &[
            "The CMAKE_C_COMPILER:",
            "No CMAKE_C_COMPILER could be found",
            "configure: error: C compiler cannot create executables",
            "configure: error: no acceptable C compiler found",
            "cannot find -lc:",
            "cannot find -lc\n",
            "unable to find library -lc\n",
        ],
        cause: "there is no C compiler for {target} that works",
        fix: ZIG,
        native: "musl-gcc",
        ..ROW
    },
];

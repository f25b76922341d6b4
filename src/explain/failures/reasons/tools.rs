//! What a build script wants to run or to find, and does not.

use super::Reason;

const ZIG: &[&str] = &["C and C++, any target:  pip install ziglang"];
const MUSL_GCC: &[&str] = &[
    "Debian, Ubuntu:         sudo apt install musl-tools",
    "Fedora:                 sudo dnf install musl-gcc",
    "Arch:                   sudo pacman -S musl",
    "Alpine:                 apk add build-base",
];
const FROM_SOURCE: &str =
    "look whether {package}, or what depends on it, has a feature `vendored`, `bundled` or `static`";

/// The rows.
pub const REASONS: &[Reason] = &[
    Reason {
        said: &["Could not find `protoc`"],
        cause: "`protoc` is not installed, which makes code of .proto files",
        fix: &[
            "Debian, Ubuntu: sudo apt install protobuf-compiler",
            "Fedora:         sudo dnf install protobuf-compiler",
            "Arch:           sudo pacman -S protobuf",
            "Alpine:         apk add protoc",
        ],
        native: &[],
    },
    Reason {
        said: &["Unable to find libclang", "couldn't find any valid shared libraries matching: ['libclang"],
        cause: "libclang is not installed, with which bindgen reads C headers",
        fix: &[
            "Debian, Ubuntu: sudo apt install libclang-dev",
            "Fedora:         sudo dnf install clang-devel",
            "Arch:           sudo pacman -S clang",
            "Alpine:         apk add clang-dev",
        ],
        native: &[],
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
        native: &[],
    },
    Reason {
        said: &["fatal error: linux/{}: No such file", "fatal error: asm/{}: No such file"],
        cause: "`musl-gcc` has no headers of the Linux kernel",
        fix: &["a compiler that has them:  pip install ziglang"],
        native: &[],
    },
    Reason {
        said: &["fatal error: '{}' file not found", "fatal error: {}: No such file"],
        cause: "a compiler or bindgen does not find the header `{1}` for {target}",
        fix: &[
            "name its folder, one for musl: export CFLAGS_{target_}=-IFOLDER",
            "where bindgen looks for it:    export BINDGEN_EXTRA_CLANG_ARGS_{target_}=-IFOLDER",
            FROM_SOURCE,
        ],
        native: &[],
    },
    Reason {
        said: &["Command '{}' not found. Is {} installed?"],
        cause: "`{1}` is not installed, with which OpenSSL is built from source",
        fix: &[
            "Debian, Ubuntu: sudo apt install {1}",
            "Fedora:         sudo dnf install {1}",
            "Arch:           sudo pacman -S {1}",
            "Alpine:         apk add {1}",
        ],
        native: &[],
    },
    Reason {
        said: &["Can't locate {} in @INC"],
        cause: "perl is installed without its module `{1}`",
        fix: &[
            "Debian, Ubuntu: sudo apt install perl",
            "Fedora:         sudo dnf install perl",
            "Alpine:         apk add perl",
        ],
        native: &[],
    },
    Reason {
        said: &["is `cmake` not installed?", "Missing dependency: cmake", " cmake: not found"],
        cause: "`cmake` is not installed",
        fix: &[
            "any system:     pip install cmake",
            "Debian, Ubuntu: sudo apt install cmake",
            "Fedora:         sudo dnf install cmake",
            "Arch:           sudo pacman -S cmake",
            "Alpine:         apk add cmake",
        ],
        native: &[],
    },
    Reason {
        said: &["is `make` not installed?", " make: not found"],
        cause: "`make` is not installed",
        fix: &[
            "Debian, Ubuntu: sudo apt install make",
            "Fedora:         sudo dnf install make",
            "Arch:           sudo pacman -S make",
            "Alpine:         apk add make",
        ],
        native: &[],
    },
    Reason {
        said: &["failed to execute command: No such file or directory"],
        cause: "its build script runs a program that is not installed; the last `running:` above ends with its name",
        fix: &["if that is make: sudo apt install make (Fedora: dnf, Alpine: apk add, Arch: pacman -S)"],
        native: &[],
    },
    Reason {
        said: &[
            "NASM build failed",
            "Unable to run nasm:",
            "NASM command not found",
            "Missing dependency: nasm",
        ],
        cause: "`nasm` is not installed",
        fix: &[
            "Debian, Ubuntu: sudo apt install nasm",
            "Fedora:         sudo dnf install nasm",
            "Arch:           sudo pacman -S nasm",
            "Alpine:         apk add nasm",
        ],
        native: &[],
    },
    Reason {
        said: &["Could not find directory of OpenSSL installation"],
        cause: "there is no OpenSSL for {target} here",
        fix: &[
            "build it from source with the project (needs perl and make): cargo add openssl --features vendored",
        ],
        native: &[],
    },
    Reason {
        said: &["The pkg-config command could not be found."],
        cause: "`pkg-config` is not installed",
        fix: &[
            FROM_SOURCE,
            "Debian, Ubuntu: sudo apt install pkg-config",
            "Fedora:         sudo dnf install pkgconf-pkg-config",
            "Arch:           sudo pacman -S pkgconf",
            "Alpine:         apk add pkgconf",
        ],
        native: &[],
    },
    Reason {
        said: &["The system library `{}` required by crate `{}` was not found."],
        cause: "`{2}` finds no library `{1}` for {target}",
        fix: &[FROM_SOURCE, "name the folder of a {1}.pc for musl: export PKG_CONFIG_PATH_{target_}=FOLDER"],
        native: &[],
    },
    Reason {
        said: &["pkg-config has not been configured to support cross-compilation"],
        cause: "it wants a library of the system, and those are for this machine's C library, not for {target}",
        fix: &[
            FROM_SOURCE,
            "or name the folder of its .pc file, one for musl: export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_PATH_{target_}=FOLDER",
        ],
        native: &[],
    },
    Reason {
        said: &[
            "error occurred in cc-rs: failed to find tool \"cc\"",
            "error occurred in cc-rs: failed to find tool \"c++\"",
            "error: linker `cc` not found",
        ],
        cause: "there is no C compiler for this machine",
        fix: &[
            "Debian, Ubuntu: sudo apt install g++",
            "Fedora:         sudo dnf install gcc-c++",
            "Arch:           sudo pacman -S gcc",
            "Alpine:         apk add build-base",
        ],
        native: &[],
    },
    Reason {
        said: &["error: linker `{}` not found"],
        cause: "the linker `{1}`, which cargo is configured to use, is not installed",
        fix: &[
            "let cargo scratch choose: take `linker` for {target} out of .cargo/config.toml and the environment",
        ],
        native: &[],
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
        native: &["Alpine:                 apk add build-base"],
    },
    Reason {
        said: &[
            "error occurred in cc-rs: failed to find tool \"{}\"",
            "Failed to find tool. Is `{}` installed?",
        ],
        cause: "there is no C compiler for {target} (looked for `{1}`)",
        fix: ZIG,
        native: MUSL_GCC,
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
        native: MUSL_GCC,
    },
];

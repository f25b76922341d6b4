//! What real failures are taken for. The texts are what cargo said in runs of ours, without paths and noise.

use super::*;

const MUSL: &str = "x86_64-unknown-linux-musl";

fn diagnose(said: &str, triple: &str) -> Option<Diagnosis> {
    super::diagnose(said, &Target::from_triple(triple).unwrap())
}

/// A build script's failure as cargo shows it.
fn script(package: &str, stdout: &str, stderr: &str) -> String {
    let indented = |text: &str| text.lines().map(|line| ["  ", line, "\n"].concat()).collect::<String>();
    format!(
        "   Compiling {package}\nerror: failed to run custom build command for `{package}`\n\nCaused by:\n  process \
         didn't exit successfully: `target/debug/build/x-1/build-script-build` (exit status: 101)\n  --- stdout\n{}\n  \
         --- stderr\n{}\n",
        indented(stdout),
        indented(stderr)
    )
}

/// A failure of the linker as rustc shows it, for a program `app`.
fn link(linker: &str, said: &str) -> String {
    let said = said.lines().collect::<Vec<_>>().join("\n          ");
    format!(
        "error: linking with `{linker}` failed: exit status: 1\n  |\n  = note:  \"{linker}\" \"-m64\" \"<8 object \
         files omitted>\" \"target/release/deps/{{libnative_sys-8980e75faaa610d4}}.rlib\" \"-lc\"\n  = note: some \
         arguments are omitted. use `--verbose` to show all linker arguments\n  = note: {said}\n          \n\nerror: \
         could not compile `app` (bin \"app\") due to 1 previous error\n"
    )
}

/// That `said` is taken for `cause` of `package`, with a line that begins to help by `fix`.
#[track_caller]
fn known(said: &str, package: &str, cause: &str, fix: &str) {
    let found = diagnose(said, MUSL).unwrap_or_else(|| panic!("not known: {said}"));
    assert_eq!(found.package.as_deref().unwrap_or_default(), package, "{found:?}");
    assert!(found.cause.contains(cause), "{found:?}");
    assert!(found.fix.iter().any(|line| line.contains(fix)), "{found:?}");
    let all = found.fix.join("\n") + &found.cause;
    assert!(!all.contains("{target") && !all.contains("{1}") && !all.contains("{package"), "{found:?}");
}

const NO_GCC: &str = "\n\nerror occurred in cc-rs: failed to find tool \"x86_64-linux-musl-gcc\": No such file or \
                      directory (os error 2)\n\n";

#[test]
fn a_missing_c_compiler_is_named_with_the_packages_that_have_one() {
    let said = script("zstd-sys v2.1.3+zstd.1.5.7", "cargo:rerun-if-env-changed=CC", NO_GCC);
    let cause = "no C compiler for x86_64-unknown-linux-musl (looked for `x86_64-linux-musl-gcc`)";
    known(&said, "zstd-sys", cause, "pip install ziglang");
    let colored = said.replace("error: ", "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: ");
    assert_eq!(diagnose(&colored, MUSL), diagnose(&said, MUSL));
    let older = "\n\nerror occurred: Failed to find tool. Is `x86_64-linux-musl-gcc` installed?\n";
    known(&script("ring v0.17.8", "", older), "ring", cause, "pip install ziglang");
    let jemalloc =
        "configure: error: in `target/out/build':\nconfigure: error: C compiler cannot create executables";
    known(&script("tikv-jemalloc-sys v0.6.1", "", jemalloc), "tikv-jemalloc-sys", "that works", "ziglang");
}

#[test]
fn the_packages_of_this_machine_are_no_help_for_another() {
    let fixes = |target| diagnose(&script("zstd-sys v2.1.3", "", NO_GCC), target).unwrap().fix.join("\n");
    let here = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    assert!(fixes(&here).contains("apt install musl-tools") && fixes(&here).contains("dnf install musl-gcc"));
    let other = fixes("loongarch64-unknown-linux-musl");
    assert!(other.contains("pip install ziglang") && !other.contains("apt"), "{other}");
}

#[test]
fn a_missing_cpp_compiler_is_not_taken_for_one_of_c() {
    let cc =
        "error occurred in cc-rs: failed to find tool \"x86_64-linux-musl-g++\": No such file or directory";
    known(
        &script("link-cplusplus v1.0.12", "", cc),
        "link-cplusplus",
        "no C++ compiler",
        "pip install ziglang",
    );
    let cmake = "CMake Error at CMakeLists.txt:2 (project):\n  The CMAKE_CXX_COMPILER:\n\n    x86_64-linux-musl-g++\n\n  \
                 is not a full path and was not found in the PATH.\n";
    known(
        &script("snmalloc-sys v0.3.8", "", cmake),
        "snmalloc-sys",
        "no C++ compiler",
        "pip install ziglang",
    );
    known(&link("rust-lld", "rust-lld: error: unable to find library -lstdc++"), "app", "C++", "ziglang");
    let fix = diagnose(&script("x v1.0.0", "", cc), MUSL).unwrap().fix.join("\n");
    assert!(!fix.contains("musl-tools"), "it has none: {fix}");
}

#[test]
fn a_missing_tool_comes_before_the_compiler_that_is_missing_too() {
    let warning = "cargo:warning=Compiler family detection failed due to error: ToolNotFound: failed to find tool \
                   \"x86_64-linux-musl-gcc\": No such file or directory (os error 2)";
    let perl = "Error configuring OpenSSL build:\n    Command 'perl' not found. Is perl installed?\n    Command failed: cd";
    known(&script("openssl-sys v0.9.118", warning, perl), "openssl-sys", "`perl` is not", "apt install perl");
    let module =
        "Can't locate FindBin.pm in @INC (you may need to install the FindBin module) (@INC contains:)";
    known(&script("openssl-sys v0.9.118", warning, module), "openssl-sys", "FindBin.pm", "dnf install perl");
    let cmake = "running: cd \"target\" && \"cmake\"\n\nthread 'main' (1) panicked at cmake-0.1.58/src/lib.rs:1132:5:\n\n\
                 failed to execute command: No such file or directory (os error 2)\nis `cmake` not installed?\n";
    known(
        &script("libz-ng-sys v1.1.32", warning, cmake),
        "libz-ng-sys",
        "`cmake` is not",
        "pip install cmake",
    );
    let aws = "Missing dependency: cmake\n\nthread 'main' (1) panicked at builder/main.rs:781:38:\ncalled";
    known(&script("aws-lc-sys v0.47.0", warning, aws), "aws-lc-sys", "`cmake` is not", "apt install cmake");
    let make = "thread 'main' (1) panicked at build.rs:407:19:\nfailed to execute command: No such file or directory";
    let running = "running: cd \"target/out/build\" && MAKEFLAGS=\"-j\" \"make\"";
    known(
        &script("tikv-jemalloc-sys v0.6.1", running, make),
        "tikv-jemalloc-sys",
        "`running:`",
        "install make",
    );
    let nasm =
        "thread 'main' panicked at build.rs:144:9:\nNASM build failed. Make sure you have nasm installed or";
    known(&script("rav1e v0.8.1", "", nasm), "rav1e", "`nasm` is not", "apt install nasm");
}

#[test]
fn openssl_and_other_libraries_of_the_system_are_built_from_source() {
    let pkg = "pkg-config has not been configured to support cross-compilation.\n\nInstall a sysroot for the target\n";
    let openssl =
        "Could not find directory of OpenSSL installation, and this `-sys` crate cannot\nproceed without";
    let said =
        script("openssl-sys v0.9.118", &format!("Could not find openssl via pkg-config:\n{pkg}"), openssl);
    known(&said, "openssl-sys", "no OpenSSL for x86_64", "cargo add openssl --features vendored");
    let variable = "PKG_CONFIG_PATH_x86_64_unknown_linux_musl=";
    known(&script("alsa-sys v0.3.1", "", pkg), "alsa-sys", "library of the system", variable);
    known(
        &script("alsa-sys v0.3.1", "", pkg),
        "alsa-sys",
        "library",
        "whether `alsa-sys`, or what depends on it",
    );
    let probe = "The system library `dbus-1` required by crate `libdbus-sys` was not found.\nThe file `dbus-1.pc` needs";
    known(&script("libdbus-sys v0.2.5", "", probe), "libdbus-sys", "no library `dbus-1`", variable);
    let none = "Could not run `pkg-config --libs alsa`\nThe pkg-config command could not be found.\n";
    known(&script("alsa-sys v0.3.1", "", none), "alsa-sys", "`pkg-config` is not", "apt install pkg-config");
}

#[test]
fn generators_of_code_name_what_they_need() {
    let protoc = "called `Result::unwrap()` on an `Err` value: Custom { kind: NotFound, error: \"Could not find \
                  `protoc`. If `protoc` is installed, try setting the `PROTOC` environment variable";
    known(
        &script("app v0.1.0 (/x/app)", "", protoc),
        "app",
        "`protoc` is not",
        "apt install protobuf-compiler",
    );
    let clang = "Unable to find libclang: \"couldn't find any valid shared libraries matching: ['libclang.so', \
                 'libclang-*.so']";
    known(
        &script("native-sys v0.1.0", "", clang),
        "native-sys",
        "libclang is not",
        "apt install libclang-dev",
    );
    let own = "/usr/include/stdio.h:33:10: fatal error: 'stddef.h' file not found\n";
    let variable = "export BINDGEN_EXTRA_CLANG_ARGS_x86_64_unknown_linux_musl=";
    known(&script("native-sys v0.1.0", "", own), "native-sys", "without the headers of its own", variable);
    let other = "x.h:1:10: fatal error: 'zlibx.h' file not found\n";
    known(&script("native-sys v0.1.0", "", other), "native-sys", "the header `zlibx.h`", variable);
    let clang = "cargo:warning=libpng/pngstruct.h:30:10: fatal error: 'zlib.h' file not found";
    let gcc = "cargo:warning=libpng/pngstruct.h:30:10: fatal error: zlib.h: No such file or directory";
    for said in [clang, gcc] {
        let said = script("freetype-sys v0.23.0", said, "");
        known(
            &said,
            "freetype-sys",
            "the header `zlib.h`",
            "export CFLAGS_x86_64_unknown_linux_musl=-IFOLDER",
        );
    }
    let kernel = "cargo:warning=x.c:1:10: fatal error: linux/random.h: No such file or directory";
    known(&script("native-sys v0.1.0", kernel, ""), "native-sys", "headers of the Linux kernel", "ziglang");
}

#[test]
fn c_code_for_another_processor_is_told_from_other_failures() {
    for said in [
        "rust-lld: error: target/out/liba.a(a.o) is incompatible with lib/self-contained/crt1.o",
        "/usr/bin/ld: target/out/liba.a: error adding symbols: file in wrong format",
    ] {
        known(&link("cc", said), "app", "another processor", "CC_x86_64_unknown_linux_musl");
    }
}

#[test]
fn c_code_for_glibc_is_traced_to_its_package() {
    let gnu = "/usr/bin/ld: target/release/deps/libnative_sys-8980e75faaa610d4.rlib(9bb0a3195b9dd27a-x.o): in function \
               `strcpy':\n/usr/include/bits/string_fortified.h:79: undefined reference to `__strcpy_chk'\n";
    known(&link("cc", gnu), "native_sys", "compiled for glibc", "unset CC");
    let llvm = "rust-lld: error: undefined symbol: __strcpy_chk\n>>> referenced by string_fortified.h:79\n>>>               \
                9bb0a3195b9dd27a-x.o:(native_parse) in archive target/release/deps/libnative_sys-8980e75faaa610d4.rlib\n";
    known(&link("rust-lld", llvm), "native_sys", "compiled for glibc", "unset CC");
    let own = "/usr/bin/ld: target/x.o: in function `f':\nx.c:1: undefined reference to `__isoc23_strtol'\n";
    known(&link("cc", own), "app", "compiled for glibc", "unset CC");
    assert_eq!(diagnose(&link("cc", "ld: undefined reference to `own_function'"), MUSL), None);
}

#[test]
fn linkers_are_understood() {
    let start = "ld.lld: error: duplicate symbol: _start\n>>> defined at crt1.c\n>>> defined at rcrt1.c";
    let fix = "'target.x86_64-unknown-linux-musl.rustflags=[\"-Clink-self-contained=no\"]'";
    known(&link("zigcc", start), "app", "start files", fix);
    let pie = "/usr/bin/ld: target/deps/libnative_sys-8980e75faaa610d4.rlib(9bb0a3195b9dd27a-x.o): relocation \
               R_X86_64_32S against `.bss.table' can not be used when making a PIE object; recompile with -fPIE";
    known(&link("cc", pie), "native_sys", "one fixed address", "relocation-model=static");
    known(
        &link("cc", "/usr/bin/ld: cannot find -lfoo: No such file or directory"),
        "app",
        "`foo`",
        "-Lnative=",
    );
    known(&link("rust-lld", "rust-lld: error: unable to find library -lfoo"), "app", "`foo`", "-Lnative=");
    known(
        &link("rust-lld", "rust-lld: error: unable to find library -lgcc_s"),
        "app",
        "no use for",
        "take `gcc_s`",
    );
    known(&link("cc", "ld: unknown options: --as-needed -Bstatic"), "app", "macOS", "take `linker`");
    let missing = "error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\n\nerror: could \
                   not compile `app` (bin \"app\") due to 1 previous error\n";
    known(missing, "app", "no C compiler for this machine", "apt install g++");
    known(&missing.replace("`cc`", "`my-ld`"), "app", "the linker `my-ld`", "take `linker`");
}

#[test]
fn the_machine_itself_may_be_the_reason() {
    let full = "error: failed to write file target/dep-graph.part.bin: No space left on device (os error 28)\"\n\nerror: \
                could not compile `app` (bin \"app\") due to 1 previous error\n";
    known(full, "app", "disk is full", "cargo clean");
    known(
        &link("cc", "collect2: fatal error: ld terminated with signal 7 [Bus error]"),
        "app",
        "disk",
        "df -h",
    );
    known(
        &link("cc", "collect2: fatal error: ld terminated with signal 9 [Killed]"),
        "app",
        "memory",
        "--jobs 1",
    );
    let killed = "error: could not compile `app` (bin \"app\")\n\nCaused by:\n  process didn't exit successfully: \
                  `rustc --crate-name app` (signal: 9, SIGKILL: kill)\n";
    known(killed, "app", "memory", "cargo scratch --jobs 1");
    let lld = |how: &str| format!("error: linking with `rust-lld` failed: signal: {how}\n  |\n");
    known(&lld("9 (SIGKILL)"), "", "memory", "--jobs 1");
    known(&lld("7 (SIGBUS) (core dumped)"), "", "disk", "cargo clean");
    let glibc =
        "build-script-build: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.39' not found (required by x)";
    known(&script("libc v0.2.191", "", glibc), "libc", "newer C library (2.39)", "cargo clean");
    let std = "error[E0463]: can't find crate for `std`\n  |\n  = note: the `x86_64-unknown-linux-musl` target may not be \
               installed\n\nerror: could not compile `app` (bin \"app\") due to 1 previous error\n";
    known(std, "app", "no standard library", "rustup target add x86_64-unknown-linux-musl");
}

#[test]
fn cargos_own_refusals_are_explained() {
    let old =
        "error: rustc 1.95.0 is not supported by the following package:\n  app@0.1.0 requires rustc 1.99\n\n";
    known(old, "", "`app` 0.1.0 needs Rust 1.99", "rustup update");
    let edition = "error: failed to parse manifest at `/x/Cargo.toml`\n\nCaused by:\n  failed to parse the `edition` key\n\n\
                   Caused by:\n  this version of Cargo is older than the `2027` edition, and only supports `2015`";
    known(edition, "", "newer Rust than the one here (`2027`)", "rustup update");
    let locked = "error: cannot update the lock file /x/Cargo.lock because --locked was passed to prevent this\nhelp: to";
    known(locked, "", "Cargo.lock does not fit", "cargo update --workspace");
    let net = "    Updating crates.io index\nwarning: spurious network error (1 try remaining): [7] Could not connect to \
               server\nerror: failed to get `cfg-if` as a dependency of package `app v0.1.0 (/x)`\n\nCaused by:\n  \
               [7] Could not connect to server (Failed to connect to 127.0.0.1 port 1 after 0 ms)\n";
    known(net, "", "cannot be reached", "cargo fetch");
    let offline = "error: no matching package named `cfg-if` found\nlocation searched: crates.io index\nAs a reminder, \
                   you're using offline mode (--offline) which can sometimes cause surprising resolution failures";
    known(offline, "", "off the network", "cargo fetch");
    let macros = "error: cannot produce proc-macro for `serde_derive v1.0.0` as the target `x86_64-unknown-linux-musl` \
                  does not support these crate types\n";
    known(macros, "", "macros", "[target.x86_64-unknown-linux-musl] rustflags");
}

#[test]
fn a_mistake_in_rust_code_is_nothing_to_explain() {
    let mistake = "error[E0425]: cannot find function `nope` in this scope\n --> src/main.rs:1:13\n\nerror: could not \
                   compile `app` (bin \"app\") due to 1 previous error\n";
    assert_eq!(diagnose(mistake, MUSL), None);
    let warned = format!("warning: ring@0.17.8: {}\n{mistake}", NO_GCC.trim());
    assert_eq!(diagnose(&warned, MUSL), None, "another package went on without what it warns of");
    assert_eq!(diagnose("", MUSL), None);
}

#[test]
fn among_several_failures_the_package_is_that_of_the_reason() {
    let mistake = "error[E0425]: cannot find function `nope`\n\nerror: could not compile `other` (lib) due to 1 error\n\
                   warning: build failed, waiting for other jobs to finish...\n";
    let said = format!("{mistake}{}", script("zstd-sys v2.1.3", "", NO_GCC));
    known(&said, "zstd-sys", "no C compiler", "ziglang");
    let said = format!("{}warning: build failed, waiting\n{mistake}", script("zstd-sys v2.1.3", "", NO_GCC));
    known(&said, "zstd-sys", "no C compiler", "ziglang");
    let cut = format!("  noise\n  noise\n{NO_GCC}");
    known(&cut, "", "no C compiler", "ziglang");
}

#[test]
fn the_table_can_be_filled_in() {
    for reason in REASONS.into_iter().flatten() {
        let texts = reason.fix.iter().chain([&reason.cause, &reason.install, &reason.native]);
        let needed =
            texts.flat_map(|text| (1..10).filter(|n| text.contains(&format!("{{{n}}}")))).max().unwrap_or(0);
        for pattern in reason.said {
            assert!(!pattern.starts_with("{}") && !pattern.is_empty());
            assert!(pattern.matches("{}").count() >= needed, "{pattern:?} leaves {{{needed}}} open");
        }
        let helps = !reason.fix.is_empty() || !reason.install.is_empty();
        assert!(helps && !reason.cause.is_empty());
    }
}

#[test]
fn the_error_says_all_of_it() {
    let diagnosis = diagnose(&script("zstd-sys v2.1.3", "", NO_GCC), MUSL).unwrap();
    let error = diagnosis.explain(Error::new(crate::error::Code::Cargo, "what"));
    assert!(error.notes()[0].starts_with("`zstd-sys` cannot be built: there is no C compiler"), "{error:?}");
    assert_eq!(error.helps(), diagnosis.fix);
}

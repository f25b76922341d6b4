//! The two tables: what a build dependency means, and the packages that it misleads about.

use super::Language::{self, C, Cxx};

/// What it means that a build script is built with a crate.
pub struct Rule {
    /// The build dependency.
    pub dependency: &'static str,
    /// Another one that makes this rule void.
    pub unless: &'static [&'static str],
    /// What it compiles, if it does.
    pub language: Option<Language>,
    /// What it looks for on the machine.
    pub tools: &'static [&'static str],
    /// The end of "`package` compiles …".
    pub why: &'static str,
}

/// What is true of packages whatever their build dependencies say; the first row that fits decides.
pub struct Exception {
    /// Their names.
    pub packages: &'static [&'static str],
    /// One of these features is active; empty: in every case.
    pub with: &'static [&'static str],
    /// None of these features is active.
    pub without: &'static [&'static str],
    /// What they compile for Linux; `None`: nothing.
    pub language: Option<Language>,
    /// What they look for on the machine; `None`: what the rules say.
    pub tools: Option<&'static [&'static str]>,
    /// Where they do without a compiler when there is none.
    pub spared: &'static [&'static str],
    /// Whether they ask for `CC` alone, and never for that of the target.
    pub deaf: bool,
    /// The end of "`package` compiles …".
    pub why: &'static str,
}

const fn rule(
    dependency: &'static str,
    language: Option<Language>,
    tools: &'static [&'static str],
    why: &'static str,
) -> Rule {
    Rule { dependency, unless: &[], language, tools, why }
}

/// `prost-build` runs `protoc`; these bring one along, or parse the files in Rust.
const PROTOC: &[&str] = &["protoc-bin-vendored", "protobuf-src", "protox"];

/// What the crates that build scripts are built with do.
pub const RULES: &[Rule] = &[
    rule("cc", Some(C), &[], "C with the crate `cc`"),
    rule("gcc", Some(C), &[], "C with the crate `gcc`"),
    rule("cmake", Some(C), &["cmake"], "C with CMake"),
    rule("autotools", Some(C), &["make", "sh"], "C with a `configure` script and make"),
    rule("openssl-src", Some(C), &["make", "perl"], "OpenSSL"),
    rule("lua-src", Some(C), &[], "Lua"),
    rule("luajit-src", Some(C), &["make"], "LuaJIT"),
    rule("luau0-src", Some(Cxx), &[], "Luau, which is C++"),
    rule("cxx-build", Some(Cxx), &[], "C++ with the crate `cxx`"),
    rule("cpp_build", Some(Cxx), &[], "C++ with the crate `cpp`"),
    rule("autocxx-build", Some(Cxx), &["libclang"], "C++ with the crate `autocxx`"),
    rule("zeromq-src", Some(Cxx), &[], "ZeroMQ, which is C++"),
    rule("bindgen", None, &["libclang"], ""),
    rule("clang-sys", None, &["libclang"], ""),
    rule("clang", None, &["libclang"], ""),
    rule("nasm-rs", None, &["nasm"], ""),
    Rule { dependency: "prost-build", unless: PROTOC, language: None, tools: &["protoc"], why: "" },
    Rule { dependency: "tonic-build", unless: PROTOC, language: None, tools: &["protoc"], why: "" },
    Rule { dependency: "tonic-prost-build", unless: PROTOC, language: None, tools: &["protoc"], why: "" },
];

const fn nothing(
    packages: &'static [&'static str],
    with: &'static [&'static str],
    why: &'static str,
) -> Exception {
    Exception { packages, with, without: &[], language: None, tools: None, spared: &[], deaf: false, why }
}

const fn cxx(packages: &'static [&'static str], why: &'static str) -> Exception {
    Exception {
        packages,
        with: &[],
        without: &[],
        language: Some(Cxx),
        tools: None,
        spared: &[],
        deaf: false,
        why,
    }
}

const fn runs(
    packages: &'static [&'static str],
    language: Language,
    tools: &'static [&'static str],
    why: &'static str,
) -> Exception {
    Exception {
        packages,
        with: &[],
        without: &[],
        language: Some(language),
        tools: Some(tools),
        spared: &[],
        deaf: false,
        why,
    }
}

/// Where the rules say too much or too little. The versions in the comments are those that were read.
pub const EXCEPTIONS: &[Exception] = &[
    // aws-lc-sys 0.47: `cmake` is a build dependency of every build, and runs only where bindings have to be made
    // first; with those that come along the crate calls the compiler itself
    Exception {
        with: &["bindgen", "ssl", "fips"],
        ..runs(&["aws-lc-sys"], C, &["cmake", "libclang"], "AWS-LC")
    },
    runs(&["aws-lc-sys"], C, &[], "AWS-LC"),
    runs(&["aws-lc-fips-sys"], C, &["cmake", "go"], "AWS-LC in its FIPS form"),
    // openssl-sys 0.9.118: the last three are other crates' libraries, and its build script ends early
    nothing(
        &["openssl-sys"],
        &["aws-lc", "aws-lc-fips", "unstable_boringssl"],
        "nothing: the library is another's",
    ),
    Exception {
        without: &["vendored"],
        ..runs(&["openssl-sys"], C, &[], "a probe of OpenSSL's headers, to learn which version they are of")
    },
    // zstd-sys 2.1, bzip2-sys 0.1.13: Rust does the work
    nothing(&["zstd-sys"], &["rust-backend"], "nothing: zstd is written in Rust here"),
    Exception {
        without: &["vendored"],
        ..nothing(&["zstd-sys"], &["pkg-config"], "nothing: the system's zstd is looked for")
    },
    nothing(&["bzip2-sys"], &["__disabled"], "nothing: bzip2 is written in Rust here"),
    // blake3 1.8: assembly, or the same in Rust where a probe finds no compiler; NEON is C without such a way out
    nothing(&["blake3"], &["pure"], "nothing: `pure` asks for Rust alone"),
    Exception { spared: &["x86_64", "i686"], ..runs(&["blake3"], C, &[], "assembly, or C on ARM") },
    // stacker 0.1.25 compiles for Windows only, iana-time-zone-haiku 0.1.2 for Haiku only
    nothing(&["stacker"], &[], "nothing on Linux"),
    nothing(&["iana-time-zone-haiku"], &[], "nothing on Linux"),
    // alsa-sys 0.6: one probe of a type's size, whose failure it takes as an answer
    nothing(&["alsa-sys"], &[], "nothing that it could not do without"),
    // freetype-sys 0.23, mlua-sys 0.13, hidapi 2.6: `cc` is always there
    Exception {
        without: &["bundled"],
        ..nothing(&["freetype-sys"], &[], "nothing: the system's is looked for")
    },
    Exception {
        without: &["vendored", "luau"],
        ..nothing(&["mlua-sys"], &[], "nothing: the system's Lua is looked for")
    },
    // `vendored` brings the builders of Lua and of LuaJIT both, and another feature chooses
    Exception { with: &["luau"], ..cxx(&["mlua-sys"], "Luau, which is C++") },
    Exception { with: &["luajit", "luajit52"], ..runs(&["mlua-sys"], C, &["make"], "LuaJIT with make") },
    runs(&["mlua-sys"], C, &[], "Lua"),
    Exception {
        without: &["linux-static-hidraw", "linux-static-libusb"],
        ..nothing(&["hidapi"], &[], "nothing with this back end")
    },
    // link-cplusplus 1.0.12: a feature names the C++ library, so that none has to be found out
    nothing(
        &["link-cplusplus"],
        &["nothing", "libstdc++", "libc++"],
        "nothing: its features name the library",
    ),
    cxx(&["link-cplusplus", "cxx"], "C++"),
    // esaxx-rs 0.1.10: without `cpp` there is no `cc`, and so no rule
    Exception { with: &["cpp"], ..cxx(&["esaxx-rs"], "C++") },
    // librocksdb-sys 0.17.3, libduckdb-sys 1.20000, snmalloc-sys 0.7, mysqlclient-src 0.1.4
    cxx(&["librocksdb-sys"], "RocksDB, which is C++"),
    Exception { with: &["bundled", "bundled-cmake"], ..cxx(&["libduckdb-sys"], "DuckDB, which is C++") },
    cxx(&["snmalloc-sys"], "snmalloc, which is C++"),
    cxx(&["mysqlclient-src"], "MySQL's client library, which is C++"),
    // protobuf-src: the crate `autotools` over protobuf
    cxx(&["protobuf-src"], "protobuf, which is C++"),
    // rdkafka-sys 4.10: `configure` and make by its own hands; librdkafka's configure demands a C++ compiler too
    nothing(&["rdkafka-sys"], &["dynamic-linking", "dynamic_linking"], "nothing: the system's is looked for"),
    Exception {
        with: &["cmake-build", "cmake_build"],
        ..runs(&["rdkafka-sys"], Cxx, &["cmake"], "librdkafka with CMake")
    },
    Exception {
        deaf: true,
        ..runs(&["rdkafka-sys"], Cxx, &["make", "sh"], "librdkafka with a `configure` script and make")
    },
    // jemalloc-sys 0.5.4, tikv-jemalloc-sys 0.7.1
    runs(
        &["tikv-jemalloc-sys", "jemalloc-sys"],
        C,
        &["make", "sh"],
        "jemalloc with a `configure` script and make",
    ),
    // gmp-mpfr-sys 1.7: GMP, MPFR and MPC by its own hands, with the compiler that `CC` names
    nothing(&["gmp-mpfr-sys"], &["use-system-libs"], "nothing: the system's is looked for"),
    Exception {
        deaf: true,
        ..runs(&["gmp-mpfr-sys"], C, &["m4", "make", "sh"], "GMP with a `configure` script and make")
    },
    // libsodium-sys-stable 1.24
    Exception {
        without: &["use-pkg-config"],
        ..runs(&["libsodium-sys-stable"], C, &["make", "sh"], "libsodium with a `configure` script and make")
    },
    nothing(&["libsodium-sys-stable"], &[], "nothing: the system's is looked for"),
    // rav1e: assembly for nasm on x86-64, for the C compiler on ARM
    Exception {
        with: &["asm"],
        spared: &["x86_64"],
        tools: None,
        ..runs(&["rav1e"], C, &[], "assembly on ARM")
    },
    nothing(&["rav1e"], &[], "nothing without its feature `asm`"),
];

//! The scripts are run by the system's own shell, over a zig that repeats what it is told.

use super::*;

/// A zig that says one word a line, and where its headers are.
fn fake(folder: &Path) -> Zig {
    let program = folder.join("the zig");
    let script = r#"#!/bin/sh
case " $* " in *" -E -v "*)
    [ "$ZIG_GLOBAL_CACHE_DIR" ] || exit # as in a container that has no HOME
    printf '#include <...> search starts here:\n /zig/include\n /zig/musl h\n /zig/linux\nEnd of search list.\n' >&2
    exit ;;
esac
printf '%s\n' "$ZIG_GLOBAL_CACHE_DIR" "$@"
"#;
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Zig { program, version: "0.17.1".into() }
}

struct Made {
    cache: tempfile::TempDir,
    target: Target,
    wrappers: Wrappers,
}

fn made(platform: &str) -> Made {
    let cache = tempfile::Builder::new().prefix("it's a cache").tempdir().unwrap();
    let target = Target::from_platform(platform).unwrap();
    let wrappers = fake(cache.path()).wrappers(&target, cache.path()).unwrap();
    Made { cache, target, wrappers }
}

impl Made {
    /// What zig is told when build scripts call `name` with `words`: without the cache.
    fn told(&self, name: &str, words: &[&str]) -> Vec<String> {
        let said = Tool::new(self.wrappers.folder.join(name)).args(words.iter().copied()).read().unwrap();
        assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
        String::from_utf8(said.stdout).unwrap().lines().skip(1).map(str::to_owned).collect()
    }

    /// The words of build scripts that reach zig.
    fn left(&self, words: &[&str]) -> Vec<String> {
        let told = self.told("cc", words);
        let ours = told.iter().position(|word| word == "-Wl,--undefined-version").unwrap();
        told[ours + 1..]
            .iter()
            .filter(|word| !["-g0", "-lunwind"].contains(&word.as_str()))
            .cloned()
            .collect()
    }
}

#[test]
fn a_compiler_is_zig_for_the_target_with_gccs_defaults() {
    let made = made("linux/amd64");
    let told = made.told("cc", &["-c", "a b.c", "-DX='\"y\"'"]);
    let ours = ["cc", "-target", "x86_64-linux-musl", "-fPIC", "-fno-sanitize=undefined", "-UNDEBUG"];
    let script = ["-Wl,--undefined-version", "-g0"];
    assert_eq!(told, [&ours[..], &script, &["-c", "a b.c", "-DX='\"y\"'"]].concat());
    assert_eq!(made.told("c++", &[])[0], "c++");
    assert_eq!(made.told("ar", &["crs", "x.a", "-march=x"]), ["ar", "crs", "x.a", "-march=x"]);
    assert_eq!(made.told("ranlib", &["x.a"]), ["ranlib", "x.a"]);
    assert!(!made.told("cc", &["-g", "-c"]).contains(&"-g0".to_owned()), "zig heeds the first of the two");
}

#[test]
fn what_names_the_target_again_is_taken_out() {
    let made = made("linux/amd64");
    let words = ["--target=x86_64-unknown-linux-musl", "-m64", "-target", "x", "-mtune=native", "-O2"];
    assert_eq!(made.left(&[&words[..], &["a.c"]].concat()), ["-m64", "-O2", "a.c"]);
    assert_eq!(made.left(&["--target", "x", "-DT=--target=x", "--", "a.c"]), ["-DT=--target=x", "--", "a.c"]);
}

#[test]
fn processors_are_said_in_zigs_words() {
    type Words = &'static [(&'static str, &'static [&'static str])];
    let cases: &[(&str, Words)] = &[
        (
            "linux/amd64",
            &[
                ("-march=x86-64-v2", &["-mcpu=x86_64_v2"]),
                ("-march=haswell", &["-mcpu=haswell"]),
                ("-march=native", &["-march=native"]),
                ("-mavx2", &["-mavx2"]),
            ],
        ),
        (
            "linux/arm64",
            &[
                ("-march=armv8-a", &["-mcpu=generic+v8a"]),
                ("-march=armv8-a+crc+crypto", &["-mcpu=generic+v8a+crc+crypto"]),
                ("-march=armv8.2-a+fp16+nosimd", &["-mcpu=generic+v8_2a+fullfp16-neon"]),
                ("-march=armv9-a+sve2-aes+fp16fml", &["-mcpu=generic+v9a+sve2_aes+fp16fml"]),
                ("-mcpu=cortex-a72+crypto", &["-mcpu=cortex_a72+crypto"]),
            ],
        ),
        // the first is what the crate cc gives for the target itself
        ("linux/arm/v7", &[("-march=armv7-a", &[]), ("-march=armv8-a+crc", &["-mcpu=generic+v8a+crc"])]),
        ("linux/arm/v6", &[("-march=armv6", &[])]),
        ("linux/arm/v5", &[("-march=armv5te", &[])]),
        ("linux/386", &[("-march=i686", &["-mcpu=i686"])]),
        (
            "linux/riscv64",
            &[
                ("-march=rv64gc", &["-mcpu=baseline_rv64"]),
                ("-march=rv64gcv_zba_zbb", &["-mcpu=baseline_rv64+v+zba+zbb"]),
            ],
        ),
        ("linux/ppc64le", &[("-mcpu=power9", &["-mcpu=pwr9"])]),
        ("linux/s390x", &[("-march=z13", &["-mcpu=z13"])]),
        ("linux/loong64", &[("-march=loongarch64", &[])]),
    ];
    for (platform, words) in cases {
        let made = made(platform);
        for (said, heard) in *words {
            assert_eq!(made.left(&[said, "-c"]), [*heard, &["-c"]].concat(), "{platform}: {said}");
        }
    }
}

#[test]
fn a_processor_does_not_make_zig_build_a_libc_of_its_own_for_a_link() {
    let made = made("linux/amd64");
    let words = ["-mavx2", "-march=haswell", "-mllvm", "-inline-y", "a.o", "-o", "a"];
    assert_eq!(made.left(&words), ["-mllvm", "-inline-y", "a.o", "-o", "a"]);
    // here it also compiles
    let words = ["-mavx512f", "-mno-avx2", "-msse4.1", "-m64", "-mcmodel=large", "a.c", "-o", "a"];
    let clangs =
        ["+avx512f", "-avx2", "+sse4.1"].map(|feature| ["-Xclang", "-target-feature", "-Xclang", feature]);
    assert_eq!(made.left(&words), [&clangs.concat(), &words[3..]].concat());
    assert_eq!(made.left(&["-c", "-mavx2", "a.c"]), ["-c", "-mavx2", "a.c"]);
    let aarch64 = self::made("linux/arm64");
    assert_eq!(aarch64.left(&["-moutline-atomics", "a.c"]), ["-moutline-atomics", "a.c"]);
}

#[test]
fn a_program_of_c_has_an_unwinder_as_gccs_have() {
    let made = made("linux/amd64");
    let last = |words: &[&str]| made.told("cc", words).pop().unwrap();
    assert_eq!(last(&["a.o", "-o", "a"]), "-lunwind");
    assert_eq!(last(&["-nostdlib", "a.o"]), "a.o");
    assert_eq!(last(&["-c", "a.c"]), "a.c");
}

#[test]
fn zig_keeps_what_it_builds_in_our_cache_unless_the_user_says_where() {
    let made = made("linux/amd64");
    let first = |tool: Tool| {
        String::from_utf8(tool.read().unwrap().stdout).unwrap().lines().next().map(str::to_owned)
    };
    for name in ["cc", "ar"] {
        let tool = Tool::new(made.wrappers.folder.join(name)).env("ZIG_GLOBAL_CACHE_DIR", "");
        let ours = made.cache.path().join("zig/cache");
        assert_eq!(first(tool.clone()).as_deref(), ours.to_str());
        assert_eq!(first(tool.env("ZIG_GLOBAL_CACHE_DIR", "/theirs")).as_deref(), Some("/theirs"));
    }
}

#[test]
fn every_variable_is_for_the_target_alone() {
    let made = made("linux/arm64");
    let variables = made.wrappers.variables(&made.target);
    let value = |name: &str| {
        let name = OsString::from(format!("{name}_aarch64_unknown_linux_musl"));
        variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone()).unwrap()
    };
    assert!(
        variables.iter().all(|(name, _)| name.to_str().unwrap().ends_with("_aarch64_unknown_linux_musl"))
    );
    for name in ["CC", "CXX", "AR", "RANLIB", "CMAKE_TOOLCHAIN_FILE"] {
        assert!(Path::new(&value(name)).is_file(), "{name}");
    }
    // not zig's own headers of built-in functions, which are for its clang
    assert_eq!(
        value("BINDGEN_EXTRA_CLANG_ARGS"),
        "-nostdlibinc -isystem '/zig/musl h' -isystem /zig/linux -idirafter /zig/include"
    );
}

#[test]
fn cmake_is_told_where_the_compilers_are_and_not_to_look_at_this_machine() {
    let made = made("linux/arm64");
    let text = fs::read_to_string(made.wrappers.folder.join("toolchain.cmake")).unwrap();
    let compiler = format!("set(CMAKE_C_COMPILER [==[{}/cc]==])", made.wrappers.folder.display());
    assert!(text.contains(&compiler), "{text}");
    assert!(text.contains("set(CMAKE_SYSTEM_PROCESSOR aarch64)"), "{text}");
    assert!(text.contains("set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)"), "{text}");
}

#[test]
fn another_zig_has_wrappers_of_its_own() {
    let made = made("linux/amd64");
    let mut zig = fake(made.cache.path());
    let again = zig.wrappers(&made.target, made.cache.path()).unwrap();
    assert_eq!(again, made.wrappers);
    zig.version = "0.18.0".into();
    assert_ne!(zig.wrappers(&made.target, made.cache.path()).unwrap(), made.wrappers);
}

#[test]
fn a_target_of_another_libc_is_refused() {
    let made = made("linux/amd64");
    let target = Target::from_triple("x86_64-unknown-linux-gnu").unwrap();
    let error = fake(made.cache.path()).wrappers(&target, made.cache.path()).unwrap_err();
    assert_eq!(error.what(), "zig 0.17.1 cannot compile for `x86_64-unknown-linux-gnu`");
}

#[test]
fn the_parts_of_musl_that_build_scripts_name_are_there_and_empty() {
    let made = made("linux/arm64");
    for name in ["m", "pthread", "dl", "rt", "util", "gcc_s"] {
        let archive = fs::read(made.wrappers.libraries().join(format!("lib{name}.a"))).unwrap();
        assert_eq!(archive, b"!<arch>\n", "{name}");
    }
}
